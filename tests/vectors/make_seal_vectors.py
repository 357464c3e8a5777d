"""Writes seal.json, which Python and the browser both read.

Run it as `python -m tests.vectors.make_seal_vectors` after a change of the format.

Everything is fixed or derived from a fixed text, so that a second run writes the same file: except
the wraps of HPKE, which are random by nature and are kept as long as they still open.
"""

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from keepsight.seal.frame import Expectation, Sealer, WindowKey
from keepsight.seal.frame import open as open_fragment
from keepsight.seal.header import (
    FLAG_DISCONTINUITY,
    FLAG_KEYFRAME,
    FLAG_SENDER_TIME,
    HEADER_BYTES,
    Context,
    Kind,
    Stream,
    read_header,
)
from keepsight.seal.release import (
    DevicePrivateKey,
    hybrid_private_key,
    unwrap_on_device,
    wrap_for_device,
)
from keepsight.seal.sframe import NONCE_BYTES, TAG_BYTES, derive, encode_header

PATH: Final = Path(__file__).with_name("seal.json")
WALL_US: Final = 1_790_000_000_000_000
MONOTONIC_US: Final = 86_400_000_000
SEQUENCE_MAX: Final = (1 << 64) - 1

WRAP_MADE_BY_THE_BROWSER: Final = (
    "b24f24a519ca183a9fb92420976612a5f86689d2b839a38f92060411807ead67cdaccfce114276a4"
    "51b1d88a75f07ffd176ab9b899678ebe92f2327c983fe63a02b0651dd6a04f09f9473f869a01c62e"
)
"""Made by @hpke/core for the release below: the other direction of the interoperation."""


HYBRID_WRAP_MADE_BY_THE_BROWSER: Final = (
    "oTVKmNc8wa36zD8+7zkLbEYecjE1rHWbrVCBkUVrASlEeHzgJYhJ3sIz8N5Huhh88Lynmr6LEDz9oZf8DYPlei5siT"
    "3bzzfiz3nA0eVARgVhDrptNcsoeZWeYcFV/Rv2hu99NU8982cgi1IS31E2DIIc69P+TqXiObx/PMyL2s5fUpcighoy"
    "gStnPmSo1eIFfKkTi8PuqZlwBHY2p2kIOHygu3KxkzrtyNOwgy7P0y8f5M7DgbYG0roTTD93i0Hktx2VT3GIijbBHW"
    "Bk2pWvSUD8qQEhpvY/qUmbiNefcQaRJgkTmrobV4WhXRd0Ck4hLdBVGNYezNhiSPPxlyKC0cwYMr76BGpOOF2RGA7l"
    "gZrxQOy9faVexvvlvC1qp4Lf0MU5yU7MzcrfLHIaxH/ee3ZtkPp8y1uuAbmYbzIikx4LAr1GU1vfcGHy/PES6fJFJf"
    "VpdQBpkr0M/dPDYRZpzhxa4nm19EzJc7DpnC8TEyRFbQx0VFcdZRR9bFTle400hNIDKEs6/JLtd5KiGFL2t3H+sGxI"
    "2dOFlvOMLUQiYnJNCSCltRgQeWburjZwBhofm/UEhF+DSbm7HB0NeNYXvqmO9zLzNnpzuEGzKJUT1cBMHjmYCXQDQW"
    "i7KjIPoNfmZfMv0sxF1JqTRPskaznEPTZFciuM/RDIUsYufId2Oqa8lvw7DXZJWSyy1c6paqxXQnUF0dR1f39gIHnU"
    "PZPArLnkqQR5xL9H21+VWaUCD53IL+XWihtS5ghK5f8NKTZCJ7qq9nGRNUjEOk+n6QcxEGKvkYk8+bzsxu7abTyCKN"
    "vr0MfuHfmjIVLhxy3qy1S0Osp67aXuHiSA63ObkloB6caOGHneEBuDM28zD+25VOuMXS2l4STyVup3UkSSNOJpiI5f"
    "ffbNJ448XjU5l7M+wMPsbsUGEOtzBBx9HyDR3zxpc8E4cplm00rf7PR9NQj22ZjvWrXcnLq1o5u4Wl8pJL42b1nMLQ"
    "Vyu6R4jfySl/wRFZ5tc92EZKwgnzuIMCviE88DR7QCSshYLn9NM1CxVlJtCEPCoeSv9IIMjtgUFe6yVBm7AskOmuUz"
    "yoM4IG1fBqID8RdDtLIPj4+AxLvDdr7FmzNR/P4E+i+pM2U47mpUuRWknYzliqZsfAOGmcz3Nj1Jm/kmETOtoFjz6u"
    "Ioqili00Wm7CsPjGSJVJ4EDATOLcW8OOqtBgD80MqMoouYIoQ3dxDiKi+xuukgLrEwcr770we7Jq3/8UDPzZASIDtk"
    "0iB/2Ktvp999Jo/kJLIbyXZ1jL4sJhwdHoCXjMhFCSkqIYGvPJgSgZ8gV7aDFRkvyIGs4CZtN/2jOnPDKL04iimzzf"
    "FeiMBXcykQV+gUWv2A44Y6XrZ8X2Sk2BdLTqKAMkJw+OEnQuhmKyLW/aUCPbAUfhMsQ3ak7UJlTinkjQzNWN9qwXI3"
    "fMb4FsYrkuTO+o5HO8Yh4ilvVpNrjwD48sd7nkFcMmS8cGXbJzcVLV1X53ruYj6D1q407Yucv0EJcrevpJCbCZ8gtG"
    "B3I/pDGtivkdxwfE+E6UUx5O4xPg=="
)
"""Made by @hpke/hybridkem-x-wing, base64."""


