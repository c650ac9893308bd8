"""Putting a fragment into the earlier question: in place of what it is an alternative to, else behind it.

What it replaces is found by kind, the surest first: a code of the same make (X2, X3), a labelled number (ward 9, ward
4), an amount with the same unit, a word of the same closed class (a weekday, a season, a direction, who pays), a name
for a name, the object of the same preposition, and what shares its head (annual pass, monthly pass; 东仓, 西仓).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from generator.followups import chinese
from retriever.index.lexical import content_stems
from retriever.text.function_words import FUNCTION_WORDS
from retriever.text.language import is_cjk_text

Span = tuple[int, int, str]  # of the earlier question, and what stands there instead
_CODE = re.compile(r"(?<![A-Za-z0-9])(?P<make>[A-Za-z]{1,12})[- ]?(?P<number>\d[A-Za-z0-9.]*)(?![A-Za-z0-9])")
_LABEL = re.compile(r"\b(?P<label>[a-z]{3,})\s+(?P<mark>[A-Z]|\d+(?:\.\d+)*[a-z]?)\b", re.I)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)年?")
_HAN_NUMBER = "零一二两三四五六七八九十百千半0-9"
_AMOUNT_ZH = re.compile(
    rf"[{_HAN_NUMBER}.]+\s*(?P<unit>[天日周月年岁元次人号楼层小时分钟公斤吨米平块个件位节级档等期批]+)"
)
_AMOUNT = re.compile(
    r"\b(?P<count>\d+(?:[.,]\d+)*|one|two|three|four|five|six|seven|eight|nine|ten|twelve)\s+(?P<unit>[a-z]{2,})", re.I
)
_CLASSES_EN = tuple(
    re.compile(rf"\b(?:{words})\b", re.I)
    for words in (
        "(?:mon|tues|wednes|thurs|fri|satur|sun)days?|week(?:days?|ends?)|working days?|(?:bank |public )?holidays?",
        "mornings?|afternoons?|evenings?|nights?|noon|midday|midnight|lunchtime|daytime",
        "january|february|march|april|may|june|july|august|september|october|november|december",
        "spring|summer|autumn|fall|winter|(?:low|mid|high|off|peak)[- ]?season",
        "north(?:ern)?|south(?:ern)?|east(?:ern)?|west(?:ern)?|central",
        "adults?|child(?:ren)?|kids?|juniors?|seniors?|students?|pensioners?|famil(?:y|ies)|teens?|members?|non-members?|"
        "visitors?|residents?|guests?|groups?",
        "small(?:er|est)?|medium|large(?:r|st)?|big(?:ger|gest)?|tiny",
        "breakfast|lunch|dinner|supper|snacks?",
        "red|green|blue|yellow|white|black|orange|grey|gray|brown|purple",
        "full[- ]time|part[- ]time|permanent|temporary|freelance",
        "first|second|third|fourth|fifth|last|next",
        "old(?:er)?|new(?:er)?|current|previous|former",
        "import|export|inbound|outbound|domestic|abroad|international",
    )
)
_CLASSES_ZH = tuple(
    re.compile(words)
    for words in (
        "工作日|周末|双休日|节假日|法定假日|平日|平时|(?:周|星期|礼拜)[一二三四五六日天末]",
        "早上|上午|中午|午间|下午|傍晚|晚上|夜里|夜间|白天|凌晨",
        "早餐|午餐|晚餐|夜宵|早饭|午饭|晚饭",
        "早班|中班|晚班|夜班|白班",
        "(?:十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])月(?!租|份?票)",
        "春季?天?|夏[季天]|秋[季天]|冬[季天]|旺季|淡季",
        "成人|大人|儿童|小孩|孩子|学生|老人|老年人|会员|非会员|居民|业主|租户|访客|外地人|本地人|团体|家庭",
        "大[号型]|中[号型]|小[号型]",
        "正式工|临时工|兼职|全职|实习生|试用期",
        "市内|省内|省外|境外|国外|国内|外省|本市|异地",
    )
)
_PLACED = re.compile(r"^(?P<word>at|in|on|for|with|without|during|after|before|from|to|by|under|over|until)\s+", re.I)
_STOP = re.compile(
    r"\s+(?:at|in|on|for|with|without|during|after|before|from|to|by|under|over|until|is|are|was|were|do|does|did|can|"
    r"must|should|will|may|has|have|cost|costs|open|close|and|or|if|when|that|who|which|according)\b|[?.,;!]|$",
    re.I,
)
_NAME = re.compile(r"\b[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)*")
_ARTICLE = re.compile(r"^(?:the|a|an|my|our|your)\s+", re.I)
_BARE = re.compile(
    r"\b(?:does|did|is|has|at|in|to|from)\s+(?P<name>[a-z]{4,}(?<!s))(?=\s*(?:[?.,]|$)|\s+[a-z]+\s*(?:[?.,]|$)|"
    r"\s+(?:have|at|in|on|for|with|when|if|during|after|before)\b)"
)
_SUBJECT = re.compile(r"\b(?P<aux>is|are|was|were|does|do|did|can|may|must|has)\s+(?P<thing>the\s+)", re.I)
_ONES = re.compile(r"\bones?\b", re.I)
_WORD = re.compile(r"[\w'’-]+")
_AFFIX = 4  # characters that two Chinese names of one kind may share
_LONGEST = 2000  # characters of a question in which something is replaced


def put_in_place(question: str, fragment: str) -> tuple[str, str]:
    """Return the question with the fragment in it, and what of the question is gone; "" if the fragment was added."""
    core = fragment.strip().rstrip("?？。.!！，, ")
    if max(len(question), len(core)) > _LONGEST:
        return f"{question} {core}", ""
    cjk = is_cjk_text(question + core)
    for way in _WAYS_ZH if cjk else _WAYS_EN:
        found = way(question, core)
        if found is not None and question[found[0] : found[1]].casefold() != found[2].casefold():
            start, end, new = found
            text = question[:start] + new + question[end:]
            return _completed(text, core, cjk), question[start:end]
    return _behind(_without_the_one(question, core), core, cjk), ""


def _completed(text: str, core: str, cjk: bool) -> str:
    """Return the text with what of the fragment is still missing behind it."""
    have = set(content_stems(text))
    missing = [term for term in content_stems(_ONES.sub(" ", core)) if term not in have]
    return _behind(text, core, cjk) if missing else text


def _behind(text: str, core: str, cjk: bool) -> str:
    bare = text.rstrip("?？。.!！，, ")
    bare = bare.removesuffix(" for") if not cjk else bare
    if cjk:
        return f"{bare}，{core}？"
    joined = "" if _PLACED.match(core) or re.match(r"(?:if|when|as|between|outside|inside)\b", core, re.I) else "for "
    shown = re.sub(r"^the ones? (?=for|with|in|at|on|of|from|to)", "", core, flags=re.I)
    joined = "" if shown != core else joined
    return f"{bare} {joined}{shown}?"


def _without_the_one(question: str, core: str) -> str:
    """Return the question without sizes in figures if the fragment asks for another one of the kind."""
    if not _ONES.search(core):
        return question
    rest = re.sub(r"\b\d+(?:[.,]\d+)?(?: ?[x×] ?\d+(?:[.,]\d+)?)*(?: ?(?:mm|cm|m|kg|g|mg|ml|l|km))?\b", " ", question)
    return re.sub(r"\s+", " ", rest)


def _code(question: str, core: str) -> Span | None:
    new = _CODE.search(core)
    if new is None:
        return None
    for old in _CODE.finditer(question):
        if old["make"].casefold() == new["make"].casefold():
            return old.start(), old.end(), new[0]
    return None


def _label(question: str, core: str) -> Span | None:
    for new in _LABEL.finditer(core):
        for old in _LABEL.finditer(question):
            if old["label"].casefold() == new["label"].casefold() not in FUNCTION_WORDS:
                return old.start(), old.end(), new[0]
    return None


def _year(question: str, core: str) -> Span | None:
    new, old = _YEAR.search(core), _YEAR.search(question)
    return (old.start(), old.end(), new[0]) if new and old else None


def _amount(question: str, core: str) -> Span | None:
    pattern = _AMOUNT_ZH if is_cjk_text(core) else _AMOUNT
    for new in pattern.finditer(core):
        for old in pattern.finditer(question):
            if old["unit"].casefold() == new["unit"].casefold():
                return old.start(), old.end(), new[0]
    return None


def _class(question: str, core: str) -> Span | None:
    cjk = is_cjk_text(core)
    for words in _CLASSES_ZH if cjk else _CLASSES_EN:
        new, old = words.search(core), words.search(question)
        if new and old:
            return old.start(), old.end(), core if cjk and len(core) <= len(new[0]) + 4 else new[0]
    return None


def _name(question: str, core: str) -> Span | None:
    """Return the name of the question that a name stands in place of: that behind the same preposition, or the last."""
    new = next(_names(core), None)
    if new is None:
        return None
    olds = [each for each in _names(question) if each.start() > 0]
    placed = _PLACED.match(core)
    same = [
        each
        for each in olds
        if placed and question[: each.start()].casefold().endswith(f" {placed['word'].casefold()} ")
    ]
    chosen = (same or olds)[-1:] if same or olds else []
    return (chosen[0].start(), chosen[0].end(), new[0]) if chosen else None


def _names(text: str) -> Iterator[re.Match[str]]:
    return (
        each
        for each in _NAME.finditer(text)
        if len(each[0]) > 1 and each[0].casefold() not in FUNCTION_WORDS and not _classes(each[0])
    )


def _preposition(question: str, core: str) -> Span | None:
    placed = _PLACED.match(core)
    if placed is None:
        return None
    for old in re.finditer(rf"\b{placed['word']}\s+", question, re.I):
        stop = _STOP.search(question, old.end())
        end = stop.start() if stop else len(question)
        here, there = core[placed.end() :], question[old.end() : end]
        if there and _classes(here) == _classes(there):
            return old.end(), end, here
    return None


def _classes(text: str) -> set[int]:
    return {number for number, words in enumerate(_CLASSES_EN) if words.search(text)}


def _head(question: str, core: str) -> Span | None:
    """Return the phrase of the question that has the fragment's last word for a head."""
    words = _WORD.findall(_ARTICLE.sub("", core))
    if len(words) < 2 or words[-1].casefold() in FUNCTION_WORDS:
        return None
    head = re.search(rf"\b{re.escape(words[-1][:-1] if words[-1].endswith('s') else words[-1])}s?\b", question, re.I)
    if head is None:
        return None
    start = head.start()
    for before in reversed(list(_WORD.finditer(question, 0, head.start()))):
        if before[0].casefold() in FUNCTION_WORDS or question[before.end() : start].strip():
            break
        start = before.start()
    return (start, head.end(), " ".join(words)) if start < head.start() else None


