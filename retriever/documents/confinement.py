"""What a process gives up before it reads what strangers sent: the network, privileges, and others' attention.

It is Linux that does this; elsewhere, or where the kernel does not allow it, the limits of the process are what holds.
"""

from __future__ import annotations

import ctypes
import signal

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_NEW_NETWORK, _NEW_USER = 0x40000000, 0x10000000


def confine() -> bool:
    """End with the parent, gain no privilege, and lose the network; return whether there is none now.

    The process must have one thread.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "prctl"):
        return False
    libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    # A namespace of its own has no network but a loopback that is down. Users may make one with that of users.
    return any(libc.unshare(flags) == 0 for flags in (_NEW_NETWORK, _NEW_NETWORK | _NEW_USER))
