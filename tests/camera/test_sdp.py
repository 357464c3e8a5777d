"""A description carries what a receiver needs and cannot be broken by a name. Method: read it
line by line.
"""

import pytest

from keepsight.camera.media import AudioTrack, Tracks, VideoTrack
from keepsight.camera.sdp import write_sdp

H264 = VideoTrack("h264", (b"\x67\x64\x00\x28", b"\x68\xee"), 640, 360, 15.0)
H265 = VideoTrack("h265", (b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1"), 640, 360, 29.97)


def lines(tracks, name="Door", host="10.0.0.7"):
    return write_sdp(tracks, session_name=name, host=host, session_id=9).decode().split("\r\n")


def test_h264_with_aac():
    found = lines(Tracks(H264, AudioTrack("aac", 16_000, 1, b"\x14\x08")))
    assert "a=rtpmap:96 H264/90000" in found
    fmtp = "packetization-mode=1; profile-level-id=640028; sprop-parameter-sets=Z2QAKA==,aO4="
    assert f"a=fmtp:96 {fmtp}" in found
    assert "a=rtpmap:97 MPEG4-GENERIC/16000/1" in found
    assert any("mode=AAC-hbr" in line and line.endswith("config=1408") for line in found)
    assert found[-1] == ""


def test_h265_names_each_parameter_set():
    found = lines(Tracks(H265))
    assert "a=fmtp:96 sprop-vps=QAEM; sprop-sps=QgEB; sprop-pps=RAHB" in found
    assert "a=framerate:29.97" in found
    assert not any(line.startswith("m=audio") for line in found)


@pytest.mark.parametrize(
    ("audio", "media", "mapping"),
    [
        (AudioTrack("pcma", 8_000, 1), "m=audio 0 RTP/AVP 8", "a=rtpmap:8 PCMA/8000"),
        (AudioTrack("pcmu", 8_000, 1), "m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000"),
        (AudioTrack("pcmu", 16_000, 2), "m=audio 0 RTP/AVP 97", "a=rtpmap:97 PCMU/16000/2"),
        (AudioTrack("opus", 16_000, 1), "m=audio 0 RTP/AVP 97", "a=rtpmap:97 opus/48000/2"),
    ],
)
def test_other_sound(audio, media, mapping):
    found = lines(Tracks(H264, audio))
    assert media in found
    assert mapping in found


def test_a_name_cannot_add_lines_and_an_ipv6_host_is_said_so():
    found = lines(Tracks(H264), name="Door\r\na=evil", host="::1")
    assert "s=Door a=evil" in found
    assert "o=- 9 1 IN IP6 ::1" in found
    assert "s=-" in lines(Tracks(H264), name=" ")
