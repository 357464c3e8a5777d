"""TLS handshakes as they stand on the wire: hello messages and, up to 1.2, the certificate.

Sources: RFC 5246, RFC 8446 (supported_versions), RFC 6066 (server name), RFC 6101 (SSL 3.0).
Everything is bounded: a hello of 64 KiB, a certificate message of 64 KiB, one leaf parsed.
"""

import struct
import tomllib
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import resources

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from keepsight.lab.facts.capture import Certificate

RECORD_BYTES_MAX = 16384 + 2048
HANDSHAKE_BYTES_MAX = 1 << 16
CERTIFICATE_NAMES_MAX = 64

CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE = 1, 2, 11
_SERVER_NAME, _SUPPORTED_VERSIONS = 0, 43
_RETRY_RANDOM = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
"""RFC 8446 4.1.3: a ServerHello with this random is a HelloRetryRequest."""

_VERSION_NAMES = {
    0x0002: "SSL 2.0",
    0x0300: "SSL 3.0",
    0x0301: "TLS 1.0",
    0x0302: "TLS 1.1",
    0x0303: "TLS 1.2",
    0x0304: "TLS 1.3",
}
_TLS13_DRAFTS = range(0x7F00, 0x7F30)
_FACEBOOK_DRAFTS = range(0xFB00, 0xFB30)


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What the client offered."""

    sni: str
    versions: tuple[int, ...]
    suites: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ServerHello:
    """What the server chose."""

    version: int
    suite: int
    is_retry: bool


def version_name(version: int) -> str:
    """Name of a protocol version; drafts of 1.3 count as 1.3."""
    if version in _TLS13_DRAFTS or version in _FACEBOOK_DRAFTS:
        return "TLS 1.3"
    return _VERSION_NAMES.get(version, f"0x{version:04x}")


@cache
def _suites() -> dict[int, str]:
    text = (resources.files("keepsight.lab") / "data" / "cipher_suites.toml").read_text("utf-8")
    return {int(key, 16): name for key, name in tomllib.loads(text)["suites"].items()}


def suite_name(suite: int) -> str:
    """IANA name of a cipher suite, or its number."""
    return _suites().get(suite, f"0x{suite:04x}")


def weakness_of(name: str) -> str:
    """Why a suite is weak, in a word; empty where it is not."""
    for mark, word in _WEAK:
        if mark in name:
            return word
    return ""


_WEAK = (
    ("_NULL_", "no encryption"),
    ("EXPORT", "export-grade key"),
    ("_anon_", "no authentication"),
    ("RC4", "RC4"),
    ("RC2", "RC2"),
    ("3DES", "3DES"),
    ("_DES_", "DES"),
    ("_IDEA_", "IDEA"),
    ("_MD5", "MD5"),
)


def is_grease(number: int) -> bool:
    """RFC 8701: values that mean nothing and keep the other side honest."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


