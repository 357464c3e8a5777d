"""Goal: units carry both times and nothing comes before the first keyframe. Method: fed by hand."""

import pytest

from keepsight.lan.rtsp.dialogue import UnsupportedError
from keepsight.lan.rtsp.message import Interleaved
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.rtp import FragmentRun
from keepsight.lan.rtsp.sdp import parse_sdp
from keepsight.lan.rtsp.timebase import JumpReason
from keepsight.lan.rtsp.tracks import Tracks
from tests.lan.rtsp.packets import pour
from tests.lan.rtsp.scripted import PPS, SDP, SPS, Film, rtp
from tests.lan.rtsp.test_auth import HandClock


class Sink:
    def __init__(self):
        self.events = []

    def on_format(self, stream_format):
        self.events.append(stream_format)

    def on_unit(self, unit):
        self.events.append(unit)

    def on_jump(self, reason):
        self.events.append(reason)


class Stream:
    def __init__(self, sdp=SDP, **options):
        self.clock = HandClock()
        self.clock.now_us = 10**15
        self.sink = Sink()
        run = FragmentRun()
        options.setdefault("has_sound", True)
        self.tracks = Tracks(parse_sdp(sdp.encode()), self.clock, self.sink, run, **options)
        self.receiver = Receiver(run, lambda _message: None)
        self.receiver.add_track(0, self.tracks.video_rtp)
        if self.tracks.audio_rtp:
            self.receiver.add_track(2, self.tracks.audio_rtp)

    def give(self, channel, *packets):
        for packet in packets:
            pour(self.receiver, Interleaved(channel, packet).to_bytes())


def sound(sequence, stamp):
    return rtp(sequence, stamp, bytes(160), payload_type=8)


def test_nothing_before_the_first_keyframe():
    stream = Stream()
    film = Film()
    film.number = 8
    stream.give(2, sound(0, 0))
    stream.give(0, *film.next_picture(), *film.next_picture())
    assert stream.sink.events == []
    stream.give(0, *film.next_picture())
    stream.give(2, sound(1, 160))
    stream_format, picture, heard = stream.sink.events
    assert stream_format.video.parameter_sets == (SPS, PPS)
    assert (picture.is_video, picture.is_keyframe, picture.monotonic_us) == (True, True, 10**15)
    assert (heard.is_video, heard.size_bytes, heard.is_keyframe) == (False, 160, False)
    assert picture.wall_us == heard.wall_us == 10**15


def test_a_jump_is_told_before_its_unit():
    stream = Stream()
    film = Film()
    stream.give(0, *film.next_picture())
    film.stamp += 90_000 * 100
    stream.give(0, *film.next_picture())
    assert stream.sink.events[2] is JumpReason.CAMERA_TIMESTAMP
    assert stream.sink.events[3].is_video


def test_sound_can_be_left_out_and_unknown_sound_is_named():
    assert Stream(has_sound=False).tracks.audio is None
    stream = Stream(SDP.replace("AVP 8", "AVP 99\r\na=rtpmap:99 G726-32/8000"))
    assert stream.tracks.audio is None
    assert stream.tracks.sound_ignored == "g726-32"


def test_an_announced_format_is_known_before_the_first_picture():
    sdp = SDP.replace(
        "mode=1", "mode=1;sprop-parameter-sets=Z0LAHtoCgL/lwEQAAAMABAAAAwCgPFi6gA==,aM48gA=="
    )
    stream = Stream(sdp)
    assert stream.tracks.format.video.width == 640
    assert stream.sink.events == []


@pytest.mark.parametrize("parameter", ["packetization-mode=2", "sprop-max-don-diff=3"])
def test_interleaved_packetization_is_unsupported(parameter):
    with pytest.raises(UnsupportedError, match="interleaves"):
        Stream(SDP.replace("packetization-mode=1", parameter))


def test_no_video_is_unsupported():
    with pytest.raises(UnsupportedError):
        Stream("m=audio 0 RTP/AVP 8\r\n")
