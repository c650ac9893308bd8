"""Kills a process on entry of its n-th write-like system call, or fails that call, whichever of its threads makes it.

`strace --inject=…:when=N` counts per thread, so it never reaches the calls of tantivy's short-lived threads. Here a
seccomp filter stops the process at the calls that matter, and one counter numbers them across all threads. A stop is
before the call: the call that a process is killed at does not happen. Linux on x86-64 only.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass

CALLS = {
    "write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "pwritev2": 328, "sendfile": 40, "copy_file_range": 326,
    "fallocate": 285, "fsync": 74, "fdatasync": 75, "truncate": 76, "ftruncate": 77,
    "rename": 82, "renameat": 264, "renameat2": 316, "mkdir": 83, "mkdirat": 258, "rmdir": 84,
    "link": 86, "linkat": 265, "symlink": 88, "unlink": 87, "unlinkat": 263,
}  # fmt: skip
_CREATE = "openat+O_CREAT"
_NAMES = (*CALLS, _CREATE)
_OPENAT = 257

_TRACEME, _CONT, _SETOPTIONS, _GETEVENTMSG, _GETREGS, _SETREGS = 0, 7, 0x4200, 0x4201, 12, 13
_REGISTERS, _RAX, _RDI, _ORIG_RAX = 27, 10, 14, 15  # of `struct user_regs_struct`
_SYNCHRONISING = ("fsync", "fdatasync")
_EVENT_SECCOMP = 7
_OPTIONS = 0x2 | 0x4 | 0x8 | 0x80 | 0x100000  # follow fork, vfork and clone; stop at the filter; die with the tracer
_WALL = 0x40000000

_PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS, _FILTER_MODE = 22, 38, 2
_ALLOW, _TRACE = 0x7FFF0000, 0x7FF00000
_X86_64 = 0xC000003E
_LOAD, _EQUAL, _BITS, _RETURN = 0x20, 0x15, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _THIRD_ARGUMENT = 0, 4, 32  # offsets in `struct seccomp_data`

_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.restype = ctypes.c_long
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


class _Instruction(ctypes.Structure):
    _fields_ = (("code", ctypes.c_uint16), ("jt", ctypes.c_uint8), ("jf", ctypes.c_uint8), ("k", ctypes.c_uint32))


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction)))


@dataclass(frozen=True)
class Outcome:
    """How a traced process ended: the call it was killed at, or that failed, or None; and its exit status."""

    killed_at: str | None
    status: int
    calls: int


@dataclass(frozen=True)
class At:
    """What happens at the n-th call: the process is killed, or with an `error` (a number of `errno`) the call fails."""

    call: int
    error: int | None = None


def why_unavailable() -> str | None:
    """Return why processes cannot be traced here, or None if they can."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return "the system calls are numbered for Linux on x86-64"
    try:
        outcome = run_traced(lambda: os.truncate("/dev/null/none", 0), At(1))
    except OSError as error:
        return f"ptrace is not permitted: {error}"
    return None if outcome.killed_at == "truncate" else f"seccomp filters do not stop a traced process: {outcome}"


def run_traced(
    work: Callable[[], None], at: At, synchronised: Callable[[int, int], object] = lambda *_: None
) -> Outcome:
    """Fork a process that does `work`, kill it or fail its call where `at` says, and return how it ended.

    `synchronised` hears of every call that synchronises a file, by process and descriptor, unless it does not happen.
    """
    pid = os.fork()
    if pid == 0:
        _be_traced(work)
    _, status = os.waitpid(pid, 0)
    if not os.WIFSTOPPED(status):
        raise OSError(errno.EPERM, f"the process ended with status {status} instead of being traced")
    _ptrace(_SETOPTIONS, pid, _OPTIONS)
    _ptrace(_CONT, pid)
    return _follow(pid, at, synchronised)


def _be_traced(work: Callable[[], None]) -> None:
    code = 1
    try:
        _ptrace(_TRACEME, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        _install_filter()
        work()
        code = 0
    finally:
        if code:
            traceback.print_exc()
        os._exit(code)


def _follow(pid: int, at: At, synchronised: Callable[[int, int], object]) -> Outcome:
    calls, killed_at, struck = 0, None, None
    while True:
        thread, status = os.waitpid(-1, _WALL)
        if not os.WIFSTOPPED(status):
            if thread == pid:  # the first thread is reported last
                return Outcome(struck, os.waitstatus_to_exitcode(status), calls)
            continue
        event, received = status >> 16, os.WSTOPSIG(status)
        if event == _EVENT_SECCOMP and killed_at is None:
            calls += 1
            name = _NAMES[_event_message(thread)]
            if calls == at.call:
                struck = name
                killed_at = _strike(pid, thread, at, name)
            elif name in _SYNCHRONISING:
                synchronised(pid, _registers(thread)[_RDI])
        if killed_at is None:
            _ptrace(_CONT, thread, 0 if event or received == signal.SIGSTOP else received)


def _strike(pid: int, thread: int, at: At, name: str) -> str | None:
    """Kill the process and return the name of the call, or let the call fail and return None."""
    if at.error is None:
        os.kill(pid, signal.SIGKILL)
        return name
    registers = _registers(thread)
    registers[_ORIG_RAX], registers[_RAX] = -1, -at.error  # no call, and this is what it returns
    _ptrace(_SETREGS, thread, ctypes.addressof(registers))
    return None


def _registers(thread: int) -> ctypes.Array[ctypes.c_long]:
    registers = (ctypes.c_long * _REGISTERS)()
    _ptrace(_GETREGS, thread, ctypes.addressof(registers))
    return registers


def _event_message(thread: int) -> int:
    message = ctypes.c_ulong()
    _ptrace(_GETEVENTMSG, thread, ctypes.addressof(message))
    return message.value


def _ptrace(request: int, pid: int, data: int = 0) -> None:
    if _libc.ptrace(request, pid, None, data) == -1:
        number = ctypes.get_errno()
        if not (request == _CONT and number == errno.ESRCH):  # it was killed a moment ago
            raise OSError(number, os.strerror(number))


def _install_filter() -> None:
    program = [(_LOAD, 0, 0, _ARCHITECTURE), (_EQUAL, 1, 0, _X86_64), (_RETURN, 0, 0, _ALLOW), (_LOAD, 0, 0, _NUMBER)]
    for place, number in enumerate(CALLS.values()):
        program += [(_EQUAL, 0, 1, number), (_RETURN, 0, 0, _TRACE | place)]
    program += [
        (_EQUAL, 0, 3, _OPENAT),
        (_LOAD, 0, 0, _THIRD_ARGUMENT),
        (_BITS, 0, 1, os.O_CREAT),
        (_RETURN, 0, 0, _TRACE | _NAMES.index(_CREATE)),
        (_RETURN, 0, 0, _ALLOW),
    ]
    instructions = (_Instruction * len(program))(*(_Instruction(*each) for each in program))
    filled = _Program(len(program), instructions)
    if _libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _libc.prctl(
        _PR_SET_SECCOMP, _FILTER_MODE, ctypes.byref(filled), 0, 0
    ):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