class Stream:
    """Handshake messages out of one direction's bytes."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._handshake = bytearray()
        self.is_broken = False
        """What came is not TLS any more, or longer than its bound."""
        self.is_encrypted = False
        """The change of cipher passed: what follows says nothing."""
        self.record_version = 0

    def feed(self, data: bytes) -> list[tuple[int, bytes]]:
        """Take bytes in order; give the handshake messages they complete, as type and body."""
        if self.is_broken or self.is_encrypted:
            return []
        self._bytes += data
        messages: list[tuple[int, bytes]] = []
        while len(self._bytes) >= 5 and not self.is_encrypted:
            kind, version, size = struct.unpack_from(">BHH", self._bytes)
            if kind not in (CHANGE_CIPHER, ALERT, HANDSHAKE, APPLICATION) or version >> 8 != 3:
                self.is_broken = True
                break
            if size > RECORD_BYTES_MAX:
                self.is_broken = True
                break
            if len(self._bytes) < 5 + size:
                break
            body = bytes(self._bytes[5 : 5 + size])
            del self._bytes[: 5 + size]
            self.record_version = version
            if kind == HANDSHAKE:
                messages += self._take(body)
            elif kind in (CHANGE_CIPHER, APPLICATION):
                self.is_encrypted = True
        return messages

    def _take(self, body: bytes) -> list[tuple[int, bytes]]:
        self._handshake += body
        messages = []
        while len(self._handshake) >= 4:
            size = int.from_bytes(self._handshake[1:4], "big")
            if size > HANDSHAKE_BYTES_MAX:
                self.is_broken = True
                break
            if len(self._handshake) < 4 + size:
                break
            messages.append((self._handshake[0], bytes(self._handshake[4 : 4 + size])))
            del self._handshake[: 4 + size]
        return messages


def read_client_hello(body: bytes) -> ClientHello | None:
    """A ClientHello's body (without the 4-byte header), or None where its lengths contradict."""
    try:
        version = struct.unpack_from(">H", body)[0]
        at = 35 + body[34]
        suites_bytes = struct.unpack_from(">H", body, at)[0]
        suites = struct.unpack_from(f">{suites_bytes // 2}H", body, at + 2)
        at += 2 + suites_bytes
        at += 1 + body[at]
        extensions = _extensions(body, at)
    except (struct.error, IndexError):
        return None
    sni, versions = "", (version,)
    for code, value in extensions:
        if code == _SERVER_NAME and len(value) > 5 and value[2] == 0:
            sni = _host_text(value[5 : 5 + int.from_bytes(value[3:5], "big")])
        elif code == _SUPPORTED_VERSIONS and value:
            listed = value[1 : 1 + value[0] // 2 * 2]
            numbers = struct.unpack(f">{len(listed) // 2}H", listed[: len(listed) // 2 * 2])
            versions = tuple(n for n in numbers if not is_grease(n)) or versions
    return ClientHello(sni, versions, tuple(s for s in suites if not is_grease(s)))


def read_old_hello(data: bytes) -> tuple[ClientHello, int] | None:
    """A ClientHello in the form of SSL 2.0 (RFC 5246 E.2), and its length in bytes.

    Old clients open with it to be understood by everyone; the answer is an ordinary record.
    """
    if len(data) < 11 or not data[0] & 0x80 or data[2] != CLIENT_HELLO or data[3] not in (0, 3):
        return None
    size = (data[0] & 0x7F) << 8 | data[1]
    version, suites_bytes, id_bytes, challenge_bytes = struct.unpack_from(">HHHH", data, 3)
    is_whole = 9 + suites_bytes + id_bytes + challenge_bytes == size and suites_bytes % 3 == 0
    if not is_whole or len(data) < 2 + size:
        return None
    suites = data[11 : 11 + suites_bytes]
    numbers = [int.from_bytes(suites[at : at + 3], "big") for at in range(0, suites_bytes, 3)]
    return ClientHello("", (version,), tuple(n for n in numbers if n < 1 << 16)), 2 + size


def read_server_hello(body: bytes) -> ServerHello | None:
    """A ServerHello's body, or None where its lengths contradict."""
    try:
        version = struct.unpack_from(">H", body)[0]
        at = 35 + body[34]
        suite = struct.unpack_from(">H", body, at)[0]
        extensions = _extensions(body, at + 3)
    except (struct.error, IndexError):
        return None
    for code, value in extensions:
        if code == _SUPPORTED_VERSIONS and len(value) == 2:
            version = int.from_bytes(value, "big")
    return ServerHello(version, suite, is_retry=body[2:34] == _RETRY_RANDOM)


def _extensions(body: bytes, at: int) -> list[tuple[int, bytes]]:
    if at + 2 > len(body):
        return []
    end = min(len(body), at + 2 + int.from_bytes(body[at : at + 2], "big"))
    at += 2
    found = []
    while at + 4 <= end:
        code, size = struct.unpack_from(">HH", body, at)
        found.append((code, body[at + 4 : min(at + 4 + size, end)]))
        at += 4 + size
    return found


def _host_text(raw: bytes) -> str:
    text = raw.decode("ascii", "replace").lower().rstrip(".")
    is_plain = len(text) <= 253 and all(c.isalnum() or c in "-._" for c in text)
    return text if is_plain else ""


def leaf_of(body: bytes) -> bytes | None:
    """The first certificate (DER) of a TLS 1.2 Certificate message's body."""
    if len(body) < 6:
        return None
    size = int.from_bytes(body[3:6], "big")
    return body[6 : 6 + size] if 0 < size <= len(body) - 6 else None


def read_certificate(der: bytes) -> Certificate | None:
    """The fields of a leaf certificate, or None where it cannot be parsed."""
    try:
        # Real devices send certificates with negative serial numbers and worse; a warning about
        # that is no reason to look away from the rest.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = x509.load_der_x509_certificate(der)
            key, bits = _key_text(found)
            return Certificate(
                subject=found.subject.rfc4514_string()[:300],
                issuer=found.issuer.rfc4514_string()[:300],
                names=_names(found),
                not_before=found.not_valid_before_utc.isoformat(),
                not_after=found.not_valid_after_utc.isoformat(),
                key=key,
                key_bits=bits,
                signature_hash=_hash_name(found),
                sha256=found.fingerprint(hashes.SHA256()).hex(),
                is_self_signed=_is_self_signed(found),
            )
    except (ValueError, TypeError, x509.InvalidVersion, UnsupportedAlgorithm, OverflowError):
        return None


def _key_text(found: x509.Certificate) -> tuple[str, int]:  # noqa: PLR0911 - one a kind of key
    try:
        key = found.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "unknown", 0
    match key:
        case rsa.RSAPublicKey():
            return f"RSA {key.key_size}", key.key_size
        case ec.EllipticCurvePublicKey():
            return f"EC {key.curve.name}", key.curve.key_size
        case dsa.DSAPublicKey():
            return f"DSA {key.key_size}", key.key_size
        case ed25519.Ed25519PublicKey():
            return "Ed25519", 256
        case ed448.Ed448PublicKey():
            return "Ed448", 456
        case _:
            return type(key).__name__, 0


def _hash_name(found: x509.Certificate) -> str:
    try:
        algorithm = found.signature_hash_algorithm
    except UnsupportedAlgorithm:
        return ""
    return "" if algorithm is None else algorithm.name


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return ()
    return tuple(extension.value.get_values_for_type(x509.DNSName)[:CERTIFICATE_NAMES_MAX])


def _is_self_signed(found: x509.Certificate) -> bool:
    # The signature itself is not verified: a leaf that names itself as issuer is what clients see.
    return found.issuer == found.subject
