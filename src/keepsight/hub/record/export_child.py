"""The exporting process: opened fMP4 on standard input -> an MP4 that plays everywhere.

    python -m keepsight.hub.record.export_child OUT

Video is copied, never re-encoded. AAC sound is copied; G.711 and Opus become AAC, because most
players know nothing else in an MP4. The index is moved to the front (faststart), H.265 is named
hvc1 as Apple's players want it. At the end the file is demuxed again: only what can be read counts.
"""

import json
import os
import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from keepsight.hub.record.export_pipe import BEGIN, DATA, END, PipeError, receive

if TYPE_CHECKING:
    from av.container import InputContainer, OutputContainer

AAC_RATE_MIN: Final = 16_000
"""Telephone sound is raised to this: some players refuse AAC at 8 kHz."""
AAC_BITS_PER_SECOND: Final = 64_000
SILENCE_SECONDS_MAX: Final = 5
_MICROSECOND: Final = Fraction(1, 1_000_000)


class _SegmentStream:
    """One segment's bytes as a file that cannot seek."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe
        self._left = memoryview(b"")
        self.following: int | None = None
        """Kind of the message that ended this segment."""
        self.following_body = b""

    def read(self, size: int) -> bytes:
        """For PyAV."""
        while not self._left:
            if self.following is not None:
                return b""
            kind, body = receive(self._pipe)
            if kind != DATA:
                self.following, self.following_body = kind, body
                return b""
            self._left = memoryview(body)
        taken, self._left = self._left[:size], self._left[size:]
        return bytes(taken)

    def drain(self) -> tuple[int, bytes]:
        """Skip to the end of the segment: the kind and body of the message after it."""
        while self.read(1 << 20):
            pass
        assert self.following is not None  # noqa: S101 - read returns nothing only then
        return self.following, self.following_body


class _Sound:
    """Makes AAC of decoded sound, keeping it where it belongs by adding silence."""

    def __init__(self, output: "OutputContainer", source: Any) -> None:
        import av  # only this process carries FFmpeg

        rate = max(AAC_RATE_MIN, source.codec_context.sample_rate)
        # Telephone codecs do not name their layout, and the encoder insists on one.
        layout = "mono" if source.codec_context.channels == 1 else "stereo"
        self._stream: Any = output.add_stream("aac", rate=rate, layout=layout)
        self._stream.bit_rate = AAC_BITS_PER_SECOND
        self._output = output
        self._rate = rate
        self._resampler = av.AudioResampler(format="fltp", layout=layout, rate=rate)
        self._fifo = av.AudioFifo()
        self._encoded = 0
        self._written = 0
        """Samples put into the fifo so far, and so the place of the next one."""

    def put(self, packet: Any, at_us: int) -> None:
        """Decode a packet whose sound starts at `at_us` in the file."""
        frames = packet.decode()
        place = at_us * self._rate // 1_000_000
        missing = place - self._written
        if missing > self._rate // 10:
            self._silence(min(missing, SILENCE_SECONDS_MAX * self._rate))
            self._written = place
        for frame in frames:
            frame.pts = None
            for converted in self._resampler.resample(frame):
                self._push(converted)

    def finish(self) -> None:
        """Encode what is left."""
        for converted in self._resampler.resample(None):
            self._push(converted)
        rest = self._fifo.read(0, partial=True)
        if rest is not None:
            self._encode(rest)
        self._mux(self._stream.encode(None))

    def _push(self, frame: Any) -> None:
        frame.pts = None
        self._fifo.write(frame)
        self._written += frame.samples
        while (block := self._fifo.read(1024)) is not None:
            self._encode(block)

    def _silence(self, samples: int) -> None:
        import av
        import numpy as np

        layout = self._stream.codec_context.layout
        quiet = np.zeros((len(layout.channels), samples), np.float32)
        frame = av.AudioFrame.from_ndarray(quiet, format="fltp", layout=layout.name)
        frame.sample_rate = self._rate
        self._push(frame)

    def _encode(self, frame: Any) -> None:
        frame.time_base = Fraction(1, self._rate)
        frame.pts = self._encoded
        self._encoded += frame.samples
        self._mux(self._stream.encode(frame))

    def _mux(self, packets: list[Any]) -> None:
        for packet in packets:
            self._output.mux(packet)


class _Movie:
    """The file being written."""

    def __init__(self, output: "OutputContainer") -> None:
        self._output = output
        self._video: Any = None
        self._sound: _Sound | None = None
        self._copied_sound: Any = None
        self._last_dts: dict[int, int] = {}
        self._zero_us: int | None = None
        """Where the first picture lies in its segment: time 0 of the file."""
        self.pictures = 0

    def add(self, source: "InputContainer", base_us: int) -> None:
        """Append one segment whose time 0 is at `base_us` in the file."""
        video = source.streams.video[0]
        audio = source.streams.audio[0] if source.streams.audio else None
        if self._video is None:
            self._begin(video, audio)
        for packet in source.demux():
            if packet.size == 0 or packet.dts is None:
                continue
            at_us = base_us + int(packet.dts * packet.time_base / _MICROSECOND)
            if self._zero_us is None and packet.stream is video:
                self._zero_us = at_us
            if self._zero_us is None or at_us < self._zero_us:
                continue  # sound from before the first picture
            if packet.stream is video:
                self._copy(packet, self._video, base_us - self._zero_us)
                self.pictures += 1
            elif self._sound is not None:
                self._sound.put(packet, at_us - self._zero_us)
            elif self._copied_sound is not None:
                self._copy(packet, self._copied_sound, base_us - self._zero_us)

    def finish(self) -> None:
        """Write what is left."""
        if self._sound is not None:
            self._sound.finish()

    def _begin(self, video: Any, audio: Any) -> None:
        self._video = self._output.add_stream_from_template(video)
        if video.codec_context.name == "hevc":
            self._video.codec_context.codec_tag = "hvc1"
        if audio is None:
            return
        if audio.codec_context.name == "aac":
            self._copied_sound = self._output.add_stream_from_template(audio)
        else:
            self._sound = _Sound(self._output, audio)

    def _copy(self, packet: Any, to: Any, base_us: int) -> None:
        shift = round(base_us * _MICROSECOND / packet.time_base)
        packet.dts += shift
        packet.pts = packet.dts if packet.pts is None else packet.pts + shift
        # Segments meet to the microsecond, clock rates do not: never let time stand still.
        last = self._last_dts.get(to.index, -(1 << 62))
        if packet.dts <= last:
            packet.dts = last + 1
            packet.pts = max(packet.pts, packet.dts)
        self._last_dts[to.index] = packet.dts
        packet.stream = to
        self._output.mux(packet)


def _segments(pipe: BinaryIO) -> Iterator[tuple[int, _SegmentStream]]:
    kind, body = receive(pipe)
    while kind != END:
        if kind != BEGIN or len(body) != 8:
            raise PipeError("a segment must begin")
        stream = _SegmentStream(pipe)
        yield int.from_bytes(body, signed=True), stream
        kind, body = stream.drain()


def write_movie(pipe: BinaryIO, path: str) -> dict[str, Any]:
    """Remux what comes through the pipe into `path`, then read it back.

    Returns:
        {"pictures", "duration_us", "size_bytes"}.

    Raises:
        PipeError: the parent ended early.
        av.error.FFmpegError: FFmpeg refuses the content.
        ValueError: what was written cannot be read back whole.
    """
    import av  # only this process carries FFmpeg

    av.logging.set_level(None)
    with av.open(path, "w", format="mp4", options={"movflags": "+faststart"}) as output:
        movie = _Movie(output)
        for base_us, stream in _segments(pipe):
            with av.open(stream, "r", format="mp4") as source:
                movie.add(source, base_us)
        movie.finish()
    with av.open(path) as written:
        pictures = sum(1 for packet in written.demux(video=0) if packet.size)
        duration_us = int(written.duration or 0)
    if pictures != movie.pictures or pictures == 0 or duration_us <= 0:
        raise ValueError(f"{movie.pictures} pictures were written and {pictures} can be read")
    size_bytes = Path(path).stat().st_size
    return {"pictures": pictures, "duration_us": duration_us, "size_bytes": size_bytes}


def main() -> int:
    """Run the process; the answer goes to standard output."""
    import av.error

    # What is in this process's memory is the household's picture: no core file may hold it.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.umask(0o077)
    try:
        answer = write_movie(sys.stdin.buffer, sys.argv[1])
    except (PipeError, av.error.FFmpegError, ValueError, OSError, IndexError) as error:
        answer = {"error": f"{type(error).__name__}: {error}"}
    sys.stdout.write(json.dumps(answer))
    sys.stdout.flush()
    return 0 if "error" not in answer else 1


if __name__ == "__main__":
    sys.exit(main())
