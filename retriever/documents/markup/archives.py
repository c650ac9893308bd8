"""Archives, which most office formats are: looked at before anything in them is unpacked. And XML without entities."""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from urllib.parse import unquote
from xml.etree import ElementTree as ET

from retriever.documents.blocks import UnreadableError

_MOST_ENTRIES = 5000
_MOST_BYTES = 300_000_000  # unpacked, of all entries together
_SMALL = 1 << 20  # an entry below this may be packed as well as it likes
_MOST_RATIO = 200
_ENCRYPTED = 1  # flag of an entry
_RELATIONS = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
Element = ET.Element


class Archive:
    """A ZIP archive in memory, whose entries are unpacked one by one, each when it is read."""

    def __init__(self, data: bytes) -> None:
        """Open an archive; raise `UnreadableError` for one that is damaged, encrypted, or made to do harm."""
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, OverflowError) as error:
            raise _damaged(error) from error
        entries = self._zip.infolist()
        _check(entries)
        self.names = frozenset(entry.filename for entry in entries)
        self._by_lower = {name.lower(): name for name in self.names}

    def has(self, name: str) -> bool:
        """Return whether there is an entry of this name, in whatever case."""
        return name.lower() in self._by_lower

    def read(self, name: str) -> bytes:
        """Return the bytes of an entry; raise `UnreadableError` if there is none, or it cannot be unpacked."""
        try:
            with self._zip.open(self._by_lower.get(name.lower(), name)) as entry:
                data = entry.read(_MOST_BYTES + 1)
        except KeyError as error:
            raise UnreadableError(f"It lacks its part {name[:100]}.", code="damaged") from error
        except RuntimeError as error:
            raise UnreadableError("It is protected by a password.", code="encrypted") from error
        except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, ValueError) as error:
            raise _damaged(error) from error
        if len(data) > _MOST_BYTES:
            raise _too_large(f"{name[:100]} has more than {_MOST_BYTES} bytes")
        return data

    def xml(self, name: str) -> Element:
        """Return the root of an entry that is XML; raise `UnreadableError` if it is none."""
        return parse_xml(self.read(name), name)

    def feed(self, name: str, target: Target) -> None:
        """Hand the elements of an entry that is XML to `target`, one after the other; no tree is made of them."""
        _fed(self.read(name), name, target)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """Return what a part of an office document refers to: by id, the last word of the kind, and the part."""
        folder, _, base = part.rpartition("/")
        name = f"{folder}/_rels/{base}.rels" if folder else f"_rels/{base}.rels"
        if not self.has(name):
            return {}
        return {
            each.get("Id", ""): (each.get("Type", "").rpartition("/")[2], _resolved(folder, each.get("Target", "")))
            for each in self.xml(name).iter(_RELATIONS)
            if each.get("TargetMode") != "External"
        }


def parse_xml(data: bytes, name: str) -> Element:
    """Return the root of XML; raise `UnreadableError` for what is none, or declares a document type.

    With a document type come entities, which can point to other files or grow without bounds; no format needs one.
    """
    root = _fed(data, name, _Tree())
    if not isinstance(root, ET.Element):
        raise UnreadableError(f"Its part {name[:100]} is empty.", code="damaged")
    return root


def local(element: Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def attribute(element: Element, name: str) -> str | None:
    """Return the value of an attribute, whatever namespace it is in."""
    if name in element.attrib:
        return element.attrib[name]
    return next((value for key, value in element.attrib.items() if key.endswith("}" + name)), None)


def _fed(data: bytes, name: str, target: Target) -> object:
    """Parse XML; return what the target makes of it."""
    parser = ET.XMLParser(target=target)  # noqa: S314  (the attacks need a document type)
    try:
        parser.feed(data)
        return parser.close()
    except ET.ParseError as error:
        raise UnreadableError(f"Its part {name[:100]} is no XML: {error}.", code="damaged") from error


class Target:
    """Takes the elements of XML as they come, by methods `start(tag, attributes)`, `data(text)` and `end(tag)`."""

    def doctype(self, *_: str | None) -> None:
        """Refuse what only attacks have."""
        raise UnreadableError("It is refused: its XML declares a document type.", code="refused")

    def close(self) -> object:
        """Return what was made of all."""
        return None


class _Tree(ET.TreeBuilder, Target):
    """Makes a tree of all."""


def _check(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise _too_large(f"it has {len(entries)} entries, allowed are {_MOST_ENTRIES}")
    if sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise _too_large(f"unpacked it has more than {_MOST_BYTES // 1_000_000} MB")
    for entry in entries:
        name = entry.filename
        if name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") or name[1:2] == ":":
            raise UnreadableError(f"It is refused: an entry is called {name[:100]!r}.", code="refused")
        if entry.flag_bits & _ENCRYPTED:
            raise UnreadableError("It is protected by a password.", code="encrypted")
        if entry.file_size > _SMALL and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1):
            ratio = entry.file_size // max(entry.compress_size, 1)
            raise _too_large(f"{name[:100]} is {ratio} times as large unpacked, allowed is {_MOST_RATIO} times")


def _resolved(folder: str, target: str) -> str:
    if target.startswith("/"):
        return unquote(target.lstrip("/"))
    return posixpath.normpath(posixpath.join(folder, unquote(target)))


def _too_large(what: str) -> UnreadableError:
    return UnreadableError(f"The archive is too large: {what}.", code="too_large")


def _damaged(error: Exception) -> UnreadableError:
    return UnreadableError(f"The archive is damaged: {str(error)[:200]}.", code="damaged")
