"""Looks single values up in an app's resource table (`resources.arsc`), without loading it whole.

Only the package's own values are found, in any configuration, the first one first. Sparse and
compact entries (newer build tools) are read as well. Source: `ResourceTypes.h` of Android.
"""

import struct
from typing import Final

from keepsight.lab.read.axml import (
    TYPE_REFERENCE,
    TYPE_STRING,
    StringPool,
    Value,
    string_pool,
)
from keepsight.lab.read.limits import RESOURCE_TABLE_BYTES_MAX, UnreadableArtefact

_TABLE: Final = 0x0002
_PACKAGE: Final = 0x0200
_TYPE: Final = 0x0201
_SPARSE: Final = 0x01
_OFFSETS_16: Final = 0x02
_COMPLEX: Final = 0x0001
_COMPACT: Final = 0x0008
_NONE: Final = 0xFFFFFFFF
REFERENCES_MAX: Final = 8
"""Steps from one reference to the next before a loop is assumed."""
CHUNKS_MAX: Final = 200_000
SLOTS_MAX: Final = 10_000_000
"""Slots of sparse types looked through in all: hostile tables have millions, and many references
into them."""


class ResourceTable:
    """The resource table of one package."""

    def __init__(self, data: bytes) -> None:
        """Find the chunks; values are read when asked for.

        Raises:
            UnreadableArtefact: malformed or too large.
        """
        if len(data) > RESOURCE_TABLE_BYTES_MAX:
            raise UnreadableArtefact("the resource table is too large")
        self._data = data
        self._strings: StringPool | None = None
        self._slots = 0
        self._types: dict[tuple[int, int], list[int]] = {}
        """(package id, type id) to the offsets of its type chunks."""
        try:
            self._index()
        except struct.error as error:
            raise UnreadableArtefact("the resource table is cut short") from error

    def _index(self) -> None:
        data = self._data
        kind, header, size = struct.unpack_from("<HHI", data, 0)
        if kind != _TABLE or size > len(data):
            raise UnreadableArtefact("not a resource table")
        stack = [(header, size, -1)]
        count = 0
        while stack:
            at, end, package = stack.pop()
            while at + 8 <= end:
                count += 1
                kind, header, size = struct.unpack_from("<HHI", data, at)
                if size < header or header < 8 or at + size > end or count > CHUNKS_MAX:
                    raise UnreadableArtefact("the resource table is malformed")
                if kind == 0x0001 and package < 0 and self._strings is None:
                    self._strings = string_pool(data, at)
                elif kind == _PACKAGE and package < 0:
                    (number,) = struct.unpack_from("<I", data, at + 8)
                    stack.append((at + header, at + size, number & 0xFF))
                elif kind == _TYPE and package >= 0:
                    self._types.setdefault((package, data[at + 8]), []).append(at)
                at += size

    def resolve(self, value: Value) -> Value | None:
        """Follow references to a plain value; None when it is not to be found here.

        Raises:
            UnreadableArtefact: the table takes too long to look through.
        """
        for _ in range(REFERENCES_MAX):
            if not value.is_reference:
                return value
            try:
                found = self._find(value.data)
            except struct.error:
                return None
            if found is None:
                return None
            value = found
        return None

    def _find(self, resource_id: int) -> Value | None:
        package, kind, number = resource_id >> 24, resource_id >> 16 & 0xFF, resource_id & 0xFFFF
        for at in self._types.get((package, kind), ()):
            entry = self._entry_offset(at, number)
            if entry is not None:
                found = self._value(entry)
                if found is not None:
                    return found
        return None

    def _entry_offset(self, at: int, number: int) -> int | None:
        data = self._data
        header, size = struct.unpack_from("<2xHI", data, at)
        flags, count, entries = data[at + 9], *struct.unpack_from("<II", data, at + 12)
        table = at + header
        if flags & _SPARSE:
            slots = min(count, size // 4)
            self._slots += slots
            if self._slots > SLOTS_MAX:
                raise UnreadableArtefact("a resource table that takes too long to look through")
            for slot in range(slots):
                index, offset = struct.unpack_from("<HH", data, table + 4 * slot)
                if index == number:
                    return int(at + entries + 4 * offset)
            return None
        if number >= count:
            return None
        if flags & _OFFSETS_16:
            (short,) = struct.unpack_from("<H", data, table + 2 * number)
            return None if short == 0xFFFF else int(at + entries + 4 * short)
        (offset,) = struct.unpack_from("<I", data, table + 4 * number)
        return None if offset == _NONE else int(at + entries + offset)

    def _value(self, at: int) -> Value | None:
        size, flags = struct.unpack_from("<HH", self._data, at)
        if flags & _COMPACT:
            return self._typed(flags >> 8, struct.unpack_from("<I", self._data, at + 4)[0])
        if flags & _COMPLEX:
            return None
        kind, data = struct.unpack_from("<3xBI", self._data, at + size)
        return self._typed(kind, data)

    def _typed(self, kind: int, data: int) -> Value:
        text = ""
        if kind == TYPE_STRING and self._strings is not None:
            text = self._strings.get(data)
        return Value(TYPE_REFERENCE if kind == 0x07 else kind, data, text)
