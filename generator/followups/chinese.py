"""How Chinese leans on what was said before."""

from __future__ import annotations

import re

from retriever.index.lexical import content_stems

_SWITCH = re.compile(
    r"^[\s，。,.]*(?:换(?:一)?个(?:问题|话题)|换(?:问题|话题)|(?:另外?|再)?(?:问|说|请教)(?:一)?(?:个|件|下)?(?:别的|其他的?|另外的?)"
    r"(?:问题|事情?|事)?|(?:还有|另)(?:一)?个(?:别的|其他|另外的?)?(?:问题|事)(?!儿?[是怎])|另(?:一)?个问题|另外(?:再)?(?:问|请教)(?:一)?(?:下|个问题|个)|"
    r"再问(?:一)?个(?:问题)?|顺便(?:再)?问(?:一)?下?|(?:题外话|下(?:一)?个问题|别的问题)(?=[，,：:。；;]))[\s，,：:。、；;]*(?=\S)"
)
_LEAD = re.compile(
    r"^[\s，。,.]*(?P<lead>(?:(?:那么|还有|另外|然后|所以|可是|但是?|不过|那(?![个本些种里边时儿位家天次张台份款])|"
    r"(?:换成|换做|改成|换)(?!个))[\s，,]*)*)(?:(?:嗯|哦|好的?)[\s，,]+)*"
)
_TAIL = re.compile(r"(?:的话)?[\s，,]*呢?[\s？?。！!]*$")
_NE = re.compile(r"呢[\s？?。！!]*$")
_ASKS = re.compile(
    r"谁|什么|哪|几(?!乎|个月内)|多少|多久|多长|多大|多高|多远|多重|怎么|怎样|如何|为什么|为何|吗|是否|有没有|能不能|可不可以|要不要|是不是|何时|啥|(.)不\1"
)
_PERSONAL = re.compile(r"它们?|(?<!其)他们?(?!人)|她们?|其(?![他它中实余次])")
_POINTING = re.compile(
    r"这(?!周|个?月|学期|几天|一?年|季度|个?(?:区|小区|公司|单位|中心))|(?<!的)那(?:个|本|些|种|里|边|时|儿|位|家|天|次|张|台|份|款)|此(?!外|前)|上述|前者|后者|该(?=[^不怎去找谁]{1,2}的)|同样"
)
_NEW = re.compile(r"[\u4e00-\u9fff]{2,6}(?:归|由|是|有|要|找|几|多少|怎么|什么|能|可以|在)")  # a subject of its own
_INSIDE = re.compile(r"[，,]|[后时前]|如果|要是|的话|但")
_ANOTHER = re.compile(r"另(?:外)?(?:一|那)?[个种款台份位]|另外的")
_OTHERS = re.compile(r"别的|其他|其它|旧款|新款|老款|上一代|下一代")
_MARK = re.compile(r"(?:([A-Za-z]+)-)?[A-Za-z]*\d[\w.-]*(?<=\w)", re.ASCII)
_OPEN = re.compile(
    r"^(?:我|我们|你|请问|一般|到时候?|到底|具体)*(?:还|也|都|又|最多|最少|最晚|最迟|最早|至少|一共|总共|大概)*"
    r"(?:要|需要?|得|能|可以|可不可以|能不能|要不要|应该|应|该|会|多少|几|多久|多长|多大|什么时候|何时|怎么|怎样|如何|哪|谁|"
    r"为什么|为何|是否|有没有|有|提前|超过|过期|交|找|发|去|到|在|用|填|写|打|带|收|给|由|归|算|退|扣)"
)
_ASIDE = re.compile(
    r"我们?|你|请问|一般|到时候?|还|也|都|最多|最少|最晚|最早|至少|一共|总共|大概|需要|能不能|可不可以|可以|要不要|应该|什么时候|"
    r"多少|多久|多长|怎么(?:办|处理|算|样)?|如何|哪里?|哪儿|为什么|什么|是否|有没有|[要得能应该会几谁吗呢了的个是？?。！!，,\s]|(.)不\1"
)
_FIRST = re.compile(r"^(?:我想问(?:一下)?|想问(?:一下)?|请问|现在|目前|麻烦问(?:一下)?)+[，,]?")
_TOPIC_END = re.compile(
    r"(?:[是有要在归由的能会得可应该需]|一共|总共|最多|可以|需要|应该|一般|平时|找|问|给|交|发|打)+$"
)
_REPLY_NAME = re.compile(
    r"^(?:是|归|由|找|请找|联系|为|叫|让|给)?(?P<name>[\u4e00-\u9fff]{2,4}?)(?:管|负责|保管|处理|批准|审批|签字?|主持|排|接|审|说|定|[，。、（(]|$)"
)
_NOISE = re.compile(
    r"[它他她]们?|其(?![他它中实余次])|这[个种些样里边时段]?(?!周|月|年)|那[个种些里边时段]|另(?:外)?(?:一|那)?[个种款台份位]|另外的|的话|"
    r"到时候?|要是|如果|只剩|什么时候|怎么样?|我们?|请问|一共|总共"
)
_ATTRIBUTE = re.compile(
    r"费用|价格|价钱|电话|地址|地点|负责人|联系人|流程|手续|材料|期限|分机|邮箱|押金|面积|容量|尺寸|重量|颜色|有效期|罚款|"
    r"日期|人数|名额|编号|密码|网址|补贴|工本费|订金|定金|门票"
)
_LEAST = 2  # characters of any question up to which it lacks something
_LITTLE = 4  # characters of a subjectless question up to which it lacks its subject
_BRIEF = 5  # characters of a fragment without an interrogative
_LONGEST = 2000


