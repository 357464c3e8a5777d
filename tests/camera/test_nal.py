"""NAL units come out of every wrapping the same. Method: the same units in Annex B, MP4 and
avcC/hvcC, and cut-short records.
"""

import pytest

from keepsight.camera.media import SourceError
from keepsight.camera.nal import (
    is_keyframe,
    is_parameter_set,
    nal_type,
    read_extradata,
    split_annex_b,
    split_sample,
    with_parameter_sets,
)

SPS, PPS, IDR = b"\x67\x64\x00\x28\xac", b"\x68\xee\x3c", b"\x65\x88\x84\x21"
SLICE = b"\x41\x9a\x02"
DELIMITER, FILLER = b"\x09\xf0", b"\x0c\xff\xff\x80"
VPS5, SPS5, PPS5, IDR5 = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x44\x01\xc1", b"\x26\x01\xaf"
AVCC = b"\x01\x64\x00\x28\xff\xe1\x00\x05" + SPS + b"\x01\x00\x03" + PPS


def hvcc(length_bytes=4):
    arrays = b"".join(
        bytes((kind,)) + b"\x00\x01" + len(unit).to_bytes(2) + unit
        for kind, unit in ((0xA0, VPS5), (0xA1, SPS5), (0xA2, PPS5))
    )
    return b"\x01" + bytes(20) + bytes((0xFC | length_bytes - 1, 3)) + arrays


def test_annex_b_loses_start_codes_delimiters_and_filler():
    data = b"".join(b"\x00\x00\x00\x01" + u for u in (DELIMITER, SPS, PPS, FILLER))
    data += b"\x00\x00\x01" + IDR + b"\x00"
    assert split_annex_b("h264", data) == (SPS, PPS, IDR)


@pytest.mark.parametrize("length_bytes", [1, 2, 4])
def test_mp4_samples_are_split_by_their_lengths(length_bytes):
    data = b"".join(len(u).to_bytes(length_bytes) + u for u in (IDR, SLICE))
    assert split_sample("h264", data, length_bytes) == (IDR, SLICE)


def test_a_length_past_the_end_gives_what_there_is():
    assert split_sample("h264", b"\x00\x00\xff\xff" + IDR, 4) == (IDR,)
    assert split_sample("h264", b"\x00\x00", 4) == ()


def test_reads_configuration_records():
    assert read_extradata("h264", AVCC) == ((SPS, PPS), 4)
    assert read_extradata("h265", hvcc(2)) == ((VPS5, SPS5, PPS5), 2)
    assert read_extradata("h264", b"\x00\x00\x00\x01" + SPS + b"\x00\x00\x01" + PPS) == (
        (SPS, PPS),
        0,
    )
    assert read_extradata("h264", b"") == ((), 0)


@pytest.mark.parametrize("cut", range(1, 8))
def test_a_cut_record_is_an_error_not_a_crash(cut):
    for codec, record in (("h264", AVCC), ("h265", hvcc())):
        try:
            sets, _ = read_extradata(codec, record[:cut])
        except SourceError:
            continue
        assert all(is_parameter_set(codec, unit) for unit in sets)


def test_knows_keyframes():
    assert is_keyframe("h264", (SPS, PPS, IDR))
    assert not is_keyframe("h264", (SLICE,))
    assert is_keyframe("h265", (IDR5,))
    assert not is_keyframe("h265", (b"\x02\x01\xaa",))
    assert nal_type("h265", VPS5) == 32


def test_parameter_sets_are_put_in_front_once():
    assert with_parameter_sets("h264", (IDR,), (SPS, PPS)) == (SPS, PPS, IDR)
    assert with_parameter_sets("h264", (SPS, PPS, IDR), (b"\x67other",)) == (SPS, PPS, IDR)
