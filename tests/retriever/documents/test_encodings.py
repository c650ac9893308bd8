"""Short texts in the encodings of their countries, broken bytes and mixed lines: the right text, or a word of doubt."""

from __future__ import annotations

import pytest

from retriever.documents.blocks import UnreadableError
from retriever.documents.encodings import read_unmarked
from retriever.documents.formats.plain_text import doubt, read

_TEXTS = {
    "gbk": "员工请假须提前三天|门票四十元|请在前台登记|年假十五天|会议改到下午三点|发票已经寄出|密码不能为空|合同编号|"
    "保修期两年|系统将于周日升级|退货须知|食堂十一点半开饭|停车费每小时五元|请保持安静|快递放在门口|联通|安全第一|"
    "数据库备份失败|图书馆闭馆|操作手册|中国|欢迎光临|茶园八点开门|最大剂量 4 克",
    "big5": "員工請假須提前三天|門票四十元|請在前台登記|會議改到下午三點|發票已經寄出|密碼不能為空|合約編號|保固期兩年|"
    "系統將於週日升級|退貨須知|新員工訓練|停車費每小時五十元|請保持安靜|價格面議|安全第一|資料庫備份失敗|圖書館閉館|"
    "操作手冊|台北車站|歡迎光臨",
    "cp932": "お知らせ|本日は休業です|会議は三時からです|請求書を送りました|パスワードを入力してください|東京駅|"
    "営業時間|データベースの復旧手順|受付は一階です|駐車場は無料です|新入社員研修|お問い合わせ先|製品の保証期間は二年です|"
    "注意事項|送料無料|サーバー停止のお知らせ|図書館は閉館中|取扱説明書|電話番号|いらっしゃいませ",
    "euc_jp": "お知らせ|本日は休業です|会議は三時からです|請求書を送りました|パスワードを入力してください|"
    "データベースの復旧手順|受付は一階です|駐車場は無料です|お問い合わせ先|製品の保証期間は二年です|"
    "サーバー停止のお知らせ|図書館は閉館中|いらっしゃいませ|ご利用ありがとうございます|切符は四百円です|"
    "鍵は窓口にあります|朝九時に開きます|雨の日は中止します|予約が必要です|写真を撮らないでください",
    "cp949": "안녕하세요|오늘은 휴무입니다|회의는 세 시에 시작합니다|비밀번호를 입력하세요|서울역|"
    "영업 시간|직원 휴가 규정|"
    "입장료는 사천 원입니다|주차장은 무료입니다|청구서를 보냈습니다|보증 기간은 이 년입니다|문의하기|"
    "데이터베이스 복구 절차|도서관은 닫혀 있습니다|신입 사원 교육|환영합니다|서버 점검 안내|안전제일|"
    "제품 설명서|대한민국",
    "cp1252": "café|déjà vu|L'été dernier, à l'hôtel|Où est la gare ?|garçon|Müller|Straße|Größe: 12 mm|El niño comió|"
    "¿Qué hora es?|São Paulo|piñata|smörgåsbord|Ångström|5 € par jour|naïve|“quoted”|10 °C|crème brûlée|año nuevo",
    "cp1251": "Привет|Добро пожаловать|Отпуск 28 дней|Сервер остановлен|Билет стоит 400 рублей|Открыто с девяти|Пароль|"
    "Москва|Гарантия два года|Инструкция|Вход бесплатный|Номер договора|Библиотека закрыта|Собрание в три часа|"
    "Срок поставки|Запрос отклонён|Стоянка|Обновление|Контакты|Счёт отправлен",
}  # fmt: skip


def _text(data: bytes) -> str:
    return read(data).text


