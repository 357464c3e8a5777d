"""Reads Android's binary XML into a flat list of elements, without recursion.

Attributes are found by their resource id where they have one: that is what Android itself goes by,
and the name beside it may lie. Source: `ResourceTypes.h` of the Android platform.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from keepsight.lab.read.limits import (
    XML_BYTES_MAX,
    XML_DEPTH_MAX,
    XML_ELEMENTS_MAX,
    XML_TEXT_BYTES_MAX,
    UnreadableArtefact,
)

_CHUNK: Final = struct.Struct("<HHI")
_STRING_POOL: Final = 0x0001
_XML: Final = 0x0003
_RESOURCE_MAP: Final = 0x0180
_START_ELEMENT: Final = 0x0102
_END_ELEMENT: Final = 0x0103
_CHARACTERS: Final = 0x0104
_UTF8_FLAG: Final = 0x100
_NONE: Final = 0xFFFFFFFF
STRINGS_MAX: Final = 500_000
ATTRIBUTES_MAX: Final = 1_000

TYPE_REFERENCE: Final = 0x01
TYPE_STRING: Final = 0x03
TYPE_INT_DEC: Final = 0x10
TYPE_INT_HEX: Final = 0x11
TYPE_BOOLEAN: Final = 0x12


@dataclass(frozen=True, slots=True)
class Value:
    """An attribute's value: text, a number, or the id of a resource."""

    kind: int
    data: int
    text: str = ""

    @property
    def is_reference(self) -> bool:
        """Whether the value is kept in the resource table."""
        return self.kind == TYPE_REFERENCE

    def flag(self) -> bool | None:
        """Return a boolean, None when it cannot be told from here."""
        if self.kind in (TYPE_BOOLEAN, TYPE_INT_DEC, TYPE_INT_HEX):
            return self.data != 0
        if self.kind == TYPE_STRING and self.text.lower() in ("true", "false"):
            return self.text.lower() == "true"
        return None

    def number(self) -> int | None:
        """Return a whole number, None when it is none."""
        if self.kind in (TYPE_INT_DEC, TYPE_INT_HEX):
            return self.data - (1 << 32) if self.data >> 31 else self.data
        if self.kind == TYPE_STRING and self.text.isascii() and self.text.isdigit():
            return int(self.text[:10])
        return None


@dataclass(slots=True)
class Element:
    """One element; `depth` and order give the tree."""

    name: str
    depth: int
    parent: "Element | None"
    by_id: dict[int, Value] = field(default_factory=dict)
    by_name: dict[str, Value] = field(default_factory=dict)
    """Attributes without a resource id, e.g. `package`; and all names, for files without a map."""
    text: str = ""

    def get(self, resource_id: int, name: str) -> Value | None:
        """Return an attribute by its resource id, or by name when the file gives it no id."""
        return self.by_id.get(resource_id) or self.by_name.get(name)


def string_pool(data: bytes, at: int) -> "StringPool":
    """Return the pool at `at`.

    Raises:
        UnreadableArtefact: malformed.
    """
    kind, header, size = _chunk(data, at, len(data))
    if kind != _STRING_POOL or header < 28:
        raise UnreadableArtefact("no string pool where one belongs")
    count, _, flags, strings_start, _ = struct.unpack_from("<5I", data, at + 8)
    if count > STRINGS_MAX or header + 4 * count > size or strings_start > size:
        raise UnreadableArtefact("the string pool is malformed")
    return StringPool(data, at, header, count, flags & _UTF8_FLAG != 0, at + strings_start, size)


@dataclass(frozen=True, slots=True)
class StringPool:
    """Strings by number, decoded when asked for."""

    data: bytes
    at: int
    header: int
    count: int
    utf8: bool
    strings: int
    size: int
    spent: list[int] = field(default_factory=lambda: [0])
    """Bytes decoded so far, in a list because the pool itself is frozen."""

    def get(self, number: int) -> str:
        """Return a string; an impossible number or offset gives the empty string, as in Android."""
        if not 0 <= number < self.count:
            return ""
        (offset,) = struct.unpack_from("<I", self.data, self.at + self.header + 4 * number)
        at, end = self.strings + offset, self.at + self.size
        if self.utf8:
            _, at = self._length(at, end, 1)
            length, at = self._length(at, end, 1)
            raw = self._taken(at, min(at + length, end))
            return raw.decode("utf-8", "backslashreplace")
        length, at = self._length(at, end, 2)
        raw = self._taken(at, min(at + 2 * length, end))
        return raw[: len(raw) & ~1].decode("utf-16-le", "backslashreplace")

    def _taken(self, at: int, end: int) -> bytes:
        self.spent[0] += max(0, end - at)
        if self.spent[0] > XML_TEXT_BYTES_MAX:
            raise UnreadableArtefact("strings that lie on top of each other, again and again")
        return self.data[at:end]

    def _length(self, at: int, end: int, unit: int) -> tuple[int, int]:
        if at + 2 * unit > end:
            return 0, end
        first = int.from_bytes(self.data[at : at + unit], "little")
        top = 0x80 if unit == 1 else 0x8000
        if not first & top:
            return first, at + unit
        second = int.from_bytes(self.data[at + unit : at + 2 * unit], "little")
        return (first & (top - 1)) << (8 * unit) | second, at + 2 * unit


