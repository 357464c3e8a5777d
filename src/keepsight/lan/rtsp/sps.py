"""What a sequence parameter set says: picture size after cropping, codec string, reordering.

H.264: ITU-T H.264 section 7.3.2.1. H.265: ITU-T H.265 section 7.3.2.2. Codec strings: RFC 6381 and
ISO/IEC 14496-15 annex E.
"""

from dataclasses import dataclass
from typing import Final

from keepsight.lan.rtsp.bits import BitReader, BitsError, unescape
from keepsight.lan.rtsp.unit import VideoCodec

SIDE_PIXELS_MIN: Final = 16
SIDE_PIXELS_MAX: Final = 16_384
PIXELS_MAX: Final = 64 * 1024 * 1024
PARAMETER_SET_BYTES_MAX: Final = 4096
SUB_LAYERS_MAX: Final = 7
POC_CYCLE_MAX: Final = 255
REORDER_PICTURES_MAX: Final = 16

_HIGH_PROFILES: Final = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})


class ParameterSetError(ValueError):
    """A parameter set is broken, or asks for a picture no camera makes."""


@dataclass(frozen=True, slots=True)
class Sequence:
    """What we need of an SPS."""

    width: int
    """Pixels, after cropping."""
    height: int
    codec_string: str
    reorder_pictures: int
    """At most so many pictures precede one in decoding order and follow it on screen; 0 if the
    stream does not say."""


def _checked(width: int, height: int, codec_string: str, reorder: int) -> Sequence:
    sides_fit = all(SIDE_PIXELS_MIN <= side <= SIDE_PIXELS_MAX for side in (width, height))
    if not sides_fit or width * height > PIXELS_MAX:
        raise ParameterSetError(f"the camera announces pictures of {width} x {height} pixels")
    return Sequence(width, height, codec_string, min(reorder, REORDER_PICTURES_MAX))


def _skip_scaling_list(reader: BitReader, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + reader.signed()) % 256
        last = following or last


def _h264_chroma(reader: BitReader) -> tuple[int, bool]:
    """Returns chroma_format_idc and separate_colour_plane_flag; reads on to the scaling lists."""
    chroma = reader.unsigned()
    if chroma > 3:
        raise ParameterSetError("the chroma format is unknown")
    is_separate = chroma == 3 and reader.flag()
    reader.unsigned()  # bit depth luma
    reader.unsigned()  # bit depth chroma
    reader.flag()  # qpprime_y_zero_transform_bypass
    if reader.flag():
        for index in range(12 if chroma == 3 else 8):
            if reader.flag():
                _skip_scaling_list(reader, 16 if index < 6 else 64)
    return chroma, is_separate


def _h264_poc(reader: BitReader) -> None:
    kind = reader.unsigned()
    if kind == 0:
        reader.unsigned()
    elif kind == 1:
        reader.flag()
        reader.signed()
        reader.signed()
        count = reader.unsigned()
        if count > POC_CYCLE_MAX:
            raise ParameterSetError("the picture order cycle is too long")
        for _ in range(count):
            reader.signed()
    elif kind > 2:
        raise ParameterSetError("the picture order type is unknown")


def _skip_h264_hrd(reader: BitReader) -> None:
    count = reader.unsigned() + 1
    if count > 32:
        raise ParameterSetError("too many HRD entries")
    reader.bits(8)
    for _ in range(count):
        reader.unsigned()
        reader.unsigned()
        reader.flag()
    reader.bits(20)


def _skip_h264_display(reader: BitReader) -> None:
    """Aspect ratio, overscan, video signal type and chroma location of the VUI."""
    if reader.flag() and reader.bits(8) == 255:
        reader.bits(32)
    if reader.flag():
        reader.flag()
    if reader.flag():
        reader.bits(4)
        if reader.flag():
            reader.bits(24)
    if reader.flag():
        reader.unsigned()
        reader.unsigned()


def _h264_reorder(reader: BitReader) -> int:
    """Walk the VUI to max_num_reorder_frames (annex E.1.1); 0 if it is not there."""
    if not reader.flag():
        return 0
    _skip_h264_display(reader)
    if reader.flag():  # timing
        reader.bits(65)
    if has_nal := reader.flag():
        _skip_h264_hrd(reader)
    if has_vcl := reader.flag():
        _skip_h264_hrd(reader)
    if has_nal or has_vcl:
        reader.flag()
    reader.flag()  # pic_struct_present
    if not reader.flag():
        return 0
    reader.flag()
    for _ in range(4):
        reader.unsigned()
    return reader.unsigned()


