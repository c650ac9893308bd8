"""Attention over packed sequences: tokens of many requests go through the layers as one row, and meet only their own.

Each sequence has keys and values of its own, so one may begin, end or be cut into parts without the others changing,
and none is padded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

NAME = "tandem_packed"


class _Layer(Protocol):
    layer_idx: int


@dataclass
class KeyValues:
    """The keys and values of a sequence, layer by layer, in room for `room` tokens; `length` are there already."""

    room: int
    length: int = 0
    _layers: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)

    def extended(self, layer: int, key: torch.Tensor, value: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return all keys and values of a layer once those of the next tokens are there, too."""
        if layer not in self._layers:
            self._layers[layer] = (
                key.new_empty((*key.shape[:2], self.room, key.shape[3])),
                value.new_empty((*value.shape[:2], self.room, value.shape[3])),
            )
        keys, values = self._layers[layer]
        end = self.length + key.shape[2]
        keys[:, :, self.length : end] = key
        values[:, :, self.length : end] = value
        return keys[:, :, :end], values[:, :, :end]

    def layers(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return keys and values by layer, as far as they are there."""
        found = [self._layers[layer] for layer in sorted(self._layers)]
        return [(keys[:, :, : self.length], values[:, :, : self.length]) for keys, values in found]


@dataclass(frozen=True)
class Part:
    """Tokens `[start, end)` of a step, which continue one sequence."""

    start: int
    end: int
    past: KeyValues


@dataclass
class Packed:
    """The parts of a step, and the masks that they need, made once for all layers."""

    parts: Sequence[Part]
    _masks: dict[tuple[int, int | None], torch.Tensor | None] = field(default_factory=dict)

    def mask(self, number: int, window: int | None, device: torch.device) -> torch.Tensor | None:
        """Return which tokens each token of a part sees; None for all of them."""
        import torch

        key = (number, window)
        if key not in self._masks:
            part = self.parts[number]
            new = part.end - part.start
            whole = part.past.length + new
            if new == 1 and (window is None or whole <= window):
                self._masks[key] = None
            else:
                at = torch.arange(part.past.length, whole, device=device)[:, None]
                seen = torch.arange(whole, device=device)[None, :]
                mask = seen <= at
                self._masks[key] = mask if window is None else mask & (seen > at - window)
        return self._masks[key]


def attend(
    module: _Layer,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    *,
    packed: Packed,
    scaling: float | None = None,
    sliding_window: int | None = None,
    **others: object,
) -> tuple[torch.Tensor, None]:
    """Return the outputs of attention, in the way that models of transformers call it."""
    import torch

    del attention_mask
    if others.get("s_aux") is not None or others.get("position_bias") is not None:
        raise ValueError("attention of a kind that cannot be packed")
    softcap, written = others.get("softcap"), []
    for number, part in enumerate(packed.parts):
        new = slice(part.start, part.end)
        keys, values = part.past.extended(module.layer_idx, key[:, :, new], value[:, :, new])
        mask = packed.mask(number, sliding_window, query.device)
        written.append(_attended(query[:, :, new], keys, values, mask, (scaling, softcap)))
    return torch.cat(written, dim=2).transpose(1, 2), None


def _attended(
    query: torch.Tensor,
    keys: torch.Tensor,
    values: torch.Tensor,
    mask: torch.Tensor | None,
    scales: tuple[float | None, object],
) -> torch.Tensor:
    """Return attention over keys and values; `scales` are that of the scores, and the one that caps them, if any."""
    import torch

    scaling, softcap = scales
    attention = torch.nn.functional.scaled_dot_product_attention
    if not isinstance(softcap, float):
        grouped = keys.shape[1] != query.shape[1]
        return attention(query, keys, values, attn_mask=mask, scale=scaling, enable_gqa=grouped)
    repeat = query.shape[1] // keys.shape[1]
    scores = query @ keys.repeat_interleave(repeat, 1).transpose(2, 3) * (scaling or query.shape[-1] ** -0.5)
    scores = softcap * torch.tanh(scores / softcap)
    if mask is not None:
        scores = scores.masked_fill(~mask, torch.finfo(scores.dtype).min)
    return scores.softmax(-1, dtype=torch.float32).to(query.dtype) @ values.repeat_interleave(repeat, 1)
