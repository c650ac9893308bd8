"""Units as they are written, by one name for each: "grams", "g" and "克" are the same one."""

from __future__ import annotations

import re

# One unit a line: its name, then how it is written. A spelling under two names may mean either.
_TABLE = """
mg milligram milligrams milligramme milligrammes 毫克
g gram grams gramme grammes gm 克 グラム 그램
kg kilo kilos kilogram kilograms kilogramme kilogrammes 公斤 千克 キログラム 킬로그램
µg μg mcg ug microgram micrograms 微克
t tonne tonnes ton tons 吨
lb lbs pound pounds 磅
oz ounce ounces 盎司
jin 斤
mm millimetre millimetres millimeter millimeters 毫米
cm centimetre centimetres centimeter centimeters 厘米 公分
m metre metres meter meters 米 メートル 미터
km kilometre kilometres kilometer kilometers 公里 千米 キロメートル キロ 킬로미터
mi mile miles 英里
ft foot feet 英尺
inch inches 英寸
yd yard yards 码
m2 sqm 平方米 平米 平方メートル
km2 平方公里 平方千米
ft2 sqft
m3 立方米 立方メートル
ha hectare hectares 公顷
acre acres 英亩
mu 亩
ml millilitre millilitres milliliter milliliters 毫升
cl
dl
l litre litres liter liters 升 リットル 리터
gal gallon gallons 加仑
ms millisecond milliseconds 毫秒
second s sec secs seconds 秒 秒钟 초
minute min mins minutes 分钟 分 분
hour h hr hrs hours 小时 钟头 时间 시간
day d days 天 日 일
night nights 晚 夜
week wk weeks 周 星期 礼拜 周间 주
month months 月 ヶ月 か月 カ月 개월
quarter quarters 季度
year yr yrs years 年 년
decade decades
century centuries 世纪
age 岁 歳 세
% percent パーセント 퍼센트
pp 个百分点 百分点
‰
°C ℃ celsius 摄氏度
°F ℉ fahrenheit 华氏度
° degree degrees deg 度
K kelvin
W watt watts 瓦
kW kilowatt kilowatts 千瓦
MW megawatt megawatts 兆瓦
Wh
kWh 千瓦时 度
V volt volts 伏 伏特
A amp amps ampere amperes 安培
Hz hertz 赫兹
kHz
MHz 兆赫
GHz
B byte bytes 字节
KB kilobyte kilobytes kb
MB megabyte megabytes 兆
GB gigabyte gigabytes
TB terabyte terabytes
bit bits
kbit kbps
Mbit Mbps
Gbit Gbps
Pa pascal pascals 帕
hPa
kPa 千帕
MPa 兆帕
bar bars 巴
psi
J joule joules 焦
kJ 千焦
cal calorie calories
kcal kilocalorie kilocalories 大卡 千卡
dB decibel decibels 分贝
ppm
IU
knot knots kn kt 节
px pixel pixels 像素
page pages 页
times time 次 遍 回
fold 倍
usd dollar dollars 美元 美金 US$
cent cents ¢ 美分
eur euro euros € 欧元 유로
gbp pound pounds £ 英镑 sterling
pence penny
cny yuan rmb 元 块 人民币 ¥ kuai
jiao 角 毛
fen 分
jpy yen ¥ 日元 円 엔
hkd 港元 港币 HK$
krw won ₩ 韩元 원
inr rupee rupees ₹ 卢比
rub rouble roubles ruble rubles ₽ 卢布
crown crowns kr kč czk sek nok dkk 克朗
franc francs chf 法郎
dong ₫
zloty pln
bc bce
ad ce
point points 分
floor floors storey storeys 楼 层
"""
_CURRENCY = {"$": "usd", "€": "eur", "£": "gbp", "¥": "cny", "₩": "krw", "₹": "inr", "₽": "rub", "₫": "dong"}
CURRENCY_SIGNS = f"(?:US|HK)?\\$|[{''.join(_CURRENCY)}]|USD|EUR|GBP|CNY|RMB|JPY|CHF|HKD|CZK|Rs\\.?"
_PHRASES = tuple(
    (re.compile(pattern, re.IGNORECASE), unit)
    for pattern, unit in (
        (r"\bsquare\s+kilomet(?:er|re)s?\b|\bsq\.?\s*km\b|km²", "km2"),
        (r"\bsquare\s+met(?:er|re)s?\b|\bsq\.?\s*m\b", "m2"),
        (r"\bsquare\s+f(?:oo|ee)t\b|\bsq\.?\s*ft\b", "ft2"),
        (r"\bcubic\s+met(?:er|re)s?\b", "m3"),
        (r"\bdegrees?\s+(?:celsius|centigrade|c)\b|°\s+c\b", "°C"),
        (r"\bdegrees?\s+(?:fahrenheit|f)\b|°\s+f\b", "°F"),
        (r"\bper\s?cent\b", "%"),
        (r"\bpercentage\s+points?\b", "pp"),
        (r"\btwice\b", "2 times"),
        (r"\bthrice\b", "3 times"),
        (r"\bhalf\s+an?\s+(?=\w)", "0.5 "),
        (r"\bhalf(?=[\s-](?:hour|day|year|mile|month|price|litre|liter|kilo))", "0.5"),
        (r"\bhalf\b(?!\s(?:past|\d))", "1/2"),
        (r"\b(?:a|1) 3th of\b", "1/3 of"),
        (r"\b(?:a|1) quarter of\b", "1/4 of"),
        (r"\b(\d+) and (?:a 1/2|0\.5)\b", r"\1.5"),
        (r"\b(\d+) dozen\b", r"\1*12"),
        (r"(\d+)个半(?=小时|月|星期|钟头)", r"\1.5个"),
        (r"(?<![点\d])半(?=小时|天|年|个月|价|公里|公斤|斤|个小时)", "0.5"),
        (r"\bkm\s?/\s?h\b|\bkph\b|\bkmh\b", "km per hour"),
        (r"\bmph\b", "miles per hour"),
        (r"\bm\s?/\s?s\b", "m per second"),
    )
)
# "12 500 crowns": thousands apart. Without a unit, and not rounded, they may be several numbers.
_SPACED = re.compile(r"(?<![\d.,])([1-9]\d{0,2}(?: \d{3})+)(?![.,]?\d)(?=\s?([^\W\d_]+|[%°€£$])?)")
_LOWER = {"halves": 2, "thirds": 3, "quarters": 4, "fifths": 5, "sixths": 6, "eighths": 8, "tenths": 10}
_PORTIONS = re.compile(rf"\b(\d+)[\s-]({'|'.join(_LOWER)})\b", re.IGNORECASE)


