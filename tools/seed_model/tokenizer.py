"""Train the tokenizer: `python -m tools.seed_model.tokenizer --work FOLDER --size small`.

Byte-level BPE over both languages in equal parts. The chat template puts a blank before every message, so that the
first word of a reply is the same token as that word inside a passage: copying needs no second spelling.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from generator.prompt import Context, load_prompt
from tools.seed_model.corpus import read_corpus
from tools.seed_model.sizes import SIZES
from tools.training_texts import Text

SPECIAL = ("<|pad|>", "<|im_start|>", "<|im_end|>")
_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n {{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_BYTES = 16_000_000  # of each language


def train_tokenizer(texts: Sequence[str], vocabulary: int, context: int) -> PreTrainedTokenizerFast:
    """Return a tokenizer with `vocabulary` tokens; the words of the prompts are among them."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    prompt = load_prompt()
    frame = [message["content"] for message in prompt.messages("", [Context("", "")]) + prompt.messages("问", None)]
    tokenizer.train_from_iterator([*texts, *(f" {text}" for text in frame * 2000)], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=SPECIAL[0],
        eos_token=SPECIAL[2],
        additional_special_tokens=[SPECIAL[1]],
        chat_template=_CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
        model_max_length=context,
    )


def sample_texts(texts: Sequence[Text], size: int) -> list[str]:
    """Return pieces of documents, about `size` bytes of UTF-8 of each language."""
    chance = random.Random(0)
    found = []
    for lang in ("en", "zh"):
        mine = [text.text for text in texts if text.lang == lang]
        chance.shuffle(mine)
        left = size
        for text in mine:
            found.append(text[:4000])
            left -= len(found[-1].encode())
            if left < 0:
                break
    return found


def main() -> None:
    """Train and save the tokenizer to FOLDER/tokenizer-SIZE."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--size", choices=SIZES, default="small")
    options = parser.parse_args()
    texts, _ = read_corpus(options.work)
    size = SIZES[options.size]
    tokenizer = train_tokenizer(sample_texts(texts, _BYTES), size.vocabulary, size.context)
    tokenizer.save_pretrained(options.work / f"tokenizer-{options.size}")
    for lang in ("en", "zh"):
        some = [text.text[:2000] for text in texts if text.lang == lang][:200]
        tokens = sum(len(tokenizer(text)["input_ids"]) for text in some)
        print(f"{lang}: {sum(map(len, some)) / tokens:.2f} characters per token")


if __name__ == "__main__":
    main()
