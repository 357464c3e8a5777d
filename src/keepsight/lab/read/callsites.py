"""Finds the calls, constants and method shapes of interest in one dex file.

One pass of a byte pattern over all code finds candidates (a call of a known method, a load of a
known string); only the methods that hold one are then walked instruction by instruction, which
throws out what merely looked like one.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from keepsight.lab.facts.app import CallSite, MethodBody, Place, StringUse
from keepsight.lab.finding import Owner
from keepsight.lab.read import targets
from keepsight.lab.read.dex import Dex, dotted
from keepsight.lab.read.leb128 import Buffer
from keepsight.lab.read.limits import (
    CALL_SITES_MAX,
    CONSTANT_CHARS_MAX,
    NAME_CHARS_MAX,
    UnreadableArtefact,
)
from keepsight.lab.read.registers import Call, Follower

_INVOKES: Final = rb"\x6e-\x72\x74-\x78"
HTTP: Final = b"http://"
CANDIDATES_MAX: Final = 500_000
"""Places that look like a call; real files of 9 MB have some 35,000."""
STRINGS_MAX: Final = 5_000
"""Constants of interest kept of one dex file."""


@dataclass(slots=True)
class Found:
    """What one dex file holds."""

    calls: list[CallSite] = field(default_factory=list)
    bodies: list[MethodBody] = field(default_factory=list)
    constants: list[StringUse] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    """Why something was not seen."""


class Scan:
    """One dex file being scanned."""

    def __init__(
        self,
        dex: Dex,
        name: str,
        owner_of: Callable[[str], Owner],
        prefixes: Iterable[bytes] = (HTTP,),
    ) -> None:
        """Prepare.

        Args:
            dex: the file.
            name: what it is called in places.
            owner_of: says whose code a class of a dotted name is.
            prefixes: how the constants of interest begin.
        """
        self._prefixes = tuple(prefixes)
        self._dex = dex
        self._name = name
        self._owner_of = owner_of
        self._found = Found()
        self._class_names: dict[int, str] = {}
        self._targets: dict[int, targets.Target] = {}
        self._trust: dict[int, str] = {}
        self._get_bytes: frozenset[int] = frozenset()
        self._texts: dict[int, str] = {}
        # All methods together are no longer than the file; each is walked at most twice.
        self._units_left = len(dex.data)

    def run(self) -> Found:
        """Scan.

        Raises:
            UnreadableArtefact: the tables are malformed, so nothing can be told.
        """
        self._dex.load_code()
        self._name_methods()
        strings = self._constants()
        used: set[int] = set()
        for code, method, offsets in self._candidates(strings):
            try:
                self._walk(code, method, offsets, strings, used)
            except (UnreadableArtefact, IndexError) as error:
                self._gap(method, str(error) or "malformed")
            if len(self._found.calls) > CALL_SITES_MAX:
                self._found.gaps.append("more call sites than are kept")
                break
        for code, method in self._dex.code_of(self._trust):
            try:
                self._judge_trust(code, method)
            except (UnreadableArtefact, IndexError) as error:
                self._gap(method, str(error) or "malformed")
        for number, text in strings.items():
            if number not in used:
                self._found.constants.append(StringUse(text, None))
        return self._found

    def _gap(self, method: int, reason: str) -> None:
        try:
            where = self._place(method, 0)
            self._found.gaps.append(f"{where.class_name}.{where.method}: {reason}")
        except UnreadableArtefact:
            self._found.gaps.append(reason)

    def _name_methods(self) -> None:
        """Find the numbers of the methods of interest.

        By name first and then by class, both as numbers: every class has methods of these names.
        """
        dex = self._dex
        by_name: dict[int, list[tuple[frozenset[int], targets.Target]]] = {}
        for target in targets.ALL:
            name = dex.find_string(target.method.encode())
            classes = frozenset(
                number for one in target.classes if (number := dex.find_type(one)) is not None
            )
            if name is not None and (classes or not target.classes):
                by_name.setdefault(name, []).append((classes, target))
        trust = {
            name: kind
            for text, kind in targets.TRUST_BODIES.items()
            if (name := dex.find_string(text.encode())) is not None
        }
        for method, name in dex.methods_named([*by_name, *trust]):
            class_number = dex.method_class(method)
            for classes, target in by_name.get(name, ()):
                if classes and class_number not in classes:
                    continue
                if not target.protos or dex.method_proto(method) in target.protos:
                    self._targets[method] = target
                    break
            kind = trust.get(name, "")
            if kind and dex.method_proto(method).startswith(targets.TRUST_PROTOS[kind]):
                self._trust[method] = kind
        self._get_bytes = frozenset(self._encoders())

    def _encoders(self) -> Iterator[int]:
        """Yield the numbers of `String.getBytes`."""
        dex = self._dex
        name, string = dex.find_string(b"getBytes"), dex.find_type("Ljava/lang/String;")
        for method, _ in dex.methods_named([name]) if name is not None else ():
            if dex.method_class(method) == string:
                yield method

    def _constants(self) -> dict[int, str]:
        found: dict[int, str] = {}
        for prefix in self._prefixes:
            for number, _ in self._dex.strings_from(prefix):
                if len(found) >= STRINGS_MAX:
                    self._found.gaps.append("more constants of interest than are kept")
                    return found
                found[number] = self._dex.string(number)[:CONSTANT_CHARS_MAX]
        return found

    def _candidates(self, strings: Iterable[int]) -> Iterator[tuple[int, int, list[int]]]:
        """Yield (code offset, method number, candidate offsets) by method."""
        dex = self._dex
        start, end = dex.code_range
        loads = {number for number in strings if number <= 0xFFFF}
        # One set of first bytes in front lets the search leap; alternatives that each begin with
        # their own are tried at every byte and take twice as long.
        pattern = re.compile(
            rb"(?s)[\x13\x1a" + _INVOKES + rb"].(?:"
            + rb"(?<=[" + _INVOKES + rb"].)" + _numbers(self._targets)
            + rb"|(?<=\x1a.)" + _numbers(loads) + rb"|(?<=\x13.)\x00\x01)"
        )  # fmt: skip
        data = dex.data
        by_code: dict[tuple[int, int], list[int]] = {}
        for count, match in enumerate(pattern.finditer(data, start, end)):
            if count >= CANDIDATES_MAX:
                self._found.gaps.append("more places that look like calls than are looked at")
                break
            at = match.start()
            number = data[at + 2] | data[at + 3] << 8
            opcode = data[at]
            wanted = loads if opcode == 0x1A else self._targets
            if opcode == 0x13 or number in wanted:
                covering = dex.method_at(at)
                if covering is not None:
                    by_code.setdefault(covering, []).append(at)
        for (code, method), offsets in by_code.items():
            yield code, method, offsets

    def _walk(
        self, code: int, method: int, offsets: list[int], strings: dict[int, str], used: set[int]
    ) -> None:
        data = self._dex.data
        if all(data[at] == 0x13 for at in offsets) and not self._may_be_rc4(code):
            return
        follower = self._follower(code)
        real = set(follower.starts).intersection(offsets)
        invokes = {at for at in real if data[at] >= 0x6E}
        for at in real:
            if data[at] == 0x1A:
                number = data[at + 2] | data[at + 3] << 8
                used.add(number)
                use = StringUse(strings[number], self._place(method, at))
                self._found.constants.append(use)
        if any(data[at] == 0x13 for at in real):
            self._judge_rc4(method, follower.starts)
        if invokes:
            for call in follower.calls(invokes):
                self._found.calls.append(self._call_site(method, call))

    def _follower(self, code: int) -> Follower:
        self._units_left -= (self._dex.code_end(code) - code) // 2
        if self._units_left < 0:
            raise UnreadableArtefact("methods that lie on top of each other")
        return Follower(self._dex.data, code, self._text, self._get_bytes)

    def _text(self, number: int) -> str:
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = self._dex.string(number)[:NAME_CHARS_MAX]
        return text

    def _call_site(self, method: int, call: Call) -> CallSite:
        target = self._targets[call.method]
        arguments = call.arguments if call.static else call.arguments[1:]
        return CallSite(target.api, self._place(method, call.offset), arguments)

    def _class_name(self, method: int) -> str:
        number = self._dex.method_class(method)
        name = self._class_names.get(number)
        if name is None:
            name = dotted(self._dex.type_name(number))[:NAME_CHARS_MAX]
            self._class_names[number] = name
        return name

    def _place(self, method: int, offset: int) -> Place:
        name = self._class_name(method)
        called = self._dex.method_name(method)[:NAME_CHARS_MAX]
        return Place(self._name, name, called, offset, self._owner_of(name))

    def _judge_trust(self, code: int, method: int) -> None:
        """Say whether a method that decides about trust lets everything pass."""
        data, kind = self._dex.data, self._trust[method]
        starts = self._follower(code).starts
        opcodes = [data[at] for at in starts]
        calls = [at for at in starts if 0x6E <= data[at] <= 0x78 and data[at] != 0x73]
        decides = 0x27 in opcodes or bool(calls)
        accepts: bool | None = None
        if kind == "trust-manager":
            accepts = None if decides else True
            branches = any(0x2B <= opcode <= 0x3D for opcode in opcodes)
            if not branches and self._delegates(code, method, calls):
                accepts = False
        elif kind == "hostname-verifier":
            if not decides and not any(0x32 <= one <= 0x3D for one in opcodes):
                accepts = opcodes[0] == 0x12 and data[starts[0] + 1] >> 4 == 1
        else:
            accepts = self._proceeds(starts, calls)
        self._found.bodies.append(MethodBody(kind, self._place(method, starts[0]), accepts))

    def _delegates(self, code: int, method: int, calls: list[int]) -> bool:
        """Whether it hands the question to another class, and lets the exception through.

        Handing it to an overload of the same class proves nothing: that one may do nothing.
        """
        data, dex = self._dex.data, self._dex
        if int.from_bytes(data[code + 6 : code + 8], "little"):
            return False
        others = (
            data[at + 2] | data[at + 3] << 8
            for at in calls
            if self._called(at) in {"checkServerTrusted", "checkTrusted"}
        )
        return any(dex.method_class(other) != dex.method_class(method) for other in others)

    def _proceeds(self, starts: Iterable[int], calls: list[int]) -> bool | None:
        names = [self._called(at) for at in calls]
        branches = any(0x2B <= self._dex.data[at] <= 0x3D for at in starts)
        if "proceed" in names:
            return None if branches or "cancel" in names else True
        return False if "cancel" in names and not branches else None

    def _called(self, at: int) -> str:
        return self._dex.method_name(self._dex.data[at + 2] | self._dex.data[at + 3] << 8)

    def _may_be_rc4(self, code: int) -> bool:
        body = self._dex.data[code + 16 : self._dex.code_end(code)]
        return b"\x4f" in body and b"\x48" in body and b"\xff\x00" in body

    def _judge_rc4(self, method: int, starts: Iterable[int]) -> None:
        """Recognise RC4 written by hand.

        Its key schedule fills a byte array with its own indices and then swaps elements; its output
        loop swaps and exclusive-ors. Shuffles swap, tables mask, but nothing else does all of it.
        """
        data = self._dex.data
        opcodes = {data[at] for at in starts}
        if not _filled_with_indices(data, starts) or not _swaps(data, starts):
            return
        place = self._place(method, min(starts))
        xors = bool(opcodes & {0x97, 0xB7})
        self._found.bodies.append(MethodBody("rc4", place, True if xors else None))


def _filled_with_indices(data: Buffer, starts: Iterable[int]) -> bool:
    """Whether an index, cut to a byte, is stored at itself: `table[i] = (byte) i`."""
    cut: dict[int, int] = {}
    for at in starts:
        if data[at] == 0x8D:
            cut[data[at + 1] & 15] = data[at + 1] >> 4
        elif data[at] == 0x4F and cut.get(data[at + 1]) == data[at + 3]:
            return True
    return False


def _swaps(data: Buffer, starts: Iterable[int]) -> bool:
    """Whether two elements of one byte array are exchanged."""
    reads: dict[int, tuple[int, int]] = {}
    moved: set[tuple[int, int, int]] = set()
    for at in starts:
        value, array, index = data[at + 1 : at + 4] if at + 4 <= len(data) else (0, 0, 0)
        if data[at] == 0x48:
            reads[value] = (array, index)
        elif data[at] == 0x4F and value in reads:
            source, position = reads[value]
            if source == array and position != index:
                if (array, index, position) in moved:
                    return True
                moved.add((array, position, index))
    return False


def _numbers(numbers: Iterable[int]) -> bytes:
    """Return a pattern that matches at least these 16-bit numbers, low byte first.

    Two sets of bytes are far quicker than a list of alternatives; the few others that fit as well
    are sorted out by number.
    """
    known = list(numbers)
    if not known:
        return rb"(?!)"
    low = b"".join(b"\\x%02x" % byte for byte in sorted({number & 0xFF for number in known}))
    high = b"".join(b"\\x%02x" % byte for byte in sorted({number >> 8 for number in known}))
    return b"[" + low + b"][" + high + b"]"
