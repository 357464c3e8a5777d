"""A release opens on its device for its window only; by changing each part of `info`."""

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from keepsight.seal.header import Context, Stream
from keepsight.seal.release import release_info, unwrap_on_device, wrap_for_device

CONTEXT = Context(b"h" * 16, b"c" * 16, Stream.MAIN, 1, b"w" * 16)
DEVICE = b"d" * 16


def test_the_right_device_gets_the_secret():
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    assert len(wrapped) == 32 + 32 + 16
    secret = unwrap_on_device(wrapped, private, purpose="live", context=CONTEXT, device=DEVICE)
    assert secret == b"s" * 32


@pytest.mark.parametrize(
    ("purpose", "context", "device"),
    [
        ("rec", CONTEXT, DEVICE),
        ("live", CONTEXT._replace(household=b"i" * 16), DEVICE),
        ("live", CONTEXT._replace(camera=b"i" * 16), DEVICE),
        ("live", CONTEXT._replace(stream=Stream.SUB), DEVICE),
        ("live", CONTEXT._replace(epoch=2), DEVICE),
        ("live", CONTEXT._replace(writer=b"i" * 16), DEVICE),
        ("live", CONTEXT, b"e" * 16),
    ],
)
def test_anything_else_does_not_open(purpose, context, device):
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    with pytest.raises(InvalidTag):
        unwrap_on_device(wrapped, private, purpose=purpose, context=context, device=device)


def test_another_device_cannot_open_it():
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    wrapped = wrap_for_device(b"s" * 32, public, purpose="live", context=CONTEXT, device=DEVICE)
    with pytest.raises(InvalidTag):
        unwrap_on_device(
            wrapped, X25519PrivateKey.generate(), purpose="live", context=CONTEXT, device=DEVICE
        )


def test_info_is_unambiguous():
    assert release_info("live", CONTEXT, DEVICE) != release_info("liv", CONTEXT, b"e" + DEVICE[1:])
