"""Goal: descriptions as cameras write them. Method: texts of several makes, hypothesis."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.sdp import (
    SDP_LINES_MAX,
    TRACKS_MAX,
    SdpError,
    control_url,
    parse_sdp,
    printable,
)

HIKVISION_LIKE = b"""v=0\r
o=- 1 1 IN IP4 192.0.2.7\r
s=Media Presentation\r
a=tool:LIVE555\r
a=control:rtsp://192.0.2.7/Streaming/Channels/101/\r
m=video 0 RTP/AVP 96\r
b=AS:5000\r
a=recvonly\r
a=control:rtsp://192.0.2.7/Streaming/Channels/101/trackID=1\r
a=rtpmap:96 H264/90000\r
a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAH9oCgL/l,aM48gA==\r
m=audio 0 RTP/AVP 8\r
a=control:trackID=2\r
m=audio 0 RTP/AVP 0\r
a=sendonly\r
a=control:trackID=3\r
m=application 0 RTP/AVP 107\r
a=rtpmap:107 vnd.onvif.metadata/90000\r
"""


def test_a_common_camera():
    sdp = parse_sdp(HIKVISION_LIKE)
    assert (sdp.session_name, sdp.tool) == ("Media Presentation", "LIVE555")
    video, audio = sdp.video(), sdp.audio()
    assert (video.video_codec, video.payload_type, video.clock_rate) == ("h264", 96, 90000)
    assert [nal[0] for nal in video.parameter_sets()] == [0x67, 0x68]
    assert (audio.audio_codec, audio.clock_rate) == ("pcma", 8000)
    assert [track.is_to_camera for track in sdp.tracks] == [False, False, True, False]


def test_h265_sets_come_in_their_order():
    text = (
        b"s= \nm=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\n"
        b"a=fmtp:98 sprop-pps=RAE=;sprop-sps=QgE=; sprop-vps=QAE=\n"
    )
    assert parse_sdp(text).video().parameter_sets() == [b"@\x01", b"B\x01", b"D\x01"]


def test_aac_with_its_parameters():
    text = (
        b"m=audio 0 RTP/AVP 97\na=rtpmap:97 MPEG4-GENERIC/48000/2\n"
        b"a=fmtp:97 streamtype=5;mode=AAC-hbr;config=1190;SizeLength=13\n"
    )
    audio = parse_sdp(text).audio()
    assert (audio.audio_codec, audio.clock_rate, audio.channels) == ("aac", 48000, 2)
    assert (audio.fmtp["sizelength"], audio.fmtp["config"]) == ("13", "1190")


def test_broken_parameter_sets_are_left_out():
    text = (
        b"m=video 0 RTP/AVP 96\na=rtpmap:96 H264/90000\na=fmtp:96 sprop-parameter-sets=,?,aM48gA\n"
    )
    assert parse_sdp(text).video().parameter_sets() == [b"\x68\xce\x3c\x80"]


def test_an_unknown_codec_is_no_video_but_keeps_its_name():
    sdp = parse_sdp(b"m=video 0 RTP/AVP 26\nm=video 0 RTP/AVP 99\na=rtpmap:99 AV1/90000\n")
    assert sdp.video() is None
    assert [track.codec_name for track in sdp.tracks] == ["jpeg", "av1"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        b"v=0\r\ns=x\r\n",
        b"m=video 0 RTP/AVP 96\n" * (TRACKS_MAX + 1),
        b"a=x\n" * (SDP_LINES_MAX + 1),
    ],
)
def test_what_is_no_description_is_refused(data):
    with pytest.raises(SdpError):
        parse_sdp(data)


@pytest.mark.parametrize(
    ("content", "session", "track", "expected"),
    [
        ("rtsp://h/a", "", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a/", "*", "trackID=1", "rtsp://h/a/trackID=1"),
        ("rtsp://h/a?x=1&y=2", "*", "trackID=1", "rtsp://h/a?x=1&y=2/trackID=1"),
        ("rtsp://h/a", "*", "rtsp://h/b/1", "rtsp://h/b/1"),
        ("rtsp://h/a", "rtsp://h/c/", "t=1", "rtsp://h/c/t=1"),
        ("rtsp://h/a", "*", None, "rtsp://h/a"),
        ("rtsp://h/a", "rtsp://h/c", None, "rtsp://h/c"),
        ("rtsp://h:554/a/b", "", "/t", "rtsp://h:554/t"),
        ("rtsp://h/a", "", "", "rtsp://h/a"),
        ("rtsp://[", "rtsp://[", "x", "rtsp://[/x"),
    ],
)
def test_control_urls(content, session, track, expected):
    assert control_url(content, session, track) == expected


def test_a_control_attribute_cannot_smuggle_a_header():
    sdp = parse_sdp(b"m=video 0 RTP/AVP 96\na=control:x y\na=rtpmap:96 H264/90000\n")
    assert sdp.video().control == ""


def test_device_texts_are_made_safe():
    assert printable("Küche".encode().decode("latin-1")) == "Küche"
    assert printable("a\x1b[31mb\u202e\x00") == "a[31mb"
    assert len(printable("x" * 5000)) == 200


@given(st.binary(max_size=300), st.sampled_from([b"", b"m=video 0 RTP/AVP 96\na=fmtp:96 "]))
def test_arbitrary_bytes_raise_only_sdp_errors(data, prefix):
    with contextlib.suppress(SdpError):
        sdp = parse_sdp(prefix + data)
        for track in sdp.tracks:
            track.parameter_sets()
            control_url("rtsp://h/", sdp.control, track.control)
