"""A bulk ingest as an operator sees it: `python -m benchmarks.ingest --data DIR [--share 0.1] [--json FILE]`.

The load corpus is uploaded to a server, which is killed half way, with all its processes, and started again. All the
while a search is asked every second, and a document of one passage is sent, looked for until it is found, deleted, and
looked for until it is gone. Told are time, CPU time and peak memory of all processes, the latency of the searches, how
many were not answered while the server was up, how long it was down, and how fresh answers are.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpx

from benchmarks.ingest_served import ServedFolder
from benchmarks.sets import data_folder

_BASE = "/v1/domains/default"
_BATCH_BYTES = 2_000_000
_EVERY_S = 1.0  # between two searches, and between two documents of one passage
_LOOK_S = 0.02  # between two looks for a document
_PATIENCE_S = 120.0  # with one document of one passage
_TIMEOUT_S = 60.0


@dataclass
class Figures:
    """What was seen: seconds and counts."""

    documents: int = 0
    megabytes: float = 0.0
    passages: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    down_s: float = 0.0  # from the kill until a search is answered again
    searches: list[float] = field(default_factory=list)
    unanswered: int = 0  # while the server was up
    until_found: list[float] = field(default_factory=list)
    until_gone: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)  # documents that are not searchable in the end, and the like


class Stage:
    """The server as its clients see it: up or not, and whether all is over."""

    def __init__(self, served: ServedFolder) -> None:
        self.served = served
        self.up = threading.Event()
        self.over = threading.Event()

    def client(self) -> httpx.Client:
        """Return a client of the server that is up now."""
        return httpx.Client(base_url=self.served.url, timeout=_TIMEOUT_S)


def corpus(data: Path, share: float) -> list[dict[str, str]]:
    """Return an even sample of the load corpus that has about this share of its bytes, in the order of the files."""
    chosen: list[dict[str, str]] = []
    seen = taken = 0
    for path in sorted((data / "load_corpus").glob("*.jsonl.gz")):
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            for line in lines:
                read = json.loads(line)
                size = len(read["text"].encode())
                seen += size
                if taken + size / 2 <= share * seen:
                    taken += size
                    chosen.append({"external_id": read["id"], "title": read["title"], "text": read["text"]})
    return chosen


def batches(documents: Sequence[dict[str, str]]) -> Iterator[list[dict[str, str]]]:
    """Yield the documents in order, as many as one request takes."""
    batch: list[dict[str, str]] = []
    size = 0
    for each in documents:
        more = len(each["text"].encode())
        if batch and (size + more > _BATCH_BYTES or len(batch) == 200):
            yield batch
            batch, size = [], 0
        batch.append(each)
        size += more
    if batch:
        yield batch


def measure(documents: Sequence[dict[str, str]], served: ServedFolder) -> Figures:
    """Ingest the documents with a kill half way, and return what was seen."""
    figures = Figures(len(documents), sum(len(each["text"].encode()) for each in documents) / 1e6)
    stage = Stage(served)
    served.start()
    begun = time.monotonic()
    stage.up.set()
    clients: list[Callable[[], None]] = [
        lambda: _search(stage, [each["title"] for each in documents], figures),
        lambda: _freshness(stage, figures),
    ]
    threads = [threading.Thread(target=each) for each in clients]
    try:
        with stage.client() as http:
            for batch in batches(documents):
                http.post(f"{_BASE}/documents", json={"documents": batch}).raise_for_status()
            for thread in threads:
                thread.start()
            _wait(lambda: _progress(http, len(documents)) >= 0.5)
        figures.down_s = _killed(stage)
        with stage.client() as http:
            _wait(lambda: _progress(http, len(documents)) >= 1.0)
            figures.seconds = time.monotonic() - begun
            stage.over.set()
            for thread in threads:
                thread.join()
            domain = http.get(_BASE).json()
            figures.passages = domain["passages"]
            figures.failures += _not_searchable(http)
            if domain["documents"] < len(documents):
                figures.failures.append(f"{len(documents) - domain['documents']} documents are gone")
    finally:
        stage.over.set()
        for thread in threads:
            if thread.ident is not None:
                thread.join()
        figures.cpu_s, figures.peak_mb = served.cpu_s, served.peak_mb
        served.stop()
    return figures


def _killed(stage: Stage) -> float:
    """Kill the server, start it again, and return the seconds until a search is answered."""
    stage.up.clear()
    begun = time.monotonic()
    stage.served.kill()
    stage.served.start()
    with stage.client() as http:
        while not http.post(f"{_BASE}/search", json={"query": "anything"}).is_success:  # it says that it is not ready
            time.sleep(_LOOK_S)
    stage.up.set()
    return time.monotonic() - begun


def _progress(http: httpx.Client, documents: int) -> float:
    """Return which part of the documents is done; 1 only once no vector is awaited and no job is left."""
    waiting = sum(_count(http, status) for status in ("received", "parsed"))
    if waiting:
        return 1.0 - waiting / (documents + 1)
    left = [
        job
        for status in ("queued", "running")
        for job in http.get("/v1/jobs", params={"kind": "ingest", "status": status}).json()["data"]
    ]
    return 0.99 if left else 1.0


def _count(http: httpx.Client, status: str) -> int:
    return len(http.get(f"{_BASE}/documents", params={"status": status, "limit": 10_000}).json()["data"])


def _wait(done: Callable[[], bool]) -> None:
    while not done():
        time.sleep(_EVERY_S)


def _not_searchable(http: httpx.Client) -> list[str]:
    return [
        f"{each['external_id']}: {status}, {each['error']}"
        for status in ("failed", "quarantined", "received", "parsed")
        for each in http.get(f"{_BASE}/documents", params={"status": status, "limit": 100}).json()["data"]
    ]


def _search(stage: Stage, queries: Sequence[str], figures: Figures) -> None:
    """Ask a search every second while the server is up."""
    number = 0
    while not stage.over.wait(_EVERY_S):
        if not stage.up.is_set():
            continue
        number += 1
        begun = time.monotonic()
        try:
            with stage.client() as http:
                query = queries[number * 7919 % len(queries)] or "anything"
                http.post(f"{_BASE}/search", json={"query": query}).raise_for_status()
            figures.searches.append(time.monotonic() - begun)
        except httpx.HTTPError:
            figures.unanswered += stage.up.is_set()


def _freshness(stage: Stage, figures: Figures) -> None:
    """Send a document of one passage every now and then, and delete it, and note when searches see either."""
    number = 0
    while not stage.over.wait(_EVERY_S):
        if not stage.up.is_set():
            continue
        number += 1
        try:
            with stage.client() as http:
                _one_document(http, f"freshness{number:05d}", figures)
        except httpx.HTTPError as error:
            if stage.up.is_set():
                figures.failures.append(f"document of one passage {number}: {error!r}")


def _one_document(http: httpx.Client, word: str, figures: Figures) -> None:
    document = {"external_id": word, "text": f"The word of the hour is {word}."}
    begun = time.monotonic()
    http.post(f"{_BASE}/documents", params={"wait": "true"}, json={"documents": [document]}).raise_for_status()
    figures.until_found.append(_seen(http, word, begun, figures, there=True))
    begun = time.monotonic()
    http.delete(f"{_BASE}/documents/{word}").raise_for_status()
    figures.until_gone.append(_seen(http, word, begun, figures, there=False))


def _seen(http: httpx.Client, word: str, begun: float, figures: Figures, *, there: bool) -> float:
    """Return how long after `begun` a search finds the word's document, or finds it no more."""
    while True:
        answer = http.post(f"{_BASE}/search", json={"query": word, "top_k": 3})
        answer.raise_for_status()
        took = time.monotonic() - begun
        if any(hit["external_id"] == word for hit in answer.json()["data"]) == there:
            return took
        if took > _PATIENCE_S:
            figures.failures.append(f"{word} was not {'found' if there else 'gone'} after {took:.0f} s")
            return took
        time.sleep(_LOOK_S)


