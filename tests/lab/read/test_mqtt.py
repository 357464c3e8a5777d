"""MQTT CONNECT of versions 3.1, 3.1.1 and 5, and cut ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.read.mqtt import read_connect


def text(value):
    return len(value).to_bytes(2, "big") + value


def connect(level=4, *, name=b"MQTT", will=False):
    properties = b"\x03\x21\0\x0a" if level == 5 else b""
    flags = 0xC0 | (0x04 if will else 0)
    body = text(name) + bytes([level, flags, 0, 60]) + properties + text(b"client-1")
    if will:
        body += (b"\0" if level == 5 else b"") + text(b"topic") + text(b"gone")
    body += text(b"camera") + text(b"secret!")
    return b"\x10" + bytes([len(body)]) + body


@pytest.mark.parametrize(("level", "name"), [(3, b"MQIsdp"), (4, b"MQTT"), (5, b"MQTT")])
@pytest.mark.parametrize("will", [False, True])
def test_user_and_length_of_the_password(level, name, will):
    found = read_connect(connect(level, name=name, will=will))
    assert (found.client_id, found.user, found.password_bytes) == ("client-1", "camera", 7)


def test_an_incomplete_message_is_none():
    assert read_connect(connect()[:-1]) is None
    assert read_connect(b"") is None


@given(st.binary(max_size=80))
def test_noise_never_raises(noise):
    read_connect(noise)
    read_connect(connect(5)[:12] + noise)
