"""Goal: a film counts only what is durable, and an error takes back what it did not write. Method:
a film on a real file, appended to, synced and made to fail."""

import errno
import os

import pytest

from keepsight.hub.mp4_reading import read_duration_us, read_tracks
from keepsight.hub.record.chunk import Chunk
from keepsight.hub.record.film import Film
from keepsight.hub.record.segment import day_folder, make_folder, open_secret, read_head
from keepsight.hub.recording import day_of
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Context, Kind, Stream
from keepsight.seal.press import Press
from tests.hub.record import footage

CONTEXT = Context(b"\1" * 16, b"\2" * 16, Stream.MAIN, 1, b"\3" * 16)
DAY_KEY = b"\4" * 32
START = footage.WALL_US


def chunk(units, audio=(), stream_format=footage.PAPER_FORMAT):
    end = units[-1].media_ticks + 4500
    return Chunk(stream_format, list(units), list(audio), end, 1, is_new=False, lost=None)


def film(tmp_path, first):
    make_folder(day_folder(tmp_path, CONTEXT.camera, CONTEXT.stream, day_of(START)))
    return Film(tmp_path, Press(), CONTEXT, first, DAY_KEY, is_joined=False)


def opened(tmp_path, refs):
    (path,) = tmp_path.rglob("*.ksg*")
    raw, at = path.read_bytes(), 128
    key = WindowKey(open_secret(read_head(raw), DAY_KEY), CONTEXT)
    for ref in refs:
        expected = Expectation((ref.kind,), ref.sequence, ref.sequence)
        yield open_sealed(key, expected, raw[at : at + ref.size_bytes]).payload
        at += ref.size_bytes


def test_only_what_was_synced_is_durable(tmp_path):
    units = list(footage.paper_units(4))
    made = film(tmp_path, chunk(units[:40]))
    made.append(chunk(units[:40]), [])
    assert made.durable().fragments == ()
    assert made.durable().end_us == START
    made.sync()
    first = made.durable()
    assert [ref.kind for ref in first.fragments] == [Kind.INIT, Kind.STILL, Kind.GOP]
    assert (first.end_us, first.is_growing) == (START + 2_000_000, True)
    made.append(chunk(units[40:]), [])
    assert made.durable() == first
    assert made.media_us == 4_000_000
    made.sync(is_last=True)
    assert len(made.durable().fragments) == 5
    assert made.durable().size_bytes == made.durable_bytes == made.size_bytes
    payloads = list(opened(tmp_path, made.durable().fragments))
    tracks = read_tracks(payloads[0])
    assert sum(read_duration_us(p, tracks) for p in payloads[1:]) == 4_000_000


@pytest.mark.parametrize("fault", ["write", "size"])
def test_an_error_takes_back_what_it_did_not_write(tmp_path, monkeypatch, fault):
    units = list(footage.paper_units(4))
    made = film(tmp_path, chunk(units[:40]))
    made.append(chunk(units[:40]), [])
    made.sync()
    before = made.durable()
    if fault == "write":

        def full(*_):
            raise OSError(errno.ENOSPC, "full")

        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="full"):
            made.append(chunk(units[40:]), [])
    else:
        units[50].parts = [bytes(1 << 20)] * 65
        with pytest.raises(ValueError, match="at most"):
            made.append(chunk(units[40:]), [])
    made.sync(is_last=True)
    assert made.durable() == before
    assert len(list(opened(tmp_path, before.fragments))) == 3


def test_sound_keeps_its_own_clock_and_never_runs_back(tmp_path):
    video_format, video = footage.video("h264", pictures=40, gop=40)
    audio_format, audio = footage.audio("pcma", seconds=4)
    stream_format = StreamFormat(video_format, audio_format)
    # The camera's sound clock starts over after two seconds.
    restarted = [
        AccessUnit(
            is_video=False, media_ticks=u.media_ticks - (16_000 if n >= 100 else 0) + 77_000,
            wall_us=u.wall_us, monotonic_us=0, is_keyframe=True, parts=u.parts,
            size_bytes=u.size_bytes,
        )
        for n, u in enumerate(audio)
    ]  # fmt: skip
    made = film(tmp_path, chunk(video, (), stream_format))
    made.append(chunk(video, (), stream_format), restarted[:100])
    made.append_late_sound(restarted[100:])
    made.sync(is_last=True)
    payloads = list(opened(tmp_path, made.durable().fragments))
    starts = [
        int.from_bytes(p[p.rindex(b"tfdt") + 8 :][:8]) for p in payloads[2:]
    ]  # the last traf is the sound's
    assert starts == [0, 16_000]