def parse(data: bytes) -> list[Element]:
    """Return all elements in document order.

    Raises:
        UnreadableArtefact: no binary XML, malformed, or past the limits.
    """
    if len(data) > XML_BYTES_MAX:
        raise UnreadableArtefact("too large for a binary XML file")
    kind, header, size = _chunk(data, 0, len(data))
    # Android does not look at the kind of the outermost chunk; packers set it to zero.
    if kind not in {_XML, 0}:
        raise UnreadableArtefact("not a binary XML file")
    document = _Document(data)
    for at, chunk_kind, chunk_header, chunk_size in _chunks(data, header, size):
        document.take(chunk_kind, at, at + chunk_header, at + chunk_size)
    if not document.elements or document.open_elements:
        raise UnreadableArtefact("the binary XML ends before its elements do")
    return document.elements


class _Document:
    """The elements read so far, and those still open."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._pool: StringPool | None = None
        self._resource_ids: tuple[int, ...] = ()
        self.elements: list[Element] = []
        self.open_elements: list[Element] = []

    def take(self, kind: int, at: int, body: int, end: int) -> None:
        """Take in one chunk."""
        if kind == _STRING_POOL and self._pool is None:
            self._pool = string_pool(self._data, at)
        elif kind == _RESOURCE_MAP:
            self._resource_ids = struct.unpack_from(f"<{(end - body) // 4}I", self._data, body)
        elif kind == _START_ELEMENT:
            self._start(body, end)
        elif kind == _END_ELEMENT and self.open_elements:
            self.open_elements.pop()
        elif kind == _CHARACTERS and self.open_elements and self._pool is not None:
            _add_text(self._data, body, end, self._pool, self.open_elements[-1])

    def _start(self, body: int, end: int) -> None:
        if self._pool is None:
            raise UnreadableArtefact("elements before the string pool")
        element = _element(self._data, body, end, self._pool, self._resource_ids)
        element.depth = len(self.open_elements)
        element.parent = self.open_elements[-1] if self.open_elements else None
        self.elements.append(element)
        self.open_elements.append(element)
        if len(self.elements) > XML_ELEMENTS_MAX or len(self.open_elements) > XML_DEPTH_MAX:
            raise UnreadableArtefact("too many elements, or nested too deeply")


def _add_text(data: bytes, at: int, end: int, pool: StringPool, element: Element) -> None:
    if at + 4 <= end:
        element.text += pool.get(int.from_bytes(data[at : at + 4], "little"))


def _chunk(data: bytes, at: int, end: int) -> tuple[int, int, int]:
    if at + 8 > end:
        raise UnreadableArtefact("a chunk is cut short")
    kind, header, size = _CHUNK.unpack_from(data, at)
    if header < 8 or size < header or at + size > end:
        raise UnreadableArtefact("a chunk points outside of the file")
    return kind, header, size


def _chunks(data: bytes, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    while at < end:
        kind, header, size = _chunk(data, at, end)
        yield at, kind, header, size
        at += size


def _element(
    data: bytes, at: int, end: int, pool: StringPool, resource_ids: tuple[int, ...]
) -> Element:
    if at + 20 > end:
        raise UnreadableArtefact("an element is cut short")
    name, start, size, count = struct.unpack_from("<4xIHHH", data, at)
    if count > ATTRIBUTES_MAX or size < 20 or at + start + count * size > end:
        raise UnreadableArtefact("an element's attributes point outside of it")
    element = Element(pool.get(name), 0, None)
    for number in range(count):
        _, key, raw, kind, value = struct.unpack_from("<3I3xBI", data, at + start + number * size)
        text = pool.get(value) if kind == TYPE_STRING else ""
        if kind != TYPE_STRING and raw != _NONE:
            text = pool.get(raw)
        found = Value(kind, value, text)
        resource_id = resource_ids[key] if key < len(resource_ids) else 0
        if resource_id:
            element.by_id.setdefault(resource_id, found)
        else:
            element.by_name.setdefault(pool.get(key), found)
    return element
