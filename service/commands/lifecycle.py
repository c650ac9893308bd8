"""Commands of ML engineers: data sets, tuning, evaluation, releases, jobs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from eval.metrics.table import DECIDING
from service.commands.console import AsJson, Domain, Home, Limit, at, choice, client, noun, show
from service.commands.progress import run_job
from service.commands.recipe import assignment, method_settings
from service.commands.rows import event_line, job_row, release_row

if TYPE_CHECKING:
    from service.client import Client
    from service.replies import Release

tune = noun("Tune models.")
evaluations = noun("Compare the arms of a domain.")
releases = noun("What a domain serves.")
jobs = noun("Long work.")

Dataset = Annotated[str, typer.Option("--dataset", help="Name or id of the data set.")]


@tune.command("generator", epilog="Example: tandem tune generator --dataset faq -d handbook lora.r=16 lora.epochs=3")
def tune_generator(
    dataset: Dataset,
    overrides: Annotated[list[str] | None, typer.Argument(help="Dotted settings, as lora.r=16.")] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            "-c",
            "--config",
            exists=True,
            dir_okay=False,
            help="A recipe: TOML or YAML with the section of a method, as lora.",
        ),
    ] = None,
    trained: Annotated[str, typer.Option(help="with_context or closed_book.")] = "with_context",
    drop_leaks: Annotated[
        bool, typer.Option("--drop-leaks", help="Train without examples that give away dev or test questions.")
    ] = False,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Train a LoRA adapter of the base model and register it as a candidate."""
    from service.replies import Job

    params = {
        "dataset": dataset,
        "trained": trained,
        "drop_leaks": drop_leaks,
        **method_settings(config, overrides or []),
    }
    with client(home) as server:
        asked = {"kind": "tune_generator", "domain": domain, "params": params}
        done = run_job(server, server.read(Job, "POST", "/v1/jobs", json=asked).id)
        show(server.call("GET", at("models", str((done.result or {})["model"]))), as_json)


@evaluations.command("run", epilog="Example: tandem eval run --dataset faq -d handbook")
def run_evaluation(  # noqa: PLR0913  (each is an option of the command)
    dataset: Dataset,
    arms: Annotated[
        list[str] | None, typer.Option("--arm", help="Repeatable; default: all that can be measured.")
    ] = None,
    releases: Annotated[
        list[str] | None,
        typer.Option("--release", help="Repeatable; only these are compared with what is served."),
    ] = None,
    adapters: Annotated[
        list[str] | None, typer.Option("--adapter", help="Repeatable; used instead of the newest trained its way.")
    ] = None,
    metric: Annotated[str, typer.Option(help=choice(DECIDING))] = DECIDING[0],
    split: Annotated[str, typer.Option(help="train, dev or test.")] = "test",
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Compare arms, or releases with the active one, on a split and print the report."""
    from service.replies import Started

    body: dict[str, object] = {"domain": domain, "dataset": dataset, "primary_metric": metric, "split": split}
    with client(home) as server:
        chosen = {"arms": arms, "releases": releases, "adapters": adapters}
        body |= {name: values for name, values in chosen.items() if values}
        started = server.read(Started, "POST", "/v1/evaluations", json=body)
        run_job(server, started.job)
        _show_report(server, started.id, as_json)


@evaluations.command("report", epilog="Example: tandem eval report evl_…")
def report(evaluation: str, home: Home = None, as_json: AsJson = False) -> None:
    """Print the report of an evaluation as Markdown or JSON."""
    with client(home) as server:
        _show_report(server, evaluation, as_json)


@releases.command("list", epilog="Example: tandem release list -d handbook")
def list_releases(domain: Domain = "default", limit: Limit = 20, home: Home = None, as_json: AsJson = False) -> None:
    """List the releases, the newest first."""
    with client(home) as server:
        found = server.call("GET", f"/v1/domains/{domain}/releases", params={"limit": limit})
        active = {} if as_json else _active(server, domain).manifest
        columns = ("id", "active", "arm", "adapter", "differs")
        show(found, as_json, columns, ("differs",), lambda each: release_row(each, active))


@releases.command("show", epilog="Example: tandem release show rel_…")
def show_release(release: str, home: Home = None, as_json: AsJson = False) -> None:
    """Show a release with its manifest."""
    with client(home) as server:
        show(server.call("GET", at("releases", release)), as_json)


@releases.command("create", epilog="Example: tandem release create -d handbook thresholds.evidence=0.5")
def create_release(
    changes: Annotated[list[str] | None, typer.Argument(help="Dotted settings, as retrieval.passages=6.")] = None,
    calibrate: Annotated[
        str | None, typer.Option(help="A data set whose dev (or train) split fits fusion and evidence.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="The release to start from; default: the active one.")
    ] = None,
    domain: Domain = "default",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a release with other settings; it serves once it is promoted."""
    body: dict[str, object] = {"set": dict(assignment(change) for change in changes or [])}
    body |= {"calibrate": calibrate} if calibrate else {}
    with client(home) as server:
        body |= {"from": source} if source else {}
        show(server.call("POST", f"/v1/domains/{domain}/releases", json=body), as_json)


@releases.command("promote", epilog="Example: tandem release promote rel_…")
def promote(
    release: str,
    force: Annotated[bool, typer.Option("--force", help="Though the gate is closed; needs a reason.")] = False,
    reason: Annotated[str, typer.Option(help="Kept with the promotion.")] = "",
    home: Home = None,
    as_json: AsJson = False,
) -> None:
    """Make a release the active one, if an evaluation showed that it is better."""
    with client(home) as server:
        show(server.call("POST", at("releases", release, "promote"), json={"force": force, "reason": reason}), as_json)


@releases.command("rollback", epilog="Example: tandem release rollback -d handbook")
def rollback(domain: Domain = "default", home: Home = None, as_json: AsJson = False) -> None:
    """Return to the release that was active before."""
    with client(home) as server:
        show(server.call("POST", f"/v1/domains/{domain}/rollback"), as_json)


@jobs.command("list", epilog="Example: tandem job list --limit 50")
def list_jobs(limit: Limit = 20, home: Home = None, as_json: AsJson = False) -> None:
    """List the jobs, the newest first."""
    with client(home) as server:
        found = server.call("GET", "/v1/jobs", params={"limit": limit})
        show(found, as_json, ("id", "kind", "domain", "status", "progress", "note"), ("note",), job_row)


@jobs.command("show", epilog="Example: tandem job show job_…")
def show_job(job: str, home: Home = None, as_json: AsJson = False) -> None:
    """Show a job and what it told."""
    from service.replies import Event, Fields, Page, read

    with client(home) as server:
        found = server.read(Fields, "GET", at("jobs", job))
        events = server.read(Page, "GET", at("jobs", job, "events"), params={"limit": 10_000}).data
        told = events if as_json else [event_line(read(Event, event)) for event in events]
        show({**found, "events": told}, as_json)


@jobs.command("cancel", epilog="Example: tandem job cancel job_…")
def cancel_job(job: str, home: Home = None, as_json: AsJson = False) -> None:
    """Ask a job to stop."""
    with client(home) as server:
        show(server.call("POST", at("jobs", job, "cancel")), as_json)


def _show_report(server: Client, evaluation: str, as_json: bool) -> None:
    kind = "json" if as_json else "md"
    show(server.call("GET", at("evaluations", evaluation, f"report.{kind}")), as_json)


def _active(server: Client, domain: str) -> Release:
    from service.replies import Domain as Served
    from service.replies import Release

    served = server.read(Served, "GET", at("domains", domain)).release
    return server.read(Release, "GET", at("releases", served))
