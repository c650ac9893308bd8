"""Reading tasks in the prompt that serving uses: passages, a question, and the reply with the passage's number.

Questions of the train parts are few, so most tasks are made from raw text: recurring spans (Ram et al. 2021), gaps
with distractors, quotes to complete, headings, look-ups in lists and tables, each also without the passage that
answers, where the reply is to abstain. Nothing is drawn twice on purpose except the questions.
"""

from __future__ import annotations

import random
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from generator.prompt import Context, Message, load_prompt
from retriever.text.sentences import split_sentences
from tools.reader.tasks import Questions, Task, recurring, window
from tools.training_texts import Item, Text

_PASSAGES = ((1, 0.3), (2, 0.25), (3, 0.2), (4, 0.25))
_WITHOUT = (0.25, 0.1)  # share of tasks whose passages do not answer, at the begin and at the end of training
_GAP = "____"
_TRIES = 1000
_WORDS = {"en": re.compile(r"\S+"), "zh": re.compile(r"[A-Za-z0-9.%]+|[^\sA-Za-z0-9]")}
_MIX = {  # share of the kinds at the begin and at the end of training
    "look_up": (0.25, 0.04),
    "gap": (0.35, 0.06),
    "quote": (0.15, 0.03),
    "heading": (0.05, 0.03),
    "recurring": (0.18, 0.28),
    "question": (0.02, 0.53),
    "closed": (0.0, 0.03),
}


@dataclass(frozen=True)
class Example:
    """The messages of a prompt, and the reply to learn."""

    messages: list[Message]
    reply: str


@dataclass(frozen=True)
class _Asked:
    """A question with the passage that answers it, None if there is none; others must not hold `answer`."""

    question: str
    gold: str | None
    answer: str
    near: tuple[str, ...] = ()


