"""Reads the tables of a dex file where it needs them: nothing is decoded that nobody asks for.

The tables of strings and types are sorted (Android refuses a file whose are not), so names are
found by bisection. Source: Android's published "Dalvik Executable format".
"""

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

from keepsight.lab.read import leb128
from keepsight.lab.read.instructions import CODE_HEADER_BYTES, exception_handlers
from keepsight.lab.read.limits import (
    ENTRY_BYTES_MAX,
    NAME_CHARS_MAX,
    STRING_BYTES_MAX,
    UnreadableArtefact,
)

_HEADER_BYTES: Final = 0x70
_ENDIAN: Final = 0x12345678
_NO_INDEX: Final = 0xFFFFFFFF
_CODE_ITEMS: Final = 0x2001
MAP_ITEMS_MAX: Final = 64
FIRST_VERSION: Final = 35
CONTAINER_VERSION: Final = 41
"""From here on one file holds several dex files that share their data."""
NEARBY_CLASSES: Final = 32
"""Classes looked at for the owner of some code before all of them are."""
MEMBERS_MAX: Final = 65_536
"""Methods, and fields, of all classes together: what an index of 16 bits can name. Each class is
walked at most twice, so a reader that meets more than four times that many is being led in circles
by classes that lie on top of each other."""


class Dex:
    """One dex file in memory. Offsets are bytes from its start."""

    def __init__(self, data: leb128.Buffer) -> None:
        """Check the header and the tables' bounds.

        Raises:
            UnreadableArtefact: no dex file of a known version, cut short, or contradictory.
        """
        if len(data) < _HEADER_BYTES or data[:4] != b"dex\n" or not data[4:7].isdigit():
            raise UnreadableArtefact("not a dex file")
        if len(data) > ENTRY_BYTES_MAX:
            raise UnreadableArtefact("the dex file is too large")
        version = int(data[4:7])
        if version >= CONTAINER_VERSION:
            raise UnreadableArtefact(f"a dex container of version {version:03}, not supported yet")
        if version < FIRST_VERSION:
            raise UnreadableArtefact(f"dex version {version:03}, which no released Android runs")
        word = memoryview(data[:_HEADER_BYTES]).cast("I")
        if word[10] != _ENDIAN or word[8] > len(data):
            raise UnreadableArtefact("the dex file is cut short or of foreign byte order")
        self.data: Final = data
        self._strings = self._table(word[14], word[15], 4, "I")
        self._types = self._table(word[16], word[17], 4, "I")
        self._protos = self._table(word[18], word[19], 12, "I")
        self._fields = self._table(word[20], word[21], 8, "I")
        self._methods = self._table(word[22], word[23], 8, "I")
        self._classes = self._table(word[24], word[25], 32, "I")
        self._firsts: array[int] = array("Q")
        self._members = 0
        self._type_keys: dict[int, bytes] = {}
        self._class_data: dict[int, int] = {}
        self._by_class: dict[int, list[tuple[int, int]]] = {}
        self._everything: list[tuple[int, int]] | None = None
        self._class_count = word[24]

    def _table(self, count: int, offset: int, size: int, kind: str) -> memoryview:
        if count and (offset < _HEADER_BYTES or offset + count * size > len(self.data)):
            raise UnreadableArtefact("a table of the dex file points outside of it")
        # A copy keeps the numbers aligned whatever the offset; the tables are a tenth of the file.
        return memoryview(self.data[offset : offset + count * size]).cast(kind)  # type: ignore[call-overload, no-any-return]

    @property
    def string_count(self) -> int:
        """Number of strings."""
        return len(self._strings)

    @property
    def class_count(self) -> int:
        """Number of classes defined here."""
        return self._class_count

    def raw_string(self, number: int) -> bytes:
        """Return a string as it stands in the file (modified UTF-8).

        Raises:
            UnreadableArtefact: no such string, or it runs past the file.
        """
        if number >= len(self._strings):
            raise UnreadableArtefact("a string number is out of range")
        data, at = self.data, self._strings[number]
        end = data.find(b"\0", at, at + STRING_BYTES_MAX)
        while at < len(data) and data[at] & 0x80:
            at += 1  # the length in UTF-16 units, not needed
        if at >= len(data) or end < 0:
            raise UnreadableArtefact("a string is absurdly long or outside of the dex file")
        return data[at + 1 : end]

    def string(self, number: int) -> str:
        """Return a string; what is no valid text is kept as escapes."""
        raw = self.raw_string(number).replace(b"\xc0\x80", b"\0")
        return raw.decode("utf-8", "backslashreplace")

    def _key(self, number: int) -> bytes:
        return self.raw_string(number).replace(b"\xc0\x80", b"\0")

    def find_string(self, text: bytes) -> int | None:
        """Return the number of an ASCII string, None if the file does not hold it."""
        low, high = 0, len(self._strings)
        while low < high:
            middle = (low + high) // 2
            key = self._key(middle)
            if key == text:
                return middle
            if key < text:
                low = middle + 1
            else:
                high = middle
        return None

    def strings_from(self, prefix: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the strings that begin with an ASCII prefix, with their numbers."""
        low, high = 0, len(self._strings)
        while low < high:
            middle = (low + high) // 2
            if self._key(middle) < prefix:
                low = middle + 1
            else:
                high = middle
        for number in range(low, len(self._strings)):
            raw = self.raw_string(number)
            if not raw.startswith(prefix):
                return
            yield number, raw

    def type_name(self, number: int) -> str:
        """Return a type's descriptor, e.g. Ljava/lang/String;."""
        if number >= len(self._types):
            raise UnreadableArtefact("a type number is out of range")
        return self.string(self._types[number])

    def find_type(self, descriptor: str) -> int | None:
        """Return the number of a type, None if the file does not name it."""
        text = descriptor.encode()
        number = self._type_bound(text)
        if number < len(self._types) and self._type_key(number) == text:
            return number
        return None

    def types_from(self, prefix: bytes) -> range:
        """Return the numbers of the types whose descriptors begin with an ASCII prefix."""
        low = self._type_bound(prefix)
        if low == len(self._types) or not self._type_key(low).startswith(prefix):
            return range(low, low)  # nearly always: there are a hundred prefixes to look for
        return range(low, self._type_bound(prefix + b"\xff"))

    def _type_bound(self, text: bytes) -> int:
        low, high = 0, len(self._types)
        while low < high:
            middle = (low + high) // 2
            if self._type_key(middle) < text:
                low = middle + 1
            else:
                high = middle
        return low

    def _type_key(self, number: int) -> bytes:
        """Return a type's sort key, remembered: every search begins with the same few."""
        key = self._type_keys.get(number)
        if key is None:
            key = self._type_keys[number] = self._key(self._types[number])[:NAME_CHARS_MAX]
        return key

    def defined_types(self) -> "memoryview":
        """Return the type numbers of the classes defined here."""
        return self._classes[::8]

    def methods_named(self, names: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield (method number, name's string number) of the methods with these names."""
        wanted = set(names)
        for number, name in enumerate(self._methods[1::2]):
            if name in wanted:
                yield number, name

    def method_class(self, number: int) -> int:
        """Return the type number of the class a method belongs to."""
        if 2 * number >= len(self._methods):
            raise UnreadableArtefact("a method number is out of range")
        return int(self._methods[2 * number]) & 0xFFFF

    def method_name(self, number: int) -> str:
        """Return a method's name."""
        if 2 * number >= len(self._methods):
            raise UnreadableArtefact("a method number is out of range")
        return self.string(self._methods[2 * number + 1])

    def method_proto(self, number: int) -> str:
        """Return a method's parameters and return type, e.g. (Ljava/lang/String;I)V."""
        proto = int(self._methods[2 * number]) >> 16
        if 3 * proto + 2 >= len(self._protos):
            raise UnreadableArtefact("a prototype number is out of range")
        result, parameters = self._protos[3 * proto + 1], self._protos[3 * proto + 2]
        return f"({''.join(map(self.type_name, self._type_list(parameters)))})" + self.type_name(
            result
        )

    def _type_list(self, offset: int) -> list[int]:
        if not offset:
            return []
        count = int.from_bytes(self.data[offset : offset + 4], "little")
        end = offset + 4 + 2 * count
        if count > 255 or end > len(self.data):
            raise UnreadableArtefact("a parameter list points outside of the dex file")
        return list(memoryview(self.data[offset + 4 : end]).cast("H"))

    def field(self, number: int) -> tuple[str, str]:
        """Return the descriptor of a field's class and its name."""
        if 2 * number >= len(self._fields):
            raise UnreadableArtefact("a field number is out of range")
        return (
            self.type_name(self._fields[2 * number] & 0xFFFF),
            self.string(self._fields[2 * number + 1]),
        )

    def load_code(self) -> None:
        """Note where each class keeps its code; methods are looked up when asked for.

        Raises:
            UnreadableArtefact: a class definition is malformed.
        """
        firsts: list[int] = []
        types = self._classes[::8].tolist()
        offsets = self._classes[6::8].tolist()
        try:
            for offset in offsets:
                if offset:
                    code = self._first_code(offset)
                    if code:
                        firsts.append(code << 32 | offset)
        except IndexError as error:
            raise UnreadableArtefact("a class definition runs past the dex file") from error
        firsts.sort()
        self._firsts = array("Q", firsts)
        self._class_data = dict(zip(types, offsets, strict=True))

    def _methods_start(self, at: int) -> tuple[int, int, int]:
        """Return direct and virtual method counts, and where the methods begin."""
        data = self.data
        head = data[at : at + 4]
        if len(head) < 4:
            raise UnreadableArtefact("a class definition lies outside of the dex file")
        if max(head) < 0x80:
            static, instance, direct, virtual = head
            at += 4
        else:
            static, at = leb128.unsigned(data, at)
            instance, at = leb128.unsigned(data, at)
            direct, at = leb128.unsigned(data, at)
            virtual, at = leb128.unsigned(data, at)
        self._members += static + instance + direct + virtual
        if self._members > 4 * MEMBERS_MAX:
            raise UnreadableArtefact("classes with more members than a dex file can number")
        numbers = 2 * (static + instance)
        if numbers:
            skipped = _skip(numbers).match(data, at)
            if skipped is None:
                raise UnreadableArtefact("a class definition runs past the dex file")
            at = skipped.end()
        return direct, virtual, at

    def _first_code(self, at: int) -> int:
        """Return the offset of the first code of a class, 0 if it has none."""
        data = self.data
        direct, virtual, at = self._methods_start(at)
        for _ in range(direct + virtual):
            for _ in range(2):
                while data[at] & 0x80:
                    at += 1
                at += 1
            code, at = leb128.unsigned(data, at)
            if code:
                return code
        return 0

    def _class_code(self, at: int) -> list[tuple[int, int]]:
        """Return (code offset, method number) of a class's methods, in order of their code."""
        found = self._by_class.get(at)
        if found is not None:
            return found
        data = self.data
        found = []
        direct, virtual, position = self._methods_start(at)
        for count in (direct, virtual):
            method = 0
            for _ in range(count):
                step, position = leb128.unsigned(data, position)
                method += step
                while data[position] & 0x80:
                    position += 1
                code, position = leb128.unsigned(data, position + 1)
                if code:
                    found.append((code, method))
        found.sort()
        self._by_class[at] = found
        return found

    @property
    def code_range(self) -> tuple[int, int]:
        """Return where all code lies, by the file's own map; everything if the map is no help.

        Android refuses files whose code lies elsewhere than the map says.
        """
        data = self.data
        at = int.from_bytes(data[0x34:0x38], "little")
        count = int.from_bytes(data[at : at + 4], "little")
        if not at or count > MAP_ITEMS_MAX or at + 4 + 12 * count > len(data):
            return _HEADER_BYTES, len(data)
        items = memoryview(data[at + 4 : at + 4 + 12 * count]).cast("I")
        starts = sorted(items[2::3].tolist())
        for kind, start in zip(items[::3].tolist(), items[2::3].tolist(), strict=True):
            if kind & 0xFFFF == _CODE_ITEMS:
                behind = [one for one in starts if one > start]
                return start, behind[0] if behind else len(data)
        return (_HEADER_BYTES, len(data)) if self._firsts else (0, 0)

    def code_end(self, code: int) -> int:
        """Return the offset behind the instructions of the code item at `code`."""
        units = int.from_bytes(self.data[code + 12 : code + 16], "little")
        return code + CODE_HEADER_BYTES + 2 * units

    def method_at(self, offset: int) -> tuple[int, int] | None:
        """Return (code offset, method number) of the method whose code covers a byte, if any."""
        if offset & 1:
            return None  # Android refuses code that is not aligned
        index = bisect_right(self._firsts, offset << 32 | _NO_INDEX) - 1
        # A class's first method need not be its first in the file, and some compilers put a class's
        # code in several pieces: the owner is nearly always this class or one soon after it.
        for one in range(max(index, 0), min(index + NEARBY_CLASSES, len(self._firsts))):
            methods = self._class_code(self._firsts[one] & _NO_INDEX)
            found = self._covering(methods, offset)
            if found is not None or self._in_handlers(methods, offset):
                return found
        if self._everything is None:
            self._everything = sorted(
                one
                for offset in {packed & _NO_INDEX for packed in self._firsts}
                for one in self._class_code(offset)
            )
        return self._covering(self._everything, offset)

    def _covering(self, methods: list[tuple[int, int]], offset: int) -> tuple[int, int] | None:
        index = bisect_right(methods, (offset, _NO_INDEX)) - 1
        if index < 0:
            return None
        code, method = methods[index]
        inside = code + CODE_HEADER_BYTES <= offset < self.code_end(code)
        return (code, method) if inside else None

    def _in_handlers(self, methods: list[tuple[int, int]], offset: int) -> bool:
        """Whether a byte lies in the header or the exception tables of one of these methods."""
        index = bisect_right(methods, (offset, _NO_INDEX)) - 1
        if index < 0:
            return False
        code = methods[index][0]
        tries = int.from_bytes(self.data[code + 6 : code + 8], "little")
        if offset < code + CODE_HEADER_BYTES or not tries:
            return offset < code + CODE_HEADER_BYTES
        _, end = exception_handlers(self.data, code)
        return offset < end

    def code_of(self, methods: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield (code offset, method number) of those of these methods that have code here."""
        for method in methods:
            at = self._class_data.get(self.method_class(method), 0)
            for code, number in self._class_code(at) if at else ():
                if number == method:
                    yield code, number


@cache
def _skip(numbers: int) -> re.Pattern[bytes]:
    """Return a pattern that matches so many LEB128 numbers."""
    return re.compile(rb"(?:[\x80-\xff]*[\x00-\x7f]){%d}" % numbers)


def dotted(descriptor: str) -> str:
    """Return a class name as it is written in Java: Lcom/example/Main; gives com.example.Main."""
    if descriptor.startswith("L") and descriptor.endswith(";"):
        return descriptor[1:-1].replace("/", ".")
    return descriptor
