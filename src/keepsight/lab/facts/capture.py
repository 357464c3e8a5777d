"""What a capture shows: who was contacted, how, and what was readable on the way."""

from dataclasses import dataclass, field
from enum import StrEnum

from keepsight.lab.facts.tracker import Tracker


class Reach(StrEnum):
    """Where the other end is."""

    INTERNET = "internet"
    LOCAL = "local"
    """Private, link-local, multicast or broadcast addresses."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The leaf certificate, where the handshake shows it (TLS 1.2 and earlier)."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: str
    """ISO date and time, UTC."""
    not_after: str
    key: str
    """E.g. RSA 2048, EC secp256r1."""
    key_bits: int
    signature_hash: str
    """E.g. sha256; empty where the algorithm has none (Ed25519)."""
    sha256: str
    is_self_signed: bool


@dataclass(frozen=True, slots=True)
class TlsHandshake:
    """One negotiation, or the attempt at one."""

    packet: int
    """Of the ServerHello, or of the ClientHello where no answer was seen. Counted from 1."""
    client: str
    server: str
    """Address and port."""
    reach: Reach
    sni: str
    version: str
    """Negotiated, e.g. TLS 1.3; empty where no ServerHello was seen."""
    cipher: str
    """IANA name, or 0x and the number; empty where no ServerHello was seen."""
    offered_versions: tuple[str, ...] = ()
    offered_weak: tuple[str, ...] = ()
    """Weak suites the client would have accepted. Offered is not negotiated."""
    is_quic: bool = False
    certificate: Certificate | None = None
    captured_us: int = 0
    """When, in microseconds since 1970, by the capture's clock."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One other end, by name where one is known."""

    name: str
    """Host name; the address where no name was seen."""
    addresses: tuple[str, ...]
    reach: Reach
    sources: tuple[str, ...]
    """How the name is known: sni, host, dns."""
    protocols: tuple[str, ...]
    sent_bytes: int
    """From the product's side; 0 together with received_bytes 0 for a query without connection."""
    received_bytes: int
    first_packet: int
    first_us: int
    last_us: int

    @property
    def is_connected(self) -> bool:
        """Bytes went there or came from there, beyond asking for the name."""
        return self.sent_bytes + self.received_bytes > 0


@dataclass(frozen=True, slots=True)
class TrackerContact:
    """A host of the tracker table was contacted, or asked for."""

    tracker: Tracker
    contact: Contact
    is_shared: bool
    """The host serves several products of the owner: the owner is proven, not the product."""


@dataclass(frozen=True, slots=True)
class ClearMessage:
    """Content that anyone on the way could read."""

    packet: int
    protocol: str
    host: str
    server: str
    reach: Reach
    text: str
    """First line or start of the payload, secrets masked."""
    is_harmless: bool = False
    """Connectivity, certificate-status checks and local discovery carry no user content."""


@dataclass(frozen=True, slots=True)
class ClearCredential:
    """A password or token that was readable on the way. The value itself is not kept."""

    packet: int
    protocol: str
    host: str
    reach: Reach
    field_name: str
    masked: str
    is_digest: bool = False
    """A challenge-response proof, not the password itself."""


@dataclass(frozen=True, slots=True)
class UnknownFlow:
    """A protocol that was not recognised."""

    packet: int
    transport: str
    server: str
    host: str
    reach: Reach
    sample_bytes: int
    entropy_bits: float
    """Per byte, of the sample."""
    bound_bits: float
    """Above it the sample looks encrypted or compressed; 0 where the sample is too short."""

    @property
    def is_random_looking(self) -> bool | None:
        """Encrypted or compressed; None where the sample is too short to tell."""
        return None if self.bound_bits == 0 else self.entropy_bits >= self.bound_bits


class Proof(StrEnum):
    """How far a five-field message could be shown to be RC4."""

    PROVEN = "proven"
    """The inner hash over the decrypted data equals the decrypted rc4_hash__."""
    REFUTED = "refuted"
    """The key could be derived, and the inner hash does not match: not this algorithm."""
    NO_KEY = "no_key"
    """ssecurity is neither in the message nor given by the tester."""
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class FiveFieldMessage:
    """One request with data, rc4_hash__, signature, _nonce (and mostly ssecurity)."""

    packet: int
    """Packet or HAR entry number, counted from 1."""
    host: str
    path: str
    proof: Proof
    is_secret_inside: bool
    """ssecurity travels in the request."""
    is_signature_recomputed: bool = False
    """SHA-1 with the secret as suffix gives the signature of the message."""
    is_keystream_shared: bool | None = None
    """data and rc4_hash__ decrypt with one keystream position; None: not testable."""
    is_response_shared: bool | None = None
    """The response decrypts with the request's keystream; None: no response seen."""
    nonce_minute: int | None = None
    """Minutes since 1970 in the nonce."""
    nonce_offset_seconds: int | None = None
    """Capture time minus nonce time."""
    nonce_digest: str = ""
    """SHA-256 of the nonce, shortened: tells repeated nonces without keeping them."""
    data_keys: tuple[str, ...] = ()
    """Names in the decrypted JSON; the values are not kept."""
    personal: tuple[str, ...] = ()
    """Kinds of personal data found in the decrypted request: location, wifi_name, email, ..."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request with its response, as far as it could be read."""

    packet: int
    method: str
    host: str
    path: str
    """Without the query's values."""
    status: int
    """0 where no response was seen."""
    is_clear: bool
    """Readable on the way; false for entries of a HAR and of decrypted captures."""
    content_type: str = ""
    cache_control: str = ""
    vary: str = ""
    is_authorised: bool = False
    """The request carried a cookie, an Authorization header or a token in the query."""
    personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Peer:
    """Traffic while nobody looked, or straight to another household's address."""

    address: str
    protocol: str
    packet: int
    sent_bytes: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class CaptureFacts:
    """One capture file, reduced."""

    artefact: str
    format: str
    """pcap, pcapng or har."""
    packets: int
    bytes_seen: int
    """On the wire, as the capture says."""
    started_us: int
    ended_us: int
    link_types: tuple[str, ...] = ()
    is_decrypted: bool = False
    """The tester says the content was decrypted before saving, or it is a HAR."""
    actions: tuple[str, ...] = ()
    """What the tester did meanwhile, from the dossier."""
    phase: str = ""
    """idle, setup, use or empty."""
    handshakes: tuple[TlsHandshake, ...] = ()
    contacts: tuple[Contact, ...] = ()
    trackers: tuple[TrackerContact, ...] = ()
    clear_messages: tuple[ClearMessage, ...] = ()
    credentials: tuple[ClearCredential, ...] = ()
    unknown_flows: tuple[UnknownFlow, ...] = ()
    messages: tuple[FiveFieldMessage, ...] = ()
    exchanges: tuple[Exchange, ...] = ()
    peers: tuple[Peer, ...] = ()
    protocols: dict[str, int] = field(default_factory=dict)
    """Flows by protocol."""
    quic_flows: int = 0
    has_tls_secrets: bool = False
    """The file carries the secrets of its TLS connections: whoever has it can decrypt them."""
    limits: tuple[str, ...] = ()
    """What was not followed to its end, and why. Anything here keeps an outcome from clear."""

    @property
    def duration_seconds(self) -> float:
        """From the first to the last packet."""
        return max(0, self.ended_us - self.started_us) / 1_000_000