def _spellings() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in _TABLE.strip().splitlines():
        name, *others = line.split()
        for spelling in (name, *others):
            found.setdefault(spelling, set()).add(name)
    found["$"] = {"usd"}
    found["Rs"] = found["Rs."] = {"inr"}
    return {spelling: frozenset(names) for spelling, names in found.items()}


_UNITS = _spellings()
_CJK_UNITS = "|".join(sorted((u for u in _UNITS if ord(u[0]) > 0x3000), key=len, reverse=True))
# What may follow a number as its unit: a sign, letters (with / between them), or a CJK unit behind its classifier.
UNIT = (
    r"(?:\s?(?:°\s?[CFcf]\b|[°%‰℃℉€£¥₩₹₽₫¢$])|[\s-]?[A-Za-zµμč]+\d?(?:/[A-Za-z]+\d?)?"
    rf"|\s?[多余]?[个個]?(?:{_CJK_UNITS}))"
)
PER = re.compile(
    r"\b(?:per|each|every|an?|/)\s*(second|minute|hour|day|night|week|month|quarter|year|person|adult|child|page)\b"
    r"|\b(hourly|daily|nightly|weekly|monthly|quarterly|yearly|annual|annually)\b"
    r"|(?:每|/)\s*1?个?(秒|分钟|小时|天|日|晚|周|星期|月|季度|年|人|页)",
    re.IGNORECASE,
)
_ADVERBS = {"hourly": "hour", "daily": "day", "nightly": "night", "weekly": "week", "monthly": "month"}
_ADVERBS |= {"quarterly": "quarter", "yearly": "year", "annual": "year", "annually": "year", "人": "person"}


def unit_phrases(text: str) -> str:
    """Return the text with units of several words made short: "degrees Celsius" °C, "half an hour" 0.5 hour."""
    for pattern, short in _PHRASES:
        text = pattern.sub(short, text)
    text = _SPACED.sub(_joined, text)
    text = re.sub(r"(\d+)\*12\b", lambda found: str(12 * int(found[1])), text)
    return _PORTIONS.sub(lambda found: f"{found[1]}/{_LOWER[found[2].lower()]}", text)


def unit_names(written: str) -> frozenset[str]:
    """Return the units that a spelling may mean; none for a word that is no unit."""
    for spelling in (written, written.casefold(), written.upper()) if len(written) > 1 else (written,):
        if spelling in _UNITS:
            return _UNITS[spelling]
    if "/" in written:
        parts = [unit_names(part) for part in written.split("/")]
        if all(parts):
            return frozenset({"/".join(min(part) for part in parts)})
    return frozenset()


def per_unit(found: re.Match[str]) -> str:
    """Return the unit of a match of `PER`: "daily", "per day" and 每天 are `day`."""
    written = next(group for group in found.groups() if group).casefold()
    return _ADVERBS.get(written) or min(unit_names(written) or {written})


def _joined(found: re.Match[str]) -> str:
    apart = not found[1].endswith("00") and not unit_names(found[2] or "")
    return found[1] if apart else found[1].replace(" ", "")
