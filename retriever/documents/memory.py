"""Memory that was freed, given back to the operating system.

The C library keeps what a large ingest freed: tokens, passages and vectors of millions of small pieces, in an arena for
each thread. Left alone, a server stays as large as its largest upload made it.
"""

from __future__ import annotations

import ctypes


def give_back() -> None:
    """Give freed memory back, where the C library has a call for it (glibc); elsewhere do nothing."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