def fixed(name: str, size: int = 16) -> bytes:
    """Bytes that follow from a name."""
    return hashlib.sha256(b"keepsight vectors: " + name.encode()).digest()[:size]


SECRET: Final = fixed("window secret", 32)
CONTEXT: Final = Context(fixed("home"), fixed("front door"), Stream.MAIN, 3, fixed("window"))
ANY_STILL: Final = Expectation((Kind.STILL,))
DEVICE_PRIVATE: Final = fixed("device private key", 32)
DEVICE_SEED: Final = fixed("device seed", 32)
DEVICE: Final = fixed("device")


def context_fields(context: Context) -> dict[str, Any]:
    return {
        "household": context.household.hex(),
        "camera": context.camera.hex(),
        "stream": context.stream.name.lower(),
        "epoch": context.epoch,
        "writer": context.writer.hex(),
    }


def expectation_fields(expected: Expectation) -> dict[str, Any]:
    return {
        "kinds": [kind.name for kind in expected.kinds],
        "sequence_min": str(expected.sequence_min),
        "sequence_max": str(expected.sequence_max),
        "now_us": None if expected.now_us is None else str(expected.now_us),
        "age_us_max": str(expected.age_us_max),
    }


def seal(
    kind: Kind,
    payload: bytes,
    *,
    sequence: int = 7,
    wall_us: int = WALL_US,
    flags: int = 0,
    secret: bytes = SECRET,
    context: Context = CONTEXT,
) -> bytes:
    sealer = Sealer(WindowKey(secret, context), sequence=sequence)
    return sealer.seal(kind, payload, wall_us=wall_us, monotonic_us=MONOTONIC_US, flags=flags)


def opened(name: str, sealed: bytes, expected: Expectation, context: Context) -> dict[str, Any]:
    """A case that opens; the result is what Python's `open` says."""
    result = open_fragment(WindowKey(SECRET, context), expected, sealed)
    return {
        "name": name,
        "context": context_fields(context),
        "expectation": expectation_fields(expected),
        "sealed": sealed.hex(),
        "opened": {
            "kind": result.kind.name,
            "sequence": str(result.sequence),
            "wall_us": str(result.wall_us),
            "monotonic_us": str(result.monotonic_us),
            "flags": result.flags,
            "payload": result.payload.hex(),
        },
    }


def refused(
    name: str,
    sealed: bytes,
    reason: str,
    *,
    expected: Expectation = ANY_STILL,
    context: Context = CONTEXT,
) -> dict[str, Any]:
    """A case that is refused; the reason is written here by hand, never asked from the code."""
    return {
        "name": name,
        "context": context_fields(context),
        "expectation": expectation_fields(expected),
        "sealed": sealed.hex(),
        "refused": reason,
    }


