"""The job `tune_generator`: a LoRA adapter of the base model, trained by TRL, published to the registry."""

from __future__ import annotations

import json
import math
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from generator.backends.transformers import encode_chat, load_causal, plain_messages
from generator.engine import Engine
from generator.prompt import Message, Prompt
from retriever.models.quiet import quiet_transformers
from store.datasets import Example, get_dataset, hash_examples, usable_examples
from store.errors import InvalidInputError, TandemError, UnprocessableError
from store.models import NewModel, model_of_job, publish_model
from store.progress import Progress
from store.refusals import checked
from store.store import Store
from tuner.data.rows import Conversation, Way, build_conversations, served_prompt
from tuner.reporting import training_reporter
from tuner.settings import LoraSettings, TuneSection

WAYS: tuple[Way, ...] = ("with_context", "closed_book")
_LOGS = 200  # events about a training, at most; the loss of each is the mean since the one before
_LIBRARIES = ("torch", "transformers", "peft", "trl")
os.environ.setdefault("HF_HUB_OFFLINE", "1")  # huggingface_hub reads it once, at its import; TRL would call home


class DivergedError(TandemError):
    """Training ended in weights or a loss that are no numbers: the learning rate is too high, or the data is broken."""

    code = "training_diverged"


def run_tune_generator(section: TuneSection, store: Store, progress: Progress) -> dict[str, Any]:
    """Train an adapter on a split of a data set and register it as a candidate; return its id and metrics."""
    params, domain_id = progress.job.params, progress.job.domain_id
    published = model_of_job(store, progress.job.id)
    if published is not None:  # by an earlier attempt that died before it could say so
        return {"model": published.id, "metrics": published.metrics}
    way: Way = params.get("trained", "with_context")
    if way not in WAYS:
        raise InvalidInputError(f"An adapter is trained {' or '.join(WAYS)}, not {way!r}.", param="trained")
    settings = _settings(section.tuner.lora, params.get("lora", {}))
    dataset = get_dataset(store, domain_id, params["dataset"])
    split = params.get("split", "train")
    examples = [e for e in usable_examples(store, dataset.id, split) if "question" in e.content]
    if not examples:
        raise UnprocessableError(f"{dataset.name} has no usable question in the split {split!r}.", code="no_examples")
    engine = Engine(store, section.retriever, section.generator)
    try:
        base = engine.base_models.current()
        tokenizer, model = load_causal(Path(base.path))
        prompt = served_prompt(engine, domain_id)
        progress(0.01, f"{len(examples)} examples, trained {way}")
        rows = build_conversations(
            engine,
            domain_id,
            examples,
            way,
            without_gold=section.tuner.without_gold,
            seed=settings.seed,
            fits=lambda messages, reply: _length(tokenizer, messages, reply) <= settings.max_length,
            alive=lambda: progress(0.02),
        )
    finally:
        engine.close(checkpoint=False)
    trained = _train(tokenizer, model, rows, settings, section.tuner.threads, progress)
    lineage = _lineage(section, settings, dataset.id, split, examples, way, prompt)
    asked = [(f"{dataset.name} {each.key}", each.fingerprint) for each in examples if each.fingerprint]
    documents = {key: value for example in examples for key, value in example.documents.items()}
    new = NewModel("adapter", domain_id, base.id, lineage, trained.metrics, documents, asked)
    progress(0.97, "publishing")
    published = publish_model(store, progress.lease, new, trained.write)
    return {"model": published.id, "metrics": published.metrics}


def _settings(configured: LoraSettings, changes: Mapping[str, Any]) -> LoraSettings:
    return checked(LoraSettings, {**configured.model_dump(), **changes}, "lora")


class _Trained:
    """A trained adapter that is still in memory."""

    def __init__(self, model: Any, metrics: dict[str, Any]) -> None:
        self.model = model
        self.metrics = metrics

    def write(self, folder: Path) -> None:
        """Write configuration and weights, and nothing else (PEFT adds a README, and the local path of the base)."""
        self.model.save_pretrained(folder, safe_serialization=True)
        (folder / "README.md").unlink(missing_ok=True)
        path = folder / "adapter_config.json"
        config = {**json.loads(path.read_text(encoding="utf-8")), "base_model_name_or_path": None}
        path.write_text(json.dumps(config, indent=2, sort_keys=True), encoding="utf-8")


