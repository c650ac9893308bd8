"""What mirroring a folder has to do, planned from files, documents and what the folder brought."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from service.commands.brought import Brought
from service.commands.files import File
from service.commands.mirroring import Plan, Rules, plan
from service.replies import Document


def files(**contents: str) -> dict[File, str]:
    return {File(name, Path("/docs") / name): content for name, content in contents.items()}


def document(name: str, content: str, status: str = "searchable") -> Document:
    return Document(f"doc_{name}", name, name, content, status)


def ids(found: list[Document]) -> list[str]:
    return [each.external_id for each in found]


NAMES = st.sampled_from(["a.md", "b.md", "sub/a.md", "sub/c.md", "d.md"])
CONTENTS = st.sampled_from(["1", "2", "3"])
FOLDERS = st.dictionaries(NAMES, CONTENTS)
RULES = st.builds(Rules, take_over=st.booleans(), delete_many=st.booleans())


@hypothesis_settings(deadline=None)
@given(FOLDERS, FOLDERS, st.sets(NAMES), RULES)
def test_only_what_the_folder_brought_is_deleted_or_renamed_and_the_rest_becomes_the_folder(
    here: dict[str, str], there: dict[str, str], brought: set[str], rules: Rules
) -> None:
    documents = [document(name, content) for name, content in there.items()]
    mine = {f"doc_{name}" for name in brought & set(there)}

    wanted = plan(files(**here), documents, mine, [], rules)

    moved = {each.document.external_id: each.file for each in wanted.renamed}
    assert {f"doc_{name}" for name in [*ids(wanted.deleted), *moved]} <= mine
    assert all(there[old] == here[file.external_id] for old, file in moved.items())
    after = {name: content for name, content in there.items() if name not in {*ids(wanted.deleted), *moved}}
    after |= {file.external_id: here[file.external_id] for file in (*wanted.new, *wanted.changed, *moved.values())}
    refused = {name for name, _ in wanted.refused}
    assert {name: after[name] for name in here if name not in refused} == {
        name: content for name, content in here.items() if name not in refused
    }
    assert refused <= (set() if rules.take_over else set(there) - brought)
    left = {name for name in after if name not in here and f"doc_{name}" in mine}
    assert left == set(ids(wanted.kept))
    assert not left or wanted.too_many


@hypothesis_settings(deadline=None)
@given(st.lists(NAMES, unique=True, min_size=1), st.integers(0, 4))
def test_what_lies_in_a_place_that_cannot_be_read_stays(names: list[str], blind: int) -> None:
    documents = [document(name, name) for name in names]
    mine = {each.id for each in documents}
    places = [PurePosixPath(name) for name in ("sub", "a.md", ".", "none", "sub/a.md")]

    wanted = plan(files(**{"other.md": "new"}), documents, mine, [places[blind]], Rules(delete_many=True))

    stays = [each for each in names if PurePosixPath(each).is_relative_to(places[blind])]
    assert sorted(ids(wanted.kept)) == sorted(stays)
    assert sorted(ids(wanted.deleted)) == sorted(set(names) - set(stays))


def many(count: int) -> list[Document]:
    return [document(f"{number}.md", f"{number}") for number in range(count)]


def planned(documents: list[Document], left: int, rules: Rules | None = None) -> Plan:
    kept = {each.external_id: each.sha256 for each in documents[:left]}
    return plan(files(**kept), documents, {each.id for each in documents}, [], rules or Rules())


def test_a_folder_that_is_suddenly_empty_deletes_nothing_unless_told() -> None:
    emptied, told = planned(many(3), 0), planned(many(3), 0, Rules(delete_many=True))

    assert (len(emptied.deleted), len(emptied.kept), emptied.too_many is None) == (0, 3, False)
    assert (len(told.deleted), told.too_many) == (3, None)


def test_a_few_deletions_are_never_many_and_more_than_half_of_many_are() -> None:
    assert len(planned(many(11), 1).deleted) == 10
    assert len(planned(many(40), 20).deleted) == 20
    assert (len(planned(many(40), 19).deleted), planned(many(40), 19).too_many is None) == (0, False)


def test_a_file_of_the_same_name_is_the_first_choice_for_a_rename() -> None:
    documents = [document("one/x.md", "same"), document("two/y.md", "same")]

    wanted = plan(files(**{"three/y.md": "same"}), documents, {each.id for each in documents}, [], Rules())

    assert [(each.document.external_id, each.file.external_id) for each in wanted.renamed] == [
        ("two/y.md", "three/y.md")
    ]
    assert ids(wanted.deleted) == ["one/x.md"]


def test_a_document_that_failed_is_tried_again_only_as_long_as_that_is_wanted() -> None:
    failed = [document("a.md", "1", "failed")]

    assert [each.external_id for each in plan(files(**{"a.md": "1"}), failed, {"doc_a.md"}, [], Rules()).changed] == [
        "a.md"
    ]
    assert plan(files(**{"a.md": "1"}), failed, {"doc_a.md"}, [], Rules(retry=False)).changed == []


def test_what_an_interrupted_upload_brought_is_known_by_name_and_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "docs"
    brought = Brought(tmp_path, "default", folder)
    brought.will_send([("a.md", "1"), ("b.md", "2")])
    documents = [document("a.md", "1"), document("b.md", "other bytes"), document("c.md", "1")]

    assert Brought(tmp_path, "default", folder).among(documents) == {"doc_a.md"}
    assert Brought(tmp_path, "other", folder).among(documents) == set()
    brought.are(["doc_a.md", "doc_b.md"], ["doc_b.md"])
    assert Brought(tmp_path, "default", folder).among([*documents, document("a.md", "9")]) == {"doc_a.md"}
    assert [path.name for path in tmp_path.iterdir()] == ["synced.json"]
    assert "md" not in (tmp_path / "synced.json").read_text().replace("doc_a.md", "")


def test_a_memory_that_cannot_be_read_deletes_nothing(tmp_path: Path) -> None:
    (tmp_path / "synced.json").write_text('{"x": {"documents": [1]}}')

    assert Brought(tmp_path, "default", tmp_path).among([document("a.md", "1")]) == set()