def good_cases() -> Iterator[dict[str, Any]]:
    for kind in Kind:
        payload = f"payload of kind {kind.name}".encode()
        flags = FLAG_KEYFRAME if kind in (Kind.STILL, Kind.INIT) else FLAG_SENDER_TIME
        sealed = seal(kind, payload, sequence=0 if kind is Kind.INIT else 7, flags=flags)
        yield opened(f"kind {kind.name}", sealed, Expectation((kind,)), CONTEXT)
    for stream in Stream:
        context = CONTEXT._replace(stream=stream)
        sealed = seal(Kind.STILL, b"picture", context=context)
        yield opened(f"stream {stream.name}", sealed, Expectation((Kind.STILL,)), context)
    for sequence in (0, 7, 8, 255, 256, (1 << 32) - 1, 1 << 32, 1 << 53, SEQUENCE_MAX):
        sealed = seal(Kind.GOP, b"picture", sequence=sequence, flags=FLAG_DISCONTINUITY)
        expected = Expectation((Kind.STILL, Kind.GOP), sequence_min=sequence)
        yield opened(f"sequence {sequence}", sealed, expected, CONTEXT)
    sealed = seal(Kind.GOP, b"")
    yield opened("empty payload", sealed, Expectation((Kind.GOP,)), CONTEXT)
    sealed = seal(Kind.STILL, bytes(range(256)) * 16)
    yield opened("4 KiB payload", sealed, Expectation((Kind.STILL,)), CONTEXT)
    for name, now_us in (
        ("as old as allowed", WALL_US + 1_000_000),
        ("five seconds ahead", WALL_US - 5_000_000),
    ):
        expected = Expectation((Kind.STILL,), now_us=now_us, age_us_max=1_000_000)
        yield opened(name, seal(Kind.STILL, b"picture"), expected, CONTEXT)


def bounded_cases(sealed: bytes) -> Iterator[dict[str, Any]]:
    """Right key, right window, and yet not what was asked for."""
    yield refused("kind not asked for", sealed, "wrong_kind", expected=Expectation((Kind.GOP,)))
    for name, expected, reason in (
        ("replay", Expectation((Kind.STILL,), sequence_min=8), "replayed"),
        ("beyond the range asked for", Expectation((Kind.STILL,), sequence_max=6), "replayed"),
        (
            "older than allowed",
            Expectation((Kind.STILL,), now_us=WALL_US + 1_000_001, age_us_max=1_000_000),
            "stale",
        ),
        (
            "from the future",
            Expectation((Kind.STILL,), now_us=WALL_US - 5_000_001, age_us_max=1_000_000),
            "stale",
        ),
    ):
        yield refused(name, sealed, reason, expected=expected)


def foreign_cases(sealed: bytes) -> Iterator[dict[str, Any]]:
    """Good fragments of somebody or something else, in the order of the checks."""
    for name, context, reason in (
        ("another household", CONTEXT._replace(household=fixed("next door")), "foreign_household"),
        ("another camera", CONTEXT._replace(camera=fixed("bedroom")), "foreign_camera"),
        ("another stream", CONTEXT._replace(stream=Stream.SUB), "wrong_stream"),
        ("another epoch", CONTEXT._replace(epoch=4), "wrong_epoch"),
        ("another window", CONTEXT._replace(writer=fixed("window before")), "wrong_window"),
    ):
        theirs = seal(Kind.STILL, b"their picture", context=context)
        yield refused(f"{name}, our key", theirs, reason)
        own_key = seal(Kind.STILL, b"their picture", context=context, secret=fixed("theirs", 32))
        yield refused(f"{name}, their key", own_key, reason)
    other_key = seal(Kind.STILL, b"their picture", secret=fixed("theirs", 32))
    yield refused("the right names under another key", other_key, "wrong_commitment")
    relabelled = sealed[:6] + fixed("next door") + sealed[22:]
    yield refused(
        "relabelled for another household, which has the same key by accident",
        relabelled,
        "tampered",
        context=CONTEXT._replace(household=fixed("next door")),
    )
    claims_ours = other_key[:58] + WindowKey(SECRET, CONTEXT).commitment + other_key[90:]
    yield refused("another key that claims our commitment", claims_ours, "tampered")


FLIPS: Final = (
    (0, "malformed"), (3, "malformed"), (4, "wrong_kind"), (5, "wrong_stream"),
    (6, "foreign_household"), (21, "foreign_household"), (22, "foreign_camera"),
    (37, "foreign_camera"), (38, "wrong_epoch"), (41, "wrong_epoch"), (42, "wrong_window"),
    (57, "wrong_window"), (58, "wrong_commitment"), (89, "wrong_commitment"), (90, "tampered"),
    (97, "tampered"), (98, "tampered"), (105, "tampered"), (106, "tampered"), (113, "tampered"),
    (114, "malformed"), (117, "malformed"), (118, "tampered"), (121, "tampered"),
    (122, "tampered"), (123, "tampered"), (-17, "tampered"), (-16, "tampered"), (-1, "tampered"),
)  # fmt: skip