def _parse_h264(nal: bytes) -> Sequence:
    reader = BitReader(unescape(nal)[1:])
    profile, constraints, level = reader.bits(8), reader.bits(8), reader.bits(8)
    reader.unsigned()  # seq_parameter_set_id
    chroma, is_separate = _h264_chroma(reader) if profile in _HIGH_PROFILES else (1, False)
    reader.unsigned()  # log2_max_frame_num_minus4
    _h264_poc(reader)
    reader.unsigned()  # max_num_ref_frames
    reader.flag()
    columns, rows = reader.unsigned() + 1, reader.unsigned() + 1
    is_frame = reader.flag()
    if not is_frame:
        reader.flag()
    reader.flag()  # direct_8x8_inference
    width, height = columns * 16, rows * 16 * (1 if is_frame else 2)
    if reader.flag():
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
        array_type = 0 if is_separate else chroma
        unit_x = 2 if array_type in (1, 2) else 1
        unit_y = (2 if array_type == 1 else 1) * (1 if is_frame else 2)
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    try:
        reorder = _h264_reorder(reader)
    except (BitsError, ParameterSetError):
        reorder = 0  # Some firmware cuts the VUI short; the picture decodes all the same.
    return _checked(width, height, f"avc1.{profile:02x}{constraints:02x}{level:02x}", reorder)


def _h265_codec_string(general: bytes) -> str:
    """From the 12 bytes of general profile, tier and level; ISO/IEC 14496-15 E.3."""
    space = ("", "A", "B", "C")[general[0] >> 6]
    tier = "H" if general[0] & 0x20 else "L"
    compatibility = int(f"{int.from_bytes(general[1:5], 'big'):032b}"[::-1], 2)
    constraints = general[5:11].rstrip(b"\x00")
    tail = "".join(f".{byte:x}" for byte in constraints)
    return f"hvc1.{space}{general[0] & 0x1F}.{compatibility:x}.{tier}{general[11]}{tail}"


def _skip_h265_sub_layers(reader: BitReader, count: int) -> None:
    present = [(reader.flag(), reader.flag()) for _ in range(count)]
    if count:
        reader.bits(2 * (8 - count))
    for has_profile, has_level in present:
        reader.bits(88 * has_profile + 8 * has_level)


def _parse_h265(nal: bytes) -> Sequence:
    data = unescape(nal)
    reader = BitReader(data[2:])
    reader.bits(4)
    sub_layers = reader.bits(3)
    if sub_layers >= SUB_LAYERS_MAX:
        raise ParameterSetError("too many temporal layers")
    reader.flag()
    general = reader.bits(96).to_bytes(12, "big")
    _skip_h265_sub_layers(reader, sub_layers)
    reader.unsigned()  # sps_seq_parameter_set_id
    chroma = reader.unsigned()
    if chroma > 3:
        raise ParameterSetError("the chroma format is unknown")
    is_separate = chroma == 3 and reader.flag()
    width, height = reader.unsigned(), reader.unsigned()
    if reader.flag():
        left, right, top, bottom = (reader.unsigned() for _ in range(4))
        unit_x = 2 if chroma in (1, 2) and not is_separate else 1
        unit_y = 2 if chroma == 1 else 1
        width -= unit_x * (left + right)
        height -= unit_y * (top + bottom)
    reader.unsigned()  # bit depths
    reader.unsigned()
    reader.unsigned()  # log2_max_pic_order_cnt_lsb_minus4
    first = 0 if reader.flag() else sub_layers
    reorder = 0
    for _ in range(first, sub_layers + 1):
        reader.unsigned()
        reorder = reader.unsigned()
        reader.unsigned()
    return _checked(width, height, _h265_codec_string(general), reorder)


def parse_sps(codec: VideoCodec, nal: bytes) -> Sequence:
    """Read an SPS NAL unit, header included, without start code.

    Raises:
        ParameterSetError: it is broken, or its picture is smaller than 16 or larger than 16384
            pixels a side or 64 Mpixel in all.
    """
    if len(nal) > PARAMETER_SET_BYTES_MAX:
        raise ParameterSetError("the sequence parameter set is too long")
    try:
        return _parse_h264(nal) if codec == "h264" else _parse_h265(nal)
    except BitsError as error:
        raise ParameterSetError(f"the sequence parameter set is broken: {error}") from error


def parameter_set_key(codec: VideoCodec, nal: bytes) -> tuple[int, int]:
    """NAL unit type and id of a parameter set: a later one with the same key replaces it.

    Raises:
        ParameterSetError: it is broken or too long.
    """
    if not 2 < len(nal) <= PARAMETER_SET_BYTES_MAX:
        raise ParameterSetError("a parameter set is empty or too long")
    try:
        data = unescape(nal[:256])
        if codec == "h264":
            kind = nal[0] & 0x1F
            return kind, BitReader(data[4 if kind == 7 else 1 :]).unsigned()
        kind = nal[0] >> 1 & 0x3F
        reader = BitReader(data[2:])
        if kind == 32:
            return kind, reader.bits(4)
        if kind == 33:
            reader.bits(4)
            sub_layers = reader.bits(3)
            reader.bits(1 + 96)
            _skip_h265_sub_layers(reader, sub_layers)
        return kind, reader.unsigned()
    except BitsError as error:
        raise ParameterSetError(f"a parameter set is broken: {error}") from error
