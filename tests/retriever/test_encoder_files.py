"""Folders of encoders: what is read from them, what names their space, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from retriever.encoder_files import EncoderFiles, converted, default_encoder, whole_tokenizer
from store.errors import InvalidInputError


def _copy_without_weights(folder: Path) -> Path:
    """Copy the configuration of the default encoder; its weights become a few bytes, which no test here reads."""
    (folder / "1_Pooling").mkdir(parents=True)
    for name in ("config.json", "config_sentence_transformers.json", "sentence_bert_config.json", "tokenizer.json"):
        shutil.copy(default_encoder() / name, folder / name)
    shutil.copy(default_encoder() / "1_Pooling" / "config.json", folder / "1_Pooling" / "config.json")
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


def _edit(path: Path, **changes: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **changes}), encoding="utf-8")


def test_the_tokenizer_for_counting_neither_truncates_nor_pads() -> None:
    tokenizer = whole_tokenizer(default_encoder())

    assert tokenizer.truncation is None
    assert tokenizer.padding is None


def test_equal_folders_have_equal_spaces(tmp_path: Path) -> None:
    one = EncoderFiles.read(_copy_without_weights(tmp_path / "one"))
    two = EncoderFiles.read(_copy_without_weights(tmp_path / "two"))

    assert one.space_id == two.space_id
    assert one.space_id.startswith("spc_")


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("1_Pooling/config.json", {"pooling_mode_mean_tokens": False, "pooling_mode_cls_token": True}),
        ("config_sentence_transformers.json", {"prompts": {"document": "passage: "}}),
        ("sentence_bert_config.json", {"max_seq_length": 128}),
    ],
)
def test_the_space_changes_with_what_decides_a_vector(tmp_path: Path, name: str, changes: dict[str, object]) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    before = EncoderFiles.read(folder).space_id

    _edit(folder / name, **changes)

    assert EncoderFiles.read(folder).space_id != before


@pytest.mark.parametrize("name", ["model.safetensors", "tokenizer.json"])
def test_the_space_changes_with_weights_and_tokenizer(tmp_path: Path, name: str) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    before = EncoderFiles.read(folder).space_id

    (folder / name).write_bytes((folder / name).read_bytes() + b"\n")

    assert EncoderFiles.read(folder).space_id != before


def test_the_space_does_not_change_with_the_prefix_of_queries(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    before = EncoderFiles.read(folder)

    _edit(folder / "config_sentence_transformers.json", prompts={"query": "query: "})

    after = EncoderFiles.read(folder)
    assert (after.space_id, after.query_prefix, after.passage_prefix) == (before.space_id, "query: ", "")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors", "1_Pooling/config.json"])
def test_a_folder_that_lacks_a_file_of_a_model_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    (folder / name).unlink()

    with pytest.raises(InvalidInputError, match=name) as caught:
        EncoderFiles.read(folder)

    assert caught.value.param == "retriever.encoder"


def test_a_pooling_that_is_not_served_is_refused_by_name(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False, pooling_mode_max_tokens=True)

    with pytest.raises(InvalidInputError, match="pooling_mode_max_tokens"):
        EncoderFiles.read(folder)


def test_a_folder_without_a_pooling_is_refused(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False)

    with pytest.raises(InvalidInputError, match="pools by nothing"):
        EncoderFiles.read(folder)


def test_the_default_encoder_is_known_by_its_weights(tmp_path: Path) -> None:
    shipped = EncoderFiles.read(default_encoder())

    assert shipped.is_default
    assert (shipped.max_tokens, shipped.pooling) == (256, "pooling_mode_mean_tokens")
    assert (shipped.query_prefix, shipped.passage_prefix) == ("", "")
    assert not EncoderFiles.read(_copy_without_weights(tmp_path / "model")).is_default


def test_files_that_may_lack_have_defaults(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    for name in ("config_sentence_transformers.json", "sentence_bert_config.json"):
        (folder / name).unlink()

    files = EncoderFiles.read(folder)

    assert (files.max_tokens, files.query_prefix, files.passage_prefix) == (512, "", "")


@pytest.mark.parametrize(
    ("configured", "expected"),
    [("[UNK]", "[UNK]"), ({"content": "[UNK]", "lstrip": False}, "[UNK]"), (None, "[UNK]"), ("the", "the")],
)
def test_the_unknown_token_is_found_in_each_form_of_the_configuration(
    tmp_path: Path, configured: object, expected: str
) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    (folder / "tokenizer_config.json").write_text(json.dumps({"unk_token": configured}), encoding="utf-8")

    assert EncoderFiles.read(folder).unknown_id == whole_tokenizer(folder).token_to_id(expected)


def test_a_vocabulary_without_an_unknown_token_has_none(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    (folder / "tokenizer_config.json").write_text('{"unk_token": "<absent>"}', encoding="utf-8")

    assert EncoderFiles.read(folder).unknown_id is None


def test_what_is_converted_already_is_not_converted_again(tmp_path: Path) -> None:
    files = EncoderFiles.read(_copy_without_weights(tmp_path / "model"))
    target = tmp_path / "cache" / files.space_id
    target.mkdir(parents=True)
    (target / "model.xml").write_text("there")

    assert converted(files, tmp_path / "cache") == target  # weights of a few bytes could not be converted


def test_a_conversion_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    files = EncoderFiles.read(_copy_without_weights(tmp_path / "model"))

    with pytest.raises(Exception, match=r"(?i)header|safetensor|weights"):
        converted(files, tmp_path / "cache")

    assert not (tmp_path / "cache").exists()