class Tasks:
    """An endless source of examples; `share`, 0 to 1, says how far training is: from copying towards questions."""

    def __init__(self, texts: Sequence[Text], items: Sequence[Item], seed: int) -> None:
        self._chance = random.Random(seed)
        self._prompt = load_prompt()
        long = [text for text in texts if len(text.text) > 200]
        self._texts = {lang: [text for text in long if text.lang == lang] for lang in ("en", "zh")}
        self._spans = {lang: recurring(self._texts[lang], self._chance, _WITHOUT[1]) for lang in ("en", "zh")}
        weights = {"cmrc2018": 1.3, "nq_oracle": 1.5, "covidqa": 0.7, "xquad_en": 1.3}
        self._questions = Questions(items, weights)
        self._recent: dict[str, deque[str]] = {"en": deque(maxlen=40), "zh": deque(maxlen=40)}
        self.share = 0.0

    def __iter__(self) -> Iterator[Example]:
        while True:
            yield self.draw()

    @property
    def _without(self) -> float:
        begin, end = _WITHOUT
        return begin + (end - begin) * self.share

    def draw(self) -> Example:
        """Return the next example."""
        kinds = {kind: a + (b - a) * self.share for kind, (a, b) in _MIX.items()}
        kind = self._chance.choices(list(kinds), list(kinds.values()))[0]
        lang = self._chance.choice(("en", "zh"))
        if kind == "question":
            return self._shown(_from_task(self._questions.draw(self._chance, self._without, others=3)))
        if kind == "closed":
            question = self._questions.draw(self._chance, 0.0).question
            return Example(
                self._prompt.messages(question, None), self._prompt.abstention(question, with_passages=False)
            )
        if kind == "recurring":
            return self._shown(_from_task(next(self._spans[lang])), lang)
        make = {"look_up": self._look_up, "gap": self._gap, "quote": self._quote, "heading": self._heading}[kind]
        found = next((asked for _ in range(_TRIES) if (asked := make(lang)) is not None), None)
        if found is None:
            raise ValueError(f"No text in {lang} is good for the task {kind} in {_TRIES} tries: the texts are too few.")
        return self._shown(found, lang)

    def _shown(self, asked: _Asked, lang: str | None = None) -> Example:
        """Return the question among passages, the near ones first choice, then those of the tasks before."""
        chance = self._chance
        numbers, shares = zip(*_PASSAGES, strict=True)
        count = chance.choices(numbers, shares)[0]
        lang = lang or ("zh" if re.search(r"[\u4e00-\u9fff]", asked.question) else "en")
        spare = [*asked.near, *chance.sample(list(self._recent[lang]), len(self._recent[lang]))]
        answer = asked.answer.casefold()
        others = [text for text in spare if answer not in text.casefold() and text != asked.gold]
        shown = others[: count - 1 if asked.gold is not None else count]
        chance.shuffle(shown)
        reply = self._prompt.abstention(asked.question, with_passages=True)
        if asked.gold is not None:
            place = chance.randint(0, len(shown))
            shown.insert(place, asked.gold)
            reply = f"{asked.answer} [{place + 1}]"
            self._recent[lang].append(asked.gold)
        return Example(self._prompt.messages(asked.question, [_context(text) for text in shown]), reply)

    def _passage(self, lang: str) -> str:
        text = self._chance.choice(self._texts[lang]).text
        start = self._chance.randrange(max(1, len(text) - 3000))
        view = text[start : start + 3000]
        return window(view, self._chance.randrange(len(view)), lang, self._chance)

    def _sentence(self, lang: str) -> tuple[str, str, list[re.Match[str]]] | None:
        """Return a passage, one of its sentences and the sentence's words; None if it is too short."""
        passage = self._passage(lang)
        sentences = [s.text for s in split_sentences(passage)]
        sentence = self._chance.choice(sentences) if sentences else ""
        words = list(_WORDS[lang].finditer(sentence))
        return (passage, sentence, words) if 8 <= len(words) <= 60 else None

    def _gap(self, lang: str) -> _Asked | None:
        found = self._sentence(lang)
        if found is None:
            return None
        passage, sentence, words = found
        size = self._chance.randint(1, 4 if lang == "en" else 8)
        first = self._chance.randint(1, max(1, len(words) - size - 1))
        start, end = words[first].start(), words[min(first + size, len(words)) - 1].end()
        reach = self._chance.randint(25, 100) if lang == "en" else self._chance.randint(6, 25)
        question = f"{sentence[max(0, start - reach) : start]}{_GAP}{sentence[end : end + reach]}"
        answer = sentence[start:end].strip(' ,.;:，。；：、()（）"“”')
        return self._or_without(question, passage, answer) if answer else None

    def _quote(self, lang: str) -> _Asked | None:
        found = self._sentence(lang)
        if found is None or len(found[2]) > 30:
            return None
        passage, sentence, words = found
        shown = self._chance.randint(3, 6)
        begin = sentence[: words[shown].end()]
        return self._or_without(f"{begin} ..." if lang == "en" else f"{begin}……", passage, sentence)

    def _heading(self, lang: str) -> _Asked | None:
        text = self._chance.choice(self._texts[lang]).text
        heads = list(re.finditer(r"^#{1,4} +(\S[^\n]{1,60})\n+([^\n#][^\n]{30,})", text, re.MULTILINE))
        if not heads:
            return None
        head = self._chance.choice(heads)
        sentences = split_sentences(head[2])
        if not sentences or len(sentences[0].text) > 200:
            return None
        title = head[1].strip("# ")
        body = head[2][: self._chance.randint(250, 900) if lang == "en" else self._chance.randint(80, 300)]
        ask = self._chance.choice(("What does it say about {}?", "{}", "Tell me about {}.") if lang == "en" else
                                  ("关于{}，文中怎么说？", "{}", "{}是什么？"))  # fmt: skip
        return self._or_without(ask.format(title), f"{title}\n{body}", sentences[0].text)

    def _look_up(self, lang: str) -> _Asked | None:
        """A list or table of made-up entries: names with values, words drawn from the texts."""
        chance = self._chance
        words = [match[0] for match in _WORDS[lang].finditer(self._passage(lang))]
        words = [word.strip(",.;:()\"'，。；：、（）") for word in words]
        words = [word for word in dict.fromkeys(words) if len(word) > 2 or (lang == "zh" and word)]
        if len(words) < 24:
            return None
        size = 1 if lang == "en" else 2
        blank = " " if lang == "en" else ""
        chance.shuffle(words)
        names = [blank.join(words[n : n + size]) for n in range(0, 2 * size * chance.randint(2, 5), size)]
        rows = [(name, self._value(words[-12:], lang)) for name in names if name]
        name, value = chance.choice(rows)
        form = chance.choice(("{}: {}", "| {} | {} |", "- {} – {}", "{}\t{}", "{} = {}"))
        passage = "\n".join(form.format(*row) for row in rows)
        asks = ("What is {}?", "{}?", "How much is {}?", "{}", "Which value does {} have?")
        ask = chance.choice(asks if lang == "en" else ("{}是多少？", "{}是什么？", "{}", "{}的值是什么？"))
        return self._or_without(ask.format(name), passage, value)

    def _value(self, words: Sequence[str], lang: str) -> str:
        chance = self._chance
        if chance.random() < 0.5:
            number = chance.choice(
                (str(chance.randint(2, 99)), str(chance.randint(100, 9999)), f"{chance.random() * 100:.1f}")
            )
            units = ("", " %", " km", " minutes", " euros") if lang == "en" else ("", "%", "公里", "分钟", "元")
            return number + chance.choice(units)
        return (" " if lang == "en" else "").join(chance.sample(list(words), chance.randint(1, 3)))

    def _or_without(self, question: str, gold: str, answer: str) -> _Asked:
        return _Asked(question, None if self._chance.random() < self._without else gold, answer)


def _from_task(task: Task) -> _Asked:
    question = task.question.replace("[MASK]", _GAP)
    if not task.spans:
        return _Asked(question, None, task.answers[0], (task.context, *task.others))
    start, end = min(task.spans, key=lambda span: span[1] - span[0])
    return _Asked(question, task.context, task.context[start:end], task.others)


def _context(text: str) -> Context:
    """Return a passage with its first short line as heading, if it has one."""
    head, line, rest = text.partition("\n")
    return Context(head, rest) if line and len(head) < 60 and rest.strip() else Context("", text)
