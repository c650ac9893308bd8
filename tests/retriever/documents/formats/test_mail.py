"""Mails: head, body in any encoding, and attachments as what they are."""

from __future__ import annotations

from email.message import EmailMessage

import pytest
from office_files import docx, word, xlsx, zipped
from rows import cell

from retriever.documents.blocks import UnreadableError
from retriever.documents.formats import mail

_WORD = "vnd.openxmlformats-officedocument.wordprocessingml.document"


def _mail(text: str = "Hello Eva,\n\nsee below.", subject: str = "Fees") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Ann <ann@example.com>", "eva@example.com"
    message["Subject"], message["Date"] = subject, "Tue, 1 Oct 2024 12:34:56 +0200"
    message.set_content(text)
    return message


def test_head_body_and_attachments_are_read() -> None:
    message = _mail()
    message.add_attachment(docx(word("The contract.")), maintype="application", subtype=_WORD, filename="contract.docx")
    message.add_attachment(xlsx({"S": [["City", "Fee"], ["Bern", 12]]}), maintype="a", subtype="b", filename="f.xlsx")
    message.add_attachment(zipped({"a": "b"}), maintype="application", subtype="zip", filename="all.zip")

    read = mail.read(message.as_bytes())

    head = "From: Ann <ann@example.com>\nTo: eva@example.com\nDate: Tue, 01 Oct 2024 12:34:56 +0200"
    assert read.text.startswith(f"# Fees\n\n{head}\n\nHello Eva,")
    assert "## Attachment: contract.docx\n\nThe contract." in read.text
    assert cell(read, "Bern", "Fee") == "12"
    assert "## Attachment: all.zip\n\n(It was not read. The file is a ZIP archive" in read.text


def test_a_mail_in_a_mail_is_read_but_not_without_end() -> None:
    message = _mail("innermost")
    for number in range(4):
        outer = _mail(f"level {number}")
        outer.add_attachment(message)
        message = outer

    text = mail.read(message.as_bytes()).text

    assert [f"level {number}" in text for number in range(4)] == [False, True, True, True]
    assert "was not read" in text


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "请各部门于十五日前提交名单。"),
        ("utf-8", "全年休假二十天"),
        ("iso-2022-jp", "東京の会議"),
        ("euc-kr", "회의 자료"),
    ],
)
def test_a_body_is_read_in_the_encoding_that_it_says(encoding: str, text: str) -> None:
    message = _mail(subject=text)
    message.set_content(text.encode(encoding), "text", "plain", params={"charset": encoding}, cte="base64")

    assert mail.read(message.as_bytes()).text.startswith(f"# {text}\n\n")
    assert mail.read(message.as_bytes()).text.endswith(text)


def test_a_body_without_encoding_is_not_taken_for_ascii() -> None:
    data = "From: a@example.com\nSubject: Grüße\n\nDie Gebühr beträgt 12 €.".encode()

    assert mail.read(data).text == "# Grüße\n\nFrom: a@example.com\n\nDie Gebühr beträgt 12 €."


def test_the_html_part_is_read_where_the_plain_one_says_less() -> None:
    message = _mail("See the table.")
    message.add_alternative("<p>See the table.</p><table><tr><th>City<th>Fee<tr><td>Bern<td>12</table>", subtype="html")
    same = _mail("One and the same.")
    same.add_alternative("<p>One and the <b>same</b>.</p>", subtype="html")

    assert cell(mail.read(message.as_bytes()), "Bern", "Fee") == "12"
    assert mail.read(same.as_bytes()).text.count("One and the same.") == 1


def test_what_is_no_mail_is_refused() -> None:
    with pytest.raises(UnreadableError) as caught:
        mail.read(b"no head at all")

    assert caught.value.code == "wrong_content"
