"""A base model that was changed, removed or broken: domains that need it say so, and the ways out lead out."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes import HashEncoder, WordReader
from handbook import ASKED, BY_WORDS, LEAVE
from manifests import generating

from generator.engine import Engine
from generator.manifest import changed_manifest
from generator.releases import make_release
from generator.settings import GeneratorSettings
from retriever.settings import RetrieverSettings
from store.errors import ConflictError
from store.json_values import Json
from store.lineage import Lineage
from store.models import register_base
from store.releases import promote
from store.store import Store

OpenEngine = Callable[[Path | None], Engine]


@pytest.fixture
def model(tiny_model: Path, tmp_path: Path) -> Path:
    """The tiny model in a folder that a test may change."""
    return Path(shutil.copytree(tiny_model, tmp_path / "model"))


@pytest.fixture
def open_engine(store: Store) -> Iterator[OpenEngine]:
    """Open the store as a restarted server would, with a base model or none."""
    opened: list[Engine] = []

    def start(base_model: Path | None) -> Engine:
        settings = GeneratorSettings(base_model=base_model, max_new_tokens=4, threads=1)
        opened.append(Engine(store, RetrieverSettings(), settings, HashEncoder(), WordReader()))
        return opened[-1]

    yield start
    for engine in opened:
        engine.close(checkpoint=False)


@pytest.fixture
def written(open_engine: OpenEngine, model: Path) -> Engine:
    """An engine with the domain `handbook` under the model and `quoted` without one, each with a document."""
    engine = open_engine(model)
    engine.create_domain("handbook")
    engine.create_domain("quoted")
    for domain in ("handbook", "quoted"):
        engine.add(domain, "leave.txt", LEAVE)
    _promote(engine, "quoted", **{"generation.backend": "extractive"})
    return engine


def _promote(engine: Engine, domain: str, **changes: Json) -> None:
    pinned = engine.pin(domain)
    manifest = engine.with_base_model(changed_manifest(pinned.manifest, {"thresholds": BY_WORDS, **changes}))
    engine.answerer.serve(manifest, manifest.generation.arm)
    release = make_release(engine.store, pinned.domain_id, manifest)
    promote(engine.store, release.id, forced=True, reason="test")


def _change_weights(model: Path) -> None:
    path = model / "config.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"rms_norm_eps": 1e-06', '"rms_norm_eps": 1e-05'))


def _change_template(model: Path) -> None:
    (model / "chat_template.jinja").write_text("{% for m in messages %}{{ m['content'] }}\n{% endfor %}")


def _break_template(model: Path) -> None:
    (model / "chat_template.jinja").write_text("{% for m in messages %}")


def _forget_weights(model: Path) -> None:
    (model / "model.safetensors").unlink()


@pytest.mark.parametrize(
    ("change", "code", "named"),
    [
        (_change_weights, "wrong_base_model", "config.json"),
        (_change_template, "wrong_base_model", "chat_template.jinja"),
        (_break_template, "wrong_base_model", "its chat template cannot be used"),
        (shutil.rmtree, "unusable_base_model", "no such folder"),
        (_forget_weights, "unusable_base_model", "lacks model.safetensors"),
    ],
)
def test_after_a_change_the_domain_names_model_and_ways_out_and_others_live_on(
    written: Engine, open_engine: OpenEngine, model: Path, change: Callable[[Path], None], code: str, named: str
) -> None:
    del written
    change(model)

    engine = open_engine(model)

    with pytest.raises(ConflictError) as caught:
        engine.ask("handbook", ASKED)
    assert caught.value.code == code
    for part in (named, "generator.base_model", "generation.backend=extractive", "base_model=current", "rollback"):
        assert part in caught.value.message
    assert engine.ask("quoted", ASKED).citations


def test_without_the_setting_the_missing_model_is_named(written: Engine, open_engine: OpenEngine, model: Path) -> None:
    needed = written.pin("handbook").manifest.base_model

    with pytest.raises(ConflictError, match=r"generator\.base_model is not set") as caught:
        open_engine(None).ask("handbook", ASKED)

    assert needed in caught.value.message
    assert str(model.resolve()) in caught.value.message


def test_a_domain_moves_on_by_quoting_or_to_the_configured_model(
    written: Engine, open_engine: OpenEngine, model: Path
) -> None:
    del written
    _change_weights(model)
    engine = open_engine(model)

    _promote(engine, "handbook", base_model="current")
    assert engine.ask("handbook", ASKED).generator == "transformers"

    shutil.rmtree(model)
    engine = open_engine(model)
    _promote(engine, "handbook", **{"generation.backend": "extractive"})
    assert engine.ask("handbook", ASKED).citations


def test_a_release_whose_arm_needs_an_adapter_can_become_extractive(written: Engine) -> None:
    manifest = written.pin("handbook").manifest
    tuned = generating(manifest.model_copy(update={"adapter": "mdl_1"}), arm="combined")

    changed = changed_manifest(tuned, {"generation": {"backend": "extractive"}})

    assert (changed.adapter, changed.generation.arm) == (None, "rag")


def test_what_does_not_decide_what_a_model_writes_does_not_change_it(
    written: Engine, open_engine: OpenEngine, model: Path
) -> None:
    (model / "README.md").write_text("About this model.")

    engine = open_engine(model)

    assert engine.base_model == written.base_model
    assert engine.ask("handbook", ASKED).generator == "transformers"


def test_a_model_that_was_known_by_all_its_files_keeps_its_id(
    store: Store, open_engine: OpenEngine, model: Path
) -> None:
    from store.folder import hash_files
    from store.ids import canonical_json, sha256

    (model / "LICENSE").write_text("As you like.")
    known = register_base(store, model, sha256(canonical_json(hash_files(model))), Lineage(name="model"))
    assert open_engine(model).base_model.id == known.id  # type: ignore[union-attr]

    (model / "LICENSE").unlink()
    assert open_engine(model).base_model.id == known.id  # type: ignore[union-attr]


def test_a_model_that_cannot_be_loaded_is_refused_each_time(
    written: Engine, open_engine: OpenEngine, model: Path
) -> None:
    del written
    engine = open_engine(model)
    (model / "model.safetensors").write_bytes(b"no weights")

    for _ in range(2):
        with pytest.raises(ConflictError, match=r"base model model cannot be used.*Ways out") as caught:
            engine.ask("handbook", ASKED)
        assert caught.value.code == "unusable_base_model"
    assert engine.ask("quoted", ASKED).citations


def test_a_domain_under_a_model_with_a_broken_template_says_so(open_engine: OpenEngine, model: Path) -> None:
    _break_template(model)
    engine = open_engine(model)
    engine.create_domain("handbook")
    engine.add("handbook", "leave.txt", LEAVE)

    with pytest.raises(ConflictError, match="its chat template cannot be used") as caught:
        engine.ask("handbook", ASKED)

    assert caught.value.code == "unusable_base_model"
    _promote(engine, "handbook", **{"generation.backend": "extractive"})
    assert engine.ask("handbook", ASKED).citations


def test_no_domain_is_made_for_a_model_that_is_gone(written: Engine, open_engine: OpenEngine, model: Path) -> None:
    del written
    shutil.rmtree(model)

    with pytest.raises(ConflictError, match="is gone"):
        open_engine(model).create_domain("new")
