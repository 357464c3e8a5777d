"""Follows constants through the registers of one method up to the calls of interest.

What it proves holds on every path: values are merged where branches meet, forgotten at loop heads
and exception handlers, and a register that the whole method writes only once keeps its value
everywhere (Android's verifier refuses code that reads a register before it is written). Everything
else is None.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from keepsight.lab.read.instructions import (
    BYTE,
    CODE_HEADER_BYTES,
    NIBBLE,
    NO_WRITE,
    UNITS,
    WIDE,
    WRITES,
    branch_target,
    exception_handlers,
    payload_units,
    signed,
    switch_targets,
)
from keepsight.lab.read.leb128 import Buffer
from keepsight.lab.read.limits import METHOD_UNITS_MAX, UnreadableArtefact

ARRAY_BYTES_MAX: Final = 4_096
"""Longer constant arrays are tables, not keys; they stay unresolved."""


class ConstantArray:
    """An array whose contents are known until somebody else gets hold of it."""

    __slots__ = ("contents",)

    def __init__(self, size: int) -> None:
        self.contents = bytes(size)


Held = int | str | ConstantArray
State = dict[int, Held]


@dataclass(frozen=True, slots=True)
class Call:
    """An invoke instruction with what is proven about its arguments."""

    offset: int
    method: int
    static: bool
    arguments: tuple[int | str | bytes | None, ...]
    """One for each register, the receiver's included; wide values take two, the second None."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What the first pass over a method finds."""

    starts: tuple[int, ...]
    joins: frozenset[int]
    """Where several paths meet, by jumping forwards."""
    barriers: frozenset[int]
    """Loop heads and exception handlers: nothing is known there but what is written once."""
    writes: Mapping[int, int]
    """How often each register is written."""


def shape_of(data: Buffer, code: int) -> Shape:
    """Walk a method once.

    Raises:
        UnreadableArtefact: the code runs past its end, or is too long.
    """
    registers, parameters, tries = (
        int.from_bytes(data[code + at : code + at + 2], "little") for at in (0, 2, 6)
    )
    units = int.from_bytes(data[code + 12 : code + 16], "little")
    if units > METHOD_UNITS_MAX or code + CODE_HEADER_BYTES + 2 * units > len(data):
        raise UnreadableArtefact("a method longer than any compiler writes, or cut short")
    at = code + CODE_HEADER_BYTES
    end = at + 2 * units
    writes = dict.fromkeys(range(max(0, registers - parameters), registers), 1)
    starts: list[int] = []
    joins: set[int] = set()
    barriers: set[int] = set(exception_handlers(data, code)[0]) if tries else set()
    while at < end:
        opcode = data[at]
        starts.append(at)
        kind = WRITES[opcode]
        if kind:
            register = _written(data, at, kind)
            writes[register] = writes.get(register, 0) + 1
            if WIDE[opcode]:
                writes[register + 1] = writes.get(register + 1, 0) + 1
        elif 0x28 <= opcode <= 0x3D:
            target = branch_target(data, at)
            targets = [target] if target is not None else []
            if opcode in (0x2B, 0x2C):
                targets = switch_targets(data, at, len(data))
            for one in targets:
                (joins if one > at else barriers).add(one)
        at += 2 * (UNITS[opcode] if opcode or not data[at + 1] else payload_units(data, at))
    if at != end:
        raise UnreadableArtefact("a method whose last instruction runs past its end")
    return Shape(tuple(starts), frozenset(joins), frozenset(barriers), writes)


def _written(data: Buffer, at: int, kind: int) -> int:
    if kind == NIBBLE:
        return data[at + 1] & 0x0F
    if kind == BYTE:
        return data[at + 1]
    return data[at + 2] | data[at + 3] << 8


