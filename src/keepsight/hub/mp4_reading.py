"""Reads back what `hub/mp4.py` wrote: tracks and durations. For recovery; not a general demuxer."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_BOXES_MAX: Final = 1000
_CONTAINERS: Final = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"moof", b"traf")


class MovieError(ValueError):
    """Not the boxes that `hub/mp4.py` writes."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track of an initialisation segment."""

    track_id: int
    codec_string: str
    """RFC 6381."""
    clock_rate: int
    """Ticks a second."""
    width: int
    """0 for sound."""
    height: int


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, body) of each box, containers first and then what is in them."""
    waiting = [data]
    for _ in range(_BOXES_MAX):
        if not waiting:
            return
        rest = waiting.pop()
        if len(rest) < 8:
            continue
        size, name = struct.unpack_from(">I4s", rest)
        if not 8 <= size <= len(rest):
            raise MovieError(f"box {name!r} is cut short")
        body = rest[8:size]
        waiting.append(rest[size:])
        yield name, body
        if name in _CONTAINERS:
            waiting.append(body)
    raise MovieError("too many boxes")


def read_tracks(init: bytes) -> list[Track]:
    """The tracks of an initialisation segment, video first.

    Raises:
        MovieError: not one of ours.
    """
    tracks: list[Track] = []
    track_id = width = height = clock_rate = 0
    try:
        for name, body in _boxes(init):
            if name == b"tkhd":
                (track_id,) = struct.unpack_from(">I", body, 12)
                width, height = (value >> 16 for value in struct.unpack_from(">II", body, 76))
            elif name == b"mdhd":
                (clock_rate,) = struct.unpack_from(">I", body, 12)
            elif name == b"stsd":
                codec = _codec_string(body[8:])
                tracks.append(Track(track_id, codec, clock_rate, width, height))
    except (struct.error, IndexError) as error:
        raise MovieError("an initialisation segment is cut short") from error
    if not tracks or not all(track.clock_rate for track in tracks):
        raise MovieError("an initialisation segment without tracks")
    return tracks


def read_duration_us(fragment: bytes, tracks: list[Track]) -> int:
    """How long the samples of the first track last; 0 if the fragment has none.

    Raises:
        MovieError: not one of ours.
    """
    track_id = 0
    try:
        for name, body in _boxes(fragment):
            if name == b"tfhd":
                (track_id,) = struct.unpack_from(">I", body, 4)
            elif name == b"trun" and track_id == tracks[0].track_id:
                (count,) = struct.unpack_from(">I", body, 4)
                ticks: int = sum(
                    struct.unpack_from(">I", body, 12 + 16 * n)[0] for n in range(count)
                )
                return ticks * 1_000_000 // tracks[0].clock_rate
    except struct.error as error:
        raise MovieError("a fragment is cut short") from error
    return 0


def _codec_string(entry: bytes) -> str:
    name = entry[4:8]
    if name == b"avc1":
        return "avc1." + _config(entry, b"avcC")[1:4].hex()
    if name == b"hvc1":
        return "hvc1." + _hevc_words(_config(entry, b"hvcC"))
    if name == b"mp4a":
        return f"mp4a.40.{_audio_object_type(_config(entry, b'esds'))}"
    words = {b"Opus": "opus", b"alaw": "alaw", b"ulaw": "ulaw"}
    if name not in words:
        raise MovieError(f"unknown sample entry {name!r}")
    return words[name]


def _config(entry: bytes, name: bytes) -> bytes:
    at = entry.find(name)
    if at < 4:
        raise MovieError(f"a sample entry without {name!r}")
    return entry[at + 4 :]


def _audio_object_type(esds: bytes) -> int:
    """The first five bits of the AudioSpecificConfig, where `hub/mp4.py` puts it."""
    # version and flags 4, ES descriptor 2 + 3, decoder configuration 2 + 13, specific 2
    return esds[26] >> 3


def _hevc_words(config: bytes) -> str:
    """ISO/IEC 14496-15, annex E.3."""
    space = ("", "A", "B", "C")[config[1] >> 6]
    tier = "H" if config[1] & 0x20 else "L"
    compatible = int(f"{int.from_bytes(config[2:6]):032b}"[::-1], 2)
    constraints = config[6:12].rstrip(b"\0")
    words = [f"{space}{config[1] & 0x1F}", f"{compatible:X}", f"{tier}{config[12]}"]
    return ".".join(words + [f"{byte:X}" for byte in constraints])
