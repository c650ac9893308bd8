"""Small talk: what is said to a partner and asks nothing of documents. It is answered by a sentence, without a search.

Only a message that is small talk from its beginning to its end counts; a courtesy before a question is left out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

from retriever.text.language import language_of

Courtesy = Literal["greeting", "thanks", "task"]

_LONGEST = 200  # characters of a message that may be small talk
_END = r"\W*+"
_HELLO = (
    r"(?:hey|hi|hello|hiya|howdy|good (?:morning|afternoon|evening|day|night)|greetings|bye|goodbye|see you(?: later)?|"
    r"how(?: are|'re|’re| r) (?:you|u|things)(?: doing)?(?: today| these days)?|"
    r"how(?: is|'s|’s) it going|what(?:'s|’s| is) up|how do you do|nice to (?:meet|see) you|pleased to meet you|"
    r"(?:have )?a (?:nice|good|great) (?:day|evening|weekend)|are you (?:there|a (?:ro)?bot|human|real|an ai)|"
    r"who are you|what are you|what(?:'s|’s| is) your name|"
    r"what can you do(?: for me)?|what do you do|can you help(?: me)?)"
)
_WHOM = r"(?:there|everyone|everybody|all|again|team|bot|assistant|friend)"
_THANKS = (
    r"(?:(?:many |much )?thanks?(?: (?:you|u))?(?: (?:so|very) much| a lot| again| a bunch)?|thx|ty|cheers|"
    r"(?:that )?much appreciated|ok(?:ay)?|great|perfect|good|cool|nice|awesome|super|alright|all right|got it|"
    r"i see|understood|fine|sure|never ?mind|"
    r"(?:that(?:'s|’s| is| was) )?(?:all|it|very|really|so|helpful|good|great|clear|enough|"
    r"what i needed|all i needed|perfect|useful)|for (?:your|the) help|for (?:that|now)|"
    r"you(?:'re|’re| are) (?:great|the best)|well done|good (?:job|bot)|bye|goodbye|no|yes|lol|haha)"
)
_TASK = (
    r"(?:please |pls )?(?:(?:can|could|would|will) you (?:please )?|i want you to |let(?:'s|’s) )?"
    r"(?:write|compose|make up|sing|tell|draw|paint|recite)(?: (?:me|us))? "
    r"(?:an? |another |some |(?!me |us |the |this |that |these |my |our |your ))"
    r"(?:\w+ ){0,3}?(?:poem|haiku|limerick|sonnet|rhyme|song|rap|joke|riddle|story|fairy tale|essay|picture|lullaby|"
    r"novel|love letter)s?\b.*"
)
_GREETING_EN = re.compile(rf"{_END}(?>{_HELLO}\b{_END})(?>(?:{_HELLO}|{_WHOM})\b{_END})*+", re.I)
_THANKS_EN = re.compile(rf"{_END}(?>(?:{_HELLO}|{_THANKS})\b{_END})(?>(?:{_HELLO}|{_THANKS}|{_WHOM})\b{_END})*+", re.I)
_TASK_EN = re.compile(rf"{_END}(?:{_HELLO}\b{_END})?{_TASK}", re.I | re.S)
_HELLO_ZH = (
    r"(?:你好|您好|哈喽|嗨|嘿|早上好|早安|上午好|中午好|下午好|晚上好|晚安|早|再见|拜拜|回头见|在吗|在不在|"
    r"你是谁|你叫什么(?:名字)?|你是(?:机器人|人工智能|真人|AI)|(?:你)?(?:会|能|可以)(?:做|干)(?:什么|啥|些什么|些啥)|"
    r"(?:你)?(?:今天)?(?:最近)?(?:过得|心情)?(?:怎么样|好吗|还好吗)|吃了吗|吃饭了吗|很高兴认识你|周末愉快|大家|呀|啊|嘛)"
)
_THANKS_ZH = (
    r"(?:(?:非常|十分|多|太)?(?:感谢|谢谢|谢了|多谢|谢啦|谢)(?:你|您|啦|了|大家)?(?:的)?(?:帮助|帮忙|回答)?|辛苦(?:你|您)?了?|"
    r"好的?|好吧|行|明白了?|知道了|懂了|了解了?|收到|没事了?|没问题了?|不用了|可以了|嗯+|哦+|噢|哈+|"
    r"太好了|太棒了|真棒|厉害|不错|就这些|没有?别的(?:问题)?了|呀|啊|吧|啦|了)"
)
_GREETING_ZH, _SAID_ZH = (
    re.compile(rf"{_END}(?>{each}{_END})++", re.I) for each in (_HELLO_ZH, f"(?:{_THANKS_ZH}|{_HELLO_ZH})")
)
_TASK_ZH = re.compile(
    rf"{_END}(?:{_HELLO_ZH}{_END})?(?:请|麻烦)?(?:你)?(?:能|可以|能不能)?(?:帮我|给我|替我|为我|帮忙)?(?:再)?"
    r"(?:写|作|编|讲|说|画|唱|来|念|吟)(?:一|几|两|个|首|篇|张|段|幅|则|句|点|下)*"
    r"[^，。？！?!\n]{0,24}?(?:诗|诗歌|歌|歌词|笑话|故事|童话|小说|散文|作文|谜语|绕口令|对联|情书|画|段子)(?:吧|吗|呗|来听听|好吗|给我)?"
    + _END,
    re.S,
)
_OPENING = re.compile(
    r"^\s*(?:(?:(?:hey|hi|hello|thanks?(?: you)?(?: very much| so much| a lot)?)\b(?=[\s,.!;:…-])|"
    r"(?:cheers|great|ok(?:ay)?|perfect|alright|got it|i see|sorry)(?=\s*[,.!;:…-])|"
    r"(?:你好|您好|谢谢(?:你|您)?|好的|明白了?|知道了|收到|嗯+|哦+)(?=[\s,.!，。！；;:：…-]))[\s,.!，。！；;:：…-]+)+(?=\S)",
    re.I,
)

REPLIES: Mapping[Courtesy, Mapping[str, str]] = MappingProxyType(
    {
        "greeting": {
            "en": "Hello! I answer questions from the documents that were put here, and show where the answer stands. "
            "What would you like to know about them?",
            "zh": "你好！我根据这里的文档回答问题，并标明出处。你想了解文档里的什么？",
        },
        "thanks": {
            "en": "You are welcome. Ask on whenever you need something from the documents.",
            "zh": "不客气。需要查文档里的内容时，请继续提问。",
        },
        "task": {
            "en": "I cannot do that: I only answer questions from the documents that were put here, and quote them.",
            "zh": "这个我做不了：我只根据这里的文档回答问题，并引用原文。",
        },
    }
)


def courtesy_of(message: str) -> Courtesy | None:
    """Return what kind of small talk a whole message is, or None if it asks for something."""
    if len(message) > _LONGEST:
        return None
    if _TASK_EN.fullmatch(message) or _TASK_ZH.fullmatch(message):
        return "task"
    if _GREETING_EN.fullmatch(message) or _GREETING_ZH.fullmatch(message):
        return "greeting"
    if _THANKS_EN.fullmatch(message) or _SAID_ZH.fullmatch(message):
        return "thanks"
    return None


def without_courtesy(question: str) -> str:
    """Return a question without the greeting or thanks that it begins with."""
    return _OPENING.sub("", question, count=1) if len(question) <= 10 * _LONGEST else question


def reply_to(courtesy: Courtesy, message: str) -> str:
    """Return what is said to small talk, in its language, or in English."""
    replies = REPLIES[courtesy]
    return replies.get(language_of(message), replies["en"])
