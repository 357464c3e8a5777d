"""What is noted down while a capture is read.

Every list has its bound; past it a limit is noted.
"""

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TypeVar

from keepsight.lab.facts.capture import (
    ClearCredential,
    ClearMessage,
    Exchange,
    FiveFieldMessage,
    Reach,
    TlsHandshake,
    UnknownFlow,
)
from keepsight.lab.read.network import address_text, reach_of

_Item = TypeVar("_Item")

HANDSHAKES_MAX = 50_000
CLEAR_MESSAGES_MAX = 2_000
CLEAR_MESSAGES_A_PLACE_MAX = 20
CREDENTIALS_MAX = 1_000
EXCHANGES_MAX = 20_000
MESSAGES_MAX = 2_000
UNKNOWN_MAX = 5_000
NAMES_MAX = 50_000
SAMPLE_BYTES_MIN = 256
"""Below it entropy says nothing."""
SAMPLE_BYTES_MAX = 4096


@dataclass(slots=True)
class Conversation:
    """One flow in both directions. Side 0 began it, side 1 answered."""

    transport: str
    addresses: tuple[bytes, bytes]
    ports: tuple[int, int]
    first_packet: int
    first_us: int
    protocol: str = ""
    host: str = ""
    """Name of the other end as the conversation itself gives it."""
    host_source: str = ""
    wire_bytes: list[int] = field(default_factory=lambda: [0, 0])
    last_us: int = 0

    @property
    def server(self) -> str:
        """Address and port of the answering side."""
        return f"{_bracketed(self.addresses[1])}:{self.ports[1]}"

    @property
    def client(self) -> str:
        """Address and port of the beginning side."""
        return f"{_bracketed(self.addresses[0])}:{self.ports[0]}"

    @property
    def reach(self) -> Reach:
        """Internet as soon as one end is out there."""
        is_out = Reach.INTERNET in (reach_of(self.addresses[0]), reach_of(self.addresses[1]))
        return Reach.INTERNET if is_out else Reach.LOCAL

    @property
    def remote_side(self) -> int:
        """The side that is not the product: the one on the internet, else the answering one."""
        is_client_out = reach_of(self.addresses[0]) is Reach.INTERNET
        is_server_out = reach_of(self.addresses[1]) is Reach.INTERNET
        return 0 if is_client_out and not is_server_out else 1


def _bracketed(address: bytes) -> str:
    text = address_text(address)
    return f"[{text}]" if len(address) == 16 else text


@dataclass(slots=True)
class Notes:
    """Everything worth a line in the report, and what was not followed."""

    is_decrypted: bool = False
    secret: bytes | None = None
    """ssecurity, where the tester gave it."""
    markers: tuple[str, ...] = ()
    """Values of the tester's own account."""
    handshakes: list[TlsHandshake] = field(default_factory=list)
    clear_messages: list[ClearMessage] = field(default_factory=list)
    credentials: list[ClearCredential] = field(default_factory=list)
    exchanges: list[Exchange] = field(default_factory=list)
    messages: list[FiveFieldMessage] = field(default_factory=list)
    unknown_flows: list[UnknownFlow] = field(default_factory=list)
    names: dict[bytes, str] = field(default_factory=dict)
    """Address to the name it was last the answer for."""
    asked: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Name to packet and time of the first query."""
    protocols: Counter[str] = field(default_factory=Counter)
    quic_flows: int = 0
    limits: dict[str, None] = field(default_factory=dict)
    _places: Counter[tuple[str, str]] = field(default_factory=Counter)

    def limit(self, text: str) -> None:
        """Something was not followed to its end."""
        self.limits[text] = None

    def note_handshake(self, handshake: TlsHandshake) -> None:
        """Keep a handshake."""
        self._keep(self.handshakes, handshake, HANDSHAKES_MAX, "handshakes")

    def note_clear(self, talk: Conversation, packet: int, text: str, *, harmless: bool) -> None:
        """Keep readable content: the first few of each host and protocol."""
        place = (talk.protocol, talk.host or talk.server)
        self._places[place] += 1
        if self._places[place] > CLEAR_MESSAGES_A_PLACE_MAX:
            return
        message = ClearMessage(
            packet, talk.protocol, talk.host, talk.server, talk.reach, text, is_harmless=harmless
        )
        self._keep(self.clear_messages, message, CLEAR_MESSAGES_MAX, "readable messages")

    def note_credential(
        self, talk: Conversation, packet: int, field_name: str, masked: str, *, digest: bool = False
    ) -> None:
        """Keep the place of a readable credential."""
        found = ClearCredential(
            packet, talk.protocol, talk.host, talk.reach, field_name, masked, is_digest=digest
        )
        self._keep(self.credentials, found, CREDENTIALS_MAX, "credentials")

    def note_exchange(self, exchange: Exchange) -> None:
        """Keep an HTTP exchange."""
        self._keep(self.exchanges, exchange, EXCHANGES_MAX, "HTTP exchanges")

    def note_message(self, message: FiveFieldMessage) -> None:
        """Keep a five-field message."""
        self._keep(self.messages, message, MESSAGES_MAX, "five-field messages")

    def note_unknown(self, talk: Conversation, sample: bytes) -> None:
        """Keep a flow whose protocol was not recognised, with the entropy of its sample."""
        flow = UnknownFlow(
            talk.first_packet,
            talk.transport,
            talk.server,
            talk.host,
            talk.reach,
            len(sample),
            round(entropy_bits(sample), 3),
            round(random_bound_bits(len(sample)), 3),
        )
        self._keep(self.unknown_flows, flow, UNKNOWN_MAX, "unknown flows")

    def learn_name(self, address: bytes, name: str) -> None:
        """An answer gave this address for this name."""
        if len(self.names) < NAMES_MAX or address in self.names:
            self.names[address] = name
        else:
            self.limit("more addresses were named than are kept")

    def learn_query(self, name: str, packet: int, captured_us: int) -> None:
        """A name was asked for."""
        if len(self.asked) < NAMES_MAX:
            self.asked.setdefault(name, (packet, captured_us))
        else:
            self.limit("more names were asked for than are kept")

    def _keep(self, kept: list[_Item], item: _Item, most: int, what: str) -> None:
        if len(kept) < most:
            kept.append(item)
        else:
            self.limit(f"more {what} than are kept ({most})")


def entropy_bits(sample: bytes) -> float:
    """Shannon entropy of the bytes, in bits a byte."""
    if not sample:
        return 0.0
    size = len(sample)
    return -sum(n / size * math.log2(n / size) for n in Counter(sample).values())


def random_bound_bits(size: int) -> float:
    """Entropy above which a sample of this many bytes looks random; 0 for too short a sample.

    A short random sample cannot reach 8 bits: its expected entropy is about 8 - 255 / (2 n ln 2)
    (Miller 1955), less below 1 KiB. The margin of 95 / n covers that and four times the spread
    measured over 2,000 random samples a size (0.053 bits at 256 bytes, 0.004 at 4 KiB).
    """
    if size < SAMPLE_BYTES_MIN:
        return 0.0
    return 8 - 255 / (2 * size * math.log(2)) - 95 / size
