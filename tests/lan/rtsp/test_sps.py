"""Goal: size, codec string and reordering of real SPS; hostile ones are refused. Method: vectors
from x264 and x265 as FFmpeg reads them, hand-made absurdities, hypothesis."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.sps import ParameterSetError, Sequence, parameter_set_key, parse_sps

H264_FULL_HD = "67640028acd940780227e5c044000003000400000300a03c60c658"
H264_SMALL = "67640016acd940a02ff97011000003000100000300280f162d96"
H265_FULL_HD = (
    "420101016000000300900000030000030078a003c08010e596566924caf0168080000003008000000a04"
)
H265_2304 = "420101016000000300900000030000030096a0012020051165959a4932bc05a02000000300200000030281"


@pytest.mark.parametrize(
    ("codec", "sps", "expected"),
    [
        ("h264", H264_FULL_HD, Sequence(1920, 1080, "avc1.640028", 2)),
        ("h264", H264_SMALL, Sequence(640, 360, "avc1.640016", 2)),
        ("h265", H265_FULL_HD, Sequence(1920, 1080, "hvc1.1.6.L120.90", 2)),
        ("h265", H265_2304, Sequence(2304, 1296, "hvc1.1.6.L150.90", 2)),
    ],
)
def test_real_parameter_sets(codec, sps, expected):
    assert parse_sps(codec, bytes.fromhex(sps)) == expected


def exp_golomb(value):
    bits = f"{value + 1:b}"
    return "0" * (len(bits) - 1) + bits


def baseline_sps(columns, rows):
    bits = "".join(map(exp_golomb, (0, 0, 0, 0, 1))) + "0"
    bits += exp_golomb(columns - 1) + exp_golomb(rows - 1) + "1" + "1" + "0" + "0" + "1"
    bits += "0" * (-len(bits) % 8)
    return b"\x67\x42\xc0\x1f" + int(bits, 2).to_bytes(len(bits) // 8, "big")


def test_a_plain_baseline_picture():
    found = parse_sps("h264", baseline_sps(40, 30))
    assert (found.width, found.height, found.reorder_pictures) == (640, 480, 0)


@pytest.mark.parametrize(("columns", "rows"), [(5000, 5000), (1 << 30, 1), (1024, 1023 * 4)])
def test_absurd_pictures_are_refused_in_words(columns, rows):
    with pytest.raises(ParameterSetError, match=r"pictures of \d+ x \d+"):
        parse_sps("h264", baseline_sps(columns, rows))


def test_a_cut_sps_is_refused_at_every_length():
    for codec, text, whole in (("h264", H264_FULL_HD, 11), ("h265", H265_FULL_HD, 27)):
        sps = bytes.fromhex(text)
        for length in range(len(sps)):
            with contextlib.suppress(ParameterSetError):
                assert parse_sps(codec, sps[:length]).width == 1920
                assert length >= whole


def test_an_endless_sps_is_refused():
    with pytest.raises(ParameterSetError):
        parse_sps("h264", b"\x67" + b"\xff" * 5000)


def test_parameter_sets_are_told_apart_by_kind_and_id():
    assert parameter_set_key("h264", bytes.fromhex(H264_FULL_HD)) == (7, 0)
    assert parameter_set_key("h264", b"\x68\xce\x3c\x80") == (8, 0)
    assert parameter_set_key("h264", b"\x68\x5e\x3c\x80") == (8, 1)
    assert parameter_set_key("h265", bytes.fromhex(H265_FULL_HD)) == (33, 0)
    assert parameter_set_key("h265", bytes.fromhex("40010c01ffff0160000003")) == (32, 0)
    assert parameter_set_key("h265", bytes.fromhex("4401c172b46240")) == (34, 0)


@given(st.sampled_from(["h264", "h265"]), st.binary(max_size=80), st.integers(0, 30))
def test_arbitrary_bytes_raise_only_parameter_set_errors(codec, data, keep):
    good = bytes.fromhex(H264_FULL_HD if codec == "h264" else H265_FULL_HD)
    for nal in (data, good[:keep] + data):
        with contextlib.suppress(ParameterSetError):
            found = parse_sps(codec, nal)
            assert 16 <= found.width <= 16384
            assert 0 <= found.reorder_pictures <= 16
        with contextlib.suppress(ParameterSetError):
            parameter_set_key(codec, nal)
