"""The command `tandem`. Its verbs talk to the running server of a data folder, or serve the folder themselves."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from service.commands import (
    content,
    datasets,
    drafts,
    editing,
    ingest,
    keys,
    lifecycle,
    models,
    operation,
    safekeeping,
    sync,
)  # fmt: skip
from service.commands.console import AsJson
from service.commands.errors import reported

app = typer.Typer(
    name="tandem",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def begin(
    as_json: AsJson = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=operation.print_version)
    ] = False,
) -> None:
    """Answers from your documents, with citations; tunes the models behind it; proves which of the two pays."""
    del as_json, version  # commands look for the one, and the other has answered


app.command(epilog="Example: tandem serve --port 8321")(operation.serve)
app.command(epilog="Example: tandem demo --quick")(operation.demo)
app.command(epilog="Example: tandem ingest docs/ -d handbook")(ingest.ingest)
app.command(epilog="Example: tandem sync handbook/ -d handbook --watch")(sync.sync)
app.command(epilog='Example: tandem query "How much is a ticket?" -d handbook')(content.query)
app.add_typer(content.domains, name="domain")
app.add_typer(content.documents, name="document")
app.add_typer(editing.metadata, name="metadata")
datasets.datasets.command("draft", epilog="Example: tandem dataset draft --name drafts --count 50 -d handbook")(
    drafts.draft
)
app.add_typer(datasets.datasets, name="dataset")
app.add_typer(lifecycle.tune, name="tune")
lifecycle.evaluations.command("draft", epilog="Example: tandem eval draft --name drafts -d handbook")(drafts.draft)
lifecycle.evaluations.command("review", epilog="Example: tandem eval review --dataset drafts -d handbook")(
    drafts.review
)
app.add_typer(lifecycle.evaluations, name="eval")
app.add_typer(lifecycle.releases, name="release")
app.add_typer(models.models, name="model")
app.add_typer(lifecycle.jobs, name="job")
app.add_typer(keys.keys, name="key")
app.command(epilog="Example: tandem doctor")(operation.doctor)
app.command(epilog="Example: tandem verify --json")(operation.verify)
app.command(epilog="Example: tandem reindex -d handbook")(safekeeping.reindex)
app.command(epilog="Example: tandem backup /backups/tandem --keep 30 --check")(safekeeping.backup)
app.command(epilog="Example: tandem restore /backups/tandem --home /srv/tandem")(safekeeping.restore)
app.command(epilog="Example: tandem version")(operation.version)


def main() -> None:
    """Run the command line."""
    sys.exit(reported(app))


if __name__ == "__main__":
    main()
