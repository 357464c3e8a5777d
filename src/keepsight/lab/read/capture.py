"""A packet capture, reduced to facts: one pass, front to end, bounded memory."""

from dataclasses import dataclass
from pathlib import Path

from keepsight.lab.facts.capture import CaptureFacts, Contact, Peer, Reach, TrackerContact
from keepsight.lab.facts.product import Unread
from keepsight.lab.facts.tracker import trackers_of_host
from keepsight.lab.read.flows import FlowTable
from keepsight.lab.read.limits import FILE_BYTES_MAX, UnreadableArtefact
from keepsight.lab.read.network import LINK_NAMES, address_text, reach_of
from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.packets import PacketFile
from keepsight.lab.read.tables import trackers

CONTACTS_MAX = 20_000
PEERS_MAX = 200
_PEER_PROTOCOLS = frozenset({"STUN", "CS2 peer to peer", "RTP", "DTLS"})
_NAME_QUALITY = {"": 0, "dns": 1, "host": 2, "sni": 3}


@dataclass(frozen=True, slots=True)
class CaptureContext:
    """What the dossier says about a capture."""

    is_decrypted: bool = False
    actions: tuple[str, ...] = ()
    phase: str = ""
    secret: bytes | None = None
    markers: tuple[str, ...] = ()


@dataclass(slots=True)
class _ContactSum:
    name: str
    reach: Reach
    addresses: dict[str, None]
    sources: dict[str, None]
    protocols: dict[str, None]
    sent: int
    received: int
    first_packet: int
    first_us: int
    last_us: int


