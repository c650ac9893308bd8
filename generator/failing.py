"""How a generator fails that may do better the next time. An answer from passages is then quoted instead.

WriterError           503   what writes is down, or failed on this answer
├── TooSlowError      503   it did not finish within the time that an answer may take
└── (BusyError        429   is none of them: who is told to come again soon does so)
"""

from __future__ import annotations

from store.errors import NotReadyError, TandemError


class WriterError(NotReadyError):
    """What writes the answer is down, or failed on it."""

    code = "model_unavailable"


class TooSlowError(WriterError):
    """The answer was not written within the time that it may take."""

    code = "model_too_slow"


class BusyError(TandemError):
    """As many answers wait for the model as may. `retry_after_s` is when there is likely to be room."""

    status = 429
    code = "too_many_requests"

    def __init__(self, message: str, retry_after_s: int) -> None:
        super().__init__(message, final=False)
        self.retry_after_s = retry_after_s