def damaged_cases(sealed: bytes) -> Iterator[dict[str, Any]]:
    for offset, reason in FLIPS:
        place = offset % len(sealed)
        for bit in (0x01, 0x80):
            flipped = bytearray(sealed)
            flipped[place] ^= bit
            yield refused(f"bit {bit:#04x} of byte {place} flipped", bytes(flipped), reason)
    for size in (0, 1, HEADER_BYTES - 1, HEADER_BYTES, HEADER_BYTES + 1, len(sealed) - 1):
        yield refused(f"cut to {size} bytes", sealed[:size], "malformed")
    yield refused("one byte too many", sealed + b"\0", "malformed")
    yield refused("two fragments", sealed + sealed, "malformed")
    for size in (0, 1, TAG_BYTES):
        short = sealed[:114] + size.to_bytes(4) + sealed[118:HEADER_BYTES] + bytes(size)
        yield refused(f"{size} bytes of ciphertext", short, "tampered")
    as_kid_1 = bytearray(sealed)
    as_kid_1[HEADER_BYTES] |= 0x10
    yield refused("SFrame header names key id 1", bytes(as_kid_1), "tampered")


# --- one ciphertext for two keys ------------------------------------------------------------


def _multiply(a: int, b: int) -> int:
    """In GF(2^128) as GCM has it (NIST SP 800-38D, 6.3): bit 0 is the most significant."""
    product = 0
    for bit in range(127, -1, -1):
        if b >> bit & 1:
            product ^= a
        a = a >> 1 ^ (0xE1 << 120 if a & 1 else 0)
    return product


def _invert(a: int) -> int:
    result, power = 1 << 127, a
    for _ in range(127):
        power = _multiply(power, power)
        result = _multiply(result, power)
    return result


def _aes(key: bytes, block: bytes) -> int:
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    return int.from_bytes(encryptor.update(block))


def _tag(key: bytes, nonce: bytes, data: bytes, ciphertext: bytes) -> int:
    blocks = data + bytes(-len(data) % 16) + ciphertext + bytes(-len(ciphertext) % 16)
    blocks += (8 * len(data)).to_bytes(8) + (8 * len(ciphertext)).to_bytes(8)
    hash_key, value = _aes(key, bytes(16)), 0
    for offset in range(0, len(blocks), 16):
        value = _multiply(value ^ int.from_bytes(blocks[offset : offset + 16]), hash_key)
    return value ^ _aes(key, nonce + b"\0\0\0\1")


def two_owners(ours: WindowKey, our_secret: bytes, theirs: WindowKey, their_secret: bytes) -> bytes:
    """A fragment whose ciphertext authenticates under two keys, each with its own header.

    Two blocks of ciphertext: the first is free, the second solves the one equation that makes both
    tags equal. Its header claims `theirs`.
    """
    sequence, first = 7, fixed("free block")
    length = len(encode_header(0, sequence)) + 32 + TAG_BYTES
    sides = []
    for key, secret in ((ours, our_secret), (theirs, their_secret)):
        template = seal(Kind.STILL, bytes(32), secret=secret, context=key.context)
        header = read_header(template)
        assert header.length == length
        aead_key, salt = derive(secret)
        nonce = (int.from_bytes(salt) ^ sequence).to_bytes(NONCE_BYTES)
        data = encode_header(0, sequence) + header.pack()
        sides.append((aead_key, nonce, data, template))
    constant = factor = 0
    for aead_key, nonce, data, _ in sides:
        constant ^= _tag(aead_key, nonce, data, first + bytes(16))
        hash_key = _aes(aead_key, bytes(16))
        factor ^= _multiply(hash_key, hash_key)
    second = _multiply(constant, _invert(factor)).to_bytes(16)
    aead_key, nonce, data, template = sides[1]
    tag = _tag(aead_key, nonce, data, first + second).to_bytes(16)
    return template[:HEADER_BYTES] + encode_header(0, sequence) + first + second + tag


def collision_case() -> dict[str, Any]:
    """Only the commitment tells the two owners apart."""
    their_secret = fixed("a key the attacker knows as well", 32)
    ours, theirs = WindowKey(SECRET, CONTEXT), WindowKey(their_secret, CONTEXT)
    sealed = two_owners(ours, SECRET, theirs, their_secret)
    open_fragment(theirs, Expectation((Kind.STILL,)), sealed)
    with_our_header = read_header(sealed)._replace(commitment=ours.commitment).pack()
    ours.sframe.decrypt(7, with_our_header, sealed[HEADER_BYTES:])  # bare AES-GCM accepts it
    return refused("one ciphertext that opens under two keys", sealed, "wrong_commitment")


# --- releases -------------------------------------------------------------------------------