def _affix(question: str, core: str) -> Span | None:
    """Return the stretch of the question, as long as the fragment, that begins or ends as it does."""
    size = len(core)
    if not 2 <= size <= 2 * _AFFIX or size > len(question):
        return None
    windows = [(start, question[start : start + size]) for start in range(len(question) - size + 1)]
    for shared in range(size - 1, 0, -1):
        for start, there in windows:
            if there[-shared:] == core[-shared:] or there[:shared] == core[:shared]:
                return (start, start + size, core) if there.isalnum() else None
    return None


def _beginning(question: str, core: str) -> Span | None:
    """Return what a Chinese question begins with if that ends as the fragment does: 婚假, for 陪产假."""
    subject = chinese.topic(question)
    same = 2 <= len(subject) <= 2 * _AFFIX and subject[-1] == core[-1] and len(core) <= 2 * _AFFIX
    return (0, len(subject), core) if same and question.startswith(subject) else None


def _bare_name(question: str, core: str) -> Span | None:
    """Return the word without an article, as names have none, that another such word stands in place of."""
    if not re.fullmatch(r"(?:at |in |to |from )?[a-z]{4,}", core) or core.endswith("s"):
        return None
    old = _BARE.search(question)
    return (old.start("name"), old.end("name"), core.rsplit(" ", 1)[-1]) if old else None


