"""Decoding: goal: the right picture whatever the framing; damage counted; method: drawn streams."""

from fractions import Fraction

import av
import numpy as np
import pytest

from keepsight.detect.decoder import Decoder, DecoderError, annex_b, cut
from keepsight.detect.sight import Box
from keepsight.detect.unit import Unit
from tests.detect.stage import HEIGHT, RED, WIDTH, background, code, split, walk, with_figure


@pytest.fixture(scope="module")
def stream():
    return code(walk(3, enters=1, leaves=2))


def test_both_framings_decode_to_the_same_picture(stream):
    sets, units = stream
    first, other = Decoder("h264", sets), Decoder("h264", sets)
    key = units[0]
    again = Unit(key.media_us, key.wall_us, True, False, annex_b(key.data))
    one = first.decode(key) or first.finish()
    two = other.decode(again) or other.finish()
    assert (one.width, one.height) == (WIDTH, HEIGHT)
    assert (one.luma(160, 96) == two.luma(160, 96)).all()
    assert (one.media_us, one.wall_us) == (key.media_us, key.wall_us)


def test_every_picture_comes_with_its_own_time_even_with_b_pictures():
    sets, units = code(walk(2), b_pictures=2)
    decoder = Decoder("h264", sets)
    pictures = [picture for unit in units for picture in decoder.decode_all(unit)]
    pictures += decoder.finish_all()
    assert [picture.media_us for picture in pictures] == [n * 100_000 for n in range(20)]
    assert all(picture.wall_us - picture.media_us == 10**15 for picture in pictures)


def test_damage_is_counted_and_the_next_keyframe_is_right(stream):
    sets, units = stream
    decoder = Decoder("h264", sets)
    for unit in units[:10]:
        broken = Unit(unit.media_us, unit.wall_us, unit.is_keyframe, False, unit.data[:40])
        decoder.decode(broken)
    decoder.decode(Unit(0, 0, True, False, b""))
    assert decoder.counts.corrupt > 0
    decoder.restart()
    picture = decoder.decode(units[10]) or decoder.finish()
    assert picture.width == WIDTH


def test_lengths_that_lie_end_at_the_end():
    assert annex_b(b"\x00\x00\x00\x05ab") == b"\x00\x00\x00\x01ab"
    assert annex_b(b"\xff\xff\xff\xff\x65") == b"\x00\x00\x00\x01\x65"
    assert annex_b(b"\x00\x00") == b""


def test_a_length_that_looks_like_a_short_start_code_is_a_length():
    nal = bytes((0x65, *range(1, 256), 7, 7))
    assert len(nal).to_bytes(4)[:3] == b"\x00\x00\x01"
    assert annex_b(len(nal).to_bytes(4) + nal) == b"\x00\x00\x00\x01" + nal


def test_an_unknown_codec_is_refused():
    with pytest.raises(DecoderError, match="cannot be decoded"):
        Decoder("h267")


def test_a_window_is_cut_and_stretched():
    colour = with_figure(background(), 160, 0, 160, HEIGHT)
    right = cut(colour, Box(0.5, 0, 1, 1), 40, 30)
    assert right.shape == (30, 40, 3)
    assert np.abs(right.astype(int) - np.array(RED)).max() <= 2
    assert cut(colour, Box(1, 1, 1, 1), 8, 8).shape == (8, 8, 3)


def test_a_change_of_size_is_noticed(stream):
    sets, units = stream
    small_sets, small = code([background(width=160, height=96)] * 2)
    decoder = Decoder("h264", sets)
    decoder.decode(units[0]) or decoder.finish()
    decoder._head = b"".join(b"\x00\x00\x00\x01" + each for each in small_sets)
    picture = decoder.decode(small[0]) or decoder.finish()
    assert picture.width == 160
    assert decoder.counts.resized == 1


def test_h265_decodes_too():
    encoder = av.CodecContext.create("libx265", "w")
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 10), Fraction(10)
    encoder.options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1:bframes=0"}
    frame = av.VideoFrame.from_ndarray(with_figure(background(), 200, 60), format="rgb24")
    frame.pts = 0
    packets = [*encoder.encode(frame.reformat(format="yuv420p")), *encoder.encode(None)]
    nals = [nal for packet in packets for nal in split(bytes(packet))]
    sets = tuple(nal for nal in nals if 32 <= (nal[0] >> 1) & 0x3F <= 34)
    data = b"".join(len(nal).to_bytes(4) + nal for nal in nals if (nal[0] >> 1) & 0x3F < 32)
    decoder = Decoder("h265", sets)
    unit = Unit(5, 7, True, False, data)
    picture = decoder.decode(unit) or decoder.finish()
    red, green, _ = picture.colour()[80:110, 206:218].reshape(-1, 3).mean(axis=0)
    assert red > 150
    assert green < 80
    assert picture.wall_us == 7
