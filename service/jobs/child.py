"""The child process of a job: `python -m service.jobs.child HOME`, with lease and settings as JSON on standard input.

It owns no lock of the data folder; its lease is what lets it write. What it cannot handle ends it with a traceback and
last words, which the worker keeps with the job.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from service.jobs.endings import last_words
from service.jobs.heart import Heart
from store.errors import NotReadyError, TandemError
from store.jobs import Lease, finish_job, get_job
from store.progress import CancelledError, Progress
from store.store import Store

_PR_SET_PDEATHSIG = 1


def main() -> int:
    """Run the job and give it its final state."""
    sys.excepthook = last_words
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # end with the server, however that ends
    if os.getppid() != int(sys.argv[2]):  # it has ended already
        return 1
    task = json.load(sys.stdin)
    store = Store.open(Path(sys.argv[1]))
    lease = Lease(**task["lease"])
    progress = Progress(store, get_job(store, lease.job_id), lease)
    heart = Heart(store, progress, task["beat_s"])
    heart.start()
    try:
        result = run(progress.job.kind, task["section"], store, progress)
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


def run(kind: str, section: dict[str, Any], store: Store, progress: Progress) -> dict[str, Any]:
    """Hand the job to the package that owns its kind and return the result."""
    if kind == "ingest":
        from retriever.documents.ingest import run_ingest
        from retriever.settings import RetrieverSettings

        return run_ingest(RetrieverSettings.model_validate(section), store, progress)
    if kind == "tune_generator":
        from tuner.lora import run_tune_generator
        from tuner.settings import TuneSection

        return run_tune_generator(TuneSection.model_validate(section), store, progress)
    from eval.evaluate import run_evaluation
    from eval.settings import EvaluateSection

    return run_evaluation(EvaluateSection.model_validate(section), store, progress)


if __name__ == "__main__":
    sys.exit(main())
