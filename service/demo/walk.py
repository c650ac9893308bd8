"""The walk: ingest, ask, then tune, compare, promote, roll back in each language; all over HTTP, as any client would.

The English half is tuned with SmolLM2, which is fetched once; the Chinese one, which that model cannot read, with the
seed model. Without network the English half, too, has the seed model.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import httpx
from rich.console import Console
from rich.markdown import Markdown
from rich.markup import escape

from generator.seed import SEED
from retriever.models.encoder_files import default_cache
from service.client import Client
from service.commands.progress import run_job
from service.commands.terminal import one_line, plain
from service.http.server import local_server
from service.model_catalogue import fetch_known
from service.replies import Answer, Dataset, Domain, Job, Release, Report, Started
from service.settings import Settings, load_settings
from store.errors import TandemError
from store.json_values import JsonObject

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


@dataclass(frozen=True)
class Half:
    """A language of the demo: its domain, the beginning of the names of its documents, and how its model is tuned."""

    domain: str
    language: str
    ways: tuple[str, ...]
    tuning: JsonObject
    passages: int


# Each is what tells something within a few minutes on two cores: SmolLM2 is forty times as large as the seed model.
_OF_SMOLLM2 = Half("english", "en", ("with_context",), {"epochs": 1, "learning_rate": 5e-4, "batch": 4}, passages=2)
_OF_SEED = {"epochs": 3}
ENGLISH_BY_SEED = Half("english", "en", ("with_context", "closed_book"), _OF_SEED, passages=4)
CHINESE = Half("chinese", "zh", ("with_context", "closed_book"), _OF_SEED, passages=4)


def run_demo(home: Path | None, *, quick: bool) -> None:
    """Run the walk in `home`, or in a temporary folder that is removed afterwards."""
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tandem-demo-") as temporary, as_file(files("service.demo")) as shipped:
        settings = load_settings(home or Path(temporary) / "home")
        with _server(settings) as client:
            _ingest(client, shipped / "documents", DOMAIN)
            _ask(client, QUESTIONS, DOMAIN)
        if not quick:
            _walk(settings, SEED, CHINESE, shipped)
            _walk(settings, *_english_model(settings), shipped)
        _say(f"Done in {time.monotonic() - begun:.0f} s. Next: tandem serve, then tandem ingest YOUR_FOLDER.")


def _english_model(settings: Settings) -> tuple[Path, Half]:
    """Return SmolLM2, fetched if it must be, with how it is tuned; the seed model where it cannot be had."""
    try:
        fetch_known(settings.retriever.cache or default_cache(), "smollm2", accepted=False, tell=_say)
    except (TandemError, OSError) as error:
        _say(f"SmolLM2 cannot be had, so the English half is shown with the seed model, too: {error}")
        return SEED, ENGLISH_BY_SEED
    return Path("smollm2"), _OF_SMOLLM2


def _walk(settings: Settings, model: Path, half: Half, shipped: Path) -> None:
    """Tune, compare, promote and roll back in a domain that holds the documents of one language."""
    _say(f"The domain {half.domain} with the language model {model}")
    changes = {"base_model": model, "max_new_tokens": 32, "passages": half.passages}
    generator = settings.generator.model_copy(update=changes)
    with _server(settings.model_copy(update={"generator": generator})) as client:
        client.call("POST", "/v1/domains", json={"name": half.domain})
        _ingest(client, shipped / "documents", half.domain, half.language)
        _tune_and_release(client, shipped / "questions.jsonl", half)


@contextmanager
def _server(settings: Settings) -> Iterator[Client]:
    headers = {"authorization": f"Bearer {settings.api_key}"} if settings.api_key else {}
    with (
        local_server(settings) as url,
        httpx.Client(base_url=url, headers=headers, timeout=600, trust_env=False) as http,
    ):
        yield Client(http)


def _ingest(client: Client, folder: Path, name: str, language: str = "") -> None:
    begun = time.monotonic()
    parts = [("files", (path.name, path.read_bytes())) for path in sorted(folder.glob(f"{language}*.md"))]
    client.call("POST", f"/v1/domains/{name}/documents", params={"wait": "true"}, files=parts)
    domain = client.read(Domain, "GET", f"/v1/domains/{name}")
    spent = time.monotonic() - begun
    counts = f"{domain.documents} documents{'' if language else ' in two languages'}, {domain.passages} passages"
    _say(f"{counts}, searchable after {spent:.1f} s")


def _ask(client: Client, questions: tuple[str, ...], domain: str) -> None:
    for question in questions:
        answer = client.read(Answer, "POST", f"/v1/domains/{domain}/query", json={"question": question})
        spent = sum(answer.timings_ms.values())
        _CONSOLE.print(f"\n[bold]{question}[/bold]")
        _CONSOLE.print(f"  {plain(answer.answer)}", markup=False)
        for citation in answer.citations:
            place = f"{citation.external_id} [{citation.start}:{citation.end}]"
            _CONSOLE.print(f"  {citation.marker} {place}", markup=False, style="dim")
        how = f"{answer.generator}, arm {answer.arm}, evidence {answer.evidence}, {spent:.0f} ms"
        _CONSOLE.print(f"  {how}, {answer.release}", markup=False, style="dim")


def _tune_and_release(client: Client, questions: Path, half: Half) -> None:
    lines = [
        line
        for line in questions.read_text(encoding="utf-8").splitlines()
        if json.loads(line)["language"] == half.language
    ]
    file = (questions.name, "\n".join(lines).encode())
    datasets = f"/v1/domains/{half.domain}/datasets"
    dataset = client.read(Dataset, "POST", datasets, files={"file": file}, data={"name": "demo"})
    _say(f"data set with {dataset.counts} questions, split by document")
    _calibrate(client, half.domain)
    for trained in half.ways:
        params = {"dataset": "demo", "trained": trained, "lora": half.tuning}
        asked = {"kind": "tune_generator", "domain": half.domain, "params": params}
        result = run_job(client, client.read(Job, "POST", "/v1/jobs", json=asked).id).result or {}
        _say(f"adapter {result['model']}, trained {trained}: {result['metrics']}")
    arms = (
        ["extractive", "rag", "combined"] if len(half.ways) == 1 else ["extractive", "base", "rag", "tuned", "combined"]
    )
    body = {"domain": half.domain, "dataset": "demo", "arms": arms}
    evaluation = client.read(Started, "POST", "/v1/evaluations", json=body)
    run_job(client, evaluation.job)
    text = str(client.call("GET", f"/v1/evaluations/{evaluation.id}/report.md"))
    if _CONSOLE.width >= _WIDE:
        _CONSOLE.print(Markdown(text))
    else:
        _CONSOLE.print(text, markup=False, soft_wrap=True)
    report = client.read(Report, "GET", f"/v1/evaluations/{evaluation.id}/report.json")
    _promote(client, report, half)


def _calibrate(client: Client, domain: str) -> None:
    """Fit to the train split how much evidence this domain needs: its questions share few words with its documents."""
    made = client.read(Release, "POST", f"/v1/domains/{domain}/releases", json={"calibrate": "demo"})
    reason = "evidence calibrated on the train split"
    client.call("POST", f"/v1/releases/{made.id}/promote", json={"force": True, "reason": reason})
    _say(f"{reason}: {made.id} is active")


def _promote(client: Client, report: Report, half: Half) -> None:
    release, gate = report.arms["combined"].release, report.gate["combined"]
    if gate.passed:
        _say(f"the gate is open for the arm combined: promoting {release}")
        body: dict[str, object] = {}
    else:
        _say(f"the gate is closed for the arm combined: {'; '.join(gate.reasons)}")
        _say(f"promoting {release} by force, to show the rollback")
        body = {"force": True, "reason": "demo of promotion and rollback"}
    client.call("POST", f"/v1/releases/{release}/promote", json=body)
    _ask(client, QUESTIONS[:1] if half.language == "en" else QUESTIONS[1:2], half.domain)
    back = client.read(Release, "POST", f"/v1/domains/{half.domain}/rollback")
    _CONSOLE.print()
    _say(f"rolled back: {back.id} is active again")


def _say(text: str) -> None:
    _CONSOLE.print(f"[bold green]●[/bold green] {escape(one_line(text))}")