def _train(
    tokenizer: Any,
    model: Any,
    rows: Sequence[Conversation],
    settings: LoraSettings,
    threads: int,
    progress: Progress,
) -> _Trained:
    import torch
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import SFTTrainer

    if threads:
        torch.set_num_threads(threads)
    fitting = [_checked(tokenizer, row, settings.max_length) for row in rows]
    reporter = training_reporter(progress)
    with tempfile.TemporaryDirectory(prefix="tandem-") as work, quiet_transformers():  # nothing is saved there
        trainer = SFTTrainer(
            model=model,
            processing_class=tokenizer,
            train_dataset=Dataset.from_list([row.as_row() for row in fitting]),
            args=_arguments(settings, work, len(fitting)),
            peft_config=_adapter_shape(settings),
            callbacks=[reporter],
        )
        trainer.remove_callback(PrinterCallback)
        if len(trainer.train_dataset) != len(rows):  # TRL drops silently what it cannot tokenise
            raise UnprocessableError(f"TRL kept {len(trainer.train_dataset)} of {len(rows)} rows.", code="rows_dropped")
        result = trainer.train()
    loss = float(result.training_loss)
    weights = (parameter for parameter in trainer.model.parameters() if parameter.requires_grad)
    if not math.isfinite(loss) or not all(bool(weight.isfinite().all()) for weight in weights):
        raise DivergedError(f"Training diverged (loss {loss}). Lower lora.learning_rate, now {settings.learning_rate}.")
    metrics = {
        "train_loss": round(loss, 4),
        "final_loss": reporter.final_loss,
        "steps": result.global_step,
        "examples": len(rows),
        "seconds": round(float(result.metrics["train_runtime"]), 1),
    }
    return _Trained(trainer.model, metrics)


def _arguments(settings: LoraSettings, work: str, rows: int) -> Any:
    """Return what TRL is told; completion-only loss over tokens is its default for this layout of rows."""
    from trl import SFTConfig

    steps = math.ceil(rows / settings.batch) * settings.epochs

    return SFTConfig(
        output_dir=work,
        max_length=None,
        num_train_epochs=settings.epochs,
        per_device_train_batch_size=settings.batch,
        learning_rate=settings.learning_rate,
        warmup_steps=0,  # LoRA begins at zero itself; a warm-up would waste most of a short run
        lr_scheduler_type="linear",
        seed=settings.seed,
        gradient_checkpointing=False,
        report_to="none",
        save_strategy="no",
        logging_strategy="steps",
        logging_first_step=True,
        logging_steps=max(1, math.ceil(steps / _LOGS)),
        logging_nan_inf_filter=False,
        disable_tqdm=True,
        use_cpu=True,
        bf16=False,
        dataloader_pin_memory=False,
    )


def _adapter_shape(settings: LoraSettings) -> Any:
    from peft import LoraConfig

    return LoraConfig(
        r=settings.r,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _length(tokenizer: Any, messages: list[Message], reply: str) -> int:
    """Return the tokens of a row, the end of the reply included."""
    return len(encode_chat(tokenizer, messages)) + len(tokenizer(reply, add_special_tokens=False)["input_ids"]) + 2


def _checked(tokenizer: Any, row: Conversation, limit: int) -> Conversation:
    """Return the row with control tokens made text; refuse one that is too long, of which TRL would cut the reply."""
    messages = plain_messages(tokenizer, row.messages)
    reply = plain_messages(tokenizer, [{"role": "assistant", "content": row.reply}])[0]["content"]
    length = _length(tokenizer, messages, reply)
    if length > limit:
        raise UnprocessableError(
            f"An example has {length} tokens with a single passage, allowed are {limit}: raise lora.max_length.",
            code="example_too_long",
        )
    return Conversation(messages, reply)


def _lineage(
    section: TuneSection,
    settings: LoraSettings,
    dataset: str,
    split: str,
    examples: Sequence[Example],
    way: Way,
    prompt: Prompt,
) -> dict[str, Any]:
    return {
        "method": "lora",
        "trained": way,
        "without_gold": "abstain",
        "dataset": {"id": dataset, "split": split, "sha256": hash_examples(examples), "examples": len(examples)},
        "settings": {**settings.model_dump(), "without_gold": section.tuner.without_gold},
        "prompt": {"name": prompt.name, "sha256": prompt.sha256},
        "versions": {name: version(name) for name in _LIBRARIES} | {"python": platform.python_version()},
    }
