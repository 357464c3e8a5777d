"""Access units -> fragmented MP4 (ISO/IEC 14496-12 boxes). Pure: no input, no output, no clock.

Two functions matter: `init_segment` once for each window, `fragment` once for each access unit
(live) or group of pictures (recording). The payload is copied exactly once, by one join; nothing
looks at its bytes. 2304x1296 at 20 fps: 2 us for one access unit, 25 us for 40 of them, and the
copy.
"""

import struct
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple

from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, Buffer, StreamFormat, VideoFormat

VIDEO_TRACK: Final = 1
AUDIO_TRACK: Final = 2

_MOVIE_TIMESCALE: Final = 1000
_SYNC_SAMPLE: Final = 0x02000000
"""sample_depends_on = 2: needs no other sample."""
_DELTA_SAMPLE: Final = 0x01010000
"""sample_depends_on = 1 and sample_is_non_sync_sample."""
_TRUN_FLAGS: Final = 0x01000F01
"""Version 1; data offset, and per sample duration, size, flags, composition offset."""
_U32: Final = 0xFFFFFFFF
_MATRIX: Final = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
_H264_HIGH_PROFILES: Final = (100, 110, 122, 244, 44, 83, 86, 118, 128)


class ConfigError(ValueError):
    """Parameter sets or an audio configuration that do not describe a decodable track."""


class Run(NamedTuple):
    """Samples of one track that follow each other: what one `traf` holds."""

    track: int
    """VIDEO_TRACK or AUDIO_TRACK."""
    zero_ticks: int
    """The media_ticks that are 0 in the segment's time."""
    units: Sequence[AccessUnit]
    """At least one, in decoding order."""
    end_ticks: int
    """The media_ticks at which the last unit ends, usually those of the next one."""
    floor_ticks: int = 0
    """With B pictures: no decoding time comes before this (the previous run's end)."""


# --- fragments ------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _traf_layout(count: int) -> struct.Struct:
    # traf, tfhd, tfdt (version 1), trun with four fields a sample
    return struct.Struct(f">I4s I4sII I4sIQ I4sIII {4 * count}I")


def _decode_ticks(run: Run) -> list[int]:
    """Decoding time of each unit and, last, the end; never falling."""
    ticks = [unit.media_ticks - unit.composition_ticks for unit in run.units]
    ticks.append(run.end_ticks)
    if ticks == sorted(ticks):
        return ticks
    # B pictures whose sender does not say when to decode: the n-th picture is decoded at the n-th
    # smallest presentation time, and the signed composition offset says the rest.
    ticks.sort()
    floor = run.floor_ticks
    for index, value in enumerate(ticks):
        ticks[index] = floor = max(value, floor + 1)
    return ticks


def _traf(run: Run, data_offset: int) -> bytes:
    ticks = _decode_ticks(run)
    fields: list[int] = []
    extend = fields.extend
    is_audio = run.track == AUDIO_TRACK
    before = ticks[0]
    for unit, after in zip(run.units, ticks[1:], strict=True):
        duration = after - before
        extend((
            min(duration, _U32),
            unit.size_bytes,
            _SYNC_SAMPLE if unit.is_keyframe or is_audio else _DELTA_SAMPLE,
            (unit.media_ticks - before) & _U32,
        ))  # fmt: skip
        before = after
    count = len(run.units)
    size = 64 + 16 * count
    return _traf_layout(count).pack(
        size, b"traf",
        16, b"tfhd", 0x020000, run.track,
        20, b"tfdt", 0x01000000, max(0, ticks[0] - run.zero_ticks),
        20 + 16 * count, b"trun", _TRUN_FLAGS, count, data_offset,
        *fields,
    )  # fmt: skip


_MOOF_HEAD: Final = struct.Struct(">I4sI4sII")
_MDAT_HEAD: Final = struct.Struct(">I4s")


def fragment(sequence: int, *runs: Run) -> bytes:
    """One `moof` and `mdat` with the runs' samples, in the order given.

    Args:
        sequence: `mfhd` sequence number; any rising 32-bit number.
        runs: one per track, at most one for each track id.

    Raises:
        ValueError: no runs, or a run without units.
    """
    return b"".join(fragment_pieces(sequence, *runs))


def fragment_pieces(sequence: int, *runs: Run) -> list[Buffer]:
    """The same, not joined yet: for callers that have a buffer of their own."""
    if not runs or not all(run.units for run in runs):
        raise ValueError("a fragment has at least one run and a run at least one unit")
    moof_bytes = 24 + sum(64 + 16 * len(run.units) for run in runs)
    pieces: list[Buffer] = [
        _MOOF_HEAD.pack(moof_bytes, b"moof", 16, b"mfhd", 0, sequence & _U32),
    ]
    payload: list[Buffer] = []
    payload_bytes = 0
    for run in runs:
        pieces.append(_traf(run, moof_bytes + 8 + payload_bytes))
        for unit in run.units:
            payload += unit.parts
            payload_bytes += unit.size_bytes
    pieces.append(_MDAT_HEAD.pack(8 + payload_bytes, b"mdat"))
    pieces += payload
    return pieces


