"""What tables and lists say of jobs and releases beside their own fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from service.commands.progress import state_of
from service.commands.readable import cell
from store.json_values import Json, JsonObject

if TYPE_CHECKING:
    from service.replies import Event


def release_row(fields: JsonObject, active: JsonObject) -> JsonObject:
    """Return the fields of a release, with what its manifest says otherwise than that of the active release."""
    from service.replies import Release, read

    release = read(Release, fields)
    mine, other = dict(_flat(release.manifest)), dict(_flat(active))
    names = [name for name in mine | other if mine.get(name) != other.get(name)]
    differs = [f"{name} {cell(mine.get(name)) or '-'} (active: {cell(other.get(name)) or '-'})" for name in names]
    about = {"arm": mine["generation.arm"], "adapter": mine["adapter"], "differs": "; ".join(differs)}
    return {**fields, **about, "active": "yes" if release.active else ""}


def job_row(fields: JsonObject) -> JsonObject:
    """Return the fields of a job, its progress as a share, and a note: its error, or what it waits for."""
    from service.replies import Job, read

    job = read(Job, fields)
    state, _, waits = state_of(job).partition(", ")
    note = cell(fields["error"]) or waits
    return {**fields, "status": state, "progress": f"{job.progress:.0%}", "note": note}


def event_line(event: Event) -> str:
    """Return an event of a job as one line: time, level unless it is a plain one, message, data."""
    when = datetime.fromtimestamp(event.created_at, UTC).astimezone().strftime("%H:%M:%S")
    level = "" if event.level == "info" else f"{event.level}: "
    data = cell(event.data)
    return f"{when} {level}{event.message}" + (f" ({data})" if data else "")


def _flat(manifest: JsonObject, before: str = "") -> Iterator[tuple[str, Json]]:
    """Yield the settings of a manifest under their dotted names."""
    for name, value in manifest.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield before + name, value
