"""The characters that the Chinese parts add to MiniLM's vocabulary: `python tools/characters.py DATA OUT.txt`.

All hanzi of GB 2312, what else the training texts hold at least 20 times, and Chinese punctuation, as far as the
vocabulary lacks them.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from pathlib import Path

from retriever.models.encoder import default_encoder, whole_tokenizer
from retriever.text.analysis import CJK
from tools.training_texts import load_texts, train_texts

_RARE = 20
_PUNCTUATION = "，。、；：？！“”‘’（）《》〈〉【】「」『』—…·～％"


def gb2312() -> list[str]:
    """Return the 6,763 hanzi of GB 2312 in the order of the standard."""
    rows = [bytes([row, cell]) for row in range(0xB0, 0xF8) for cell in range(0xA1, 0xFF)]
    return [code.decode("gb2312") for code in rows if code.decode("gb2312", errors="ignore")]


def main() -> None:
    """Write the characters, one per line."""
    data, target = Path(sys.argv[1]), Path(sys.argv[2])
    counts: Counter[str] = Counter()
    for text in [*train_texts(data), *load_texts(data, "zh")]:
        if text.lang == "zh":
            counts.update(re.findall(f"[{CJK}]", text.text))
    frequent = [character for character, count in counts.most_common() if count >= _RARE]
    vocabulary = whole_tokenizer(default_encoder()).get_vocab()
    wanted = dict.fromkeys([*_PUNCTUATION, *gb2312(), *frequent])
    added = [character for character in wanted if character not in vocabulary]
    target.write_text("\n".join(added) + "\n", encoding="utf-8")
    print(f"{len(added)} characters")


if __name__ == "__main__":
    main()
