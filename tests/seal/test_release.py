"""A release opens on its device for its window only; by changing each part of `info`, for both
kinds of device key."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from keepsight.seal.header import Context, Stream
from keepsight.seal.release import (
    HYBRID_KEY_BYTES,
    DeviceKeyError,
    check_device_key,
    hybrid_private_key,
    release_info,
    unwrap_on_device,
    wrap_for_device,
)

CONTEXT = Context(b"h" * 16, b"c" * 16, Stream.MAIN, 1, b"w" * 16)
DEVICE = b"d" * 16


def curve_pair():
    private = X25519PrivateKey.generate()
    return private, private.public_key().public_bytes_raw()


def hybrid_pair(seed=b"s" * 32):
    return hybrid_private_key(seed)


PAIRS = pytest.mark.parametrize(
    ("pair", "encapsulated_bytes"),
    [(curve_pair, 32), (hybrid_pair, 1120)],
    ids=["x25519", "hybrid"],
)


@PAIRS
def test_the_right_device_gets_the_secret(pair, encapsulated_bytes):
    private, public = pair()
    check_device_key(public)
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    assert len(wrapped) == encapsulated_bytes + 32 + 16
    secret = unwrap_on_device(wrapped, private, purpose="live", context=CONTEXT, device=DEVICE)
    assert secret == b"s" * 32


@PAIRS
@pytest.mark.parametrize(
    ("purpose", "context", "device"),
    [
        ("rec", CONTEXT, DEVICE),
        ("live", CONTEXT._replace(household=b"i" * 16), DEVICE),
        ("live", CONTEXT._replace(camera=b"i" * 16), DEVICE),
        ("live", CONTEXT._replace(stream=Stream.SUB), DEVICE),
        ("live", CONTEXT._replace(stream=Stream.STILL), DEVICE),
        ("live", CONTEXT._replace(epoch=2), DEVICE),
        ("live", CONTEXT._replace(writer=b"i" * 16), DEVICE),
        ("live", CONTEXT, b"e" * 16),
    ],
)
def test_anything_else_does_not_open(pair, encapsulated_bytes, purpose, context, device):
    del encapsulated_bytes
    private, public = pair()
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    with pytest.raises(InvalidTag):
        unwrap_on_device(wrapped, private, purpose=purpose, context=context, device=device)


def test_another_device_cannot_open_it():
    _, public = curve_pair()
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    with pytest.raises(InvalidTag):
        unwrap_on_device(
            wrapped, X25519PrivateKey.generate(), purpose="live", context=CONTEXT, device=DEVICE
        )
    _, hybrid = hybrid_pair()
    other, _ = hybrid_pair(b"o" * 32)
    wrapped = wrap_for_device(b"s" * 32, hybrid, purpose="live", context=CONTEXT, device=DEVICE)
    with pytest.raises(InvalidTag):
        unwrap_on_device(wrapped, other, purpose="live", context=CONTEXT, device=DEVICE)


@PAIRS
def test_a_cut_or_flipped_wrap_does_not_open(pair, encapsulated_bytes):
    private, public = pair()
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    damaged = [wrapped[:size] for size in (0, 1, encapsulated_bytes, len(wrapped) - 1)]
    for at in (0, encapsulated_bytes - 1, encapsulated_bytes, len(wrapped) - 1):
        flipped = bytearray(wrapped)
        flipped[at] ^= 1
        damaged.append(bytes(flipped))
    for one in (*damaged, wrapped + b"\0"):
        with pytest.raises(InvalidTag):
            unwrap_on_device(one, private, purpose="live", context=CONTEXT, device=DEVICE)


@pytest.mark.parametrize(
    "key",
    [b"", b"k" * 31, b"k" * 33, bytes(32), b"\xff" * HYBRID_KEY_BYTES, bytes(HYBRID_KEY_BYTES)],
    ids=["empty", "short", "long", "low order", "out of range", "low order in the hybrid"],
)
def test_what_is_no_key_is_said_at_enrolment(key):
    with pytest.raises(DeviceKeyError):
        check_device_key(key)


def test_info_is_unambiguous():
    assert release_info("live", CONTEXT, DEVICE) != release_info("liv", CONTEXT, b"e" + DEVICE[1:])