def release_cases(
    kept: dict[str, str], private: DevicePrivateKey, public: bytes, other: bytes, browser: bytes
) -> Iterator[dict[str, Any]]:
    """Wraps for one kind of device key; `other` is another device's, `browser` its library's."""

    def case(
        name: str, *, opens: bool, made: bytes | None = None, purpose: str = "live",
        context: Context = CONTEXT, device: bytes = DEVICE, key: bytes = public,
    ) -> dict[str, Any]:  # fmt: skip
        wrapped = made or b64decode(kept.get(name, "")) or wrap_for_device(
            SECRET, key, purpose=purpose, context=context, device=device
        )  # fmt: skip
        try:
            does_open = (
                unwrap_on_device(wrapped, private, purpose="live", context=CONTEXT, device=DEVICE)
                == SECRET
            )
        except InvalidTag:
            does_open = False
        assert does_open == opens, name
        return {"name": name, "wrapped": b64encode(wrapped).decode(), "opens": opens}

    yield case("wrapped by Python for what is asked", opens=True)
    yield case(
        "wrapped by the browser's library for what is asked",
        opens=True,
        made=browser,
    )
    yield case("for another purpose", opens=False, purpose="rec")
    yield case("for another device id", opens=False, device=fixed("tablet"))
    yield case(
        "for another device key",
        opens=False,
        key=other,
    )
    for field, context in (
        ("household", CONTEXT._replace(household=fixed("next door"))),
        ("camera", CONTEXT._replace(camera=fixed("bedroom"))),
        ("stream", CONTEXT._replace(stream=Stream.SUB)),
        ("epoch", CONTEXT._replace(epoch=4)),
        ("writer", CONTEXT._replace(writer=fixed("window before"))),
    ):
        yield case(f"for another {field}", opens=False, context=context)


def curve_cases(kept: dict[str, str]) -> list[dict[str, Any]]:
    private = X25519PrivateKey.from_private_bytes(DEVICE_PRIVATE)
    other = X25519PrivateKey.from_private_bytes(fixed("tablet key", 32))
    publics = [key.public_key().public_bytes_raw() for key in (private, other)]
    made = bytes.fromhex(WRAP_MADE_BY_THE_BROWSER)
    return list(release_cases(kept, private, *publics, made))


def hybrid_cases(kept: dict[str, str]) -> list[dict[str, Any]]:
    private, public = hybrid_private_key(DEVICE_SEED)
    _, other = hybrid_private_key(fixed("tablet seed", 32))
    made = b64decode(HYBRID_WRAP_MADE_BY_THE_BROWSER)
    return list(release_cases(kept, private, public, other, made))


def document(kept: dict[str, str], kept_hybrid: dict[str, str]) -> dict[str, Any]:
    """The whole file. `kept…`: wraps of the file as it is, by name."""
    sealed = seal(Kind.STILL, b"a picture of the front door", flags=FLAG_KEYFRAME)
    fragments = [
        *good_cases(),
        *bounded_cases(sealed),
        *foreign_cases(sealed),
        *damaged_cases(sealed),
        collision_case(),
    ]
    names = [case["name"] for case in fragments]
    assert len(set(names)) == len(names), "two cases share a name"
    return {
        "made_by": "tests/vectors/make_seal_vectors.py",
        "secret": SECRET.hex(),
        "commitment": WindowKey(SECRET, CONTEXT).commitment.hex(),
        "fragments": fragments,
        "release": {
            "device_private": DEVICE_PRIVATE.hex(),
            "device_public": b64encode(
                X25519PrivateKey.from_private_bytes(DEVICE_PRIVATE).public_key().public_bytes_raw()
            ).decode(),
            "device": DEVICE.hex(),
            "purpose": "live",
            "context": context_fields(CONTEXT),
            "cases": curve_cases(kept),
        },
        "release_hybrid": {
            "device_seed": DEVICE_SEED.hex(),
            "device_public": b64encode(hybrid_private_key(DEVICE_SEED)[1]).decode(),
            "device": DEVICE.hex(),
            "purpose": "live",
            "context": context_fields(CONTEXT),
            "cases": hybrid_cases(kept_hybrid),
        },
    }


def kept_wraps(release: str) -> dict[str, str]:
    if not PATH.exists():
        return {}
    cases = json.loads(PATH.read_text()).get(release, {"cases": []})["cases"]
    return {case["name"]: case["wrapped"] for case in cases}


if __name__ == "__main__":
    made = document(kept_wraps("release"), kept_wraps("release_hybrid"))
    PATH.write_text(json.dumps(made, indent=1) + "\n")
