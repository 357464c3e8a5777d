"""Coded sound to samples: 16 kHz, one channel, floats of -1..1.

Packets are worked on half a second at a time: what Python and FFmpeg cost for each call would be
more than the decoding. A broken packet is counted, not fatal; sound that never becomes samples is
said by whoever counts (hearing.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import av
import numpy as np
from numpy.typing import NDArray

from keepsight.detect.sound import SAMPLE_RATE, SoundFormat

Samples = NDArray[np.float32]

PACKET_BYTES_MAX: Final = 16 << 10
"""Of sound; the largest AAC frame has 6144 bits a channel."""
RATES: Final = range(4_000, 192_001)
CHANNELS_MAX: Final = 8
SECONDS_MAX: Final = 16.0
"""That one call may give; twice what can wait. More is a flood made to cost time."""
_CODECS: Final = {"aac": "aac", "pcma": "pcm_alaw", "pcmu": "pcm_mulaw", "opus": "opus"}
_G711: Final = ("pcma", "pcmu")
_LAYOUTS: Final = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, slots=True)
class _Kind:
    """How FFmpeg stores a sample."""

    dtype: str
    scale: float = 1.0
    zero: float = 0.0


_SAMPLES: Final = {
    "fltp": _Kind("f4"),
    "flt": _Kind("f4"),
    "dblp": _Kind("f8"),
    "dbl": _Kind("f8"),
    "s16p": _Kind("i2", 1 / 32768),
    "s16": _Kind("i2", 1 / 32768),
    "s32p": _Kind("i4", 1 / 2**31),
    "s32": _Kind("i4", 1 / 2**31),
    "u8p": _Kind("u1", 1 / 128, 128.0),
    "u8": _Kind("u1", 1 / 128, 128.0),
}


class SoundError(Exception):
    """Sound that cannot be decoded here; the text says why."""


@dataclass(slots=True)
class SoundCounts:
    """What the decoder did."""

    packets: int = 0
    corrupt: int = 0
    samples: int = 0


class Soundtrack:
    """Decodes one camera's sound. Not for several threads at once."""

    def __init__(self, form: SoundFormat, *, file_context: Any = None) -> None:
        """Open the decoder.

        Args:
            form: how the sound is coded.
            file_context: of a file: its own decoder, whatever its codec.

        Raises:
            SoundError: the codec is unknown, or the format makes no sense.
        """
        self.counts = SoundCounts()
        self._form = form
        self._is_raw = file_context is None and form.codec in _G711
        self._context = self._open() if file_context is None else file_context
        self._resampler: Any = None
        self._setup: tuple[int, int] | None = None

    def _open(self) -> Any:
        form = self._form
        name = _CODECS.get(form.codec)
        if name is None:
            raise SoundError(f"sound coded as {form.codec} cannot be decoded here")
        if form.sample_rate not in RATES or not 1 <= form.channels <= CHANNELS_MAX:
            raise SoundError(f"sound of {form.channels} channels at {form.sample_rate} a second")
        try:
            context: Any = av.CodecContext.create(name, "r")
            context.thread_count = 1
            if form.codec == "aac":
                if not form.config:
                    raise SoundError("AAC without its configuration cannot be decoded")
                context.extradata = form.config
            else:
                context.sample_rate = form.sample_rate
                context.layout = _LAYOUTS.get(form.channels, "mono")
            context.open(strict=False)
        except (ValueError, av.FFmpegError) as error:
            raise SoundError(f"this camera's {form.codec} sound cannot be decoded") from error
        return context

    def restart(self) -> None:
        """Something is missing: what comes next does not continue what came before."""
        if self._context.is_open:
            self._context.flush_buffers()
        self._resampler = None

    def decode(self, packets: Sequence[bytes]) -> Samples:
        """The samples of some packets in a row; fewer where some are broken."""
        self.counts.packets += len(packets)
        if self._is_raw:
            packets = self._joined(packets)
        pieces: list[Samples] = []
        run: list[Samples] = []
        left = int(SECONDS_MAX * SAMPLE_RATE)
        for packet in packets:
            for frame in self._frames(packet):
                setup = (int(frame.sample_rate), int(frame.layout.nb_channels))
                if setup != self._setup:
                    pieces += self._resampled(run)
                    run, self._setup, self._resampler = [], setup, None
                mono = self._mono(frame)
                left -= len(mono) * SAMPLE_RATE // max(setup[0], 1)
                if left < 0:
                    self.counts.corrupt += 1
                    continue
                run.append(mono)
        pieces += self._resampled(run)
        made = np.concatenate(pieces).clip(-1.0, 1.0) if pieces else np.zeros(0, np.float32)
        self.counts.samples += len(made)
        return made

    def _joined(self, packets: Sequence[bytes]) -> list[bytes]:
        """G.711 has no frames: every piece of it is as good as any other."""
        good = [packet for packet in packets if len(packet) <= PACKET_BYTES_MAX]
        self.counts.corrupt += len(packets) - len(good)
        joined = b"".join(good)
        # Whole samples of all channels; a torn one would shift what follows.
        return [joined[: len(joined) // self._form.channels * self._form.channels]]

    def _frames(self, packet: bytes) -> list[Any]:
        if not packet:
            return []
        if len(packet) > PACKET_BYTES_MAX and not self._is_raw:
            self.counts.corrupt += 1
            return []
        try:
            frames = self._context.decode(av.Packet(packet))
        except (ValueError, av.FFmpegError):
            self.counts.corrupt += 1
            return []
        good = [
            frame
            for frame in frames
            if frame.sample_rate in RATES
            and frame.samples
            and frame.format.name in _SAMPLES
            and frame.layout.nb_channels <= CHANNELS_MAX
        ]
        self.counts.corrupt += len(frames) - len(good)
        return good

    def _mono(self, frame: Any) -> Samples:
        """One channel of floats, at the rate that it has.

        Read from the frame's memory: PyAV's own to_ndarray takes as long as decoding AAC.
        """
        kind = _SAMPLES[frame.format.name]
        channels = int(frame.layout.nb_channels)
        if frame.format.is_planar:
            count = int(frame.samples)
            rows = [np.frombuffer(plane, kind.dtype, count) for plane in frame.planes]
        else:
            count = int(frame.samples) * channels
            whole = np.frombuffer(frame.planes[0], kind.dtype, count)
            rows = [whole[first::channels] for first in range(channels)]
        mono: Samples = rows[0].astype(np.float32)
        for row in rows[1:]:
            mono += row
        if kind.scale != 1 or channels != 1:
            mono = (mono / np.float32(channels) - np.float32(kind.zero)) * np.float32(kind.scale)
        return mono

    def _resampled(self, run: list[Samples]) -> list[Samples]:
        if not run or self._setup is None:
            return []
        # What is no number in a hostile stream would stay in every later mean.
        joined = np.nan_to_num(np.concatenate(run), nan=0.0, posinf=1.0, neginf=-1.0)
        if self._setup[0] == SAMPLE_RATE:
            return [joined]
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
        frame = av.AudioFrame.from_ndarray(joined[None], format="flt", layout="mono")
        frame.sample_rate = self._setup[0]
        try:
            made = self._resampler.resample(frame)
        except (ValueError, av.FFmpegError):
            self.counts.corrupt += 1
            self._resampler = None
            return []
        return [self._mono(each) for each in made]
