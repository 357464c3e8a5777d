"""Goal: what a camera sends is what opens later, and what is lost is a gap. Method: real footage
through recorder, disk thread, files and index, then opened and decoded."""

import io

import av
import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.lan.rtsp.unit import StreamFormat
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Kind
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN

ALL = (0, 1 << 62)


def opened(recording_room, segment):
    """Kinds and payloads of a segment, opened the way an exporting child does it."""
    data = recording_room.playback.read(segment, 0, len(segment.fragments) - 1)
    key = WindowKey(recording_room.playback.secret(segment), segment.context(HOUSEHOLD))
    out, at = [], 0
    for ref in segment.fragments:
        expected = Expectation((ref.kind,), ref.sequence, ref.sequence)
        fragment = open_sealed(key, expected, memoryview(data)[at : at + ref.size_bytes])
        assert fragment.wall_us == ref.start_us
        out.append(fragment)
        at += ref.size_bytes
    assert at == len(data)
    return out


def play(recorder, stream_format, units):
    recorder.on_format(stream_format)
    for unit in units:
        recorder.on_unit(unit)


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_what_was_sent_is_what_opens(tmp_path, codec):
    video_format, video = footage.video(codec, pictures=100, gop=40)
    audio_format, audio = footage.audio("aac", seconds=5)
    units = sorted((*video, *audio), key=lambda unit: unit.wall_us)
    with room.open_room(tmp_path) as here:
        play(here.recorder(), StreamFormat(video_format, audio_format), units)
        here.recorder().on_break(BreakReason.STOPPED, units[-1].wall_us)
        here.settle()
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        fragments = opened(here, segment)
    kinds = [fragment.kind for fragment in fragments]
    assert kinds == [Kind.INIT] + [Kind.STILL, Kind.GOP] * 3
    movie = b"".join(fragment.payload for fragment in fragments)
    with av.open(io.BytesIO(movie)) as container:
        packets = [p for p in container.demux() if p.size]
        pictures = [bytes(p) for p in packets if p.stream.type == "video"]
        sounds = [bytes(p) for p in packets if p.stream.type == "audio"]
    assert pictures == [unit.join() for unit in video]
    assert sounds == [unit.join() for unit in audio]
    with av.open(io.BytesIO(movie)) as container:
        assert len(list(container.decode(video=0))) == len(video)
    assert segment.start_us == footage.WALL_US
    assert segment.end_us == footage.WALL_US + 5_000_000
    assert (segment.width, segment.height) == (320, 192)
    assert segment.codec == f"{video_format.codec_string},mp4a.40.2"
