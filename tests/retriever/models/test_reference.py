"""A machine that computes a known text wrongly does not serve, whatever it is that is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from small_models import small_cross_encoder, small_encoder

from retriever.models.chinese_encoder import ChineseEncoder
from retriever.models.compiled import Computation, InferRequests
from retriever.models.encoder_files import EncoderFiles, converted, default_encoder, whole_tokenizer
from retriever.models.extension import extended_tokenizer, read_characters
from retriever.models.load import load_encoder
from retriever.models.reference import REFERENCE, TOLERANCE, Reference, known_inputs
from retriever.models.reranker import CrossEncoder
from retriever.models.span_reader import INPUTS
from retriever.settings import RetrieverSettings
from retriever.weights import shipped
from store.errors import ComputationError

_F32 = Computation("f32", "f32")


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two converted encoders with different weights of the same shape."""
    made = tmp_path_factory.mktemp("two")
    folders = [small_encoder(made / str(seed), seed=seed) for seed in (3, 4)]
    first, second = (converted(EncoderFiles.read(folder), made / "cache") for folder in folders)
    return first, second


@pytest.mark.parametrize("shape", [None, (1, 16)])
def test_a_compiled_form_of_another_model_is_found_and_made_anew(
    two: tuple[Path, Path], shape: tuple[int, int] | None, caplog: pytest.LogCaptureFixture
) -> None:
    ids = np.array([[101, 2054, 2003, 102, *[0] * 12]])
    inputs = {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64)}
    computation = Computation("f32", "f32", shape=shape)
    right, other = (InferRequests(folder, computation, 1, "It").infer(inputs) for folder in two)
    mine, theirs = (next((folder / computation.name).glob("*.blob")) for folder in two)
    mine.chmod(0o600)
    shutil.copyfile(theirs, mine)

    found = InferRequests(two[0], computation, 1, "It").infer(inputs)

    assert not np.allclose(right, other, atol=0.1)
    np.testing.assert_allclose(found, right, atol=1e-6)
    assert "computes a known text wrongly and is compiled anew" in caplog.text
    assert mine.read_bytes() != theirs.read_bytes()


def test_a_model_that_stays_wrong_is_refused_with_the_way_out(
    two: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "converted"
    folder.mkdir()
    for name in ("model.xml", "model.bin"):
        shutil.copyfile(two[1] / name, folder / name)
    shutil.copyfile(two[0] / REFERENCE, folder / REFERENCE)

    with pytest.raises(
        ComputationError, match="The encoder, computing in f32 on this CPU, computes a known text"
    ) as caught:
        InferRequests(folder, _F32, 1, "The encoder")

    assert "retriever.precision" in caught.value.message
    assert "Remove the folder" in caught.value.message
    assert str(folder) not in caught.value.message
    assert str(folder) in caplog.text


@pytest.mark.parametrize("name", ["model.xml", "model.bin"])
def test_a_converted_model_that_is_damaged_is_refused_with_the_way_out(
    two: tuple[Path, Path], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "converted"
    folder.mkdir()
    for kept in ("model.xml", "model.bin", REFERENCE):
        shutil.copyfile(two[0] / kept, folder / kept)
    (folder / name).write_bytes((folder / name).read_bytes()[:1000])

    with pytest.raises(ComputationError, match="Remove the folder") as caught:
        InferRequests(folder, _F32, 1, "The encoder")

    assert str(folder) not in caught.value.message


def _falsify(cache: Path) -> None:
    """Let the reference of the only converted model say something else."""
    (path,) = cache.glob(f"*/{REFERENCE}")
    kept = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**kept, "output": (np.array(kept["output"]) + 0.5).tolist()}), encoding="utf-8")


@pytest.mark.parametrize(
    "serve",
    [
        lambda folder, cache: load_encoder(
            RetrieverSettings(encoder=small_encoder(folder), cache=cache, precision="f32")
        ),
        lambda folder, cache: CrossEncoder(
            small_cross_encoder(folder), RetrieverSettings(cache=cache, precision="f32")
        ),
    ],
    ids=["encoder", "reranker"],
)
def test_models_of_ones_own_are_compared_with_what_torch_made_of_them(
    tmp_path: Path, serve: Callable[[Path, Path], object]
) -> None:
    serve(tmp_path / "model", tmp_path / "cache")
    _falsify(tmp_path / "cache")
    shutil.rmtree(tmp_path / "model")

    with pytest.raises(ComputationError, match="computes a known text wrongly"):
        serve(tmp_path / "model", tmp_path / "cache")


def test_the_shipped_references_are_those_of_the_known_texts() -> None:
    base = default_encoder()
    reading = extended_tokenizer(base, read_characters(shipped("reader")))
    expected = {
        "minilm": known_inputs(whole_tokenizer(base), INPUTS[:2], pairs=False),
        "reader": known_inputs(reading, INPUTS, pairs=True),
    }

    for name, inputs in expected.items():
        kept = Reference.read(shipped(name) / REFERENCE)
        assert kept.inputs.keys() == inputs.keys()
        for key, rows in inputs.items():
            np.testing.assert_array_equal(kept.inputs[key], rows)
    assert (kept.inputs["attention_mask"][0] == 0).any()  # padding is among what is compared
    assert int(Reference.read(shipped("minilm") / REFERENCE).inputs["attention_mask"][0].sum()) <= 16


def test_the_table_of_characters_is_compared_with_its_reference(tmp_path: Path) -> None:
    base, folder = default_encoder(), tmp_path / "chinese"
    shutil.copytree(shipped("chinese"), folder)
    tokenizer, weights = whole_tokenizer(base), base / "model.safetensors"
    assert np.isfinite(ChineseEncoder(weights, tokenizer, folder).encode(["年假"])).all()
    units = (folder / "units.txt").read_text(encoding="utf-8").split()
    (folder / "units.txt").write_text("\n".join(reversed(units)), encoding="utf-8")

    with pytest.raises(ComputationError, match="computes a known text wrongly"):
        ChineseEncoder(weights, tokenizer, folder).encode(["年假"])


_KNOWN = Reference(
    {"attention_mask": np.array([[1, 1, 0], [1, 1, 1]])},
    np.array([[[1, 2], [3, 4], [9, 9]], [[1, 1], [1, 1], [1, 1]]], np.float32),
)


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda output: output, 0.0),
        (lambda output: output * [[[1], [1], [7]], [[1], [1], [1]]], 0.0),  # of padding
        (lambda output: np.add(output, [[[3, 0], [0, 0], [0, 0]], [[0, 0], [0, 4], [0, 0]]]), 5 / 6),
        (lambda output: output * 2, 1.0),
        (lambda output: output[:1], np.inf),
    ],
)
def test_the_error_is_the_length_of_the_difference_as_a_share(
    change: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]], error: float
) -> None:
    assert _KNOWN.error(lambda _: change(_KNOWN.output)) == pytest.approx(error)


def test_what_is_not_finite_is_as_wrong_as_can_be() -> None:
    def refuse(_: Mapping[str, object]) -> npt.NDArray[np.float32]:
        raise ComputationError("not finite")

    assert _KNOWN.error(refuse) == np.inf
    assert _KNOWN.error(lambda _: _KNOWN.output * np.float32(np.nan)) > max(TOLERANCE.values())


def test_a_reference_is_read_as_it_was_written(tmp_path: Path) -> None:
    _KNOWN.write(tmp_path / REFERENCE)

    read = Reference.read(tmp_path / REFERENCE)

    np.testing.assert_array_equal(read.output, _KNOWN.output)
    np.testing.assert_array_equal(read.inputs["attention_mask"], _KNOWN.inputs["attention_mask"])
