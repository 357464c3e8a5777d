"""Sound over RTP: AAC (RFC 3640, AAC-hbr), G.711 (RFC 3551) and Opus (RFC 7587).

Frames are copied out of the receive chunk: they are small, and pictures move about in it.
"""

from typing import Final, Protocol

from keepsight.lan.rtsp.bits import BitReader, BitsError
from keepsight.lan.rtsp.chunk import Chunk
from keepsight.lan.rtsp.sdp import Track
from keepsight.lan.rtsp.unit import AudioFormat, Buffer

AAC_FRAME_BYTES_MAX: Final = 8192
"""Sizes have 13 bits."""
AAC_FRAMES_MAX: Final = 64
"""In one packet."""
CONFIG_BYTES_MAX: Final = 64

_SAMPLE_RATES: Final = (
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000,
    7_350,
)  # fmt: skip


class SoundSink(Protocol):
    """Takes frames of sound; a frame's stamp is its 32-bit RTP timestamp."""

    def on_sound(
        self, stamp: int, parts: list[Buffer], size_bytes: int, *, is_after_loss: bool
    ) -> None:
        """One raw AAC frame, one Opus packet, or G.711 samples."""
        ...


def _aac_format(track: Track) -> AudioFormat | None:
    """Read the AudioSpecificConfig (ISO/IEC 14496-3 section 1.6.2.1)."""
    if track.fmtp.get("mode", "aac-hbr").lower() != "aac-hbr":
        return None
    try:
        config = bytes.fromhex(track.fmtp.get("config", ""))
        reader = BitReader(config[:CONFIG_BYTES_MAX])
        kind = reader.bits(5)
        if kind == 31:
            kind = 32 + reader.bits(6)
        index = reader.bits(4)
        rate = reader.bits(24) if index == 15 else _SAMPLE_RATES[index]
        channels = reader.bits(4)
    except (BitsError, ValueError, IndexError):
        return None
    if not 0 < channels <= 8 or not 7_000 <= rate <= 96_000:
        return None
    return AudioFormat("aac", rate, channels, config, f"mp4a.40.{kind}", track.clock_rate or rate)


def audio_format(track: Track) -> AudioFormat | None:
    """What a track carries; None if it is a kind of sound that we cannot carry."""
    codec = track.audio_codec
    if codec == "aac":
        return _aac_format(track)
    if codec == "opus":
        return AudioFormat("opus", 48_000, track.channels, b"", "opus", 48_000)
    if codec in ("pcma", "pcmu"):
        rate = track.clock_rate or 8000
        name = "alaw" if codec == "pcma" else "ulaw"
        return AudioFormat(codec, rate, track.channels, b"", name, rate)
    return None


class PlainDepacketizer:
    """G.711 and Opus: a payload is a frame."""

    def __init__(self, sink: SoundSink) -> None:
        self._sink = sink
        self._is_after_loss = False

    def lose(self) -> None:
        """Packets are missing before the next."""
        self._is_after_loss = True

    def on_chunk(self) -> None:
        """Nothing is kept."""

    def payload(self, chunk: Chunk, begin: int, stop: int, stamp: int, *, is_marked: bool) -> bool:
        """See `rtp.Depacketizer`. The marker (a talkspurt begins) says nothing we need."""
        del is_marked
        is_after_loss, self._is_after_loss = self._is_after_loss, False
        part = chunk.view[begin:stop].tobytes()
        self._sink.on_sound(stamp, [part], stop - begin, is_after_loss=is_after_loss)
        return False


class AacDepacketizer:
    """AAC-hbr: headers of all frames, then the frames; or one frame over several packets."""

    def __init__(self, sink: SoundSink, audio: AudioFormat, fmtp: dict[str, str]) -> None:
        self._sink = sink
        self._size_bits = _width(fmtp, "sizelength", 13) or 13
        self._index_bits = _width(fmtp, "indexlength", 3)
        self._frame_ticks = 1024 * audio.clock_rate // audio.sample_rate
        self._is_after_loss = False
        self._parts: list[Buffer] = []
        self._stamp = 0
        self._wanted = 0
        self._held = 0
        self.broken = 0
        """Packets whose headers did not fit their data."""

    def lose(self) -> None:
        """Packets are missing before the next: an unfinished frame is dropped."""
        self._is_after_loss = True
        self._drop()

    def on_chunk(self) -> None:
        """Nothing of the chunk is kept."""

    def _drop(self) -> None:
        self._parts = []
        self._wanted = self._held = 0

    def _sizes(self, headers: int, bits: int) -> list[int]:
        """The frame sizes in the AU header section, read as one number."""
        width = self._size_bits + self._index_bits
        mask = (1 << self._size_bits) - 1
        count = min(bits // width, AAC_FRAMES_MAX)
        return [(headers >> bits - (i + 1) * width + self._index_bits) & mask for i in range(count)]

    def payload(self, chunk: Chunk, begin: int, stop: int, stamp: int, *, is_marked: bool) -> bool:
        """See `rtp.Depacketizer`."""
        del is_marked  # A frame ends where its announced size is reached.
        data = chunk.data
        bits = data[begin] << 8 | data[begin + 1]
        if bits == 16 == self._size_bits + self._index_bits and not self._parts:
            # What nearly every camera sends: one whole frame.
            size = (data[begin + 2] << 8 | data[begin + 3]) >> self._index_bits
            if size == stop - begin - 4 and size:
                self._emit(stamp, [chunk.view[begin + 4 : stop].tobytes()], size)
                return False
        first = begin + 2 + (bits + 7 >> 3)
        if first > stop or bits > AAC_FRAMES_MAX * 32:
            self._break()
            return False
        headers = int.from_bytes(data[begin + 2 : first], "big") >> (-bits & 7)
        sizes = self._sizes(headers, bits)
        if self._parts and (len(sizes) != 1 or stamp != self._stamp):
            self._break()
        for size in sizes:
            if size > stop - first and len(sizes) == 1:
                self._piece(chunk, first, stop, stamp, size)
                return False
            if not 0 < size <= stop - first:
                self._break()
                return False
            self._emit(stamp, [chunk.view[first : first + size].tobytes()], size)
            first += size
            stamp = (stamp + self._frame_ticks) & 0xFFFFFFFF
        return False

    def _piece(self, chunk: Chunk, first: int, stop: int, stamp: int, size: int) -> None:
        if not self._parts:
            self._stamp, self._wanted = stamp, size
        self._parts.append(chunk.view[first:stop].tobytes())
        self._held += stop - first
        if size != self._wanted or self._held > size or size > AAC_FRAME_BYTES_MAX:
            self._break()
        elif self._held == size:
            parts = self._parts
            self._drop()
            self._emit(stamp, parts, size)

    def _break(self) -> None:
        self.broken += 1
        self._is_after_loss = True
        self._drop()

    def _emit(self, stamp: int, parts: list[Buffer], size: int) -> None:
        is_after_loss, self._is_after_loss = self._is_after_loss, False
        self._sink.on_sound(stamp, parts, size, is_after_loss=is_after_loss)


def _width(fmtp: dict[str, str], name: str, default: int) -> int:
    text = fmtp.get(name, "")
    return int(text) if text in {str(n) for n in range(17)} else default
