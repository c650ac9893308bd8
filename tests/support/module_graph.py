"""Which modules of a project import which, as its source says: at the top, inside functions, and for types only."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path


def module_graph(root: Path, packages: Collection[str]) -> dict[str, set[str]]:
    """Return for each module below `root` in these packages the modules of them that it imports.

    A package is the module `__init__` of its folder; that a module lies in a package is no import.
    """
    files = {_name(path.relative_to(root)): path for package in packages for path in (root / package).rglob("*.py")}
    return {name: set(_imported(name, path, files)) - {name} for name, path in files.items()}


def cycle_in(graph: Mapping[str, Collection[str]]) -> list[str]:
    """Return a cycle, each module importing the next and the last being the first; an empty list if there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])[::-1]  # `graphlib` gives each before the one that imports it
    return []


def _name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(name: str, path: Path, files: Collection[str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in files)
        elif isinstance(node, ast.ImportFrom):
            source = _source(name, path, node)
            members = [f"{source}.{alias.name}" for alias in node.names]
            yield from (member for member in members if member in files)
            if source in files and any(member not in files for member in members):
                yield source


def _source(name: str, path: Path, node: ast.ImportFrom) -> str:
    """Return the module that `from … import` names, a relative one from where it stands."""
    if not node.level:
        return node.module or ""
    inside = name.split(".")
    above = inside[: len(inside) - node.level + (path.name == "__init__.py")]
    return ".".join([*above, *([node.module] if node.module else [])])
