"""How coarsely an H.264 picture was coded: the quantiser in its slice header, without decoding.

A camera with a fixed bit rate spends the same bytes on an empty room and on a visit; what changes
is the quantiser. Bytes and quantiser together say how much there was to code (sign.py). Only the
first bits of the first slice are read. ITU-T H.264 sections 7.3.2.1, 7.3.2.2 and 7.3.3.
"""

from dataclasses import dataclass
from typing import Final

from keepsight.lan.rtsp.bits import BitReader, BitsError, unescape

HEADER_BYTES_MAX: Final = 64
"""Of a slice; the fields up to the quantiser fit several times."""
REFERENCES_MAX: Final = 32
_SPS, _PPS, _SLICE, _IDR = 7, 8, 1, 5
_HIGH_PROFILES: Final = frozenset({44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244})
_P, _B = 0, 1


@dataclass(frozen=True, slots=True)
class SliceLayout:
    """What of SPS and PPS one needs to find the quantiser in a slice header."""

    frame_number_bits: int
    order_kind: int
    order_bits: int
    has_no_order_deltas: bool
    is_frames_only: bool
    has_separate_planes: bool
    is_cabac: bool
    has_order_in_fields: bool
    references: tuple[int, int]
    weighs_p: bool
    weighs_b: int
    has_redundant_count: bool
    has_chroma: bool
    quantiser: int
    """pic_init_qp."""


def _skip_scaling(reader: BitReader, lists: int) -> None:
    for index in range(lists):
        if not reader.flag():
            continue
        last = following = 8
        for _ in range(16 if index < 6 else 64):
            if following:
                following = (last + reader.signed()) % 256
            last = following or last


def _read_sps(nal: bytes) -> dict[str, int]:
    reader = BitReader(unescape(nal[1:]))
    profile = reader.bits(8)
    reader.bits(16)
    reader.unsigned()
    chroma, is_separate = 1, False
    if profile in _HIGH_PROFILES:
        chroma = reader.unsigned()
        is_separate = chroma == 3 and reader.flag()
        reader.unsigned()
        reader.unsigned()
        reader.flag()
        if reader.flag():
            _skip_scaling(reader, 12 if chroma == 3 else 8)
    frame_number_bits = reader.unsigned() + 4
    kind, order_bits, no_deltas = reader.unsigned(), 0, False
    if kind == 0:
        order_bits = reader.unsigned() + 4
    elif kind == 1:
        no_deltas = reader.flag()
        reader.signed()
        reader.signed()
        for _ in range(min(reader.unsigned(), 255)):
            reader.signed()
    reader.unsigned()  # reference frames
    reader.flag()
    reader.unsigned()
    reader.unsigned()
    return {
        "frame_number_bits": frame_number_bits,
        "order_kind": kind,
        "order_bits": order_bits,
        "has_no_order_deltas": no_deltas,
        "is_frames_only": reader.flag(),
        "has_separate_planes": is_separate,
        "has_chroma": chroma != 0 and not is_separate,
    }


def _read_pps(nal: bytes) -> dict[str, object]:
    reader = BitReader(unescape(nal[1:]))
    reader.unsigned()
    reader.unsigned()
    is_cabac, in_fields = reader.flag(), reader.flag()
    if reader.unsigned():
        raise BitsError("slice groups are not read")
    references = (reader.unsigned() + 1, reader.unsigned() + 1)
    weighs_p, weighs_b = reader.flag(), reader.bits(2)
    quantiser = 26 + reader.signed()
    reader.signed()
    reader.signed()
    reader.flag()
    reader.flag()
    return {
        "is_cabac": is_cabac,
        "has_order_in_fields": in_fields,
        "references": references,
        "weighs_p": weighs_p,
        "weighs_b": weighs_b,
        "has_redundant_count": reader.flag(),
        "quantiser": quantiser,
    }


