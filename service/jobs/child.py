"""The child process of a job: `python -m service.jobs.child HOME PARENT`, with a task as JSON on standard input.

It owns no lock of the data folder; its lease is what lets it write. What it cannot handle ends it with a traceback and
last words, which the worker keeps with the job.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from service.jobs.endings import last_words
from service.jobs.heart import Heart
from service.jobs.kinds import KINDS
from service.jobs.task import Task
from store.errors import NotReadyError, TandemError
from store.jobs import finish_job, get_job
from store.progress import CancelledError, Progress
from store.store import Store

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the job and give it its final state."""
    sys.excepthook = last_words
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # end with the server, however that ends
    if os.getppid() != int(sys.argv[2]):  # it has ended already
        return 1
    task = Task.model_validate_json(sys.stdin.buffer.read())
    store, lease = Store.open(Path(sys.argv[1])), task.lease
    progress = Progress(store, get_job(store, lease.job_id), lease)
    heart = Heart(store, progress, task.beat_s)
    heart.start()
    try:
        result = KINDS[progress.job.kind].run(task.section, store, progress).model_dump(mode="json")
        progress.flush()
    except CancelledError:
        finish_job(store, lease, "cancelled")
    except NotReadyError:  # somebody else is writing for long: worth another attempt
        raise
    except TandemError as error:
        with suppress(CancelledError):
            progress.flush()
        finish_job(store, lease, "failed", error={"code": error.code, "message": error.message})
    else:
        finish_job(store, lease, "succeeded", result=result)
    finally:
        heart.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