class Follower:
    """Walks one method a second time and keeps what is proven about its registers."""

    def __init__(
        self, data: Buffer, code: int, string: Callable[[int], str], get_bytes: frozenset[int]
    ) -> None:
        """Prepare.

        Args:
            data: the dex file.
            code: offset of the method's code item.
            string: returns a string by its number.
            get_bytes: method numbers of `String.getBytes`.

        Raises:
            UnreadableArtefact: the method is malformed.
        """
        self._data = data
        self._string = string
        self._get_bytes = get_bytes
        self._shape = shape_of(data, code)
        self._state: State = {}
        self._once: State = {}
        self._saved: dict[int, State] = {}
        self._result: Held | None = None

    @property
    def starts(self) -> tuple[int, ...]:
        """Offsets of the instructions."""
        return self._shape.starts

    def calls(self, wanted: set[int]) -> list[Call]:
        """Return the invoke instructions at the offsets `wanted`, in order."""
        data, shape = self._data, self._shape
        last = max(wanted, default=0)
        found: list[Call] = []
        reachable = True
        for at in shape.starts:
            if at > last:
                break
            if at in shape.barriers:
                self._state, reachable = {}, True
            elif at in shape.joins:
                self._join(at, reachable=reachable)
                reachable = True
            opcode = data[at]
            if at in wanted:
                found.append(self._call(at))
            self._step(at, opcode)
            if 0x0E <= opcode <= 0x11 or opcode == 0x27 or 0x28 <= opcode <= 0x2A:
                self._state, reachable = {}, False
        return found

    def _step(self, at: int, opcode: int) -> None:
        """Take in what one instruction does to the registers."""
        if 0x6E <= opcode <= 0x78:
            self._invoke(at)
        elif opcode == 0x26:
            self._fill(at)
        elif 0x4B <= opcode <= 0x51:
            self._forget_array(self._data[at + 1])
            self._forget_array(self._data[at + 2])
        elif WRITES[opcode] != NO_WRITE:
            self._write(at, opcode)
        elif 0x28 <= opcode <= 0x3D:
            self._branch(at, opcode)

    def _join(self, at: int, *, reachable: bool) -> None:
        saved = self._saved.pop(at, None)
        if saved is None:
            return
        self._state = _agreed(saved, self._state) if reachable else saved

    def _branch(self, at: int, opcode: int) -> None:
        target = branch_target(self._data, at)
        targets = [target] if target is not None else []
        if opcode in (0x2B, 0x2C):
            targets = switch_targets(self._data, at, len(self._data))
        for one in targets:
            if one > at:
                saved = self._saved.get(one)
                self._saved[one] = (
                    dict(self._state) if saved is None else _agreed(saved, self._state)
                )

    def _get(self, register: int) -> Held | None:
        held = self._state.get(register)
        return self._once.get(register) if held is None else held

    def _set(self, register: int, value: Held | None) -> None:
        if value is None:
            self._state.pop(register, None)
            return
        self._state[register] = value
        if self._shape.writes.get(register) == 1 and not isinstance(value, ConstantArray):
            self._once[register] = value

    def _write(self, at: int, opcode: int) -> None:
        register = _written(self._data, at, WRITES[opcode])
        value = self._constant(at, opcode)
        if opcode == 0x0C:
            value, self._result = self._result, None
        if opcode == 0x23:
            value = self._new_array(at)
        elif opcode in _MOVES:
            value = self._get(_moved(self._data, at, opcode))
        if 0x44 <= opcode <= 0x4A:
            value = None
        self._set(register, value)
        if WIDE[opcode]:
            self._set(register + 1, None)

    def _constant(self, at: int, opcode: int) -> Held | None:
        data = self._data
        if opcode in (0x1A, 0x1B):
            width = 2 if opcode == 0x1A else 4
            return self._string(int.from_bytes(data[at + 2 : at + 2 + width], "little"))
        if opcode == 0x12:
            return signed(data[at + 1] >> 4, 4)
        if opcode == 0x15:
            return signed((data[at + 2] | data[at + 3] << 8) << 16, 32)
        width = _CONSTANT_BYTES.get(opcode, 0)
        if not width:
            return None
        return signed(int.from_bytes(data[at + 2 : at + 2 + width], "little"), 8 * width)

    def _new_array(self, at: int) -> Held | None:
        size = self._get(self._data[at + 1] >> 4)
        if isinstance(size, int) and 0 <= size <= ARRAY_BYTES_MAX:
            return ConstantArray(size)
        return None

    def _fill(self, at: int) -> None:
        data = self._data
        table = at + 2 * signed(int.from_bytes(data[at + 2 : at + 6], "little"), 32)
        held = self._get(data[at + 1])
        if not isinstance(held, ConstantArray) or not 0 <= table < len(data) - 8:
            return
        width = data[table + 2] | data[table + 3] << 8
        count = int.from_bytes(data[table + 4 : table + 8], "little")
        if data[table : table + 2] == b"\x00\x03" and width == 1 and count <= ARRAY_BYTES_MAX:
            held.contents = data[table + 8 : table + 8 + count].ljust(len(held.contents), b"\0")
        else:
            self._forget_array(data[at + 1])

    def _forget_array(self, register: int) -> None:
        held = self._state.get(register)
        if isinstance(held, ConstantArray):
            self._state = {key: one for key, one in self._state.items() if one is not held}

    def _invoke(self, at: int) -> None:
        registers = _arguments(self._data, at)
        method = self._data[at + 2 + 0] | self._data[at + 3] << 8
        self._result = None
        if method in self._get_bytes and registers:
            text = self._get(registers[0])
            if isinstance(text, str):
                array = ConstantArray(0)
                array.contents = text.encode("utf-8", "backslashreplace")[:ARRAY_BYTES_MAX]
                self._result = array
        for register in registers:
            self._forget_array(register)

    def _call(self, at: int) -> Call:
        held = [self._get(register) for register in _arguments(self._data, at)]
        opcode = self._data[at]
        return Call(
            offset=at,
            method=self._data[at + 2] | self._data[at + 3] << 8,
            static=opcode in (0x71, 0x77),
            arguments=tuple(
                one.contents if isinstance(one, ConstantArray) else one for one in held
            ),
        )


_MOVES: Final = frozenset(range(0x01, 0x0A))
_CONSTANT_BYTES: Final = {0x13: 2, 0x14: 4, 0x16: 2, 0x17: 4, 0x18: 8}
"""Opcode of a number constant to the length of the number."""


def _moved(data: Buffer, at: int, opcode: int) -> int:
    if WRITES[opcode] == NIBBLE:
        return data[at + 1] >> 4
    offset = at + 2 if WRITES[opcode] == BYTE else at + 4
    return data[offset] | data[offset + 1] << 8


def _arguments(data: Buffer, at: int) -> list[int]:
    """Return the registers of an invoke instruction."""
    if data[at] >= 0x74:
        first = data[at + 4] | data[at + 5] << 8
        return list(range(first, first + data[at + 1]))
    count = data[at + 1] >> 4
    nibbles = (
        data[at + 4] & 15, data[at + 4] >> 4, data[at + 5] & 15, data[at + 5] >> 4,
        data[at + 1] & 15,
    )  # fmt: skip
    return list(nibbles[:count])


def _agreed(one: State, other: State) -> State:
    """Return what both states say alike. Arrays agree only as the same object."""
    return {
        register: value
        for register, value in one.items()
        if (found := other.get(register)) is value
        or (found == value and type(found) is type(value) and not isinstance(value, ConstantArray))
    }
