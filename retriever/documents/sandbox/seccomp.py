"""Seccomp: system calls that no reader of documents needs are refused, with EPERM, from then on.

Those that make sockets, start programs, look into other processes, and those through which kernels were attacked.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct

_PR_SET_SECCOMP, _FILTER = 22, 2
_LOAD, _IF_EQUAL, _IF_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # instructions of the filter
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
_NUMBER, _ARCHITECTURE = 0, 4  # where they stand in what is looked at
_OTHER_ABI = 0x40000000  # numbers from here on are those of x32, which nothing here uses
# socket, connect, execve, execveat, ptrace, process_vm_readv, process_vm_writev, bpf, userfaultfd, io_uring_setup,
# add_key, keyctl, mount, unshare, setns, perf_event_open, pidfd_getfd
_REFUSED = {
    "x86_64": (0xC000003E, (41, 42, 59, 322, 101, 310, 311, 321, 323, 425, 248, 250, 165, 272, 308, 298, 438)),
    "aarch64": (0xC00000B7, (198, 203, 221, 281, 117, 270, 271, 280, 282, 425, 217, 219, 40, 97, 268, 241, 438)),
}


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def refuse_calls(libc: ctypes.CDLL) -> bool:
    """Refuse these calls of this process and of all that it starts; return whether they are.

    It must have given up gaining privileges.
    """
    known = _REFUSED.get(platform.machine())
    if known is None:
        return False
    code = _filter(*known)
    program = _Program(len(code) // 8, code)
    return bool(libc.prctl(_PR_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0) == 0)


def _filter(architecture: int, refused: tuple[int, ...]) -> bytes:
    """Return the program that the kernel runs at each call."""
    steps = [(_LOAD, 0, 0, _ARCHITECTURE), (_IF_EQUAL, 0, len(refused) + 3, architecture), (_LOAD, 0, 0, _NUMBER)]
    steps.append((_IF_LEAST, len(refused) + 1, 0, _OTHER_ABI))
    steps += [(_IF_EQUAL, len(refused) - place, 0, number) for place, number in enumerate(refused)]
    steps += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    return b"".join(struct.pack("<HBBI", *step) for step in steps)