def _subject(question: str, core: str) -> Span | None:
    """Return the subject of the question, if both it and the fragment are things named with their article."""
    if not re.fullmatch(r"the (?:[\w'’-]+ ?){1,3}", core, re.I) or _ONES.search(core) or _classes(core):
        return None
    old = _SUBJECT.search(question)
    if old is None:
        return None
    stop = _STOP.search(question, old.start("thing"))
    end = stop.start() if stop else len(question)
    thing = question[old.start("thing") : end]
    if old["aux"].casefold().startswith("d") and stop is not None and stop[0].strip("?. ") == "":
        thing = thing.rsplit(" ", 1)[0]  # "does the trial period last": without the verb
    return (old.start("thing"), old.start("thing") + len(thing), core) if len(thing.split()) > 1 else None


def without_rivals(topic: str, core: str) -> tuple[str, str]:
    """Return a topic without the code, number or word of a class that the question has another of, and what is gone."""
    for way in _EXACT:
        found = way(topic, core) if max(len(topic), len(core)) <= _LONGEST else None
        if found is not None:
            gone = topic[found[0] : found[1]]
            rest = " ".join((topic[: found[0]] + topic[found[1] :]).split())
            return (rest, gone) if gone.casefold() != found[2].casefold() and content_stems(rest) else (topic, "")
    return topic, ""


_Way = Callable[[str, str], Span | None]
_EXACT: tuple[_Way, ...] = (_code, _label, _year, _amount, _class)
_WAYS_EN: tuple[_Way, ...] = (*_EXACT, _name, _bare_name, _preposition, _head, _subject)
_WAYS_ZH: tuple[_Way, ...] = (*_EXACT, _affix, _beginning)
