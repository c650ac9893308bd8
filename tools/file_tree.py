"""Write `docs/files.md`: the tree of the project, each module with the first sentence of its docstring.

usage: python tools/file_tree.py > docs/files.md
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

PACKAGES = ("store", "retriever", "generator", "eval", "tuner", "service")
HIDDEN = ("versions",)  # migrations: their names say it all
OTHERS = (
    ("tests", "They mirror the packages; `support/` holds the crash harness and small stand-ins."),
    ("benchmarks", "Quality and speed beside other systems: retrieval, answers, speed, the dense index."),
    (
        "tools",
        "How shipped weights were made (`chinese/`, `reader/`, `seed_model/`), and the pages that are generated.",
    ),
    ("docs", "The walk through the packages (`architecture.md`), decisions with their measurements, results."),
)


def file_tree(root: Path) -> str:
    """Return the page: a heading for each package, then a line for each folder and module, folders first."""
    lines = [
        "# Files",
        "",
        "Written by `python tools/file_tree.py > docs/files.md`; a test fails when it is out of date.",
    ]
    for package in PACKAGES:
        lines += [
            "",
            f"## {package}",
            "",
            _summary(root / package / "__init__.py"),
            "",
            "```",
            *_inside(root / package),
        ]
        lines += ["```"]
    for name, summary in OTHERS:
        lines += ["", f"## {name}", "", summary]
    return "\n".join(lines)


def _inside(folder: Path, indent: str = "") -> list[str]:
    """Return the lines of a folder: its packages with what is in them, then its modules."""
    lines = []
    for each in sorted(path.parent for path in folder.glob("*/__init__.py") if path.parent.name not in HIDDEN):
        lines += [_line(f"{indent}{each.name}/", _summary(each / "__init__.py")), *_inside(each, indent + "  ")]
    modules = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
    return lines + [_line(f"{indent}{path.name}", _summary(path)) for path in modules]


def _line(name: str, summary: str) -> str:
    return f"{name:32} {summary}".rstrip()


def _summary(path: Path) -> str:
    docstring = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    paragraph = " ".join(docstring.split("\n\n")[0].split())
    return re.split(r"\. (?=[A-Z`\"])", paragraph)[0].rstrip(".")  # not at "et al. 2021"


if __name__ == "__main__":
    print(file_tree(Path(__file__).parents[1]))
