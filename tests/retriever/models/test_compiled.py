"""Compiled models: each way of computing is kept apart, and what is not finite is an error."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from small_models import small_encoder

from retriever.models import compiled
from retriever.models.compiled import Computation, InferRequests, core
from retriever.models.encoder_files import EncoderFiles, converted
from retriever.models.reference import REFERENCE, Reference
from store.errors import ComputationError

_IDS = np.array([[101, 2054, 2003, 102]])
_INPUTS = {"input_ids": _IDS, "attention_mask": np.ones_like(_IDS)}
_COMPUTATIONS = [
    Computation(precision, floats, threads, shape)
    for (precision, floats), threads, shape in product(
        [("f32", "f32"), ("bf16", "bf16"), ("int8", "f32"), ("int8", "bf16")], (0, 1), (None, (1, 4), (1, 8))
    )
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A converted model."""
    made = tmp_path_factory.mktemp("small")
    return converted(EncoderFiles.read(small_encoder(made / "model")), made / "cache")


def _blobs(folder: Path) -> dict[str, set[str]]:
    """Return the compiled files below a converted model by the folder that they lie in."""
    found: dict[str, set[str]] = {}
    for path in folder.rglob("*.blob"):
        found.setdefault(str(path.parent.relative_to(folder)), set()).add(path.name)
    return found


def test_no_two_ways_of_computing_share_a_folder() -> None:
    assert len({computation.name for computation in _COMPUTATIONS}) == len(_COMPUTATIONS) == 24


def test_a_cpu_of_the_same_name_that_can_something_else_has_folders_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    can = ["FP32"]

    class Runtime:
        def get_property(self, device: str, name: str) -> object:
            assert device == "CPU"
            return can if name == "OPTIMIZATION_CAPABILITIES" else "AMD EPYC"

    monkeypatch.setattr(compiled, "core", Runtime)
    names = set()
    for more in ([], ["BF16"], ["INT8"]):
        can += more
        compiled._cpu_key.cache_clear()
        names.add(Computation("f32", "f32").name)
    compiled._cpu_key.cache_clear()

    assert len(names) == 3


def test_a_compiled_form_is_kept_once_for_each_way_of_computing_and_found_again(folder: Path) -> None:
    several = [
        Computation("f32", "f32"),
        Computation("bf16", "bf16"),
        Computation("int8", "f32"),
        Computation("f32", "f32", threads=1),
        Computation("f32", "f32", shape=(1, 4)),
    ]
    first = [InferRequests(folder, computation, 1, "A model").infer(_INPUTS) for computation in several]
    kept = _blobs(folder)

    again = [InferRequests(folder, computation, 1, "A model").infer(_INPUTS) for computation in several]

    assert sorted(kept) == sorted(computation.name for computation in several)
    assert all(len(blobs) == 1 for blobs in kept.values())
    assert _blobs(folder) == kept
    np.testing.assert_allclose(again, first, atol=1e-6)
    assert {path.name for path in folder.iterdir()} == {"model.xml", "model.bin", REFERENCE, *kept}


def test_a_blob_that_an_older_version_left_beside_the_model_is_removed_unread(folder: Path) -> None:
    for name in ("5155530989889931893.blob", "17.blob"):
        (folder / name).write_bytes(b"compiled for who knows what")

    InferRequests(folder, Computation("f32", "f32"), 1, "A model").infer(_INPUTS)

    assert "." not in _blobs(folder)


def test_a_compiled_form_that_is_damaged_is_made_again(folder: Path) -> None:
    computation = Computation("f32", "f32", shape=(1, 4))
    right = InferRequests(folder, computation, 1, "A model").infer(_INPUTS)
    (blob,) = (folder / computation.name).glob("*.blob")
    blob.chmod(0o600)
    blob.write_bytes(blob.read_bytes()[:100])

    np.testing.assert_allclose(InferRequests(folder, computation, 1, "A model").infer(_INPUTS), right, atol=1e-6)


def test_a_model_is_served_from_a_cache_that_cannot_be_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "read-only", str(path))

    computation = Computation("f32", "f32", shape=(1, 16))
    monkeypatch.setattr(Path, "mkdir", refuse)

    requests = InferRequests(folder, computation, 1, "A model")

    rows = np.pad(_IDS, ((0, 0), (0, 12)))
    assert requests.infer({"input_ids": rows, "attention_mask": (rows > 0).astype(np.int64)}).shape == (1, 32)
    assert not (folder / computation.name).exists()


def test_what_is_not_finite_is_an_error_that_names_the_way_out(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import openvino as ov
    from openvino import opset13 as op

    rows = op.parameter([-1, -1], np.int64, name="input_ids")
    model = ov.Model([op.log(op.convert(rows, "f32"))], [rows], "logarithm")
    ov.save_model(model, tmp_path / "model.xml", compress_to_fp16=False)
    Reference({"input_ids": np.array([[1]]), "attention_mask": np.array([[1]])}, np.zeros((1, 1), np.float32)).write(
        tmp_path / REFERENCE
    )
    requests = InferRequests(tmp_path, Computation("f32", "f32"), 1, "The encoder")

    assert np.isfinite(requests.infer({"input_ids": np.array([[1, 2]])})).all()
    with pytest.raises(ComputationError) as caught:
        requests.infer({"input_ids": np.array([[1, -1], [0, 1]])})

    assert "The encoder, computing in f32 on this CPU, computed 2 of 4 numbers that are not finite." in str(
        caught.value
    )
    assert "retriever.precision" in caught.value.message
    assert str(tmp_path) not in caught.value.message  # it goes to callers over HTTP, too
    assert str(tmp_path) in caplog.text
    assert np.isfinite(requests.infer({"input_ids": np.array([[1, 2]])})).all()  # the request was given back


def test_there_is_one_runtime_in_a_process() -> None:
    assert core() is core()
