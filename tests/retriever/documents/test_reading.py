"""Reading in a process with limits: what a reader does there becomes an answer or a reason, and harms nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from retriever.documents.blocks import ReadDocument, UnreadableError
from retriever.documents.formats import markdown, plain_text
from retriever.documents.formats.table import Format, Limits
from retriever.documents.reading import Original, Outcome, Reading

_GOOD = Original("text/markdown", b"# Leave\n\nTwenty-five days.")
_READ = markdown.read(_GOOD.data)


def _code(outcome: Outcome) -> str:
    assert isinstance(outcome, UnreadableError)
    return outcome.code


@pytest.mark.parametrize("kind", ["x/alone", "x/shared"])
@pytest.mark.parametrize(
    ("program", "code", "reason"),
    [
        ("kept = [bytes(1_000_000) for _ in range(600)]", "too_large", "more than 300 MB of memory"),
        ("while True: pass", "too_slow", "more than 1 seconds of computing"),
        ("document = ReadDocument('x' * 2_000_000)", "too_much_text", "more than 1000"),
        ("os.kill(os.getpid(), 11)", "reader_crashed", "SIGSEGV"),
        ("os._exit(7)", "reader_crashed", "exit code 7"),
        ("raise SystemExit(0)", "reader_failed", "SystemExit"),
        ("def f(g): g(g)\nf(f)", "reader_failed", "RecursionError"),
        ("{}['the key']", "reader_failed", "KeyError: 'the key'"),
        ("document = 'no document'", "reader_failed", "gives str"),
    ],
)
def test_a_reader_that_misbehaves_is_a_document_that_failed_with_a_reason_and_no_other(
    obeying: Reading, kind: str, program: str, code: str, reason: str
) -> None:
    outcomes = obeying.read([_GOOD, Original(kind, program.encode()), _GOOD])

    assert (outcomes[0], outcomes[2]) == (_READ, _READ)
    assert _code(outcomes[1]) == code
    assert reason in str(outcomes[1])
    assert str(outcomes[1]).startswith("Reading it as a program ")


def test_pictures_are_read_in_another_call_and_without_it_the_rest_is_what_was_read(obeying: Reading) -> None:
    short, long = (
        b"document=ReadDocument('', pictures=2)",
        b"document = ReadDocument('text', doubt='A guess.', pictures=2)",
    )
    only = b"document = 5; from retriever.documents.blocks import UnreadableError as E; raise E('', code='needs_ocr')"

    read, kept, lost, plain = obeying.read([Original("x/pictures", each) for each in (short, long, only, b"1")])

    assert read == ReadDocument(short.decode())
    assert isinstance(kept, ReadDocument)
    assert (kept.text, kept.pictures) == ("text", 0)
    assert "A guess. Pictures in it that were not read: 2. " in str(kept.doubt)
    assert "exit code 7" in str(kept.doubt)
    assert _code(lost) == "reader_crashed"
    assert plain == ReadDocument("done")


def test_a_reader_that_waits_is_ended(obeying: Reading) -> None:
    begun = time.monotonic()

    outcomes = obeying.read([_GOOD, Original("x/hasty", b"time.sleep(60)"), _GOOD])

    assert (outcomes[0], outcomes[2]) == (_READ, _READ)
    assert _code(outcomes[1]) == "too_slow"
    assert "more than 1 seconds" in str(outcomes[1])
    assert time.monotonic() - begun < 20


def test_limits_grow_with_the_document() -> None:
    limits = Limits()

    assert (limits.memory(50_000_000), limits.cpu(50_000_000)) == (3_000_000_000, 220)
    assert (limits.wall(50_000_000), limits.answer(50_000_000)) == (445, 510_000_000)


def test_a_document_is_not_blamed_for_what_was_read_before_it(obeying: Reading) -> None:
    greedy = Original("x/shared", b"kept.append(bytes(180_000_000))")

    outcomes = obeying.read([greedy, greedy, greedy])

    assert outcomes == [ReadDocument("done")] * 3


@pytest.mark.parametrize(("kind", "seen"), [("x/alone", "[]"), ("x/shared", "[1]")])
def test_a_document_that_is_read_alone_meets_nothing_of_another(obeying: Reading, kind: str, seen: str) -> None:
    look = Original(kind, b"document = ReadDocument(str(kept)); kept.append(1)")

    assert obeying.read([look, look]) == [ReadDocument("[]"), ReadDocument(seen)]


def test_a_reader_gets_no_key_no_database_and_no_standard_stream(
    obeying: Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TANDEM_API_KEY", "secret")
    program = (
        "names = [os.readlink(f'/proc/self/fd/{name}') for name in os.listdir('/proc/self/fd') if int(name) < 3 or "
        "os.path.exists(f'/proc/self/fd/{name}')]\n"
        "names = sorted({name.split(':')[0] for name in names if not name.startswith('/proc')})\n"
        "document = ReadDocument(str((names, [name for name in os.environ if 'TANDEM' in name])))"
    )
    with (tmp_path / "database").open("w") as file:
        os.set_inheritable(file.fileno(), True)  # noqa: FBT003
        (outcome,) = obeying.read([Original("x/alone", program.encode())])

    assert outcome == ReadDocument("(['/dev/null', 'pipe'], [])")


def test_what_a_reader_prints_is_lost(obeying: Reading, capfd: pytest.CaptureFixture[str]) -> None:
    program = b"print('out', flush=True); os.write(1, b'more'); os.write(2, b'error')"

    assert obeying.read([Original("x/shared", program), _GOOD]) == [ReadDocument("done"), _READ]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "answer",
    [
        b"R{}\ntext",
        b'R{"markdown": false, "doubt": null, "blocks": []}\n\xff',
        b'R{"markdown": false, "doubt": null, "blocks": [["heading", 2, 9, 1, "", null]]}\ntext',
        b'R{"markdown": false, "doubt": null, "blocks": [["page", 2, 3, 0, "", 1], ["page", 1, 2, 0, "", 2]]}\ntext',
        b'R{"markdown": false, "doubt": null, "blocks": [["script", 0, 1, 1, "", null]]}\ntext',
        b"F[]",
        b"",
        b"\x80\x04N.",
    ],
)
def test_an_answer_that_makes_no_sense_is_a_document_that_failed(obeying: Reading, answer: bytes) -> None:
    """Whoever takes a reader over can write to the pipe of the answers."""
    program = (
        "pipe = next(fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}'))\n"
        f"os.write(pipe, LENGTH.pack({len(answer)}) + {answer!r})\nos._exit(0)"
    )

    outcomes = obeying.read([Original("x/alone", program.encode()), _GOOD])

    assert _code(outcomes[0]) == "reader_failed"
    assert outcomes[1] == _READ


def test_bytes_that_do_not_begin_as_their_format_does_are_not_read(tmp_path: Path) -> None:
    reading = Reading([Format("PDF", (".pdf",), "application/pdf", "no.such.module", magic=(b"%PDF-", b"\xef%PDF-"))])

    outcomes = reading.read([Original("application/pdf", data) for data in (b"PK\x03\x04", b"%PDF-1.7")])
    reading.close()

    assert [_code(outcome) for outcome in outcomes] == ["wrong_content", "reader_failed"]
    assert "does not begin as PDF does" in str(outcomes[0])
    assert "ModuleNotFoundError" in str(outcomes[1])


def test_doubts_are_those_of_the_formats_that_tell_them(obeying: Reading) -> None:
    doubtful = "전화번호".encode("cp949")
    expected = plain_text.doubt(doubtful)
    assert expected is not None
    documents = [_GOOD, Original("text/plain", doubtful), Original("x/shared", b""), Original("text/plain", b"")]

    assert obeying.doubts(documents) == [None, expected, None, None]
    (outcome,) = obeying.read(documents[1:2])
    assert isinstance(outcome, ReadDocument)
    assert outcome.doubt == expected


def test_many_documents_keep_their_order(obeying: Reading) -> None:
    texts = [f"# {number}\n\n" + "word " * (number * 7 % 6000) + "end" for number in range(300)]

    outcomes = obeying.read([Original("text/markdown", text.encode()) for text in texts])

    assert [outcome.text for outcome in outcomes if isinstance(outcome, ReadDocument)] == texts
