"""How English, and what is written like it, leans on what was said before."""

from __future__ import annotations

import re

from retriever.index.lexical import content_stems

_SWITCH = re.compile(
    r"^\W*(?:(?:a|an|one)?\s*(?:another|other|different|new|next|separate|unrelated|quick)\s+"
    r"(?:question|thing|topic|subject|matter|one)\b|something (?:else|different)\b|(?:let's |let us )?chang(?:e|ing) "
    r"(?:of )?(?:the )?(?:topic|subject)\b|on (?:a|another) (?:different )?(?:topic|note|subject)\b|unrelated\b|"
    r"moving on\b)(?:\s*[:,.;!–—-]+\s*|\s+(?=(?:who|what|when|where|which|how|why|is|are|do|does|can|may)\b))",
    re.I,
)
_LEAD = re.compile(
    r"^\W*(?:(?:ok(?:ay)?|well|hmm+|oh|ah|now|right|yes|yeah|no|sure|by the way|btw)\b[\s,.;:-]*)*"
    r"(?P<lead>(?:(?:and|but|so|or|then|also)\b[\s,]*)*"
    r"(?:(?:what|how) about\b|(?:is it |is that )?the same (?:for|with|at|in)\b|"
    r"same (?:question )?(?:for|with|at|in)\b|what(?= if\b))?)[\s,]*",
    re.I,
)
_TAIL = re.compile(r"[\s,]*\b(?:then|too|as well|instead|though)\W*$", re.I)
_ASKS = re.compile(
    r"^(?:who|whom|whose|what|when|where|which|why|how|is|are|was|were|am|do|does|did|can|could|may|might|must|should|"
    r"shall|will|would|has|have|had|need|isn't|aren't|don't|doesn't|can't|won't)\b",
    re.I,
)
_ASKS_THEN = re.compile(
    r",\s*(?:whos?|whats?|whens?|wheres?|which|why|hows?)\b|^(?:at|in|on|for|with|after|before|from|to|by|under|until|"
    r"per) (?:what|which|whom|whose|how)\b",
    re.I,
)
_COUNTS = re.compile(r"^\W*how (?:many|much)\b", re.I)
_LIGHT = frozenset(
    content_stems(
        "ask need get take give go come make use say tell want happen keep far long ahead early late soon often much "
        "many big large wide old now today work do cost pay time day"
    )
)
_PLACED = re.compile(
    r"^(?:at|in|on|for|with|without|during|after|before|if|when|from|to|by|under|over|until|between|outside|inside|as)\b",
    re.I,
)
_PERSONAL = re.compile(r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers)\b", re.I)
_DUMMY = re.compile(
    r"\b(?:is|was|will|would|does|did|can) it(?: (?:be|cost|take|mean|possible|allowed|true|ok(?:ay)?|safe|necessary|"
    r"required|normal|common|legal|better|worth|needed|fine|enough))+\b[^?]*?\b(?:to|that|if|for)\b|"
    r"\bis it to\b|\bit is \d|\bit (?:rains?|snows?|is (?:raining|snowing|cold|hot|dark))\b|\bwhat time is it\b",
    re.I,
)
_CLAUSE = re.compile(
    r"\b(?:if|when|because|and|after|before|that|who|which|once|while|as|unless|until|or|although|though|but|since|so)\b|,",
    re.I,
)
_POINTING = re.compile(
    r"\b(?:in|on|at|for|about|with|of|from|by|to|after|before|during|under|is|does|do|did|was|are|like|than|per|if|"
    r"get|use|mean|and|how|why|who|what|when|where|can|must|should|will)\s+(?:this|that|these|those)\b"
    r"(?!\s+(?:year|week|month|quarter|morning|afternoon|evening|season|building|company|i\b|we\b|you\b|they\b|is\b))|"
    r"^(?:this|that|these|those)\b|\b(?:the|that|this|these|those|another|other|others?|which) ones?\b"
    r"(?!\s+(?:who|that|which|\w+ing)\b)|"
    r"\bthe (?:same|latter|former|others?)\b|\bthere\b(?!\s+(?:is|are|was|were|will|be|a|an|any|no)\b)",
    re.I,
)
_EXISTS = re.compile(r"\b(?:is|are|was|were|be|will|isn't|aren't) there\b", re.I)
_LATER = re.compile(r"\b(?:later|afterwards?|otherwise|else|either|in that case|beforehand|anyway|meanwhile)\W*$", re.I)
_ANOTHER = re.compile(r"\b(?:another|the other|the older|the newer|the previous|the next|other|different)\b", re.I)
_MARK = re.compile(r"\b(?:([A-Za-z]+)-)?(?:[A-Za-z]*\d[\w.-]*)\b", re.ASCII)
_NAMED = re.compile(r"[A-Z\d]")
_WORD = re.compile(r"[\w'’-]+")
_ASKING = re.compile(
    r"^\W*(?:please\s+)?(?:(?:can|could|may) (?:you|i|we) (?:please )?(?:tell me|know|ask)\s+)?"
    r"(?:how\s+(?:long|much|many|fast|far|often|old|big|large|high|deep|soon|early|late|quickly|wide|heavy|warm)?\b|"
    r"what(?:'s|’s)?|when|where|who(?:m|se)?|why|which)?\s*"
    r"(?P<noun>(?:\w+\s+){0,2}?)(?P<aux>\b(?:is|are|was|were|am|do|does|did|can|could|may|might|must|should|shall|will|"
    r"would|has|have|had)\b\s*(?:not\s+)?)",
    re.I,
)
_SUBJECT = re.compile(r"^(?:i|we|you|one|people|somebody|someone|there|it|they)\b\s*", re.I)
_DOING = frozenset(["do", "does", "did", "can", "could", "may", "might", "must", "should", "shall", "will", "would"])
_WHAT = re.compile(r"^\W*(?:what|which|who|whose|when|where|why|how)\b", re.I)
_REPLY_SUBJECT = re.compile(
    r"^\W*(?:the|a|an|your|our|its|their)?\s*((?:[\w'’-]+\s+){1,4}?)(?:is|are|was|were|has|have|must|can|will|should|may|"
    r"needs?|opens|closes|lasts|costs)\b",
    re.I,
)
_NAMES = re.compile(r"\b[A-Z][\w'’-]+(?:\s+[A-Z][\w'’-]+)*")
_NOISE = re.compile(
    r"\b(?:that|this|these|those|such|the same)\s+(?:time|case|situation|date|day|point|moment|place|thing|one|way|"
    r"kind)s?\b|\b(?:later|afterwards?|else|otherwise|also|simply|exactly|actually|really|just|going to|anything|"
    r"something|ones?|another|please|now)\b",
    re.I,
)
_POSSESSIVE = re.compile(r"its|their|his|her", re.I)
_INSIDE = 4  # content words before a pronoun from which on it is taken to point at one of them
_POSSESSED = 2  # the same of a possessive
_FEW = 2  # content words of a whole question below which it lacks something
_SHORT = 3  # the same of a fragment
_LONGEST = 2000


