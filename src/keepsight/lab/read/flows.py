"""The flow table and the reassembly of TCP, as far as needed and no further.

Most packets of a capture belong to flows whose handshake is over. They cost one dictionary look-up
and three additions; only the others are taken apart. Both the table and what waits for a missing
segment are bounded, so memory does not grow with the file.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from keepsight.lab.read.datagrams import DatagramTalk
from keepsight.lab.read.network import ETHERNET, SLL, TCP, UDP, datagram
from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.opening import Opening
from keepsight.lab.read.packets import Packet
from keepsight.lab.read.talk import Talk

FLOWS_MAX = 1 << 15
"""Conversations in the table; past it the oldest is closed and counted."""
OPEN_MAX = 1 << 12
"""Conversations that are still being followed; past it the oldest is followed no longer."""
SEGMENTS_MAX = 64
"""Waiting for a missing one, per direction."""
WAITING_BYTES_MAX = 1 << 18
_SYN, _FIN, _RST, _ACK = 2, 1, 4, 16
_WRAP = 1 << 32
_HALF = 1 << 31


@dataclass(slots=True, eq=False)
class Half:
    """One direction of a conversation."""

    flow: "Flow"
    side: int
    wire_bytes: int = 0
    packets: int = 0
    last_us: int = 0
    is_settled: bool = False
    """Nothing more is wanted from this direction: count only."""
    next_seq: int = -1
    waiting: dict[int, tuple[bytes, int, int]] = field(default_factory=dict)
    waiting_bytes: int = 0


@dataclass(slots=True, eq=False)
class Flow:
    """A conversation with its two directions and what listens to it."""

    talk: Conversation
    listener: Talk
    keys: tuple[bytes, bytes]
    is_open: bool = True
    halves: list[Half] = field(default_factory=list)


class Nobody:
    """Listens to a conversation of which nothing more is wanted."""

    def feed(self, data: bytes, side: int, packet: int, captured_us: int) -> bool:  # noqa: ARG002 - the shape of Talk
        """Want nothing more."""
        return False

    def close(self) -> None:
        """Nothing is held back."""


_NOBODY = Nobody()


class FlowTable:
    """All flows of one capture. `on_done` gets each conversation when nothing more can come."""

    def __init__(self, notes: Notes, on_done: Callable[[Conversation], None]) -> None:
        self._notes = notes
        self._on_done = on_done
        self._tables: dict[int, dict[bytes, Half]] = {TCP: {}, UDP: {}}
        self._open: dict[Flow, None] = {}
        self.packets = 0
        self.wire_bytes = 0
        self.started_us = 0
        self.ended_us = 0
        self.not_ip = 0

    def take_all(self, packets: Iterator[Packet]) -> None:
        """Run through a file. The first lines are the path of most packets, kept bare for speed."""
        tcp, udp = self._tables[TCP], self._tables[UDP]
        number = total = 0
        first_us = last_us = 0
        for data, start, end, wire_bytes, captured_us, link in packets:
            number += 1
            total += wire_bytes
            last_us = captured_us
            if number == 1:
                first_us = captured_us
            at = start + 14 if link == ETHERNET else start + 16 if link == SLL else start
            if (
                end - at > 40
                and data[at] == 0x45
                and (at == start or (data[at - 2] == 8 and data[at - 1] == 0))
            ):
                protocol = data[at + 9]
                if protocol == TCP:
                    half = tcp.get(data[at + 12 : at + 24])
                    # A new SYN on old ports begins another conversation.
                    is_settled = half is not None and half.is_settled and not data[at + 33] & _SYN
                else:
                    half = udp.get(data[at + 12 : at + 24]) if protocol == UDP else None
                    is_settled = half is not None and half.is_settled
                if is_settled and half is not None:
                    half.wire_bytes += wire_bytes
                    half.packets += 1
                    half.last_us = captured_us
                    continue
            self._take(data, start, end, wire_bytes, number, captured_us, link)
        self.packets, self.wire_bytes = number, total
        self.started_us, self.ended_us = first_us, max(first_us, last_us)

    def _take(  # noqa: PLR0913, PLR0917 - a packet as the reader gives it
        self,
        data: bytes,
        start: int,
        end: int,
        wire_bytes: int,
        number: int,
        captured_us: int,
        link: int,
    ) -> None:
        found = datagram(data, start, end, link)
        if found is None:
            self.not_ip += 1
            return
        protocol, addresses, at, stop = found
        if protocol == TCP and stop - at >= 20:
            self._take_tcp(data, addresses, at, stop, wire_bytes, number, captured_us)
        elif protocol == UDP and stop - at >= 8:
            half = self._half(UDP, addresses, data[at : at + 4], number, captured_us, begins=True)
            self._count(half, wire_bytes, captured_us)
            if not half.is_settled:
                payload = data[at + 8 : min(stop, at + max(8, data[at + 4] << 8 | data[at + 5]))]
                wants = half.flow.listener.feed(payload, half.side, number, captured_us)
                if not wants:
                    self._settle(half.flow)

    def _take_tcp(  # noqa: PLR0913, PLR0917 - a segment as the packet gives it
        self,
        data: bytes,
        addresses: bytes,
        at: int,
        stop: int,
        wire_bytes: int,
        number: int,
        captured_us: int,
    ) -> None:
        flags = data[at + 13]
        is_begin = flags & (_SYN | _ACK) == _SYN
        ports = data[at : at + 4]
        if is_begin:
            self._retire_reused(addresses + ports, int.from_bytes(data[at + 4 : at + 8], "big"))
        begins = is_begin or (not flags & _SYN and _is_upward(ports))
        half = self._half(TCP, addresses, ports, number, captured_us, begins=begins)
        self._count(half, wire_bytes, captured_us)
        if half.is_settled:
            return
        seq = int.from_bytes(data[at + 4 : at + 8], "big")
        if flags & _SYN:
            half.next_seq = (seq + 1) % _WRAP
            return
        payload = data[min(stop, at + (data[at + 12] >> 4) * 4) : stop]
        if payload:
            self._segment(half, seq, payload, number, captured_us)

    def _retire_reused(self, key: bytes, seq: int) -> None:
        """A SYN on a known pair of ports begins anew, unless it is the same SYN once more."""
        old = self._tables[TCP].get(key)
        if old is not None and old.next_seq != (seq + 1) % _WRAP and old.packets > 0:
            self._finish(old.flow)

    def _half(  # noqa: PLR0913 - a packet's place in the table
        self,
        protocol: int,
        addresses: bytes,
        ports: bytes,
        number: int,
        captured_us: int,
        *,
        begins: bool,
    ) -> Half:
        table = self._tables[protocol]
        key = addresses + ports
        half = table.get(key)
        if half is not None:
            return half
        middle = len(addresses) // 2
        source, target = addresses[:middle], addresses[middle:]
        back = target + source + ports[2:] + ports[:2]
        keys = (key, back) if begins else (back, key)
        numbers = (int.from_bytes(ports[:2], "big"), int.from_bytes(ports[2:], "big"))
        talk = Conversation(
            "tcp" if protocol == TCP else "udp",
            (source, target) if begins else (target, source),
            numbers if begins else (numbers[1], numbers[0]),
            number,
            captured_us,
        )
        listener: Talk = (Opening if protocol == TCP else DatagramTalk)(talk, self._notes)
        flow = Flow(talk, listener, keys)
        flow.halves = [Half(flow, 0), Half(flow, 1)]
        if len(table) >= 2 * FLOWS_MAX:
            self._notes.limit("more flows at a time than the table holds")
            self._finish(next(iter(table.values())).flow)
        table[keys[0]], table[keys[1]] = flow.halves
        self._open[flow] = None
        if len(self._open) > OPEN_MAX:
            self._evict_open()
        return flow.halves[0 if begins else 1]

    def _evict_open(self) -> None:
        oldest = next(iter(self._open))
        if oldest.talk.transport == "udp" or not any(half.packets for half in oldest.halves):
            self._settle(oldest)
            return
        self._notes.limit("more connections at a time than are followed")
        self._settle(oldest)

    @staticmethod
    def _count(half: Half, wire_bytes: int, captured_us: int) -> None:
        half.wire_bytes += wire_bytes
        half.packets += 1
        half.last_us = captured_us

    def _segment(self, half: Half, seq: int, payload: bytes, number: int, captured_us: int) -> None:
        if half.next_seq < 0:
            half.next_seq = seq
        ahead = (seq - half.next_seq) % _WRAP
        if ahead >= _HALF:
            old = _WRAP - ahead
            if old >= len(payload):
                return
            payload, ahead = payload[old:], 0
        if ahead:
            self._wait(half, seq, payload, number, captured_us)
            return
        self._deliver(half, payload, number, captured_us)
        while half.waiting and not half.is_settled:
            ready = next((s for s in half.waiting if (s - half.next_seq) % _WRAP >= _HALF), None)
            ready = half.next_seq if half.next_seq in half.waiting else ready
            if ready is None:
                break
            later, its_number, its_us = half.waiting.pop(ready)
            half.waiting_bytes -= len(later)
            behind = (half.next_seq - ready) % _WRAP
            if behind < len(later):
                self._deliver(half, later[behind:], its_number, its_us)

    def _wait(self, half: Half, seq: int, payload: bytes, number: int, captured_us: int) -> None:
        if seq in half.waiting and len(half.waiting[seq][0]) >= len(payload):
            return
        half.waiting[seq] = (payload, number, captured_us)
        half.waiting_bytes += len(payload)
        if len(half.waiting) > SEGMENTS_MAX or half.waiting_bytes > WAITING_BYTES_MAX:
            # The missing segment is not in the capture; what follows cannot be put in order.
            self._notes.limit("a connection with segments missing from the capture")
            self._settle(half.flow)

    def _deliver(self, half: Half, payload: bytes, number: int, captured_us: int) -> None:
        half.next_seq = (half.next_seq + len(payload)) % _WRAP
        if not half.flow.listener.feed(payload, half.side, number, captured_us):
            self._settle(half.flow)

    def _settle(self, flow: Flow) -> None:
        if flow.is_open:
            flow.is_open = False
            flow.listener.close()
            flow.listener = _NOBODY  # what it held is no longer wanted
            self._open.pop(flow, None)
        for half in flow.halves:
            half.is_settled = True
            half.waiting.clear()
            half.waiting_bytes = 0

    def _finish(self, flow: Flow) -> None:
        has_waiting = any(half.waiting for half in flow.halves)
        if has_waiting:
            self._notes.limit("a connection with segments missing from the capture")
        self._settle(flow)
        table = self._tables[TCP if flow.talk.transport == "tcp" else UDP]
        for key in flow.keys:
            table.pop(key, None)
        talk = flow.talk
        talk.wire_bytes = [half.wire_bytes for half in flow.halves]
        talk.last_us = max(half.last_us for half in flow.halves)
        self._on_done(talk)

    def finish(self) -> None:
        """The file is over: every conversation is done."""
        for table in self._tables.values():
            while table:
                self._finish(next(iter(table.values())).flow)


def _is_upward(ports: bytes) -> bool:
    """Without a SYN, the side with the higher port is taken for the one that began."""
    return ports[:2] >= ports[2:]
