"""Messages: goal: what goes in comes out whatever the pieces; nonsense is refused; method: both."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.sound import SoundPacket
from keepsight.detect.unit import Unit
from keepsight.detect.wire import (
    MESSAGE_BYTES_MAX,
    Message,
    Reader,
    ToWatcher,
    WireError,
    pack,
    pack_json,
    pack_sound,
    pack_unit,
    read_json,
    read_sound,
    read_stills,
    read_unit,
)

CAMERA = bytes(range(16))


@given(st.binary(max_size=300), st.booleans(), st.booleans(), st.integers(0, 2**62))
def test_a_unit_survives(data, is_keyframe, is_after_break, media_us):
    unit = Unit(media_us, 10**15, is_keyframe, is_after_break, data)
    (message,) = Reader().feed(pack_unit(CAMERA, unit))
    assert (message.kind, message.camera) == (ToWatcher.UNIT, CAMERA)
    assert read_unit(message) == unit


@given(st.integers(1, 50))
def test_messages_are_cut_right_whatever_the_pieces(step):
    data = b"".join(pack(kind, CAMERA, bytes(kind * 10)) for kind in range(1, 5))
    reader, found = Reader(), []
    for position in range(0, len(data), step):
        found += reader.feed(data[position : position + step])
    assert found == [Message(kind, CAMERA, bytes(kind * 10)) for kind in range(1, 5)]


@pytest.mark.parametrize("length", [0, 16, MESSAGE_BYTES_MAX + 1, 2**32 - 1])
def test_impossible_lengths_are_refused(length):
    with pytest.raises(WireError):
        list(Reader().feed(length.to_bytes(4) + bytes(20)))


def test_json_bodies():
    (message,) = Reader().feed(pack_json(1, CAMERA, {"a": 1}))
    assert read_json(message) == {"a": 1}
    for body in (b"", b"[1]", b"{", b"\xff", b"[" * 100_000):
        with pytest.raises(WireError):
            read_json(Message(1, CAMERA, body))
    assert json.loads(message.body) == {"a": 1}


def test_a_unit_that_is_too_short_is_refused():
    with pytest.raises(WireError):
        read_unit(Message(2, CAMERA, bytes(16)))


def test_whether_stills_are_wanted():
    assert read_stills(Message(ToWatcher.STILLS, CAMERA, b"\x01\x00\x00\x00\x05")) == 5
    assert read_stills(Message(ToWatcher.STILLS, CAMERA, b"\x00\x00\x00\x00\x05")) is None
    for body in (b"", b"\x01", bytes(4)):
        with pytest.raises(WireError):
            read_stills(Message(ToWatcher.STILLS, CAMERA, body))


@given(st.binary(max_size=300), st.integers(0, 2**62))
def test_a_piece_of_sound_survives(data, media_us):
    packet = SoundPacket(media_us, 10**15, data)
    (message,) = Reader().feed(pack_sound(CAMERA, packet))
    assert (message.kind, message.camera) == (ToWatcher.SOUND, CAMERA)
    assert read_sound(message) == packet
    with pytest.raises(WireError):
        read_sound(Message(5, CAMERA, bytes(15)))
