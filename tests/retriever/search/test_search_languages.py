"""Search by words in languages that the encoder may not know: the right passage is first, and a stranger scores low."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from searching import Search, texts_of

from store.documents import Document

AddDocument = Callable[..., Document]

# leave, parking and opening hours in each language; a question for the first and one that nothing answers
_LANGUAGES = {
    "ja": (
        [
            "社員には年次有給休暇が十五日与えられます。",
            "駐車場は建物の裏にあります。",
            "図書館は午前九時に開きます。",
        ],
        "有給休暇は何日ですか",
        "保険料はいくらですか",
    ),
    "ko": (
        ["직원에게는 연차휴가가 15일 주어집니다.", "주차장은 건물 뒤에 있습니다.", "도서관은 오전 9시에 엽니다."],
        "연차휴가는 며칠입니까?",
        "보험료는 얼마입니까?",
    ),
    "th": (
        ["พนักงานมีสิทธิลาพักร้อนปีละสิบห้าวัน", "ที่จอดรถอยู่ด้านหลังอาคาร", "ห้องสมุดเปิดเวลาเก้านาฬิกา"],
        "ลาพักร้อนได้กี่วัน",
        "ค่าประกันเท่าไร",
    ),
    "ar": (
        [
            "يحصل الموظفون على إجازة سنوية مدتها خمسة عشر يوما.",
            "موقف السيارات خلف المبنى.",
            "تفتح المكتبة في الساعة التاسعة.",
        ],
        "كم مدة الإجازة السنوية للموظف؟",
        "ما سعر التأمين؟",
    ),
    "ru": (
        [
            "Сотрудникам предоставляется ежегодный отпуск в пятнадцать дней.",
            "Парковка находится за зданием.",
            "Библиотека открывается в девять.",
        ],
        "Сколько дней отпуска у сотрудника?",
        "Сколько стоит страховка?",
    ),
    "de": (
        [
            "Die Beschäftigten haben fünfzehn Tage Urlaub im Jahr.",
            "Der Parkplatz liegt hinter dem Gebäude.",
            "Die Bücherei öffnet um neun.",
        ],
        "Wie viele Tage Urlaub haben die Beschaftigten?",
        "Was kostet die Versicherung?",
    ),
    "fr": (
        [
            "Les employés ont quinze jours de congé par an.",
            "Le parking est derrière le bâtiment.",
            "La bibliothèque ouvre à neuf heures.",
        ],
        "Combien de jours de conges ont les employes ?",
        "Quel est le prix de l'assurance ?",
    ),
    "hi": (
        [
            "कर्मचारियों को साल में पंद्रह दिन की छुट्टी मिलती है।",
            "पार्किंग भवन के पीछे है।",
            "पुस्तकालय नौ बजे खुलता है।",
        ],
        "कितने दिन की छुट्टी मिलती",
        "बीमा कितने का",
    ),
}


@pytest.mark.parametrize("language", sorted(_LANGUAGES))
def test_the_right_passage_is_first_and_what_nothing_answers_scores_low(
    find: Search, add: AddDocument, language: str
) -> None:
    lines, question, stranger = _LANGUAGES[language]
    add("a.txt", "\n".join(reversed(lines)))

    found, strange = find(question, mode="lexical"), find(stranger, mode="lexical")

    assert texts_of(found)[0] == lines[0]
    best = found.hits[0].score
    assert best > 0.1
    assert all(hit.score < best / 2 for hit in [*found.hits[1:], *strange.hits])
