"""Reads the tables of a dex file where it needs them: nothing is decoded that nobody asks for.

The tables of strings and types are sorted (Android refuses a file whose are not), so names are
found by bisection. Source: Android's published "Dalvik Executable format".
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Final

from keepsight.lab.read import leb128
from keepsight.lab.read.limits import ENTRY_BYTES_MAX, UnreadableArtefact

_HEADER_BYTES: Final = 0x70
_ENDIAN: Final = 0x12345678
_NO_INDEX: Final = 0xFFFFFFFF
_CODE_HEADER_BYTES: Final = 16
MEMBERS_MAX: Final = 65_536
"""Methods or fields of one class: what an index of 16 bits can name."""


class Dex:
    """One dex file in memory. Offsets are bytes from its start."""

    def __init__(self, data: bytes) -> None:
        """Check the header and the tables' bounds.

        Raises:
            UnreadableArtefact: no dex file of a known version, cut short, or contradictory.
        """
        if len(data) < _HEADER_BYTES or data[:4] != b"dex\n" or not data[4:7].isdigit():
            raise UnreadableArtefact("not a dex file")
        if len(data) > ENTRY_BYTES_MAX:
            raise UnreadableArtefact("the dex file is too large")
        if int(data[4:7]) >= 41:
            raise UnreadableArtefact("a dex container of version 041 or later, not supported yet")
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
        self._code: array[int] = array("Q")
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
        end = data.find(b"\0", at)
        while at < len(data) and data[at] & 0x80:
            at += 1  # the length in UTF-16 units, not needed
        if at >= len(data) or end < 0:
            raise UnreadableArtefact("a string points outside of the dex file")
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

    def types_from(self, prefix: bytes) -> range:
        """Return the numbers of the types whose descriptors begin with an ASCII prefix."""
        return range(self._type_bound(prefix), self._type_bound(prefix + b"\xff"))

    def _type_bound(self, text: bytes) -> int:
        low, high = 0, len(self._types)
        while low < high:
            middle = (low + high) // 2
            if self._key(self._types[middle]) < text:
                low = middle + 1
            else:
                high = middle
        return low

    def defined_types(self) -> "memoryview":
        """Return the type numbers of the classes defined here."""
        return self._classes[::8]

    def methods_named(self, names: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield (method number, name's string number) of the methods with these names."""
        wanted = set(names)
        words = self._methods[1::2].tolist()
        for number, name in enumerate(words):
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
        """Walk all class definitions and remember where each method's code lies.

        Raises:
            UnreadableArtefact: a class definition is malformed.
        """
        found: list[int] = []
        try:
            for offset in self._classes[6::8].tolist():
                if offset:
                    self._walk_class(offset, found)
        except IndexError as error:
            raise UnreadableArtefact("a class definition runs past the dex file") from error
        found.sort()
        self._code = array("Q", found)

    def _walk_class(self, at: int, found: list[int]) -> None:
        data = self.data
        counts = []
        for _ in range(4):
            number, at = leb128.unsigned(data, at)
            counts.append(number)
        if max(counts) > MEMBERS_MAX:
            raise UnreadableArtefact("a class with an absurd number of members")
        for _ in range(2 * (counts[0] + counts[1])):
            while data[at] & 0x80:
                at += 1
            at += 1
        for count in counts[2:]:
            method = 0
            for _ in range(count):
                step = data[at]
                at += 1
                if step & 0x80:
                    step, at = leb128.unsigned(data, at - 1)
                method += step
                while data[at] & 0x80:
                    at += 1
                at += 1
                code = data[at]
                at += 1
                if code & 0x80:
                    code = code & 0x7F | data[at] << 7
                    at += 1
                    if code & 0x4000:
                        code, at = leb128.unsigned(data, at - 2)
                if code:
                    found.append(code << 32 | method)

    @property
    def code_range(self) -> tuple[int, int]:
        """Return where the code of all methods lies, from the first to behind the last."""
        if not self._code:
            return 0, 0
        last = self._code[-1] >> 32
        return self._code[0] >> 32, min(self.code_end(last), len(self.data))

    def code_end(self, code: int) -> int:
        """Return the offset behind the instructions of the code item at `code`."""
        units = int.from_bytes(self.data[code + 12 : code + 16], "little")
        return code + _CODE_HEADER_BYTES + 2 * units

    def method_at(self, offset: int) -> tuple[int, int] | None:
        """Return (code offset, method number) of the method whose code covers a byte, if any."""
        index = bisect_right(self._code, offset << 32 | _NO_INDEX) - 1
        if index < 0:
            return None
        code, method = self._code[index] >> 32, self._code[index] & _NO_INDEX
        start = code + _CODE_HEADER_BYTES
        if start <= offset < self.code_end(code) and not (offset - start) & 1:
            return code, method
        return None

    def code_of(self, methods: Iterable[int]) -> Iterator[tuple[int, int]]:
        """Yield (code offset, method number) of those of these methods that have code here."""
        wanted = set(methods)
        for packed in self._code:
            if packed & _NO_INDEX in wanted:
                yield packed >> 32, packed & _NO_INDEX


def dotted(descriptor: str) -> str:
    """Return a class name as it is written in Java: Lcom/example/Main; gives com.example.Main."""
    if descriptor.startswith("L") and descriptor.endswith(";"):
        return descriptor[1:-1].replace("/", ".")
    return descriptor
