"""The walk: ingest, ask, tune, compare, promote, roll back; everything over HTTP, as any client would."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import as_file, files
from pathlib import Path

import httpx
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from generator.seed import SEED
from service.client import Client
from service.commands.progress import run_job
from service.commands.terminal import one_line, plain
from service.http.server import local_server
from service.replies import Answer, Dataset, Domain, Job, Release, Report, Started
from service.settings import Settings, load_settings

DOMAIN = "default"
QUESTIONS = (
    "How much does it cost to take a bicycle on a crossing?",
    "北线索道的钢索多久做一次磁力探伤？",
    "How long may a dog's lead be?",
    "北线索道在多大风速下会停运？",
    "What is the name of the captain's parrot?",
)
_CONSOLE = Console(highlight=False)
_WIDE = 140  # columns that the tables of a report need when they are drawn


def run_demo(home: Path | None, *, quick: bool) -> None:
    """Run the walk in `home`, or in a temporary folder that is removed afterwards."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tandem-demo-") as temporary, as_file(files("service.demo")) as shipped:
        place = home or Path(temporary) / "home"
        with _server(load_settings(place)) as client:
            _ingest(client, shipped / "documents")
            _ask(client, QUESTIONS)
        if not quick:
            settings = load_settings(place)
            generator = settings.generator.model_copy(update={"base_model": SEED, "max_new_tokens": 32})
            with _server(settings.model_copy(update={"generator": generator})) as client:
                _tune_and_release(client, shipped / "questions.jsonl")
        _say(f"Done in {time.monotonic() - begun:.0f} s. Next: tandem serve, then tandem ingest YOUR_FOLDER.")


@contextmanager
def _server(settings: Settings) -> Iterator[Client]:
    headers = {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    with (
        local_server(settings) as url,
        httpx.Client(base_url=url, headers=headers, timeout=600, trust_env=False) as http,
    ):
        yield Client(http)


def _ingest(client: Client, folder: Path) -> None:
    begun = time.monotonic()
    parts = [("files", (path.name, path.read_bytes())) for path in sorted(folder.glob("*.md"))]
    client.call("POST", f"/v1/domains/{DOMAIN}/documents", params={"wait": "true"}, files=parts)
    domain = client.read(Domain, "GET", f"/v1/domains/{DOMAIN}")
    spent = time.monotonic() - begun
    counts = f"{domain.documents} documents in two languages, {domain.passages} passages"
    _say(f"{counts}, searchable after {spent:.1f} s")


def _ask(client: Client, questions: tuple[str, ...]) -> None:
    for question in questions:
        answer = client.read(Answer, "POST", f"/v1/domains/{DOMAIN}/query", json={"question": question})
        spent = sum(answer.timings_ms.values())
        _CONSOLE.print(f"\n[bold]{question}[/bold]")
        _CONSOLE.print(f"  {plain(answer.answer)}", markup=False)
        for citation in answer.citations:
            place = f"{citation.external_id} [{citation.start}:{citation.end}]"
            _CONSOLE.print(f"  {citation.marker} {place}", markup=False, style="dim")
        how = f"{answer.generator}, arm {answer.arm}, evidence {answer.evidence}, {spent:.0f} ms"
        _CONSOLE.print(f"  {how}, {answer.release}", markup=False, style="dim")


def _tune_and_release(client: Client, questions: Path) -> None:
    file = (questions.name, questions.read_bytes())
    datasets = f"/v1/domains/{DOMAIN}/datasets"
    dataset = client.read(Dataset, "POST", datasets, files={"file": file}, data={"name": "demo"})
    _say(f"data set with {dataset.counts} questions, split by document")
    _calibrate(client)
    for trained in ("with_context", "closed_book"):
        params = {"dataset": "demo", "trained": trained}
        asked = {"kind": "tune_generator", "domain": DOMAIN, "params": params}
        result = run_job(client, client.read(Job, "POST", "/v1/jobs", json=asked).id).result or {}
        _say(f"adapter {result['model']}, trained {trained}: {result['metrics']}")
    body = {"domain": DOMAIN, "dataset": "demo", "arms": ["extractive", "base", "rag", "tuned", "combined"]}
    evaluation = client.read(Started, "POST", "/v1/evaluations", json=body)
    run_job(client, evaluation.job)
    text = str(client.call("GET", f"/v1/evaluations/{evaluation.id}/report.md"))
    if _CONSOLE.width >= _WIDE:
        _CONSOLE.print(Markdown(text))
    else:
        _CONSOLE.print(text, markup=False, soft_wrap=True)
    _promote(client, client.read(Report, "GET", f"/v1/evaluations/{evaluation.id}/report.json"))


def _calibrate(client: Client) -> None:
    """Fit to the train split how much evidence this domain needs: its questions share few words with its documents."""
    made = client.read(Release, "POST", f"/v1/domains/{DOMAIN}/releases", json={"calibrate": "demo"})
    reason = "evidence calibrated on the train split"
    client.call("POST", f"/v1/releases/{made.id}/promote", json={"force": True, "reason": reason})
    _say(f"{reason}: {made.id} is active")


def _promote(client: Client, report: Report) -> None:
    release, gate = report.arms["combined"].release, report.gate["combined"]
    if gate.passed:
        _say(f"the gate is open for the arm combined: promoting {release}")
        body: dict[str, object] = {}
    else:
        _say(f"the gate is closed for the arm combined: {'; '.join(gate.reasons)}")
        _say(f"promoting {release} by force, to show the rollback")
        body = {"force": True, "reason": "demo of promotion and rollback"}
    client.call("POST", f"/v1/releases/{release}/promote", json=body)
    _ask(client, QUESTIONS[:2])
    back = client.read(Release, "POST", f"/v1/domains/{DOMAIN}/rollback")
    _CONSOLE.print()
    _say(f"rolled back: {back.id} is active again")


def _say(text: str) -> None:
    _CONSOLE.print(f"[bold green]●[/bold green] {escape(one_line(text))}")