@pytest.mark.parametrize("encoding", _TEXTS)
def test_short_texts_are_read_in_the_encoding_that_makes_usual_text_of_them(encoding: str) -> None:
    texts = _TEXTS[encoding].split("|")

    assert len(texts) >= 20
    assert [_text(text.encode(encoding)) for text in texts] == texts


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("language", ["gbk", "big5", "cp932", "cp949", "cp1252", "cp1251"])
def test_short_utf_16_needs_no_mark(encoding: str, language: str) -> None:
    by_chance_utf_8 = ("欢迎光临", "最大剂量 4 克")  # in UTF-16-LE; what is valid UTF-8 is taken for it
    texts = [text for text in _TEXTS[language].split("|") if text not in by_chance_utf_8]

    assert [_text(text.encode(encoding)) for text in texts] == texts


def test_what_could_be_another_text_as_well_is_said_to_be_a_guess() -> None:
    doubtful = "전화번호".encode("cp949")  # four syllables that are four Chinese characters, too

    found = doubt(doubtful)

    assert found is not None
    assert "gb18030" in found
    assert "cp949" in found
    assert doubt("员工每年享有十五天带薪年假，工作满十年后增加到二十天。".encode("gbk")) is None
    assert doubt("员工".encode()) is None
    assert doubt(b"plain") is None


def test_a_broken_byte_costs_one_character_and_is_told() -> None:
    text = "The gate opens at nine. Das Tor öffnet um neun. 大门九点开。\n" * 3
    data = bytearray(text.encode())
    data[5] = 0xFF

    assert _text(bytes(data)) == text[:5] + "\ufffd" + text[6:]
    assert "1 bytes are no characters in utf-8" in str(doubt(bytes(data)))


def test_lines_in_two_encodings_are_read_each_in_its_own_and_told() -> None:
    lines = ["员工每年享有十五天带薪年假。", "plain", "大门早上九点开，下午六点关。", "门票四十元。"]
    data = b"\n".join([lines[0].encode("gbk"), b"plain", lines[2].encode(), lines[3].encode("gbk")])

    assert _text(data) == "\n".join(lines)
    assert "gb18030, utf-8" in str(doubt(data))


def test_bytes_that_are_no_text_are_refused() -> None:
    noise = bytes((number * 197 + number // 7 * 31) % 256 for number in range(3000))

    with pytest.raises(UnreadableError) as caught:
        read(noise)

    assert caught.value.code == "unknown_encoding"


@pytest.mark.parametrize("data", ["\u200b\u200d".encode(), b"\x01\x02", "\ufeff \u00ad".encode()])
def test_characters_that_nobody_sees_are_no_text(data: bytes) -> None:
    with pytest.raises(UnreadableError, match=rf"{len(data)} bytes") as caught:
        read(data)

    assert caught.value.code == "empty_document"


def test_a_long_text_of_one_encoding_is_read_whole() -> None:
    text = "员工每年享有十五天带薪年假，工作满十年后增加到二十天。\n" * 5000

    found = read_unmarked(text.encode("gb18030"))

    assert found is not None
    assert (found.text == text, found.encodings, found.doubt) == (True, ("gb18030",), None)


def test_an_encoding_is_recognised_however_late_it_shows() -> None:
    text = "plain words " * 5000 + "员工每年享有十五天带薪年假" + " and more" * 3000

    assert _text(text.encode("gbk")) == text
    assert _text(f"{text}\n{text}".encode("gbk") + b"\n" + "大门九点开。".encode()) == f"{text}\n{text}\n大门九点开。"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Install the package, then run `tandem serve`; 使用说明 is in docs/usage.md, 端口 8321.", "gbk"),
        ("def fee(days):\n    return days * 4  # 每天四元\n", "gbk"),
        ("The word café comes from French, and naïve too; Zürich is a city.", "cp1252"),
        ("print('Привет')  # a greeting in Russian\n", "cp1251"),
        ("The tea is called 玉露 in Japanese, which is お茶 of a kind.", "cp932"),
    ],
)
def test_a_few_words_in_a_text_of_ascii_are_read(text: str, encoding: str) -> None:
    assert _text(text.encode(encoding)) == text
