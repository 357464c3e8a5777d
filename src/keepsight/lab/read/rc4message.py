"""The five-field message: is it RC4, and what does its own content give away?

The form carries data, rc4_hash__, signature, _nonce and mostly ssecurity. The proof is passive: the
key is derived from the message itself, the fields are decrypted, and the inner hash is recomputed.
Only the hash proves; neither the field names, nor a header, nor entropy does. Steps and vectors:
docs/lab/five-field-message.md.
"""

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass

from keepsight.lab.facts.capture import FiveFieldMessage, Proof
from keepsight.lab.read.personal import personal_kinds

FIELDS = frozenset({"data", "rc4_hash__", "signature", "_nonce"})
"""ssecurity is the fifth; some clients leave it out."""
FIELD_CHARACTERS_MAX = 1 << 18
DROP_BYTES = 1024
"""Of the keystream, thrown away before each field."""
DATA_KEYS_MAX = 32


@dataclass(frozen=True, slots=True)
class Request:
    """What the proof needs from one HTTP request."""

    packet: int
    captured_us: int
    host: str
    method: str
    path: str
    fields: dict[str, str]
    response: bytes = b""


def has_shape(fields: dict[str, str]) -> bool:
    """Whether a form has the field names. A shape, not a proof."""
    return fields.keys() >= FIELDS


def rc4(key: bytes, data: bytes, drop: int = DROP_BYTES) -> bytes:
    """RC4 with the first `drop` keystream bytes thrown away. For reading foreign messages only."""
    state = list(range(256))
    j = 0
    for i in range(256):
        j = (j + state[i] + key[i % len(key)]) & 0xFF
        state[i], state[j] = state[j], state[i]
    i = j = 0
    out = bytearray(len(data))
    for n in range(-drop, len(data)):
        i = (i + 1) & 0xFF
        value = state[i]
        j = (j + value) & 0xFF
        state[i], state[j] = state[j], value
        if n >= 0:
            out[n] = data[n] ^ state[(state[i] + value) & 0xFF]
    return bytes(out)


def examine(request: Request, secret: bytes | None = None) -> FiveFieldMessage:
    """Try the proof on one request.

    Args:
        request: A request whose form has the shape.
        secret: ssecurity as the tester gave it, for clients that do not send it.
    """
    fields = request.fields
    is_inside = bool(fields.get("ssecurity"))
    try:
        nonce = _unbase64(fields["_nonce"])
        data, inner = _unbase64(fields["data"]), _unbase64(fields["rc4_hash__"])
        sent = _unbase64(fields["ssecurity"]) if is_inside else secret
    except (ValueError, binascii.Error):
        return _unproven(request, Proof.MALFORMED, is_inside=is_inside)
    if sent is None:
        return _unproven(request, Proof.NO_KEY, is_inside=is_inside, nonce=nonce)
    if len(data) > FIELD_CHARACTERS_MAX:
        return _unproven(request, Proof.MALFORMED, is_inside=is_inside, nonce=nonce)
    key = hashlib.sha256(sent + nonce).digest()
    signed_nonce = base64.b64encode(key).decode()
    path = request.path.removeprefix("/app")
    plain = rc4(key, data)
    claimed = rc4(key, inner)
    method = request.method.upper().encode()
    parts = [method, path.encode(), b"data=" + plain, signed_nonce.encode()]
    if _digest(b"&".join(parts)) != claimed:
        return _unproven(request, Proof.REFUTED, is_inside=is_inside, nonce=nonce)
    outer = [
        method,
        path.encode(),
        b"data=" + fields["data"].encode(),
        b"rc4_hash__=" + fields["rc4_hash__"].encode(),
        signed_nonce.encode(),
    ]
    minute = _minute(nonce)
    return FiveFieldMessage(
        packet=request.packet,
        host=request.host,
        path=path,
        proof=Proof.PROVEN,
        is_secret_inside=is_inside,
        is_signature_recomputed=_digest(b"&".join(outer)) == fields["signature"].encode(),
        is_keystream_shared=_is_shared(data, plain, inner, claimed),
        is_response_shared=_is_response_shared(key, request.response, data, plain),
        nonce_minute=minute,
        nonce_offset_seconds=_offset_seconds(minute, request.captured_us),
        nonce_digest=hashlib.sha256(nonce).hexdigest()[:16],
        data_keys=_keys_of(plain),
        personal=personal_kinds(plain.decode("utf-8", "replace")),
    )


def _unproven(
    request: Request, proof: Proof, *, is_inside: bool, nonce: bytes = b""
) -> FiveFieldMessage:
    minute = _minute(nonce)
    return FiveFieldMessage(
        packet=request.packet,
        host=request.host,
        path=request.path.removeprefix("/app"),
        proof=proof,
        is_secret_inside=is_inside,
        nonce_minute=minute,
        nonce_offset_seconds=_offset_seconds(minute, request.captured_us),
        nonce_digest=hashlib.sha256(nonce).hexdigest()[:16] if nonce else "",
    )


def _unbase64(text: str) -> bytes:
    if len(text) > FIELD_CHARACTERS_MAX:
        raise ValueError("a field longer than any message of this kind")
    return base64.b64decode(text, validate=True)


def _digest(text: bytes) -> bytes:
    # SHA-1 because the foreign message uses it; nothing of ours rests on it.
    return base64.b64encode(hashlib.sha1(text, usedforsecurity=False).digest())


def _is_shared(first: bytes, first_plain: bytes, second: bytes, second_plain: bytes) -> bool | None:
    """Whether two ciphertexts differ exactly as their plaintexts do, over their common length."""
    if not first or not second:
        return None
    apart = bytes(a ^ b for a, b in zip(first, second, strict=False))
    return apart == bytes(a ^ b for a, b in zip(first_plain, second_plain, strict=False))


def _is_response_shared(key: bytes, body: bytes, data: bytes, plain: bytes) -> bool | None:
    if not body:
        return None
    try:
        sealed = base64.b64decode(body.strip(), validate=True)
    except (ValueError, binascii.Error):
        return None
    if not sealed or len(sealed) > FIELD_CHARACTERS_MAX:
        return None
    opened = rc4(key, sealed)
    try:
        json.loads(opened)
    except (ValueError, RecursionError):
        return False
    return _is_shared(data, plain, sealed, opened) if data else True


def _minute(nonce: bytes) -> int | None:
    return int.from_bytes(nonce[8:], "big") if 8 <= len(nonce) <= 16 else None


def _offset_seconds(minute: int | None, captured_us: int) -> int | None:
    if minute is None or captured_us <= 0:
        return None
    return captured_us // 1_000_000 - minute * 60


def _keys_of(plain: bytes) -> tuple[str, ...]:
    try:
        found = json.loads(plain)
    except (ValueError, RecursionError):
        return ()
    return tuple(str(key)[:40] for key in found)[:DATA_KEYS_MAX] if isinstance(found, dict) else ()