def switch(question: str) -> tuple[str, bool]:
    """Return a question without the words that announce another subject, and whether there were any."""
    rest = _SWITCH.sub("", question, count=1) if len(question) <= _LONGEST else question
    return rest, rest != question


def lead(question: str) -> tuple[str, bool]:
    """Return a question without the words that join it to what came before, and whether there were any."""
    match = _LEAD.match(question) if len(question) <= _LONGEST else None
    if match is None:
        return question, False
    rest = question[match.end() :]
    asks = _ASKS.search(rest) is not None
    core = rest if asks else _TAIL.sub("", rest)
    led = bool(match["lead"].strip()) or _NE.search(rest) is not None
    return (core or question, led)


def is_fragment(core: str, led: bool) -> bool:
    """Return whether this is no sentence but a part of one that something else completes."""
    if _ASKS.search(core):
        return False
    return led or len(core) <= _BRIEF


def points_back(core: str, led: bool) -> bool:
    """Return whether a whole question needs what came before it to be understood."""
    if len(core) > _LONGEST:
        return False
    if led and _NEW.match(core) is None:
        return True
    pointing = _POINTING.search(core)
    if _ANOTHER.search(core) or (pointing is not None and not _within(core, pointing.start())):
        return True
    pronoun = _PERSONAL.search(core)
    if pronoun is not None and not _within(core, pronoun.start()):
        return True
    left = len(_ASIDE.sub("", core))
    return left <= _LEAST or (left <= _LITTLE and (_OPEN.match(core) or _ATTRIBUTE.match(core)) is not None)


def _within(core: str, place: int) -> bool:
    """Return whether what a word at `place` points at stands before it: a clause, or 你们 in 你们那儿."""
    before = core[:place]
    there = (
        re.match("那[边儿里天时]", core[place : place + 2]) is not None
        and re.search("[^在到去从，,]$", before) is not None
    )
    return place > 1 and (_INSIDE.search(before) is not None or there)


def topic(question: str) -> str:
    """Return what a question is about, without what it asks: 东仓早班 of 东仓早班几点上班？."""
    if len(question) > _LONGEST:
        return question[:_LONGEST]
    text = _FIRST.sub("", question.strip().rstrip("？?。！! "))
    match = _ASKS.search(text)
    before = text if match is None else _TOPIC_END.sub("", text[: match.start()].rstrip("，, "))
    if len(before) >= 2:
        return before
    after = "" if match is None else text[match.end() :]
    return after if len(after) >= 2 else text


def asked_for(core: str) -> list[str]:
    """Return the content stems of what a question itself asks, without the words that only point."""
    return content_stems(_NOISE.sub(" ", core)) or content_stems(core)


def means_another(core: str) -> bool:
    """Return whether a question asks of another thing of the same kind."""
    return (_ANOTHER.search(core) or _OTHERS.search(core)) is not None


def without_marks(text: str) -> tuple[str, str]:
    """Return a topic without the codes and numbers that tell one thing from others of its kind, and these."""
    rest = _MARK.sub(lambda mark: mark[1] if mark[1] and len(mark[1]) > 1 else "", text)
    marks = " ".join(mark[0] for mark in _MARK.finditer(text))
    return (" ".join(rest.split()), marks) if len(rest.strip()) >= 2 else (text, "")


def named_in_reply(core: str, asked: str, reply: str) -> str:
    """Return whom the answer named, if the question has a pronoun that may stand for a person."""
    if re.search(r"(?<!其)他(?!们?人)|她", core) is None:
        return ""
    match = _REPLY_NAME.match(reply[:40])
    name = match["name"] if match else ""
    return "" if name and name in asked else name
