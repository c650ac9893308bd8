"""One step of a causal model for several sequences: tokens in, the likeliest next token of each out.

Where the model lets its attention be replaced, all sequences go through it as one row (`attention.py`). Whether that
computes the same as the model alone is tried once, when it is loaded; if not, sequences go through one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, cast

from generator.causal import CausalModel
from generator.decoding.attention import NAME, KeyValues, Packed, Part, attend
from generator.decoding.low_rank import Layers, LowRank, Span
from retriever.models.quiet import quiet_transformers
from store.errors import ConflictError

if TYPE_CHECKING:
    import torch

_TRIED = (tuple(range(3, 15)), tuple(range(9, 3, -1)))  # token ids of the two sequences of the trial
_CUT = 7  # where the first of them is cut in two
_ROPES_OF_WHOLE_BATCHES = {"dynamic", "longrope"}  # their angles depend on the longest sequence
_Prefix = Sequence["tuple[torch.Tensor, torch.Tensor]"]


@dataclass
class Adapter:
    """An adapter in memory: matrices by layer, and the keys and values that stand before every sequence.

    `virtual` are the embeddings of virtual tokens whose keys and values are not computed yet.
    """

    layers: dict[str, LowRank] = field(default_factory=dict)
    prefix: _Prefix = ()
    virtual: torch.Tensor | None = None

    @property
    def length(self) -> int:
        """How many tokens stand before the sequence."""
        if self.virtual is not None:
            return int(self.virtual.shape[0])
        return int(self.prefix[0][0].shape[2]) if self.prefix else 0


NO_ADAPTER = Adapter()


class _Cache(Protocol):
    """What is used of a cache of transformers."""

    layers: Sequence[object]

    def get_seq_length(self) -> int:
        """Return how many tokens are there."""
        ...

    def update(self, key: torch.Tensor, value: torch.Tensor, layer: int) -> object:
        """Add tokens of one layer."""
        ...


@dataclass
class Written:
    """A sequence as far as the model has seen it, under its adapter."""

    adapter: Adapter
    past: KeyValues | _Cache


@dataclass(frozen=True)
class Continuation:
    """The next tokens of a sequence."""

    sequence: Written
    tokens: Sequence[int]


class Network:
    """A causal model on its device. All but `layers.read` is for one thread."""

    def __init__(self, model: CausalModel, device: str) -> None:
        self._model = model
        self._device = device
        self.layers = Layers(model)
        self.packed = False
        self._try()

    def begin(self, adapter: Adapter, room: int) -> Written:
        """Return a sequence under that adapter, with room for so many tokens of its own."""
        if adapter.virtual is not None:
            adapter.prefix = self._keys_and_values(adapter.virtual)
            adapter.virtual = None
        past = self._past(adapter.length + room)
        for layer, (keys, values) in enumerate(adapter.prefix):
            if isinstance(past, KeyValues):
                past.extended(layer, keys, values)
            else:
                past.update(keys, values, layer)
        if isinstance(past, KeyValues):
            past.length = adapter.length
        return Written(adapter, past)

    def step(self, work: Sequence[Continuation]) -> list[int | None]:
        """Return the likeliest token after each continuation, in their order; None where the numbers are not finite."""
        import torch

        with torch.inference_mode():
            best, tokens = self._logits(work).float().max(dim=-1)
            finite = best.isfinite().tolist()
            return [token if sound else None for token, sound in zip(tokens.tolist(), finite, strict=True)]

    def _logits(self, work: Sequence[Continuation]) -> torch.Tensor:
        """Return the logits after each continuation, a row for each."""
        import torch

        if not self.packed:
            return torch.cat([self._alone(each) for each in work])
        order = sorted(range(len(work)), key=lambda number: id(work[number].sequence.adapter))
        parts: list[Part] = []
        spans: list[Span] = []
        ids: list[int] = []
        places: list[int] = []
        for number in order:
            sequence, tokens = work[number].sequence, work[number].tokens
            past, start = cast("KeyValues", sequence.past), len(ids)
            ids += tokens
            places += range(past.length, past.length + len(tokens))
            parts.append(Part(start, len(ids), past))
            if spans and spans[-1].layers is sequence.adapter.layers:
                start = spans.pop().start
            spans.append(Span(start, len(ids), sequence.adapter.layers))
        output = self._run(
            input_ids=torch.tensor([ids], device=self._device),
            position_ids=torch.tensor([places], device=self._device),
            logits_to_keep=torch.tensor([part.end - 1 for part in parts], device=self._device),
            spans=spans,
            packed=Packed(parts),
        )
        for part in parts:
            part.past.length += part.end - part.start
        logits = torch.empty_like(output)
        logits[torch.tensor(order, device=self._device)] = output
        return logits

    def _alone(self, work: Continuation) -> torch.Tensor:
        import torch

        spans = [Span(0, len(work.tokens), work.sequence.adapter.layers)]
        ids = torch.tensor([list(work.tokens)], device=self._device)
        past = work.sequence.past
        return self._run(input_ids=ids, spans=spans, past_key_values=past, use_cache=True, logits_to_keep=1)[-1:]

    def _keys_and_values(self, virtual: torch.Tensor) -> _Prefix:
        """Return what every layer makes of virtual tokens."""
        import torch

        past = self._past(len(virtual))
        inputs = virtual[None].to(self._device)
        with torch.inference_mode():
            if isinstance(past, KeyValues):
                packed = Packed([Part(0, len(virtual), past)])
                places = torch.arange(len(virtual), device=self._device)[None]
                self._run(inputs_embeds=inputs, position_ids=places, logits_to_keep=1, spans=(), packed=packed)
                past.length = len(virtual)
                return past.layers()
            self._run(inputs_embeds=inputs, past_key_values=past, use_cache=True, logits_to_keep=1, spans=())
            return [(getattr(layer, "keys"), getattr(layer, "values")) for layer in past.layers]  # noqa: B009

    def _run(self, *, spans: Sequence[Span], use_cache: bool = False, **inputs: object) -> torch.Tensor:
        self.layers.spans = spans
        try:
            return self._model(use_cache=use_cache, **inputs).logits[0]
        finally:
            self.layers.spans = ()

    def _past(self, room: int) -> KeyValues | _Cache:
        if self.packed:
            return KeyValues(room)
        from transformers import DynamicCache

        made: _Cache = DynamicCache(config=self._model.config)
        return made

    def _try(self) -> None:
        """Find out how the model can be run. Raises `ConflictError` if it cannot be."""
        import torch
        from transformers import AttentionInterface

        with torch.inference_mode(), quiet_transformers():
            wanted = torch.cat([self._run(input_ids=self._ids(each), spans=())[-1:] for each in _TRIED])
            own = self._model.config._attn_implementation
            if not _ropes(self._model.config.get_text_config()) & _ROPES_OF_WHOLE_BATCHES:
                AttentionInterface.register(NAME, attend)
                self.packed = self._computes(NAME, wanted)
            if not self.packed and not self._computes(own, wanted):
                raise ConflictError(
                    "its architecture cannot continue a sequence as it is run here", code="unusable_base_model"
                )

    def _computes(self, attention: str, wanted: torch.Tensor) -> bool:
        """Return whether two sequences, the first in two steps, give what the model gives for each as a whole."""
        self.packed = attention == NAME
        try:
            self._model.set_attn_implementation(attention)
            long, short = (self.begin(NO_ADAPTER, len(each)) for each in _TRIED)
            self._logits([Continuation(long, _TRIED[0][:_CUT]), Continuation(short, _TRIED[1][:1])])
            found = self._logits([Continuation(short, _TRIED[1][1:]), Continuation(long, _TRIED[0][_CUT:])])
        except (RuntimeError, ValueError, TypeError, KeyError, AttributeError, IndexError, NotImplementedError):
            return False
        exact = wanted.dtype.itemsize == 4
        wide = (1e-3 if exact else 0.15) * float(wanted.float().std())
        return bool(((found.flip(0) - wanted).abs() <= wide).all())

    def _ids(self, tokens: Sequence[int]) -> torch.Tensor:
        import torch

        return torch.tensor([tokens], device=self._device)


def _ropes(config: object) -> set[str]:
    """Return the kinds of rotary embedding that a configuration names."""
    found, waiting = set(), [getattr(config, "rope_parameters", None)]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found |= {str(value) for key, value in each.items() if key in ("rope_type", "type")}
            waiting += each.values()
    return found