def read_layout(parameter_sets: tuple[bytes, ...]) -> SliceLayout | None:
    """The layout of the slices that follow these parameter sets; None where it cannot be read.

    Several PPS, or slice groups, are given up: no camera that we know sends them.
    """
    sps = [nal for nal in parameter_sets if nal and nal[0] & 0x1F == _SPS]
    pps = [nal for nal in parameter_sets if nal and nal[0] & 0x1F == _PPS]
    if len(sps) != 1 or len(pps) != 1:
        return None
    try:
        return SliceLayout(**_read_sps(sps[0]), **_read_pps(pps[0]))  # type: ignore[arg-type]
    except BitsError:
        return None


def _skip_references(reader: BitReader, lists: int) -> None:
    for _ in range(lists):
        if not reader.flag():
            continue
        for _ in range(REFERENCES_MAX * 2 + 2):
            if reader.unsigned() == 3:
                break
            reader.unsigned()


def _skip_weights(reader: BitReader, counts: tuple[int, ...], *, has_chroma: bool) -> None:
    reader.unsigned()
    if has_chroma:
        reader.unsigned()
    for count in counts:
        for _ in range(min(count, REFERENCES_MAX)):
            if reader.flag():
                reader.signed()
                reader.signed()
            if has_chroma and reader.flag():
                for _ in range(4):
                    reader.signed()


def _skip_marking(reader: BitReader) -> None:
    if not reader.flag():
        return
    for _ in range(REFERENCES_MAX * 2 + 2):
        operation = reader.unsigned()
        if operation == 0:
            return
        if operation != 5:
            reader.unsigned()
        if operation == 3:
            reader.unsigned()


def _skip_order(reader: BitReader, layout: SliceLayout, *, is_field: bool) -> None:
    has_deltas = layout.has_order_in_fields and not is_field
    if layout.order_kind == 0:
        reader.bits(layout.order_bits)
        if has_deltas:
            reader.signed()
    elif layout.order_kind == 1 and not layout.has_no_order_deltas:
        reader.signed()
        if has_deltas:
            reader.signed()


def read_quantiser(layout: SliceLayout, nal: bytes) -> int | None:
    """The quantiser (0..51 and a little around) with which a P or B slice begins.

    Args:
        layout: of the parameter sets in force.
        nal: the slice's NAL unit, or its first HEADER_BYTES_MAX bytes.

    Returns None for other NAL units, I slices and headers that make no sense.
    """
    if not nal or nal[0] & 0x1F != _SLICE:
        return None
    try:
        quantiser = _quantiser_of(layout, BitReader(unescape(nal[1:HEADER_BYTES_MAX])), nal[0])
    except BitsError:
        return None
    return quantiser if quantiser is not None and -48 <= quantiser <= 51 else None


def _skip_to_order(reader: BitReader, layout: SliceLayout) -> None:
    reader.unsigned()  # picture parameter set
    if layout.has_separate_planes:
        reader.bits(2)
    reader.bits(layout.frame_number_bits)
    is_field = not layout.is_frames_only and reader.flag()
    if is_field:
        reader.flag()
    _skip_order(reader, layout, is_field=is_field)
    if layout.has_redundant_count:
        reader.unsigned()


def _quantiser_of(layout: SliceLayout, reader: BitReader, nal_head: int) -> int | None:
    reader.unsigned()  # first macroblock
    kind = reader.unsigned() % 5
    if kind not in (_P, _B):
        return None
    _skip_to_order(reader, layout)
    if kind == _B:
        reader.flag()
    counts: tuple[int, ...] = layout.references
    if reader.flag():
        counts = (reader.unsigned() + 1, reader.unsigned() + 1 if kind == _B else 1)
    counts = counts if kind == _B else counts[:1]
    _skip_references(reader, len(counts))
    if (kind == _P and layout.weighs_p) or (kind == _B and layout.weighs_b == 1):
        _skip_weights(reader, counts, has_chroma=layout.has_chroma)
    if nal_head >> 5 & 3:
        _skip_marking(reader)
    if layout.is_cabac:
        reader.unsigned()
    return layout.quantiser + reader.signed()