# --- initialisation segment -----------------------------------------------------------------


def _box(name: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I4s", 8 + len(body), name) + body


def _full(name: bytes, version_flags: int, *parts: bytes) -> bytes:
    return _box(name, struct.pack(">I", version_flags), *parts)


def init_segment(stream_format: StreamFormat) -> bytes:
    """`ftyp` and `moov` of a stream: track 1 video, track 2 audio if there is sound.

    Raises:
        ConfigError: parameter sets are missing or cut short.
    """
    video, audio = stream_format.video, stream_format.audio
    traks = {VIDEO_TRACK: _video_trak(video)}
    if audio is not None:
        traks[AUDIO_TRACK] = _audio_trak(audio)
    return _ftyp(b"avc1" if video.codec == "h264" else b"hvc1") + _moov(traks)


def audio_init_segment(audio: AudioFormat) -> bytes:
    """`ftyp` and `moov` of a stream with sound only: track 2, as in the stream with pictures.

    Raises:
        ConfigError: the AudioSpecificConfig is missing.
    """
    return _ftyp(b"mp41") + _moov({AUDIO_TRACK: _audio_trak(audio)})


def _ftyp(brand: bytes) -> bytes:
    return _box(b"ftyp", b"iso6", bytes(4), b"iso6", b"mp41", brand)


def _moov(traks: dict[int, bytes]) -> bytes:
    mvhd = _full(
        b"mvhd", 0,
        struct.pack(">IIIIIH10x", 0, 0, _MOVIE_TIMESCALE, 0, 0x10000, 0x100),
        _MATRIX, bytes(24), struct.pack(">I", AUDIO_TRACK + 1),
    )  # fmt: skip
    trex = [_full(b"trex", 0, struct.pack(">5I", track, 1, 0, 0, 0)) for track in traks]
    return _box(b"moov", mvhd, *traks.values(), _box(b"mvex", *trex))


def _trak(  # noqa: PLR0913 - the fields of a track
    track: int, clock_rate: int, handler: bytes, media_header: bytes, entry: bytes,
    *, width: int = 0, height: int = 0, volume: int = 0,
) -> bytes:  # fmt: skip
    tkhd = _full(
        b"tkhd", 0x000007,
        struct.pack(">IIIII8xHHH2x", 0, 0, track, 0, 0, 0, 0, volume),
        _MATRIX, struct.pack(">II", width << 16, height << 16),
    )  # fmt: skip
    mdhd = _full(b"mdhd", 0, struct.pack(">IIIIHH", 0, 0, clock_rate, 0, 0x55C4, 0))
    hdlr = _full(b"hdlr", 0, bytes(4), handler, bytes(12), b"\0")
    dinf = _box(b"dinf", _full(b"dref", 0, struct.pack(">I", 1), _full(b"url ", 1)))
    stbl = _box(
        b"stbl",
        _full(b"stsd", 0, struct.pack(">I", 1), entry),
        _full(b"stts", 0, bytes(4)), _full(b"stsc", 0, bytes(4)),
        _full(b"stsz", 0, bytes(8)), _full(b"stco", 0, bytes(4)),
    )  # fmt: skip
    return _box(b"trak", tkhd, _box(b"mdia", mdhd, hdlr, _box(b"minf", media_header, dinf, stbl)))


def _video_trak(video: VideoFormat) -> bytes:
    name, config = (
        (b"avc1", _box(b"avcC", _avc_config(video.parameter_sets)))
        if video.codec == "h264"
        else (b"hvc1", _box(b"hvcC", _hevc_config(video.parameter_sets)))
    )
    entry = _box(
        name,
        struct.pack(
            ">6xH16xHHIIIH32xHh", 1, video.width, video.height, 0x480000, 0x480000, 0, 1, 0x18, -1
        ),
        config,
    )
    return _trak(
        VIDEO_TRACK, video.clock_rate, b"vide", _full(b"vmhd", 1, bytes(8)), entry,
        width=video.width, height=video.height,
    )  # fmt: skip


def _audio_trak(audio: AudioFormat) -> bytes:
    names = {"aac": b"mp4a", "opus": b"Opus", "pcma": b"alaw", "pcmu": b"ulaw"}
    config = {"aac": _esds, "opus": _dops}.get(audio.codec, lambda _: b"")(audio)
    # The sample rate is 16.16 fixed point; above 65,535 Hz the decoder configuration has it.
    rate = audio.sample_rate << 16 if audio.sample_rate <= 0xFFFF else 0
    entry = _box(
        names[audio.codec], struct.pack(">6xH8xHH4xI", 1, audio.channels, 16, rate), config
    )
    smhd = _full(b"smhd", 0, bytes(4))
    return _trak(AUDIO_TRACK, audio.clock_rate, b"soun", smhd, entry, volume=0x100)


# --- decoder configurations -----------------------------------------------------------------


class _Bits:
    """Reads a parameter set bit by bit, without its emulation prevention bytes."""

    def __init__(self, unit: bytes) -> None:
        raw = unit.replace(b"\0\0\3", b"\0\0")
        self._value = int.from_bytes(raw)
        self._left = 8 * len(raw)

    def take(self, count: int) -> int:
        if count > self._left:
            raise ConfigError("a parameter set is cut short")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def golomb(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > 32:
                raise ConfigError("a parameter set holds a number that is too large")
        return (1 << zeros) - 1 + self.take(zeros)


def _sized(units: list[bytes]) -> bytes:
    return b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def _avc_config(parameter_sets: tuple[bytes, ...]) -> bytes:
    """AVCDecoderConfigurationRecord, ISO/IEC 14496-15, 5.3.3.1."""
    sps = [unit for unit in parameter_sets if unit and unit[0] & 0x1F == 7]
    pps = [unit for unit in parameter_sets if unit and unit[0] & 0x1F == 8]
    if not sps or not pps or len(sps[0]) < 4 or len(sps) > 31:
        raise ConfigError("H.264 needs its SPS and PPS")
    tail = b""
    if sps[0][1] in _H264_HIGH_PROFILES:
        bits = _Bits(sps[0][4:])
        bits.golomb()
        chroma = bits.golomb()
        if chroma == 3:
            bits.take(1)
        depths = bits.golomb(), bits.golomb()
        tail = bytes((0xFC | chroma & 3, 0xF8 | depths[0] & 7, 0xF8 | depths[1] & 7, 0))
    return b"".join((
        b"\1", sps[0][1:4], b"\xff", bytes((0xE0 | len(sps),)), _sized(sps),
        bytes((len(pps),)), _sized(pps), tail,
    ))  # fmt: skip


def _hevc_config(parameter_sets: tuple[bytes, ...]) -> bytes:
    """HEVCDecoderConfigurationRecord, ISO/IEC 14496-15, 8.3.3.1."""
    arrays = [
        (kind, [unit for unit in parameter_sets if unit and unit[0] >> 1 & 0x3F == kind])
        for kind in (32, 33, 34)
    ]
    if not all(units for _, units in arrays):
        raise ConfigError("H.265 needs its VPS, SPS and PPS")
    sps = arrays[1][1][0]
    bits = _Bits(sps[2:])
    bits.take(4)
    layers_minus_1, is_nested = bits.take(3), bits.take(1)
    profile = bits.take(96).to_bytes(12)
    present = [(bits.take(1), bits.take(1)) for _ in range(layers_minus_1)]
    if layers_minus_1:
        bits.take(2 * (8 - layers_minus_1))
    for has_profile, has_level in present:
        bits.take(88 * has_profile + 8 * has_level)
    bits.golomb()
    chroma = bits.golomb()
    if chroma == 3:
        bits.take(1)
    bits.golomb()
    bits.golomb()
    if bits.take(1):
        for _ in range(4):
            bits.golomb()
    depths = bits.golomb(), bits.golomb()
    layers = (layers_minus_1 + 1) << 3 | is_nested << 2 | 3
    return b"".join((
        b"\1", profile, b"\xf0\x00\xfc",
        bytes((0xFC | chroma & 3, 0xF8 | depths[0] & 7, 0xF8 | depths[1] & 7, 0, 0, layers, 3)),
        *(struct.pack(">BH", 0x80 | kind, len(units)) + _sized(units) for kind, units in arrays),
    ))  # fmt: skip


def _esds(audio: AudioFormat) -> bytes:
    """Elementary stream descriptor around the AudioSpecificConfig, ISO/IEC 14496-1, 7.2.6.5."""
    if not audio.config or len(audio.config) > 64:
        raise ConfigError("AAC needs its AudioSpecificConfig")
    specific = bytes((5, len(audio.config))) + audio.config
    decoder = bytes((4, 13 + len(specific), 0x40, 0x15)) + bytes(11) + specific
    stream = b"\0\2\0" + decoder + b"\6\1\2"
    return _full(b"esds", 0, bytes((3, len(stream))), stream)


def _dops(audio: AudioFormat) -> bytes:
    """OpusSpecificBox; no pre-skip, because a live stream is joined in the middle."""
    return _box(b"dOps", struct.pack(">BBHIhB", 0, audio.channels, 0, audio.sample_rate, 0, 0))