def switch(question: str) -> tuple[str, bool]:
    """Return a question without the words that announce another subject, and whether there were any."""
    rest = _SWITCH.sub("", question, count=1) if len(question) <= _LONGEST else question
    return rest, rest != question


def lead(question: str) -> tuple[str, bool]:
    """Return a question without the words that join it to what came before, and whether there were any."""
    if len(question) > _LONGEST:
        return question, False
    match = _LEAD.match(question)
    begin, led = (match.end(), bool(match["lead"].strip())) if match else (0, False)
    whole = question[begin:]
    rest = _TAIL.sub("?" if question.rstrip().endswith("?") else "", whole)
    led = led or (rest != whole and len(content_stems(rest)) <= _INSIDE)
    return (rest, led) if _WORD.search(rest) else (question.strip(), led)


def is_fragment(core: str, led: bool) -> bool:
    """Return whether this is no sentence but a part of one that something else completes."""
    if _ASKS.match(core) or _ASKS_THEN.search(core):
        return False
    words = len(set(content_stems(core)))
    return led or bool(_PLACED.match(core)) or words < _SHORT


def points_back(core: str, led: bool) -> bool:
    """Return whether a whole question needs what came before it to be understood."""
    if len(core) > _LONGEST:
        return False
    if led or _LATER.search(core) or _pointing(core) or _personal(core):
        return True
    asked = set(content_stems(core))
    return (len(asked) < _FEW or asked <= _LIGHT) and not _NAMED.search(core[1:])


