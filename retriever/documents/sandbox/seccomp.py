"""Seccomp: system calls that no reader of documents needs are refused, with EPERM, from then on.

Those that make sockets, processes and programs (threads are no processes), look into other processes, and those through
which kernels were attacked.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _IF_EQUAL, _IF_LEAST, _IF_ANY, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06  # instructions of the filter
_ALLOW, _FAIL = 0x7FFF0000, 0x00050000
_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # where they stand in what is looked at
_OTHER_ABI = 0x40000000  # numbers from here on are those of x32, which nothing here uses
_OF_THIS_PROCESS = 0x10000  # the flag of `clone` for a thread
_CLONE3 = 435  # its flags cannot be looked at: as if there were none, libraries call `clone` instead
# socket, connect, execve, execveat, ptrace, process_vm_readv, process_vm_writev, bpf, userfaultfd, io_uring_setup,
# add_key, keyctl, mount, unshare, setns, perf_event_open, pidfd_getfd; fork and vfork where there are any
_KNOWN = {  # by the name of the machine: the number of the architecture, that of `clone`, and those that are refused
    "x86_64": (
        0xC000003E, 56, (41, 42, 59, 322, 101, 310, 311, 321, 323, 425, 248, 250, 165, 272, 308, 298, 438, 57, 58),
    ),
    "aarch64": (0xC00000B7, 220, (198, 203, 221, 281, 117, 270, 271, 280, 282, 425, 217, 219, 40, 97, 268, 241, 438)),
}  # fmt: skip


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_calls(libc: ctypes.CDLL) -> bool:
    """Refuse these calls of this process and of all that it starts; return whether they are.

    It must have given up gaining privileges.
    """
    known = _KNOWN.get(platform.machine())
    if known is None:
        return False
    code = _filter(*known)
    program = _Program(len(code) // 8, code)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(architecture: int, clone: int, refused: tuple[int, ...]) -> bytes:
    """Return the program that the kernel runs at each call."""
    steps: list[tuple[int, int, str, str]] = [  # what to do, with which value, and where to go on if so and if not
        (_LOAD, _ARCHITECTURE, "", ""),
        (_IF_EQUAL, architecture, "", "refuse"),
        (_LOAD, _NUMBER, "", ""),
        (_IF_LEAST, _OTHER_ABI, "refuse", ""),
        *((_IF_EQUAL, number, "refuse", "") for number in refused),
        (_IF_EQUAL, _CLONE3, "absent", ""),
        (_IF_EQUAL, clone, "", "allow"),
        (_LOAD, _FIRST_ARGUMENT, "", ""),
        (_IF_ANY, _OF_THIS_PROCESS, "allow", "refuse"),
    ]
    ends = {"allow": _ALLOW, "refuse": _FAIL | errno.EPERM, "absent": _FAIL | errno.ENOSYS}
    places = {name: len(steps) + number for number, name in enumerate(ends)}
    code = [
        struct.pack("<HBBI", what, *(places[label] - place - 1 if label else 0 for label in labels), value)
        for place, (what, value, *labels) in enumerate(steps)
    ]
    return b"".join((*code, *(struct.pack("<HBBI", _RETURN, 0, 0, value) for value in ends.values())))
