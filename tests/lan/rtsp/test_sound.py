"""Goal: frames of sound come out whole and timed. Method: hand-built packets, hypothesis."""

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.sdp import Track
from keepsight.lan.rtsp.sound import AacDepacketizer, PlainDepacketizer, audio_format
from tests.lan.rtsp.packets import Sounds, feed

HBR = {"mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3"}


def aac_track(config, rate=16000, **more):
    fmtp = {**HBR, "config": config, **more}
    return Track("audio", 97, "mpeg4-generic", rate, 1, fmtp=fmtp)


def aac(**fmtp):
    sink = Sounds()
    track = aac_track("1408", **fmtp)
    return AacDepacketizer(sink, audio_format(track), track.fmtp), sink


def packet(*frames, sizes=None):
    headers = b"".join((size << 3).to_bytes(2, "big") for size in sizes or map(len, frames))
    return (len(headers) * 8).to_bytes(2, "big") + headers + b"".join(frames)


def test_formats():
    found = audio_format(aac_track("1408"))
    assert (found.codec, found.sample_rate, found.channels) == ("aac", 16000, 1)
    assert (found.codec_string, found.config) == ("mp4a.40.2", b"\x14\x08")
    stereo = audio_format(aac_track("1190", 48000))
    assert (stereo.sample_rate, stereo.channels) == (48000, 2)
    alaw = audio_format(Track("audio", 8, "pcma", 8000))
    assert (alaw.codec_string, alaw.sample_rate, alaw.clock_rate) == ("alaw", 8000, 8000)
    opus = audio_format(Track("audio", 99, "opus", 48000, 2))
    assert (opus.codec_string, opus.channels, opus.config) == ("opus", 2, b"")


def test_sound_that_cannot_be_carried_is_none():
    assert audio_format(aac_track("")) is None
    assert audio_format(aac_track("zz")) is None
    assert audio_format(aac_track("1408", mode="AAC-lbr")) is None
    assert audio_format(Track("audio", 99, "g726-32", 8000)) is None


def test_several_frames_in_a_packet_have_their_own_times():
    depacketizer, sink = aac()
    feed(depacketizer, packet(b"abc", b"de", b"f"), 1000, is_marked=True)
    assert sink.frames == [(1000, b"abc", False), (2024, b"de", False), (3048, b"f", False)]


def test_he_aac_counts_in_its_clock():
    sink = Sounds()
    track = aac_track("2b8a08", 44100)
    found = audio_format(track)
    assert (found.codec_string, found.sample_rate, found.clock_rate) == ("mp4a.40.5", 22050, 44100)
    feed(AacDepacketizer(sink, found, track.fmtp), packet(b"a", b"b"), 0)
    assert [stamp for stamp, _, _ in sink.frames] == [0, 2048]


def test_a_frame_over_three_packets():
    depacketizer, sink = aac()
    for piece in (b"abc", b"def", b"gh"):
        feed(depacketizer, packet(piece, sizes=[8]), 7)
        depacketizer.on_chunk()
    feed(depacketizer, packet(b"next"), 8)
    assert sink.frames == [(7, b"abcdefgh", False), (8, b"next", False)]


def test_a_frame_that_misses_a_piece_is_dropped():
    depacketizer, sink = aac()
    feed(depacketizer, packet(b"abc", sizes=[8]), 7)
    depacketizer.lose()
    feed(depacketizer, packet(b"gh", sizes=[8]), 7)
    feed(depacketizer, packet(b"next"), 8)
    feed(depacketizer, packet(b"more"), 9)
    assert sink.frames == [(8, b"next", True), (9, b"more", False)]


def test_headers_that_do_not_fit_are_dropped():
    depacketizer, sink = aac()
    for payload in (b"\x00", b"\xff\xff", packet(b"", sizes=[0]), packet(b"ab", sizes=[1, 9])):
        feed(depacketizer, payload, 1)
    assert depacketizer.broken == 4
    assert [frame for _, frame, _ in sink.frames] == [b"a"]


def test_plain_payloads_are_frames():
    sink = Sounds()
    plain = PlainDepacketizer(sink)
    feed(plain, b"12345678", 1)
    plain.lose()
    feed(plain, b"abcd", 9)
    assert sink.frames == [(1, b"12345678", False), (9, b"abcd", True)]


@given(
    st.lists(st.tuples(st.binary(min_size=1, max_size=60), st.integers(0, 2)), max_size=20),
    st.sampled_from(["0", "13", "16", "x", ""]),
    st.sampled_from(["0", "3", "16"]),
)
def test_arbitrary_payloads_raise_nothing(packets, size_bits, index_bits):
    depacketizer, _ = aac(sizelength=size_bits, indexlength=index_bits)
    for payload, stamp in packets:
        feed(depacketizer, payload, stamp)
