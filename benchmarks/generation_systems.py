"""What `benchmarks.generation` compares: each writes prompts with their adapters and says when each token came."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

SYSTEMS = ("tandem", "loop")


@dataclass(frozen=True)
class Job:
    """A prompt in token ids, and the adapter to write with."""

    prompt: list[int]
    adapter: str


@dataclass
class Written:
    """The tokens that follow a prompt, and seconds from the beginning of all jobs to each."""

    tokens: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


class System(Protocol):
    """What is measured."""

    def write(self, jobs: Sequence[Job], new: int) -> list[Written]:
        """Return `new` tokens for each job, which all come at the same moment."""
        ...


def open_system(name: str, model: Path, adapters: Path, threads: int) -> System:
    """Return a system that has the model in memory; its adapters are folders in `adapters`."""
    import torch

    torch.set_num_threads(threads)
    return {"tandem": Tandem, "loop": Loop}[name](model, adapters, threads)


class Tandem:
    """What the server does: all requests in one batch, each with its adapter."""

    def __init__(self, model: Path, adapters: Path, threads: int) -> None:
        from generator.causal import Form, load_causal
        from generator.decoding.adapters import Adapters
        from generator.decoding.hardware import Threads, dtype_of, tokens_of_a_step
        from generator.decoding.network import Network
        from generator.decoding.scheduler import Limits, Scheduler
        from generator.settings import GeneratorSettings

        form = Form(str(dtype_of(GeneratorSettings(), "cpu")).removeprefix("torch."))
        _, loaded = load_causal(model, form)
        network = Network(loaded, "cpu")
        self._adapters = Adapters(loaded, network.layers, lambda name: adapters / name, 64)
        limits = Limits(64, 1 << 20, tokens_of_a_step("cpu"), 1000)
        self._scheduler = Scheduler(network, frozenset(), limits, Threads(threads))

    def write(self, jobs: Sequence[Job], new: int) -> list[Written]:
        """Let a thread read the tokens of each job."""
        from generator.answer import never
        from generator.decoding.scheduler import Request

        adapters = [self._adapters.get(job.adapter) for job in jobs]
        written = [Written() for _ in jobs]
        begun = time.perf_counter()

        def read(number: int) -> None:
            request = Request(jobs[number].prompt, new, adapters[number], time.monotonic() + 3600, never)
            for token in self._scheduler.submit(request):
                written[number].tokens.append(token)
                written[number].times.append(time.perf_counter() - begun)

        readers = [threading.Thread(target=read, args=(number,)) for number in range(len(jobs))]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        return written


class Loop:
    """Transformers and PEFT as their guides have it: one request after the other."""

    def __init__(self, model: Path, adapters: Path, threads: int) -> None:
        import torch
        from peft import PeftModel
        from transformers import AutoModelForCausalLM

        del threads
        base = AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
        names = sorted(path.name for path in adapters.iterdir())
        self._model = PeftModel.from_pretrained(base, str(adapters / names[0]), adapter_name=names[0]).eval()
        for name in names[1:]:
            self._model.load_adapter(str(adapters / name), adapter_name=name)

    def write(self, jobs: Sequence[Job], new: int) -> list[Written]:
        """Generate for one job after the other."""
        import torch

        begun, written = time.perf_counter(), []
        for job in jobs:
            clock = _Clock(begun)
            self._model.set_adapter(job.adapter)
            rows = torch.tensor([job.prompt])
            options: dict[str, Any] = {
                "max_new_tokens": new,
                "do_sample": False,
                "eos_token_id": None,
                "pad_token_id": 0,
            }
            with torch.inference_mode():
                self._model.generate(input_ids=rows, attention_mask=torch.ones_like(rows), streamer=clock, **options)
            written.append(clock.written)
        return written


class _Clock:
    """Notes when each token came; what transformers calls a streamer."""

    def __init__(self, begun: float) -> None:
        self.written = Written()
        self._begun = begun
        self._prompt_was_put = False

    def put(self, value: Any) -> None:
        """Take the prompt, then a token."""
        if self._prompt_was_put:
            self.written.tokens.append(int(value.reshape(-1)[-1]))
            self.written.times.append(time.perf_counter() - self._begun)
        self._prompt_was_put = True

    def end(self) -> None:
        """Take that there are no more."""
