"""Folders of encoders: what is read from them, what names their space, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from small_models import small_encoder

from retriever.models.encoder_files import EncoderFiles, converted, default_encoder, whole_tokenizer
from retriever.models.encoder_head import Head
from retriever.models.reference import REFERENCE
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


def test_the_space_of_the_shipped_encoder_is_the_one_of_the_data_folders_that_are_there() -> None:
    assert EncoderFiles.read(default_encoder()).space_id == "spc_bcdzocfugkbscq5nxxar"


@pytest.mark.parametrize(
    "changes",
    [
        {"pooling_mode_mean_tokens": False, "pooling_mode_attention": True},
        {"pooling_mode": "attention"},
        {"pooling_mode": ["mean", "attention"]},
    ],
)
def test_a_pooling_that_is_not_served_is_refused_by_name(tmp_path: Path, changes: dict[str, object]) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "1_Pooling" / "config.json", **changes)

    with pytest.raises(InvalidInputError, match="attention"):
        EncoderFiles.read(folder)


@pytest.mark.parametrize(
    ("module", "config", "named"),
    [
        ("sentence_transformers.models.LayerNorm", {}, "LayerNorm"),
        ("somewhere.of.MyOwn", {}, "MyOwn"),
        ("sentence_transformers.models.Dense", {"activation_function": "mine.Swish"}, "mine.Swish"),
        ("sentence_transformers.models.Dense", {"use_residual": True}, "residual"),
        ("sentence_transformers.models.Dense", {"module_input_name": "token_embeddings"}, "the sentence"),
        ("sentence_transformers.models.Dense", {}, "model.safetensors"),
        ("sentence_transformers.models.Normalize", {"module_input_name": "token_embeddings"}, "the sentence"),
        ("sentence_transformers.models.Pooling", {}, "Pooling"),
    ],
)
def test_a_module_that_is_not_served_is_refused_by_name(
    tmp_path: Path, module: str, config: dict[str, object], named: str
) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    (folder / "2_More").mkdir()
    (folder / "2_More" / "config.json").write_text(
        json.dumps({"in_features": 4, "out_features": 2, "bias": True, **config}), encoding="utf-8"
    )
    modules = [("models.Transformer", ""), ("models.Pooling", "1_Pooling"), (module, "2_More")]
    listed = [
        {"idx": number, "name": str(number), "path": path, "type": kind} for number, (kind, path) in enumerate(modules)
    ]
    (folder / "modules.json").write_text(json.dumps(listed), encoding="utf-8")

    with pytest.raises(InvalidInputError, match=named) as caught:
        EncoderFiles.read(folder)

    assert caught.value.param == "retriever.encoder"


def test_a_pooling_that_leaves_the_prompt_out_is_refused(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "1_Pooling" / "config.json", include_prompt=False)

    with pytest.raises(InvalidInputError, match="include_prompt"):
        EncoderFiles.read(folder)


@pytest.mark.parametrize(
    ("settings", "of_tokenizer", "expected"),
    [
        ({"max_seq_length": 100}, 50, 100),
        ({}, 50, 50),
        ({}, None, 512),
        ({}, 10**30, 512),
        ({"max_seq_length": None}, 128, 128),
    ],
)
def test_texts_are_cut_where_the_model_or_else_its_tokenizer_says(
    tmp_path: Path, settings: dict[str, object], of_tokenizer: int | None, expected: int
) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    (folder / "sentence_bert_config.json").write_text(json.dumps(settings), encoding="utf-8")
    if of_tokenizer is not None:
        (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": of_tokenizer}), encoding="utf-8")

    assert EncoderFiles.read(folder).max_tokens == expected


@pytest.mark.parametrize("name", ["transformer_task", "module_output_name"])
def test_another_use_of_the_transformer_is_refused(tmp_path: Path, name: str) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "sentence_bert_config.json", **{name: "fill-mask"})

    with pytest.raises(InvalidInputError, match="fill-mask"):
        EncoderFiles.read(folder)


@pytest.mark.parametrize(("lowers", "refused"), [(True, False), (False, True)])
def test_lower_case_that_the_tokenizer_does_not_make_itself_is_refused(
    tmp_path: Path, lowers: bool, refused: bool
) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "sentence_bert_config.json", do_lower_case=True)
    normalizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["normalizer"]
    _edit(folder / "tokenizer.json", normalizer={**normalizer, "lowercase": lowers})

    if refused:
        with pytest.raises(InvalidInputError, match="do_lower_case"):
            EncoderFiles.read(folder)
    else:
        assert EncoderFiles.read(folder).max_tokens == 256


def test_a_folder_without_a_pooling_is_refused(tmp_path: Path) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "1_Pooling" / "config.json", pooling_mode_mean_tokens=False)

    with pytest.raises(InvalidInputError, match="pools by nothing"):
        EncoderFiles.read(folder)


def test_the_default_encoder_is_known_by_its_weights(tmp_path: Path) -> None:
    shipped = EncoderFiles.read(default_encoder())

    assert shipped.is_default
    assert (shipped.max_tokens, shipped.head) == (256, Head(("mean",)))
    assert (shipped.query_prefix, shipped.passage_prefix) == ("", "")
    assert not EncoderFiles.read(_copy_without_weights(tmp_path / "model")).is_default


@pytest.mark.parametrize(
    ("prompts", "usual", "expected"),
    [
        ({"query": "q: ", "corpus": "c: ", "passage": "p: "}, None, ("q: ", "p: ")),
        ({"query": "q: ", "corpus": "c: ", "other": "o: "}, "other", ("q: ", "c: ")),
        ({"other": "o: "}, "other", ("o: ", "o: ")),
        ({"other": "o: "}, None, ("", "")),
    ],
)
def test_prompts_are_those_that_sentence_transformers_takes(
    tmp_path: Path, prompts: dict[str, str], usual: str | None, expected: tuple[str, str]
) -> None:
    folder = _copy_without_weights(tmp_path / "model")
    _edit(folder / "config_sentence_transformers.json", prompts=prompts, default_prompt_name=usual)

    files = EncoderFiles.read(folder)

    assert (files.query_prefix, files.passage_prefix) == expected


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
    for name in ("model.xml", REFERENCE):
        (target / name).write_text("there")

    assert converted(files, tmp_path / "cache") == target  # weights of a few bytes could not be converted


def test_what_an_older_version_converted_without_a_reference_is_converted_again(tmp_path: Path) -> None:
    files = EncoderFiles.read(small_encoder(tmp_path / "model"))
    target = tmp_path / "cache" / files.space_id
    target.mkdir(parents=True)
    for name in ("model.xml", "model.bin", "17.blob"):
        (target / name).write_bytes(b"of another version")

    assert converted(files, tmp_path / "cache") == target

    assert sorted(path.name for path in target.iterdir()) == ["model.bin", "model.xml", REFERENCE]
    assert b"of another version" not in (target / "model.xml").read_bytes()


def test_a_conversion_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    files = EncoderFiles.read(_copy_without_weights(tmp_path / "model"))

    with pytest.raises(Exception, match=r"(?i)header|safetensor|weights"):
        converted(files, tmp_path / "cache")

    assert not (tmp_path / "cache").exists()
