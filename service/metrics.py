"""Metrics of a server, for Prometheus: what it was asked, what became of it, and what it holds.

The values of a label come from tables of this program (calls, statuses, kinds): nothing that a client or a document
says is one, so their number is bounded, and no metric can tell what anyone asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from retriever.search.search import Retriever
from store.change_log import newest_seqs
from store.counts import documents_by_status, jobs_by_kind
from store.domains import list_domains
from store.errors import TandemError
from store.store import Store

MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class Metrics:
    """The counters of a server; what is to be counted is counted where it happens."""

    def __init__(self) -> None:
        self.registry = made = CollectorRegistry()
        self._requests = Counter("tandem_requests", "Requests, by call and status", ["call", "status"], registry=made)
        self._seconds = Histogram(
            "tandem_request_seconds", "Seconds until a response was sent", ["call"], buckets=_SECONDS, registry=made
        )
        self.inside = Gauge("tandem_requests_inside", "Requests that are worked on or wait", registry=made)
        self.admitted = Gauge("tandem_requests_limit", "Most requests that may be inside", registry=made)
        self.ingest_bytes = Gauge("tandem_ingest_bytes", "Bytes of uploads made searchable now", registry=made)
        self.ingest_waiting = Gauge("tandem_ingest_waiting", "Uploads that wait to be made searchable", registry=made)
        self._uploads = Counter("tandem_uploads", "Documents received, by result", ["result"], registry=made)
        about = "Answers, by arm and whether it abstained"
        self._answers = Counter("tandem_answers", about, ["arm", "outcome"], registry=made)
        self.searches = Counter("tandem_searches", "Searches", registry=made)
        ProcessCollector(registry=made)

    def request(self, call: str, status: int, seconds: float) -> None:
        """Count a request that has ended; `call` is the name of one of the application's calls, or "none"."""
        self._requests.labels(call, str(status)).inc()
        self._seconds.labels(call).observe(seconds)

    def upload(self, result: str) -> None:
        """Count a document that was received: created, updated, unchanged or failed."""
        self._uploads.labels(result).inc()

    def answer(self, arm: str, *, abstained: bool) -> None:
        """Count an answer."""
        self._answers.labels(arm, "abstained" if abstained else "answered").inc()

    def watch(self, store: Store, retriever: Retriever) -> None:
        """Tell at each look what a store holds, too."""
        self.registry.register(_Holdings(store, retriever))


class Exposition:
    """The metrics as text, written in a thread of its own: looking at them waits behind no request."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._thread = ThreadPoolExecutor(1, "metrics")
        self._running: asyncio.Future[bytes] | None = None

    async def text(self) -> bytes:
        """Return the metrics of now; who asks while another look is under way gets that one."""
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().run_in_executor(self._thread, generate_latest, self._registry)
        return await asyncio.shield(self._running)


class _Holdings(Collector):
    """What a store holds, read when somebody looks."""

    def __init__(self, store: Store, retriever: Retriever) -> None:
        self._store = store
        self._retriever = retriever

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics; those that need a database that cannot be read now are left out."""
        space = self._store.database.space
        yield _gauge("tandem_disk_free_bytes", "Room on the disk of the data folder", space.free())
        yield _gauge("tandem_disk_is_low", "1 while nothing is taken for want of room", space.is_low())
        yield _gauge("tandem_database_bytes", "Size of the database", self._store.folder.database.stat().st_size)
        try:
            read = [self._documents(), self._jobs(), *self._indexes()]
        except TandemError:
            read = []
        yield _gauge("tandem_database_readable", "1 if the database could be read at this look", bool(read))
        yield from read

    def describe(self) -> list[GaugeMetricFamily]:
        """Return nothing, so that registering reads nothing."""
        return []

    def _documents(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("tandem_documents", "Documents, by status", labels=["status"])
        for status, count in documents_by_status(self._store).items():
            family.add_metric([status], count)
        return family

    def _jobs(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("tandem_jobs", "Jobs, by kind and status", labels=["kind", "status"])
        for labels, count in jobs_by_kind(self._store).items():
            family.add_metric(labels, count)
        return family

    def _indexes(self) -> Iterator[GaugeMetricFamily]:
        """Yield how far the search indexes are behind the change log: those that are open, of all domains."""
        domains = [domain.id for domain in list_domains(self._store)]
        newest = newest_seqs(self._store, domains)
        seen = {each: self._retriever.shown(each) for each in domains}
        lags = [newest[each] - seq for each, seq in seen.items() if seq is not None]
        yield _gauge("tandem_domains", "Domains", len(domains))
        yield _gauge("tandem_indexes_open", "Search indexes in memory", len(lags))
        most = max(lags, default=0)
        yield _gauge("tandem_index_lag_changes", "Changes that the index furthest behind does not show", most)
        behind = sum(lag > 0 for lag in lags)
        yield _gauge("tandem_indexes_behind", "Search indexes that do not show every change", behind)


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, about, value=value)