def percentile(values: Sequence[float], part: float) -> float:
    """Return the value below which this part of the values lies, the nearest one; NaN of none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else float("nan")


def table(figures: Figures) -> str:
    """Return the figures for people."""

    def spread(values: Sequence[float]) -> str:
        parts = [f"{name} {1000 * percentile(values, part):.0f}" for name, part in (("p50", 0.5), ("p95", 0.95))]
        return f"{', '.join(parts)}, max {1000 * max(values, default=float('nan')):.0f} ms of {len(values)}"

    rows = [
        ("documents", f"{figures.documents} ({figures.megabytes:.1f} MB, {figures.passages} passages)"),
        ("time", f"{figures.seconds:.0f} s, of these {figures.down_s:.1f} s down after the kill"),
        ("CPU time", f"{figures.cpu_s:.0f} s"),
        ("peak memory", f"{figures.peak_mb:.0f} MB, all processes"),
        ("search", f"{spread(figures.searches)}; not answered: {figures.unanswered}"),
        ("until found", spread(figures.until_found)),
        ("until gone", spread(figures.until_gone)),
        ("not searchable", "; ".join(figures.failures) or "none"),
    ]
    return "\n".join(f"{name:15} {said}" for name, said in rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print, and return 1 if a document or a search was lost."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--data", type=Path, help="a folder with load_corpus/ (default: TANDEM_DATA)")
    parser.add_argument("--share", type=float, default=0.1, help="of the corpus (default: 0.1)")
    parser.add_argument("--json", type=Path, help="write all numbers to this file")
    given = parser.parse_args(arguments)
    documents = corpus(data_folder(given.data), given.share)
    if not documents:
        sys.stderr.write("There is no load_corpus/*.jsonl.gz with documents in the folder of data sets.\n")
        return 2
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(documents, ServedFolder(Path(folder) / "home", dict(os.environ)))
    sys.stdout.write(table(figures) + "\n")
    if given.json:
        given.json.write_text(json.dumps(asdict(figures)), encoding="utf-8")
    return 1 if figures.failures or figures.unanswered else 0


if __name__ == "__main__":
    sys.exit(main())
