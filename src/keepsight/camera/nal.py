"""Cutting H.264 and H.265 bytes into NAL units, and reading parameter sets from containers.

Sources: ISO/IEC 14496-15 (avcC, hvcC), ITU-T H.264 and H.265 annex B.
"""

import re
from collections.abc import Iterable
from typing import Final

from keepsight.camera.media import SourceError, VideoCodec

_START_CODE: Final = re.compile(rb"\x00\x00\x00?\x01")
_H264_SPS, _H264_PPS, _H264_DELIMITER, _H264_FILLER = 7, 8, 9, 12
_H265_VPS, _H265_PPS, _H265_DELIMITER, _H265_FILLER = 32, 34, 35, 38


def nal_type(codec: VideoCodec, unit: bytes) -> int:
    """The type in the NAL unit's header."""
    return unit[0] & 0x1F if codec == "h264" else (unit[0] >> 1) & 0x3F


def is_parameter_set(codec: VideoCodec, unit: bytes) -> bool:
    """SPS or PPS, or VPS in H.265."""
    kind = nal_type(codec, unit)
    if codec == "h264":
        return kind in (_H264_SPS, _H264_PPS)
    return _H265_VPS <= kind <= _H265_PPS


def is_keyframe(codec: VideoCodec, units: Iterable[bytes]) -> bool:
    """Whether a picture can be decoded alone: IDR, or any IRAP in H.265."""
    kinds = {nal_type(codec, unit) for unit in units}
    return 5 in kinds if codec == "h264" else any(16 <= kind <= 21 for kind in kinds)


def _is_carried(codec: VideoCodec, unit: bytes) -> bool:
    if len(unit) < (1 if codec == "h264" else 2):
        return False
    kind = nal_type(codec, unit)
    dropped = (
        (_H264_DELIMITER, _H264_FILLER) if codec == "h264" else (_H265_DELIMITER, _H265_FILLER)
    )
    return kind not in dropped


def split_annex_b(codec: VideoCodec, data: bytes) -> tuple[bytes, ...]:
    """NAL units between start codes, without delimiters and filler."""
    units = (unit.rstrip(b"\x00") for unit in _START_CODE.split(data))
    return tuple(unit for unit in units if _is_carried(codec, unit))


def split_sample(codec: VideoCodec, data: bytes, length_bytes: int) -> tuple[bytes, ...]:
    """NAL units of an MP4 sample, each behind its length of `length_bytes`.

    A length that points past the end gives what there is: the file is damaged, not we.
    """
    units, position = [], 0
    while position + length_bytes <= len(data):
        begin = position + length_bytes
        position = begin + int.from_bytes(data[position:begin])
        units.append(data[begin:position])
    return tuple(unit for unit in units if _is_carried(codec, unit))


def _read_avcc(box: bytes) -> tuple[tuple[bytes, ...], int]:
    position, units = 5, []
    for mask in (0x1F, 0xFF):
        count = box[position] & mask
        position += 1
        for _ in range(count):
            size = int.from_bytes(box[position : position + 2])
            units.append(box[position + 2 : position + 2 + size])
            position += 2 + size
    return tuple(units), (box[4] & 3) + 1


def _read_hvcc(box: bytes) -> tuple[tuple[bytes, ...], int]:
    position, units = 23, []
    for _ in range(box[22]):
        count = int.from_bytes(box[position + 1 : position + 3])
        position += 3
        for _ in range(count):
            size = int.from_bytes(box[position : position + 2])
            units.append(box[position + 2 : position + 2 + size])
            position += 2 + size
    return tuple(units), (box[21] & 3) + 1


def read_extradata(codec: VideoCodec, extradata: bytes) -> tuple[tuple[bytes, ...], int]:
    """Parameter sets, and the bytes of a NAL unit's length (0: the samples have start codes).

    Raises:
        SourceError: the configuration record is cut short.
    """
    if not extradata or extradata.startswith((b"\x00\x00\x01", b"\x00\x00\x00\x01")):
        units, length_bytes = split_annex_b(codec, extradata), 0
    else:
        try:
            units, length_bytes = (_read_avcc if codec == "h264" else _read_hvcc)(extradata)
        except IndexError as error:
            raise SourceError("the file's decoder configuration is cut short") from error
    return tuple(u for u in units if u and is_parameter_set(codec, u)), length_bytes


def with_parameter_sets(
    codec: VideoCodec, units: tuple[bytes, ...], parameter_sets: tuple[bytes, ...]
) -> tuple[bytes, ...]:
    """A keyframe's units with parameter sets in front, unless it brings its own."""
    if any(is_parameter_set(codec, unit) for unit in units):
        return units
    return parameter_sets + units
