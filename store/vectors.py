"""Vectors as they are stored: float16, little endian, one after the other; none with a number that is not finite."""

from __future__ import annotations

from collections.abc import Iterable

from store.errors import ComputationError

_EXPONENT = 0x7C  # its bits of a number's higher byte, all set in infinity and NaN
_INFINITE = bytes(high for high in range(256) if high & _EXPONENT == _EXPONENT)


def is_sound(data: bytes) -> bool:
    """Whether these are numbers of two bytes, at least one, and all of them finite."""
    higher = data[1::2]
    return bool(data) and len(data) % 2 == 0 and len(higher.translate(None, _INFINITE)) == len(higher)


def check_vectors(vectors: Iterable[bytes]) -> None:
    """Raise `ComputationError` if some vector is not sound: it would stand at a wrong place in every search."""
    sound = [is_sound(data) for data in vectors]
    if bad := sound.count(False):
        raise ComputationError(
            f"{bad} of {len(sound)} vectors are not finite and were not stored. Look at what computed them: "
            'retriever.precision = "f32" is the safest for an encoder on a CPU.'
        )
