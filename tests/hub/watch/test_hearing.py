"""A camera's sound on its way: goal: only where it is wanted, whole, and never in the way.

Method: the reader on a real fan-out, writing to a socket pair; the watcher's own code reads it.
"""

import asyncio
import itertools
import socket

import pytest

from keepsight.detect.config import read_config
from keepsight.detect.wire import Reader, read_sound
from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.hub.watch.hearing import SOUND_BYTES_MAX, SoundReader, sound_config
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watching import Watching
from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, StreamFormat, VideoFormat

CAMERA = bytes(range(16))
VIDEO = VideoFormat("h264", 640, 360, (b"\x67", b"\x68"), "avc1.640028")
AAC = AudioFormat("aac", 16_000, 1, b"\x14\x08", "mp4a.40.2", 16_000)
LISTENING = Watching(sounds=("cry", "alarm"))


def unit(number, data=b"sound", *, is_video=False):
    return AccessUnit(
        is_video=is_video,
        media_ticks=5_000 + number * 1024,
        wall_us=10**15 + number * 64_000,
        monotonic_us=10**9 + number * 64_000,
        is_keyframe=False,
        parts=[data[:2], memoryview(data[2:])],
        size_bytes=len(data),
    )


@pytest.fixture
async def line():
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    theirs.settimeout(10)
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    outlet = Outlet()
    outlet.open(transport)
    yield outlet, theirs
    transport.abort()
    theirs.close()


def read_all(theirs, count):
    reader, found = Reader(), []
    while len(found) < count:
        found += reader.feed(theirs.recv(1 << 16))
    return found


async def test_packets_arrive_whole_and_in_the_cameras_time(line):
    outlet, theirs = line
    fanout, changes = Fanout("test"), []
    reader = SoundReader(CAMERA, outlet, lambda: changes.append(reader.audio))
    fanout.attach(reader)
    fanout.publish_format(StreamFormat(VIDEO, AAC))
    assert changes == [AAC]
    fanout.publish(unit(0))  # nobody listens yet
    reader.is_wanted = True
    for number in range(1, 4):
        fanout.publish(unit(number, is_video=True))
        fanout.publish(unit(number))
    messages = await asyncio.to_thread(read_all, theirs, 3)
    packets = [read_sound(each) for each in messages]
    assert [each.data for each in packets] == [b"sound"] * 3
    steps = [b.media_us - a.media_us for a, b in itertools.pairwise(packets)]
    assert steps == [64_000, 64_000]
    assert packets[0].wall_us == 10**15 + 64_000
    assert (reader.sent, reader.dropped) == (3, 0)


async def test_time_goes_on_after_a_break_although_the_cameras_begins_anew(line):
    outlet, theirs = line
    fanout = Fanout("test")
    reader = SoundReader(CAMERA, outlet, lambda: None)
    fanout.attach(reader)
    fanout.publish_format(StreamFormat(VIDEO, AAC))
    reader.is_wanted = True
    fanout.publish(unit(500))
    fanout.publish_break(BreakReason.CONNECTION_LOST, 0)
    fanout.publish_format(StreamFormat(VIDEO, AAC))
    fanout.publish(unit(501 - 500))
    first, second = (read_sound(each) for each in await asyncio.to_thread(read_all, theirs, 2))
    assert second.media_us > first.media_us


async def test_another_format_must_be_told_first(line):
    outlet, _ = line
    changes = []
    reader = SoundReader(CAMERA, outlet, lambda: changes.append(1))
    reader.on_format(StreamFormat(VIDEO, AAC))
    reader.is_wanted = True
    reader.on_format(StreamFormat(VIDEO, AAC))
    assert len(changes) == 1
    reader.on_format(StreamFormat(VIDEO, None))
    assert not reader.is_wanted
    reader.on_unit(unit(1))
    assert (len(changes), reader.sent) == (2, 0)


async def test_what_is_too_large_or_meets_a_full_line_is_left_out(line):
    outlet, _ = line
    reader = SoundReader(CAMERA, outlet, lambda: None)
    reader.on_format(StreamFormat(VIDEO, AAC))
    reader.is_wanted = True
    reader.on_unit(unit(1, bytes(SOUND_BYTES_MAX + 1)))
    for number in range(2, 1000):
        reader.on_unit(unit(number, bytes(SOUND_BYTES_MAX)))
    assert reader.dropped > 600
    outlet.close()
    before = reader.dropped
    reader.on_unit(unit(2000))
    assert reader.dropped == before


def test_the_watcher_understands_what_it_is_told():
    sound = sound_config(AAC, LISTENING)
    order = read_config({"codec": "h264", "sound": sound}).sound
    assert (order.kinds, order.form.config) == (("cry", "alarm"), b"\x14\x08")
    assert sound_config(None, LISTENING) is None
    assert sound_config(AAC, Watching()) is None
