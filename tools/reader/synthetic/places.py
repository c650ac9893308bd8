"""Invented names of places, and titles of documents."""

from __future__ import annotations

import random

_FRONT = [
    "Alder",
    "Bramble",
    "Copper",
    "Dove",
    "Elm",
    "Fern",
    "Gorse",
    "Hazel",
    "Iron",
    "Juniper",
    "Kestrel",
    "Larch",
    "Marsh",
    "Nettle",
    "Otter",
    "Plover",
    "Quarry",
    "Reed",
    "Sable",
    "Thistle",
    "Umber",
    "Violet",
    "Willow",
    "Yarrow",
    "Ash",
    "Birch",
    "Cedar",
    "Drake",
    "Heath",
    "Linden",
    "Raven",
    "Stone",
]
_BACK = (
    "ford",
    "wick",
    " Lane",
    " Hill",
    " Point",
    "holm",
    " Quay",
    "bury",
    " Cross",
    " Bridge",
    "stead",
    " Row",
    "mere",
)
_FRONT_ZH = "青白云银松柳枫竹荷兰石沙月星湖海江溪泉岭峰谷田桥塔亭龙凤鹤雁鹿金玉锦"
_BACK_ZH = "湾溪坡里港浦洲岗坪堂川原渡桥井湖山口"
_KINDS = {
    "en": (
        "Information sheet", "House rules", "Handbook", "FAQ", "What you need to know", "Notes for staff", "Guide",
        "Terms and prices", "Local rules", "Desk sheet", "Welcome pack", "Price list and rules",
    ),
    "zh": ("须知", "管理规定", "工作手册", "常见问题", "服务指南", "员工须知", "使用说明", "收费与规定", "一览"),
}  # fmt: skip


def site_name(lang: str, chance: random.Random) -> str:
    """Return an invented name of a place."""
    if lang == "zh":
        return chance.choice(_FRONT_ZH) + chance.choice(_BACK_ZH)
    return chance.choice(_FRONT) + chance.choice(_BACK)


def title_of(site: str, house: str, kind: str, lang: str, chance: random.Random) -> str:
    """Return a title for a document of a kind about a house at a site."""
    if lang == "zh":
        return chance.choice([f"{site}{house}{kind}", f"{house}{kind}（{site}）", f"{site}{kind}"])
    house = house[:1].upper() + house[1:]
    return chance.choice([f"{site} {house}: {kind}", f"{kind} - {site}", f"{site} {house} - {kind}", f"{kind} {site}"])


def document_kind(lang: str, chance: random.Random) -> str:
    """Return what a document is called."""
    return chance.choice(_KINDS[lang])
