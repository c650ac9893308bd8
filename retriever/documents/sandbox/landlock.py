"""Landlock: a process opens no files but those below folders that it names, from then on, with all that it starts.

https://docs.kernel.org/userspace-api/landlock.html. Kernels since 5.13 have it, if it is switched on.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # numbers of the system calls, on every architecture
_VERSION = 1
_BENEATH = 1
_WRITE_FILE, _READ_FILE, _READ_FOLDER = 1 << 1, 1 << 2, 1 << 3
_RIGHTS = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1, 5: (1 << 16) - 1}  # by version
_TCP = 0b11  # to listen, and to connect; since version 4
_SCOPES = 0b11  # abstract sockets, and signals to others; since version 6
_REMOVE_FILE, _MAKE_FILE = 1 << 5, 1 << 8
_READ = _READ_FILE | _READ_FOLDER
_SYSTEM = (
    "/usr/lib", "/usr/lib64", "/usr/local/lib", "/lib", "/lib64", "/usr/share/zoneinfo", "/usr/share/fonts",
    "/etc/ld.so.cache", "/etc/localtime", "/etc/fonts", "/proc/cpuinfo", "/proc/meminfo", "/proc/self",
    "/sys/devices/system/cpu", "/dev/urandom", "/dev/zero", "/nix/store", "/gnu/store",
)  # fmt: skip


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32))


def restrict_files(libc: ctypes.CDLL, readable: Sequence[Path], writable: Path | None) -> bool:
    """Let this process read what is below `readable` and of the system, and write below `writable`; return whether.

    It must have given up gaining privileges. Without Landlock nothing happens, and False is returned.
    """
    version = libc.syscall(_CREATE, None, ctypes.c_size_t(0), _VERSION)
    if version < 1:
        return False
    every = _RIGHTS[min(version, max(_RIGHTS))]
    asked = _Ruleset(every, _TCP if version >= 4 else 0, _SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    rules = libc.syscall(_CREATE, ctypes.byref(asked), ctypes.c_size_t(size), 0)
    if rules < 0:
        return False
    try:
        _allow(libc, rules, _READ & every, [*map(Path, _SYSTEM), *readable])
        _allow(libc, rules, (_READ_FILE | _WRITE_FILE) & every, [Path(os.devnull)])
        if writable is not None:
            _allow(libc, rules, (_READ | _WRITE_FILE | _MAKE_FILE | _REMOVE_FILE) & every, [writable])
        return bool(libc.syscall(_RESTRICT, rules, 0) == 0)
    finally:
        os.close(rules)


def _allow(libc: ctypes.CDLL, rules: int, rights: int, paths: Iterable[Path]) -> None:
    """Add what is below paths to what is allowed; those that are not there are passed over."""
    for path in paths:
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            allowed = rights if path.is_dir() else rights & (_READ_FILE | _WRITE_FILE)
            libc.syscall(_ADD, rules, _BENEATH, ctypes.byref(_Beneath(allowed, place)), 0)
        finally:
            os.close(place)