class ContactBook:
    """Sums conversations by the other end's name, once all names are known."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._rows: dict[tuple[str, bytes], _ContactSum] = {}
        self.peers: list[Peer] = []

    def take(self, talk: Conversation) -> None:
        """Add one finished conversation."""
        self._notes.protocols[talk.protocol or f"{talk.transport} without payload"] += 1
        remote = talk.remote_side
        address = talk.addresses[remote]
        sent, received = talk.wire_bytes[1 - remote], talk.wire_bytes[remote]
        self._add(talk, address, sent, received)
        is_peer = talk.protocol in _PEER_PROTOCOLS and reach_of(address) is Reach.INTERNET
        if is_peer and len(self.peers) < PEERS_MAX:
            text = address_text(address)
            self.peers.append(Peer(text, talk.protocol, talk.first_packet, sent, received))

    def _add(self, talk: Conversation, address: bytes, sent: int, received: int) -> None:
        key = (talk.host, address)
        row = self._rows.get(key)
        if row is None:
            if len(self._rows) >= CONTACTS_MAX:
                self._notes.limit(f"more than {CONTACTS_MAX} contacts")
                return
            row = self._rows[key] = _ContactSum(
                talk.host,
                reach_of(address),
                {address_text(address): None},
                {},
                {},
                0,
                0,
                talk.first_packet,
                talk.first_us,
                0,
            )
        if talk.host_source:
            row.sources[talk.host_source] = None
        if talk.protocol:
            row.protocols[talk.protocol] = None
        row.sent += sent
        row.received += received
        row.first_packet = min(row.first_packet, talk.first_packet)
        row.first_us = min(row.first_us, talk.first_us)
        row.last_us = max(row.last_us, talk.last_us)

    def contacts(self) -> tuple[Contact, ...]:
        """All other ends, by name where one is known, largest first; then names only asked for."""
        merged: dict[str, _ContactSum] = {}
        for (host, address), row in self._rows.items():
            name = host
            if not name and address in self._notes.names:
                name = self._notes.names[address]
                row.sources["dns"] = None
            name = name or address_text(address)
            into = merged.get(name)
            if into is None:
                row.name = name
                merged[name] = row
            else:
                _merge(into, row)
        found = sorted(merged.values(), key=lambda r: -(r.sent + r.received))
        listed = [_contact(row) for row in found]
        for name, (packet, when_us) in self._notes.asked.items():
            if name not in merged and len(listed) < CONTACTS_MAX:
                listed.append(
                    Contact(name, (), Reach.INTERNET, ("dns",), (), 0, 0, packet, when_us, when_us)
                )
        return tuple(listed)


def _merge(into: _ContactSum, row: _ContactSum) -> None:
    into.addresses |= row.addresses
    into.sources |= row.sources
    into.protocols |= row.protocols
    into.sent += row.sent
    into.received += row.received
    into.first_packet = min(into.first_packet, row.first_packet)
    into.first_us = min(into.first_us, row.first_us)
    into.last_us = max(into.last_us, row.last_us)
    if row.reach is Reach.INTERNET:
        into.reach = Reach.INTERNET


def _contact(row: _ContactSum) -> Contact:
    sources = sorted(row.sources, key=lambda source: -_NAME_QUALITY.get(source, 0))
    return Contact(
        row.name,
        tuple(row.addresses)[:16],
        row.reach,
        tuple(sources),
        tuple(row.protocols),
        row.sent,
        row.received,
        row.first_packet,
        row.first_us,
        row.last_us,
    )


def tracker_contacts(contacts: tuple[Contact, ...]) -> tuple[TrackerContact, ...]:
    """Rows of the tracker table among the contacts."""
    return tuple(
        TrackerContact(tracker, contact, is_shared)
        for contact in contacts
        if contact.reach is Reach.INTERNET
        for tracker, is_shared in trackers_of_host(trackers(), contact.name)
    )


def read_capture(
    path: Path, context: CaptureContext | None = None
) -> tuple[CaptureFacts, tuple[Unread, ...]]:
    """Read a pcap or pcapng file.

    Raises:
        UnreadableArtefact: not such a file, too large, or without a packet that can be followed.
        OSError: the file cannot be opened.
    """
    context = context or CaptureContext()
    if path.stat().st_size > FILE_BYTES_MAX:
        raise UnreadableArtefact("larger than what is opened")
    notes = Notes(context.is_decrypted, context.secret, context.markers)
    book = ContactBook(notes)
    table = FlowTable(notes, book.take)
    with path.open("rb") as file:
        packets = PacketFile(file, path.name)
        table.take_all(iter(packets))
    table.finish()
    unread = _unread(path.name, packets, table)
    if table.packets == 0:
        raise UnreadableArtefact(packets.damage or "no packet in it")
    if packets.has_secrets and not context.is_decrypted:
        notes.limit(
            "the file carries the secrets of its TLS connections, which this lab does not use: "
            "export it decrypted"
        )
    return _facts(path.name, packets, table, notes, book, context), unread


def _unread(name: str, packets: PacketFile, table: FlowTable) -> tuple[Unread, ...]:
    unread = []
    if packets.damage:
        unread.append(Unread(name, f"after packet {table.packets}", packets.damage))
    foreign = sorted(link for link in packets.links if link not in LINK_NAMES)
    if foreign:
        reason = f"link type {', '.join(map(str, foreign))} is not understood"
        unread.append(Unread(name, "packets of that link type", reason))
    return tuple(unread)


def _facts(  # noqa: PLR0913, PLR0917 - brings the parts of one reading together
    name: str,
    packets: PacketFile,
    table: FlowTable,
    notes: Notes,
    book: ContactBook,
    context: CaptureContext,
) -> CaptureFacts:
    contacts = book.contacts()
    return CaptureFacts(
        artefact=name,
        format=packets.format,
        packets=table.packets,
        bytes_seen=table.wire_bytes,
        started_us=table.started_us,
        ended_us=table.ended_us,
        link_types=tuple(LINK_NAMES.get(n, f"link type {n}") for n in sorted(packets.links)),
        is_decrypted=context.is_decrypted,
        actions=context.actions,
        phase=context.phase,
        handshakes=tuple(sorted(notes.handshakes, key=lambda h: h.packet)),
        contacts=contacts,
        trackers=tracker_contacts(contacts),
        clear_messages=tuple(notes.clear_messages),
        credentials=tuple(notes.credentials),
        unknown_flows=tuple(notes.unknown_flows),
        messages=tuple(notes.messages),
        exchanges=tuple(notes.exchanges),
        peers=tuple(book.peers),
        protocols=dict(notes.protocols),
        quic_flows=notes.quic_flows,
        has_tls_secrets=packets.has_secrets,
        limits=tuple(notes.limits),
    )
