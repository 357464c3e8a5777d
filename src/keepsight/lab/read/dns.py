"""Names asked for and answered. Source: RFC 1035; compressed names are followed a bounded way."""

import struct
from dataclasses import dataclass

QUESTIONS_MAX = 8
ANSWERS_MAX = 64
_LABELS_MAX = 64
_JUMPS_MAX = 16
_A, _CNAME, _AAAA, _IN = 1, 5, 28, 1


@dataclass(frozen=True, slots=True)
class DnsMessage:
    """One query or response."""

    is_response: bool
    questions: tuple[str, ...]
    addresses: tuple[bytes, ...]
    """4 or 16 bytes each; they belong to the first question, whatever aliases lie between."""


def read_dns(data: bytes) -> DnsMessage | None:
    """A DNS message, or None where it is none."""
    if len(data) < 12:
        return None
    _, flags, questions, answers, _, _ = struct.unpack_from(">6H", data)
    if (flags >> 11) & 0xF > 5 or questions > QUESTIONS_MAX:
        return None
    at, names = 12, []
    try:
        for _ in range(questions):
            name, at = _name(data, at)
            names.append(name)
            at += 4
        addresses = _addresses(data, at, min(answers, ANSWERS_MAX)) if flags & 0x8000 else ()
    except (IndexError, struct.error, ValueError):
        return None
    return DnsMessage(bool(flags & 0x8000), tuple(n for n in names if n), addresses)


def _addresses(data: bytes, at: int, count: int) -> tuple[bytes, ...]:
    found = []
    for _ in range(count):
        _, at = _name(data, at)
        kind, group, _, size = struct.unpack_from(">HHIH", data, at)
        at += 10
        value = data[at : at + size]
        if group & 0x7FFF == _IN and (kind, len(value)) in ((_A, 4), (_AAAA, 16)):
            found.append(value)
        at += size
    return tuple(found)


def _name(data: bytes, at: int) -> tuple[str, int]:
    """The name at an offset, and the offset behind it. Raises ValueError for loops."""
    labels: list[str] = []
    after = -1
    jumps = 0
    while True:
        size = data[at]
        if size & 0xC0 == 0xC0:
            after = at + 2 if after < 0 else after
            at = (size & 0x3F) << 8 | data[at + 1]
            jumps += 1
            if jumps > _JUMPS_MAX:
                raise ValueError("a name that points in circles")
            continue
        if size & 0xC0:
            raise ValueError("an unknown kind of label")
        at += 1
        if size == 0:
            break
        labels.append(data[at : at + size].decode("ascii", "replace").lower())
        at += size
        if len(labels) > _LABELS_MAX:
            raise ValueError("a name of too many labels")
    return ".".join(labels), after if after >= 0 else at
