"""A tiny real Llama that reads: two layers, trained from scratch in about a minute on a CPU.

It exists so that the whole loop runs offline, in the demo and in tests. Its skill is narrow: copy a span that follows
words of the question, with the number of its passage. Training has two parts. Copying a repeated random sequence forms
induction heads (Olsson et al. 2022, https://arxiv.org/abs/2209.11895) within some 200 steps; then cloze questions over
the given texts, in the very prompt that serving uses, teach where to look and when to abstain.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generator.prompt import Context, Prompt, load_prompt
from generator.sentences import split_sentences
from retriever.analysis import cjk_share
from retriever.quiet import quiet_transformers

if TYPE_CHECKING:
    import torch

_CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
_SPECIAL = ["<|pad|>", "<|im_start|>", "<|im_end|>"]
_IGNORED = -100


@dataclass(frozen=True)
class TinyRecipe:
    """Sizes and steps. The defaults take about a minute on two cores; tests take fewer steps."""

    vocabulary: int = 4096
    hidden: int = 128
    context: int = 1024
    copy_steps: int = 200
    reading_steps: int = 80
    batch: int = 12
    learning_rate: float = 3e-3
    seed: int = 0


def build_tiny_model(
    target: Path, texts: Sequence[str], recipe: TinyRecipe, report: Callable[[float, str], None] | None = None
) -> None:
    """Train the model on `texts` and save it with its tokenizer to `target`; equal input gives equal weights."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(recipe.seed)
    tokenizer = _train_tokenizer(texts, recipe.vocabulary)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=recipe.hidden,
        intermediate_size=2 * recipe.hidden,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=4,
        max_position_embeddings=recipe.context,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.convert_tokens_to_ids("<|im_end|>"),
        pad_token_id=tokenizer.convert_tokens_to_ids("<|pad|>"),
    )
    model = LlamaForCausalLM(config)
    tasks = reading_tasks(texts, load_prompt(), random.Random(recipe.seed))
    steps = recipe.copy_steps + recipe.reading_steps
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.learning_rate, betas=(0.9, 0.98), weight_decay=0.01)
    model.train()
    for step in range(steps):
        decay = 1.0 if step < recipe.copy_steps else 1.0 - (step - recipe.copy_steps) / max(1, recipe.reading_steps)
        for group in optimizer.param_groups:
            group["lr"] = recipe.learning_rate * min(1.0, (step + 1) / 50) * max(decay, 0.05)
        if step < recipe.copy_steps:
            ids, labels = _copy_batch(len(tokenizer))
        else:
            ids, labels = _reading_batch(tasks, tokenizer, recipe)
        loss = _loss(model, ids, labels)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if report is not None and step % 20 == 0:
            report(step / steps, f"loss {loss.item():.2f}")
    with quiet_transformers():
        model.eval().save_pretrained(target, safe_serialization=True)
        tokenizer.save_pretrained(target)


def reading_tasks(
    texts: Sequence[str], prompt: Prompt, chance: random.Random
) -> Iterator[tuple[list[dict[str, str]], str]]:
    """Yield (messages, reply) without end: a sentence with a gap, passages, and the missing words with their marker.

    In one task of eight the passage is missing, and the reply is the abstention.
    """
    contexts = [Context("", block.strip()) for text in texts for block in text.split("\n\n") if len(block) > 40]
    if not contexts:
        raise ValueError("The texts have no paragraph of more than 40 characters.")
    while True:
        gold = chance.choice(contexts)
        sentence = chance.choice(split_sentences(gold.text)).text
        gap = _gap(sentence, chance)
        if gap is None:
            continue
        start, end = gap
        question = f"{sentence[:start]}____{sentence[end:]}"
        shown = [c for c in chance.sample(contexts, min(3, len(contexts))) if c is not gold]
        if chance.random() < 1 / 8:
            reply = prompt.abstention(question, with_passages=True)
        else:
            place = chance.randrange(len(shown) + 1)
            shown.insert(place, gold)
            reply = f"{sentence[start:end]} [{place + 1}]"
        yield prompt.messages(question, shown), reply


def _gap(sentence: str, chance: random.Random) -> tuple[int, int] | None:
    """Return the span to hide: up to four words, or up to eight characters of Chinese; None for a short sentence."""
    if cjk_share(sentence) > 0.3:
        if len(sentence) < 12:
            return None
        size = chance.randint(2, 8)
        start = chance.randint(3, len(sentence) - size - 1)
        return start, start + size
    words = sentence.split(" ")
    if len(words) < 6:
        return None
    size = chance.randint(1, 4)
    first = chance.randint(1, len(words) - size)
    start = len(" ".join(words[:first])) + 1
    return start, start + len(" ".join(words[first : first + size]))


def _train_tokenizer(texts: Sequence[str], vocabulary: int) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=_SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    prompt = load_prompt()
    frame = [message["content"] for message in prompt.messages("", [Context("", "")]) + prompt.messages("问", None)]
    tokenizer.train_from_iterator([*texts, *frame * 20], trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token="<|pad|>",  # noqa: S106
        eos_token="<|im_end|>",  # noqa: S106
        additional_special_tokens=["<|im_start|>"],
        chat_template=_CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def _copy_batch(vocabulary: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return random sequences (64, 64 tokens) whose second half repeats the first; only the repeat is learned."""
    import torch

    half = 32
    first = torch.randint(len(_SPECIAL), vocabulary, (64, half))
    shift = torch.randint(0, half // 2, (64, 1))
    repeat = first.gather(1, (torch.arange(half) + shift) % half)
    ids = torch.cat([first, repeat], dim=1)
    labels = ids.clone()
    labels[:, : half + 1] = _IGNORED
    return ids, labels


def _loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """Return the mean loss over the learned tokens; only their logits are computed, a small part of all."""
    import torch

    states = model.model(input_ids=ids).last_hidden_state[:, :-1]
    learned = labels[:, 1:] != _IGNORED
    return torch.nn.functional.cross_entropy(model.lm_head(states[learned]), labels[:, 1:][learned])


def _reading_batch(tasks: Iterator[tuple[list[dict[str, str]], str]], tokenizer: Any, recipe: TinyRecipe) -> Any:
    """Return a padded batch in which only the replies are learned."""
    import torch

    rows: list[tuple[list[int], int]] = []
    while len(rows) < recipe.batch:
        messages, reply = next(tasks)
        head = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
        prompt_ids = tokenizer(head, add_special_tokens=False)["input_ids"]
        ids = prompt_ids + tokenizer(f"{reply}<|im_end|>", add_special_tokens=False)["input_ids"]
        if len(ids) <= recipe.context:
            rows.append((ids, len(prompt_ids)))
    width = max(len(ids) for ids, _ in rows)
    batch = torch.full((len(rows), width), int(tokenizer.pad_token_id))
    labels = torch.full((len(rows), width), _IGNORED)
    for row, (ids, start) in enumerate(rows):
        batch[row, : len(ids)] = torch.tensor(ids)
        labels[row, start : len(ids)] = torch.tensor(ids[start:])
    return batch, labels
