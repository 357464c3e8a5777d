"""The first packets of a QUIC connection, whose keys anyone can derive. Source: RFC 9001 5.2, 9369.

They give the server name and the chosen cipher; the certificate stays hidden.
"""

import hashlib
import hmac
import struct
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

CRYPTO_BYTES_MAX = 1 << 15
_VERSION_1, _VERSION_2 = 0x00000001, 0x6B3343CF
_SALTS = {
    _VERSION_1: bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
    _VERSION_2: bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"),
}
_LABELS = {
    _VERSION_1: ("quic key", "quic iv", "quic hp"),
    _VERSION_2: ("quicv2 key", "quicv2 iv", "quicv2 hp"),
}
_INITIAL_BITS = {_VERSION_1: 0, _VERSION_2: 1}
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO, _CLOSE = 0, 1, 2, 3, 6, 0x1C


def is_long_header(data: bytes) -> bool:
    """Whether a datagram looks like the start of a QUIC connection of a known or draft version."""
    if len(data) < 20 or data[0] & 0xC0 != 0xC0:
        return False
    version = int.from_bytes(data[1:5], "big")
    is_draft = version >> 8 in (0xFF0000, 0xFACEB0) or data[1:2] in (b"Q", b"T")
    return (version in _SALTS or is_draft) and data[5] <= 20


def _expand(secret: bytes, label: str, size: int) -> bytes:
    full = b"tls13 " + label.encode()
    info = struct.pack(">HB", size, len(full)) + full + b"\x00\x01"
    return hmac.new(secret, info, hashlib.sha256).digest()[:size]


def initial_keys(version: int, connection_id: bytes, side: str) -> tuple[bytes, bytes, bytes]:
    """Key, IV and header-protection key of the Initial packets of one side (client or server)."""
    first = hmac.new(_SALTS[version], connection_id, hashlib.sha256).digest()
    secret = _expand(first, f"{side} in", 32)
    key, iv, protection = _LABELS[version]
    return _expand(secret, key, 16), _expand(secret, iv, 12), _expand(secret, protection, 16)


@dataclass(slots=True)
class QuicStart:
    """The Initial packets of one connection, both directions."""

    _connection_id: bytes | None = None
    _parts: dict[str, dict[int, bytes]] = field(
        default_factory=lambda: {"client": {}, "server": {}}
    )

    def feed(self, data: bytes, *, is_client: bool) -> bytes:
        """Take one datagram; give the handshake bytes of its side known so far, from offset 0."""
        side = "client" if is_client else "server"
        try:
            self._read(data, side)
        except (IndexError, struct.error, InvalidTag, ValueError, KeyError):
            return b""
        return self._joined(side)

    def _joined(self, side: str) -> bytes:
        out = b""
        for offset, part in sorted(self._parts[side].items()):
            if offset > len(out):
                break
            out = out[:offset] + part
        return out

    def _read(self, data: bytes, side: str) -> None:
        version = int.from_bytes(data[1:5], "big")
        if version not in _SALTS or (data[0] >> 4) & 3 != _INITIAL_BITS[version]:
            return
        at = 5
        destination = data[at + 1 : at + 1 + data[at]]
        at += 1 + data[at]
        at += 1 + data[at]
        token_bytes, at = _number(data, at)
        length, at = _number(data, at + token_bytes)
        if self._connection_id is None:
            if side == "server":
                return
            self._connection_id = destination
        key, iv, protection = initial_keys(version, self._connection_id, side)
        sample = data[at + 4 : at + 20]
        # ECB of a single block is what RFC 9001 5.4.3 prescribes for header protection.
        mask = Cipher(algorithms.AES(protection), modes.ECB()).encryptor().update(sample)  # noqa: S305
        first = data[0] ^ (mask[0] & 0x0F)
        size = (first & 3) + 1
        number = bytes(a ^ b for a, b in zip(data[at : at + size], mask[1:], strict=False))
        header = bytes([first]) + data[1:at] + number
        nonce = bytes(a ^ b for a, b in zip(iv, number.rjust(12, b"\0"), strict=True))
        self._frames(AESGCM(key).decrypt(nonce, data[at + size : at + length], header), side)

    def _frames(self, plain: bytes, side: str) -> None:
        at = 0
        while at < len(plain):
            kind = plain[at]
            at += 1
            if kind in (_PADDING, _PING):
                continue
            if kind in (_ACK, _ACK_ECN):
                at = _past_ack(plain, at, has_counts=kind == _ACK_ECN)
            elif kind == _CRYPTO:
                offset, at = _number(plain, at)
                length, at = _number(plain, at)
                if offset + length <= CRYPTO_BYTES_MAX:
                    self._parts[side][offset] = plain[at : at + length]
                at += length
            else:
                return


def _past_ack(plain: bytes, at: int, *, has_counts: bool) -> int:
    _, at = _number(plain, at)
    _, at = _number(plain, at)
    ranges, at = _number(plain, at)
    if ranges > len(plain):
        raise ValueError("more ranges than bytes")
    for _ in range(1 + 2 * ranges + (3 if has_counts else 0)):
        _, at = _number(plain, at)
    return at


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer (RFC 9000 16) and the offset behind it."""
    size = 1 << (data[at] >> 6)
    if at + size > len(data):
        raise IndexError
    return int.from_bytes(data[at : at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size
