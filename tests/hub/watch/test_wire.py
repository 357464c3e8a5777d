"""Framing: goal: both copies of the protocol agree, and nothing without a bound gets in.

Method: messages of the watcher's own code, cut anywhere; and bytes that are none.
"""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect import wire as theirs
from keepsight.hub.watch import wire as ours
from keepsight.hub.watch.wire import Framer, FromWatcher, Message, ProtocolError, ToWatcher

CAMERA = bytes(range(16))


def test_both_copies_name_the_same_messages():
    for own, their in ((ToWatcher, theirs.ToWatcher), (FromWatcher, theirs.FromWatcher)):
        numbers = {each.name: each.value for each in their}
        assert {each.name: each.value for each in own}.items() <= numbers.items()
    assert set(ours.BODY_BYTES_MAX) == set(FromWatcher)
    assert theirs.MESSAGE_BYTES_MAX >= ours.UNIT_BYTES_MAX + 64
    assert max(ours.BODY_BYTES_MAX.values()) < theirs.MESSAGE_BYTES_MAX


@given(st.lists(st.binary(max_size=300), max_size=6), st.integers(1, 400))
def test_messages_come_out_however_they_are_cut(bodies, size):
    sent = [(kind, body) for kind, body in zip(FromWatcher, bodies, strict=False)]
    data = b"".join(theirs.pack(kind, CAMERA, body) for kind, body in sent)
    framer, got = Framer(), []
    for at in range(0, len(data), size):
        got += framer.feed(data[at : at + size])
    assert got == [Message(kind, CAMERA, body) for kind, body in sent]


def test_the_watcher_reads_a_unit_as_it_was_sent():
    parts = [b"\0\0\0\x05abcde", memoryview(b"\0\0\0\x02fg")]
    written = b"".join(ours.pack_unit(CAMERA, 3, 40_000, 1_700_000_000_000_000, parts, 15))
    (message,) = theirs.Reader().feed(written)
    assert (message.kind, message.camera) == (theirs.ToWatcher.UNIT, CAMERA)
    unit = theirs.read_unit(message)
    assert (unit.media_us, unit.wall_us) == (40_000, 1_700_000_000_000_000)
    assert (unit.is_keyframe, unit.is_after_break) == (True, True)
    assert unit.data == b"\0\0\0\x05abcde\0\0\0\x02fg"


def test_the_watcher_reads_json_as_it_was_sent():
    (message,) = theirs.Reader().feed(ours.pack_json(ToWatcher.CAMERA, CAMERA, {"codec": "h264"}))
    assert theirs.read_json(message) == {"codec": "h264"}
    (message,) = theirs.Reader().feed(ours.pack(ToWatcher.FORGET, CAMERA))
    assert (message.kind, message.body) == (theirs.ToWatcher.FORGET, b"")


@pytest.mark.parametrize("kind", FromWatcher)
def test_each_type_has_a_length_of_its_own(kind):
    most = ours.BODY_BYTES_MAX[kind]
    head = struct.pack(">IB16s", 17 + most + 1, kind, CAMERA)
    with pytest.raises(ProtocolError, match=kind.name):
        list(Framer().feed(head))
    (message,) = Framer().feed(theirs.pack(kind, CAMERA, bytes(most)))
    assert len(message.body) == most


@pytest.mark.parametrize(
    "data",
    [
        struct.pack(">IB16s", 17, 99, CAMERA),
        struct.pack(">IB16s", 16, 1, CAMERA),
        struct.pack(">IB16s", 0xFFFFFFFF, 1, CAMERA),
        b"Traceback (most recent call last):\n",
    ],
)
def test_what_is_no_message_ends_it(data):
    with pytest.raises(ProtocolError):
        list(Framer().feed(data))


@given(st.binary(max_size=400))
def test_any_bytes_are_messages_or_refused(data):
    framer = Framer()
    try:
        for message in framer.feed(data):
            assert len(message.body) <= ours.BODY_BYTES_MAX[message.kind]
    except ProtocolError:
        pass


@pytest.mark.parametrize("number", [0, 5, 2**32 - 1, None])
def test_the_watcher_reads_which_stills_are_wanted(number):
    (message,) = theirs.Reader().feed(ours.pack_stills(CAMERA, number))
    assert message.kind == theirs.ToWatcher.STILLS
    assert theirs.read_stills(message) == number
