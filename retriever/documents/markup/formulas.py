"""Formulas of office documents, written on one line."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from retriever.documents.markup.archives import Element, attribute, local

_DEEPEST = 30
_LONGEST = 2  # signs of what needs no brackets
_Parts = Mapping[str, str]


def formula(element: Element, depth: int = 0) -> str:
    """Return a formula as people type it: `(a+b)/c`, `x^2`, `√(y)`."""
    if depth > _DEEPEST:
        return "".join(element.itertext())
    name = local(element)
    if name == "t":
        return element.text or ""
    inner = [(local(child), formula(child, depth + 1)) for child in element if not local(child).endswith("Pr")]
    if name == "d":
        return f"({', '.join(text for kind, text in inner if kind == 'e')})"
    if name == "nary":
        sign = next((attribute(each, "val") or "" for each in element.iter() if local(each) == "chr"), "∫")
        return sign + _scripts(dict(inner)) + " " + dict(inner).get("e", "")
    write = _WRITTEN.get(name)
    return write(dict(inner)) if write is not None else "".join(text for _, text in inner)


def _scripts(parts: _Parts) -> str:
    low = f"_{_grouped(parts['sub'])}" if parts.get("sub") else ""
    return low + (f"^{_grouped(parts['sup'])}" if parts.get("sup") else "")


def _fraction(parts: _Parts) -> str:
    return f"{_grouped(parts.get('num', ''))}/{_grouped(parts.get('den', ''))}"


def _scripted(parts: _Parts) -> str:
    return parts.get("e", "") + _scripts(parts)


def _root(parts: _Parts) -> str:
    return f"{parts.get('deg', '')}√({parts.get('e', '')})"


def _function(parts: _Parts) -> str:
    return f"{parts.get('fName', '')} {_grouped(parts.get('e', ''))}"


_WRITTEN: dict[str, Callable[[_Parts], str]] = {
    "f": _fraction, "sSup": _scripted, "sSub": _scripted, "sSubSup": _scripted, "rad": _root, "func": _function,
}  # fmt: skip


def _grouped(text: str) -> str:
    return text if len(text) <= _LONGEST or (text.startswith("(") and text.endswith(")")) else f"({text})"
