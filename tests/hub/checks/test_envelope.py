"""What is kept of a check opens in its own place only, and says nothing from outside."""

import pytest

from keepsight.hub.checks.envelope import (
    CONTENT_BYTES_MAX,
    EnvelopeError,
    open_content,
    seal_content,
)
from keepsight.hub.keyring import new_keyring

KEYS = new_keyring(b"h" * 16, "Home", 1)
CHECK = b"c" * 16


def test_what_is_sealed_opens_and_cannot_be_read_from_outside():
    text = b"the camera of the neighbour " * 100
    sealed = seal_content(KEYS, CHECK, "json", text)
    assert open_content(KEYS, CHECK, "json", sealed) == text
    assert b"neighbour" not in sealed
    assert seal_content(KEYS, CHECK, "json", text) != sealed


@pytest.mark.parametrize("where", ["household", "check", "part", "bytes", "cut"])
def test_it_opens_nowhere_else(where):
    sealed = seal_content(KEYS, CHECK, "json", b"text")
    keyring = new_keyring(b"h" * 16, "Home", 1) if where == "household" else KEYS
    check = b"d" * 16 if where == "check" else CHECK
    part = "html" if where == "part" else "json"
    if where == "bytes":
        sealed = sealed[:-1] + bytes([sealed[-1] ^ 1])
    if where == "cut":
        sealed = sealed[:10]
    with pytest.raises(EnvelopeError):
        open_content(keyring, check, part, sealed)


def test_it_is_bounded():
    with pytest.raises(ValueError, match="larger"):
        seal_content(KEYS, CHECK, "json", bytes(CONTENT_BYTES_MAX + 1))