def topic(question: str) -> str:
    """Return what a question is about, without what it asks: "the South depot" of "When does the South depot open?"."""
    if len(question) > _LONGEST:
        return question[:_LONGEST]
    text = question.strip().rstrip("?!. ")
    match = _ASKING.match(text)
    if match is None:
        return text
    rest = _SUBJECT.sub("", text[match.end() :])
    counted = match["noun"] if _COUNTS.match(text) else ""
    words = rest.split()
    verb = match["aux"].split()[0].lower() in _DOING if match["aux"].split() else False
    bare = (
        len(words) > 1 and words[-1].islower() and not _PLACED.match(words[-2]) and words[-2].lower() not in _ARTICLES
    )
    if verb and bare:
        words = words[:-1]
    found = f"{counted}{' '.join(words)}".strip()
    return found if content_stems(found) else text


_ARTICLES = frozenset(["a", "an", "the", "my", "our", "your", "of", "this", "that"])


def asked_for(core: str) -> list[str]:
    """Return the content stems of what a question itself asks, without the words that only point."""
    return content_stems(_NOISE.sub(" ", core)) or content_stems(core)


def parallel(core: str, before: str) -> str:
    """Return the subject of a question that asks of another thing what the one before asked, else ""."""
    first, other = _ASKING.match(core), _ASKING.match(before)
    if first is None or other is None or first[0].casefold() != other[0].casefold():
        return ""
    mine, theirs = content_stems(core), content_stems(before)
    subject = topic(core)
    same = bool(mine and theirs) and mine[-1] == theirs[-1] and mine[-1] not in content_stems(subject)
    return subject if same and subject != core.rstrip("?") else ""


def means_another(core: str) -> bool:
    """Return whether a question asks of another thing of the same kind."""
    return _ANOTHER.search(core) is not None


def without_marks(text: str) -> tuple[str, str]:
    """Return a topic without the codes and numbers that tell one thing from others of its kind, and these."""
    rest = " ".join(_MARK.sub(_make, text).split())
    return (rest, " ".join(mark[0] for mark in _MARK.finditer(text))) if content_stems(rest) else (text, "")


def _make(mark: re.Match[str]) -> str:
    """Return the letters of a code such as RX-20, which all things of its make share; nothing of X2."""
    return mark[1] if mark[1] and len(mark[1]) > 1 else " "


def named_in_reply(core: str, asked: str, reply: str) -> str:
    """Return who or what the answer named, if the question has a pronoun that may stand for it."""
    begin = reply[:200]
    if not (_personal(core) or _pointing(core)):
        return ""
    known = set(content_stems(asked))
    if re.search(r"\b(?:he|him|his|she|her|hers|they|them|their)\b", core, re.I):
        names = [name for name in _NAMES.findall(begin) if not set(content_stems(name)) & known]
        if re.match(r"\W*who", asked, re.I) or re.search(r"\b(?:he|him|his|she|her|hers)\b", core, re.I):
            return names[0] if names else ""
    subject = _REPLY_SUBJECT.match(begin)
    if subject is None or not re.match(r"\W*what", asked, re.I):
        return ""
    new = [word for word in content_stems(subject[1]) if word not in known]
    return subject[1].strip() if new and not _WHAT.match(subject[1]) else ""


def _personal(core: str) -> bool:
    """Return whether a personal pronoun stands for something outside the question."""
    plain = _DUMMY.sub(" ", core)
    match = _PERSONAL.search(plain)
    if match is None:
        return False
    before = plain[: match.start()]
    near = _POSSESSED if _POSSESSIVE.fullmatch(match[0]) else _INSIDE
    if len(content_stems(before)) >= near:
        return False
    clauses = [each for each in _CLAUSE.split(before) if each is not None]
    return len(clauses) < 2 or not content_stems(" ".join(clauses[:-1]))


def _pointing(core: str) -> bool:
    match = _POINTING.search(_EXISTS.sub(" ", core))
    return match is not None and len(content_stems(core[: match.start()])) < _INSIDE
