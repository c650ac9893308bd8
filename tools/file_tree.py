"""Print the file tree of the README: each module with the first sentence of its docstring."""

from __future__ import annotations

import ast
from pathlib import Path

PACKAGES = ("store", "retriever", "generator", "eval", "tuner", "service")
OTHERS = (
    ("tests/", "mirrors the packages; `support/` holds the crash harness and small stand-ins"),
    ("benchmarks/", "retrieval.py, answers.py, speed.py, dense_index.py: quality and speed beside other systems"),
    ("tools/", "chinese/, reader/, seed_model/: how shipped weights were made; file_tree.py prints this"),
    (
        "docs/",
        "architecture.md: the walk through the packages; decisions/: why, with measurements; results.md: figures",
    ),
)


def file_tree(root: Path) -> str:
    """Return the tree as text, a line for each module."""
    lines = []
    for package in PACKAGES:
        lines.append(f"{package + '/':29}{_summary(root / package / '__init__.py')}")
        modules = sorted((root / package).rglob("*.py"), key=lambda path: (len(path.parts), path))
        lines += [
            f"  {path.relative_to(root / package).as_posix():27}{_summary(path)}"
            for path in modules
            if path.name != "__init__.py" and "migrations" not in path.parts
        ]
    return "\n".join(lines + [f"{name:29}{summary}" for name, summary in OTHERS])


def _summary(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return docstring.splitlines()[0].split(". ")[0].rstrip(".")


if __name__ == "__main__":
    print(file_tree(Path(__file__).parents[1]))
