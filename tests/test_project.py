"""The project's own promises: layers, budgets, documentation that is true."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from module_graph import cycle_in, module_graph
from pydantic import BaseModel, Field

ROOT = Path(__file__).parents[1]
PACKAGES = ("store", "retriever", "generator", "eval", "tuner", "service")
SOURCES = [p for package in PACKAGES for p in (ROOT / package).rglob("*.py") if "migrations" not in p.parts]
TESTS = list((ROOT / "tests").rglob("*.py"))
BANNED_NAMES = {"utils", "helpers", "common", "base", "manager", "core"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    lint = Path(sys.executable).with_name("lint-imports")
    return subprocess.run([str(lint), "--no-cache"], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("file", "line", "broken"),
    [
        (None, "", None),
        ("store/ids.py", "from retriever.search.fusion import UNREADABLE\n", "imports go one way"),
        ("generator/evidence.py", "import fastapi\n", "HTTP stays in service"),
        ("store/jobs.py", "import faiss\n", "no model library in the store"),
        ("service/actions/jobs.py", "from service.http.objects import Deleted\n", "actions know no wire"),
        (
            "service/runtime.py",
            "from service.wire.tandem.objects.jobs import JobObject\n",
            "only the application knows Tandem's wire",
        ),
    ],
)
def test_layers_hold_and_a_planted_upward_import_is_caught(
    tmp_path: Path, file: str | None, line: str, broken: str | None
) -> None:
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__", "documents"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    if file is not None:
        with (tmp_path / file).open("a", encoding="utf-8") as source:
            source.write(line)

    checked = lint_imports(tmp_path)

    assert (checked.returncode == 0) == (broken is None), checked.stdout
    assert broken is None or f"{broken} BROKEN" in checked.stdout


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_files_and_functions_stay_within_their_budgets(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    functions = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    long = [f.name for f in functions if (f.end_lineno or f.lineno) - f.lineno + 1 > 60]

    assert len(text.splitlines()) <= 300
    assert long == []
    assert path.stem not in BANNED_NAMES


def test_nothing_unpickles_or_trusts_remote_code() -> None:
    risky = re.compile(r"\b(pickle|torch\.load|trust_remote_code=True|shell=True|yaml\.load)\b")
    found = [f"{path.name}: {line}" for path in SOURCES for line in path.read_text().splitlines() if risky.search(line)]

    assert [line for line in found if "no pickle" not in line] == []


def test_the_python_example_of_the_readme_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], minilm: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del minilm
    (example,) = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    monkeypatch.chdir(tmp_path)

    exec(compile(example, "README.md", "exec"), {})

    assert capsys.readouterr().out == "A single ticket costs 12 crowns. [1]\nferry.md 9 41\n"


def test_the_list_of_files_is_the_real_one() -> None:
    printed = subprocess.run(
        [sys.executable, ROOT / "tools" / "file_tree.py"], capture_output=True, text=True, check=True
    )

    assert printed.stdout == (ROOT / "docs" / "files.md").read_text(encoding="utf-8"), (
        "run python tools/file_tree.py > docs/files.md"
    )


SETTINGS = runpy.run_path(str(ROOT / "tools" / "settings_page.py"))


def test_the_page_of_the_settings_is_the_real_one() -> None:
    assert SETTINGS["settings_page"]() + "\n" == (ROOT / "docs" / "settings.md").read_text(encoding="utf-8"), (
        "run python tools/settings_page.py > docs/settings.md"
    )


def test_the_page_of_the_models_says_what_the_tables_say() -> None:
    models = runpy.run_path(str(ROOT / "tools" / "models_page.py"))

    assert models["impossible"]() == []
    assert models["page"]() == (ROOT / "docs" / "models.md").read_text(encoding="utf-8"), (
        "run python tools/models_page.py > docs/models.md"
    )


def test_every_setting_says_what_it_means() -> None:
    class Part(BaseModel):
        told: int = Field(1, description="what it means")
        untold: int = 1

    class Whole(BaseModel):
        part: Part = Part()

    assert SETTINGS["undescribed"](Whole) == ["part.untold"]
    assert SETTINGS["undescribed"]() == []


def test_the_chinese_readme_is_kept_in_step() -> None:
    english = (ROOT / "README.md").read_text(encoding="utf-8")
    chinese = (ROOT / "README.zh-CN.md").read_text(encoding="utf-8")

    def shape(text: str) -> list[int]:
        return [
            len(marks) for marks in re.findall(r"^(#+) ", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
        ]

    def commands(text: str) -> list[str]:
        blocks = re.findall(r"```(?:python)?\n(.*?)```", text, re.DOTALL)
        lines = [re.sub(r"\s+#.*", "", line) for block in blocks[:4] for line in block.splitlines()]
        return [line for line in lines if line]

    def numbers(text: str) -> list[str]:
        return re.findall(r"\d\.\d{3}", text)

    assert shape(english) == shape(chinese)
    assert commands(english) == commands(chinese)
    assert numbers(english) == numbers(chinese)


def test_what_the_architecture_names_exists() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:store|retriever|generator|eval|tuner|service)/[a-z_/]+\.py)(?:: (\w+))?`", text)
    functions = re.findall(r"`((?:store|retriever|service)\.[a-z_]+)\.([a-z_]+)`", text)

    assert len(named) > 10
    for path, symbol in named + [(f"{module.replace('.', '/')}.py", symbol) for module, symbol in functions]:
        assert (ROOT / path).is_file(), path
        assert not symbol or f"def {symbol}(" in (ROOT / path).read_text(encoding="utf-8"), (path, symbol)


def test_only_the_http_edge_catches_everything() -> None:
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in ("Exception", "BaseException"))
    ]

    assert broad == []


def test_fields_are_named_where_one_object_becomes_another() -> None:
    """What goes through the dictionary of a record reaches a contract with whatever somebody adds to the record."""
    found = [str(path) for path in SOURCES + TESTS if ".__" + "dict__" in path.read_text(encoding="utf-8")]

    assert found == []


def test_no_module_needs_itself() -> None:
    """Two modules that need each other are one; an import inside a function only hides it."""
    graph = module_graph(ROOT, PACKAGES)

    assert len(graph) > 200
    assert cycle_in(graph) == []


@pytest.mark.parametrize(
    "line",
    [
        "import store.ids",
        "from store.ids import new_id",
        "from store import ids",
        "from . import ids",
        "from .ids import new_id",
        "def later():\n    from store.ids import new_id",
        "if TYPE_CHECKING:\n    from store.ids import new_id",
    ],
)
def test_a_planted_circle_is_named(tmp_path: Path, line: str) -> None:
    (tmp_path / "store").mkdir()
    for name, source in {
        "__init__": "",
        "ids": "from store import rows",
        "rows": "import store.errors",
        "errors": line,
    }.items():
        (tmp_path / "store" / f"{name}.py").write_text(source, encoding="utf-8")

    cycle = cycle_in(module_graph(tmp_path, ["store"]))

    assert cycle[0] == cycle[-1]
    assert set(cycle) == {"store.ids", "store.rows", "store.errors"}
    assert " ".join(cycle * 2).count("store.ids store.rows store.errors") >= 1
