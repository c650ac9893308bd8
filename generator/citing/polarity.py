"""What a sentence denies: the word behind each negation, clause by clause, and words of opposite meaning."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from generator.citing.word_list import word_list
from retriever.index.lexical import stems
from retriever.text.analysis import CJK, is_cjk

_TOKEN = re.compile(rf"[{CJK}]|[^\W_{CJK}]+(?:'[^\W_{CJK}]+)?|[<>≤≥]")
_CLAUSE = re.compile(
    r"[,;:，；：、。.!?！？()（）—]+(?!\d)|\s-\s|\b(?:but|whereas|while|although|though|because|however|if|unless|which|who)\b"
    r"|但是|但|而是|而|如果|除非|因为|虽然|只要",
    re.IGNORECASE,
)
_NOT = frozenset(
    word_list("""not no never cannot without neither nor nobody none nothing nowhere non hardly nicht kein keine
    keinen keiner keinem keines niemals ohne pas jamais sans nunca jamás sin tampoco não не нет без
    никогда""")
)
_SKIPPED = frozenset(
    word_list("""a an the any be is are was were been being am do does did have has had can could may might must shall
    should will would to it of yet also ever usually always normally generally currently necessarily
    really so very there de la le sich zu""")
)
# A negation that denies nothing: "not only … but also", "No. 5", "no doubt", "whether or not", and the answer "No, …".
_NO_DENIAL = re.compile(
    r"\bnot\s+(?:only|just|merely|simply|solely)\b|\bno\.?\s*(?=\d)|\bno\s+(?:doubt|matter|wonder)\b"
    r"|\b(?:whether\s+)?or\s+not\b|\bwhy\s+not\b|^\s*no\s*[,.:;]|^\s*不[,，]|^\s*nein\s*,",
    re.IGNORECASE,
)
_CHINESE_NO_DENIAL = re.compile(
    "不(?:但|仅|只|光|过|断|少|久|锈|管|论|如|禁|妨|料|同|惜|丹|愧|时)|不得不|非不|差不多|了不起|对不起|是不是|会不会|能不能|要不要|有没有"
    "|非(?:常|洲|凡|遗)|无(?:论|线|锡|人机|穷|尽|数|疑|花果|名指|烟煤|轨)|未(?:来|免|央)|(?:特|分|区|级|性|个|类|派|识|鉴|辨|告|离|差|惜)别|别(?:人|墅|名|的|处|致|称|看)|除非|莫非|是非|没收|沉没|淹没|埋没|勿忘我"
)
_CHINESE_NOT = re.compile(
    "没有|不得|不能|不会|不可以|不可|不准|不许|不要|不应该|不应|不必|不用|不需要|不需|不再|无法|无需|无须|并非|未能|未曾|从未|切勿|请勿|不|没|无|未|非|别|勿"
)
_CHINESE_SKIPPED = re.compile(r"[的了着过能够会可以得要应该必须被把将再有是在对向\s“”\"'「」]*")
_HEAD = re.compile(rf"[{CJK}]{{1,2}}|\w+")
# Words of which another one with in-, im-, il-, ir- or dis- is the opposite: not "form" and "inform".
_ADJECTIVE = re.compile(
    "(?:[ai]ble|al|[aeu]te|[ae]nt|ive|rect|valid|cure|ular|perfect|pure|mobile|proper|sane|honest|allowed|connected)$"
)
_FAILED = re.compile(r"\b(?:fail(?:s|ed)?|refuse[sd]?|unable)\s+to\b|\bno longer\b|\bcannot\b|n't\b")
_JAPANESE_NOT = re.compile(
    "(?<!なければなら)(?<!なくてはなら)(?<!しか)(?:ない|ません|なかった|ませんでした|できず|せず)(?!と(?:いけ|なら))"
)
_KOREAN_NOT = re.compile(r"(?:않|못하|못|없|아니|말아야)|(?<!\S)안\s")

# Each line: words of one side, then those of the other. A statement with one and a sentence with only the other differ.
_OPPOSITES = """
more greater over above exceeding > ≥ | less fewer under below upto < ≤
maximum most highest longest largest latest | minimum least lowest shortest smallest earliest
before | after
earlier | later
allowed permitted may allow permit allows permits | forbidden prohibited banned forbid forbids prohibit prohibits
open opens opened | closed closes close shut
increase increases increased rises rose grew | decrease decreases decreased falls fell shrank
include includes included including | exclude excludes excluded excluding
higher taller | lower shorter
accept accepts accepted | reject rejects rejected refuse refuses refused
always | never
with | without
true | false
buy buys bought | sell sells sold
inside indoors | outside outdoors
start starts started begin begins began | end ends ended stop stops stopped
required mandatory compulsory must | optional voluntary
enabled enable | disabled disable
won win wins | lost lose loses
left | right
north northern | south southern
east eastern | west western
first 1th | last
morning | evening afternoon
arrive arrives arrived arrival | depart departs departed departure
import imports imported | export exports exported
free | paid
old older oldest | new newer newest
"""
_CHINESE_OPPOSITES = (
    "以上 超过 高于 大于 多于 不少于|以下 低于 小于 少于 不超过;之前 以前|之后 以后;至少 最少|至多 最多"
    ";最高 最大|最低 最小;允许 可以 准许|禁止 严禁 不准 不许 不得;增加 上升 提高 增长|减少 下降 降低"
    ";上午 早上|下午 晚上;开放 开门|关闭 关门"
    ";包括 包含|不包括 不含 除外;免费|收费;必须 应当|不必 无需;买入 购买|卖出 出售;进口|出口;室内|室外;提前|推迟 延后"
    ";接受|拒绝;开始|结束;支持|反对;早于|晚于;左|右;东|西;南|北;男|女;胜|负;有效|无效;合法|非法;正常|异常;打开|关上"
)


@dataclass(frozen=True)
class Clause:
    """A clause: its text, its stems, and what is denied in it, stems of words or one or two CJK characters."""

    text: str
    stems: frozenset[str]
    denied: frozenset[str]

    def holds(self, denied: str) -> bool:
        """Return whether what another clause denies stands in this one, denied or not."""
        return denied in self.stems or denied in self.denied or (is_cjk(denied) and denied in self.text)


def clauses(text: str) -> list[Clause]:
    """Return the clauses of a sentence that have words, in order."""
    plain = _CHINESE_NO_DENIAL.sub(lambda found: "·" * len(found[0]), _NO_DENIAL.sub(" ", text))
    found = []
    for part in _CLAUSE.split(plain):
        held = frozenset(stems(part))
        if held:
            found.append(Clause(part, held, frozenset(_denied_words(part) | _denied_characters(part))))
    return found


def denial_differs(statement: str, sentence: str) -> str | None:
    """Return a word that one text denies and the other does not, or None.

    Where a word stands in several clauses of the sentence, the clauses most like the statement's decide.
    """
    said, source = clauses(statement), clauses(sentence)
    if (differs := _elsewhere_denied(statement, sentence)) is not None:
        return differs
    denied = {stem for clause in (*said, *source) for stem in clause.denied}
    for mine in said:
        for stem in sorted(each for each in denied if mine.holds(each)):
            holding = [(len(mine.stems & other.stems), other) for other in source if other.holds(stem)]
            most = max((count for count, _ in holding), default=0)
            polarities = {stem in other.denied for count, other in holding if count == most}
            if (stem in mine.denied) not in polarities and (polarities or stem in mine.denied):
                return stem
    return None


def opposite_of(statement: str, sentence: str) -> str | None:
    """Return a word of the statement of which the sentence has only the opposite, or None."""
    mine, theirs = (set(_TOKEN.findall(text.casefold().replace("up to", "upto"))) for text in (statement, sentence))
    for side, other in _WORD_PAIRS:
        if (said := side & mine) and not side & theirs and other & theirs and not other & mine:
            return min(said)
    for side, other in _CHINESE_PAIRS:
        found = {word for word in side if word in statement}
        if found and _has_only(sentence, other, side) and not any(word in statement for word in other):
            return min(found)
    return next((word for word in sorted(mine ^ theirs) if len(word) > 3 and _reversed(word, mine, theirs)), None)


def _reversed(word: str, mine: set[str], theirs: set[str]) -> bool:
    """Return whether a word of one text stands in the other as its opposite: paid and unpaid."""
    others = theirs if word in mine else mine
    prefixes = ("un", "non", "in", "im", "il", "ir", "dis") if _ADJECTIVE.search(word) else ("un", "non")
    return any(f"{prefix}{word}" in others for prefix in prefixes)


def _has_only(text: str, wanted: Iterable[str], unwanted: Iterable[str]) -> bool:
    rest = text
    for word in sorted(wanted, key=len, reverse=True):
        rest = rest.replace(word, "·")
    return "·" in rest and not any(word in rest for word in unwanted)


def _denied_words(clause: str) -> set[str]:
    """Return the stems of the first word that counts behind each negation: "does not usually leave" denies leave."""
    words = _TOKEN.findall(_FAILED.sub(" not ", clause.casefold()))
    found: set[str] = set()
    for place, word in enumerate(words):
        if word in _NOT:
            rest = [other for other in words[place + 1 :] if other not in _SKIPPED and other not in _NOT]
            if rest and not is_cjk(rest[0]):
                found |= set(stems(rest[0])) or {rest[0]}
    return found


def _denied_characters(clause: str) -> set[str]:
    """Return what stands behind each Chinese negation, up to two characters or a word: 周一不发车 denies 发车."""
    found: set[str] = set()
    for match in _CHINESE_NOT.finditer(clause):
        skipped = _CHINESE_SKIPPED.match(clause, match.end())
        head = _HEAD.match(clause, skipped.end() if skipped else match.end()) or _HEAD.match(clause, match.start() + 1)
        if head is not None:
            found |= {head[0]} if is_cjk(head[0]) else set(stems(head[0]))
    return found


def _elsewhere_denied(statement: str, sentence: str) -> str | None:
    """Compare Japanese and Korean sentences as a whole: their negations are endings."""
    for script, pattern in (("[ぁ-ヿ]", _JAPANESE_NOT), ("[가-힣]", _KOREAN_NOT)):
        if re.search(script, statement) and re.search(script, sentence):
            mine, theirs = pattern.search(statement), pattern.search(sentence)
            if mine is None and theirs is not None:
                return theirs[0]
            if theirs is None and mine is not None:
                return mine[0]
    return None


def _pairs(lines: Sequence[str]) -> list[tuple[frozenset[str], frozenset[str]]]:
    """Return each pair of opposite sides, in both orders."""
    sides = [tuple(frozenset(word_list(side)) for side in line.split("|")) for line in lines]
    return [pair for one, two in sides for pair in ((one, two), (two, one))]


_WORD_PAIRS = _pairs(_OPPOSITES.strip().splitlines())
_CHINESE_PAIRS = _pairs(_CHINESE_OPPOSITES.split(";"))
