"""The rules that draft questions: ONE table. A new one is a module beside this that makes its row, and a line here."""

from __future__ import annotations

from tuner.data.drafting.cells import CELLS
from tuner.data.drafting.cloze import CLOZE
from tuner.data.drafting.definitions import DEFINITIONS
from tuner.data.drafting.faq import FAQ
from tuner.data.drafting.headings import HEADINGS
from tuner.data.drafting.items import ITEMS
from tuner.data.drafting.rule import Rule

RULES: tuple[Rule, ...] = (FAQ, CELLS, DEFINITIONS, ITEMS, CLOZE, HEADINGS)
