"""Reads DER (ITU-T X.690) as far as a JAR signature needs it: nested tag, length, value.

Indefinite lengths are refused: they are BER, and nothing that signs packages writes them.
"""

from dataclasses import dataclass
from typing import Final

from keepsight.lab.read.limits import UnreadableArtefact

INTEGER: Final = 0x02
OCTETS: Final = 0x04
OBJECT_ID: Final = 0x06
SEQUENCE: Final = 0x30
SET: Final = 0x31
CONTEXT_0: Final = 0xA0
CONTEXT_1: Final = 0xA1
CHILDREN_MAX: Final = 10_000


@dataclass(frozen=True, slots=True)
class Node:
    """One value; offsets are into the whole buffer."""

    data: bytes
    tag: int
    start: int
    body: int
    end: int

    @property
    def whole(self) -> bytes:
        """Return the bytes with tag and length."""
        return self.data[self.start : self.end]

    @property
    def value(self) -> bytes:
        """Return the bytes without tag and length."""
        return self.data[self.body : self.end]

    def children(self) -> list["Node"]:
        """Return what a constructed value holds.

        Raises:
            UnreadableArtefact: not well formed.
        """
        found: list[Node] = []
        at = self.body
        while at < self.end:
            if len(found) >= CHILDREN_MAX:
                raise UnreadableArtefact("a DER value with too many parts")
            node = _node(self.data, at, self.end)
            found.append(node)
            at = node.end
        return found

    def expect(self, tag: int) -> "Node":
        """Return itself if it has this tag.

        Raises:
            UnreadableArtefact: it has another.
        """
        if self.tag != tag:
            raise UnreadableArtefact(f"DER tag {self.tag:#x} where {tag:#x} belongs")
        return self

    def object_id(self) -> str:
        """Return an object identifier in dotted form."""
        body = self.expect(OBJECT_ID).value
        if not body:
            raise UnreadableArtefact("an empty object identifier")
        parts: list[int] = []
        number = 0
        for byte in body:
            number = number << 7 | byte & 0x7F
            if number > 2**64:
                raise UnreadableArtefact("an absurd object identifier")
            if not byte & 0x80:
                parts.append(number)
                number = 0
        if not parts:
            raise UnreadableArtefact("an object identifier is cut short")
        first = min(parts[0] // 40, 2)
        return ".".join(map(str, (first, parts[0] - 40 * first, *parts[1:])))


def parse(data: bytes) -> Node:
    """Return the value at the start of `data`; what follows it is ignored.

    Raises:
        UnreadableArtefact: not well formed.
    """
    return _node(data, 0, len(data))


def _node(data: bytes, at: int, end: int) -> Node:
    if at + 2 > end:
        raise UnreadableArtefact("DER is cut short")
    tag, length = data[at], data[at + 1]
    body = at + 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4 or body + count > end:
            raise UnreadableArtefact("a DER length that is not definite, or absurd")
        length = int.from_bytes(data[body : body + count], "big")
        body += count
    if tag & 0x1F == 0x1F or body + length > end:
        raise UnreadableArtefact("DER points outside of its container")
    return Node(data, tag, at, body, body + length)
