"""Small films for tests, made with PyAV: no file of anybody's is needed."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


@dataclass(frozen=True)
class Film:
    """What to make."""

    video: str = "libx264"
    audio: str | None = "aac"
    seconds: float = 2.0
    width: int = 320
    height: int = 240
    frames_per_second: int = 20
    b_frames: int = 0
    suffix: str = ".mp4"
    gop_frames: int = 0
    """0: a keyframe every second."""


def _picture(film: Film, number: int) -> av.VideoFrame:
    rows, columns = np.mgrid[0 : film.height, 0 : film.width]
    red = (columns + number * 5) % 256
    green = (rows * 2 + number) % 256
    blue = ((rows + columns) // 2) % 256
    # A bright bar that counts: pictures differ, and a decoder's order can be seen.
    pixels = np.stack([red, green, blue], -1).astype(np.uint8)
    x = number * 7 % film.width
    pixels[:, x : x + 6] = 255
    return av.VideoFrame.from_ndarray(pixels, format="rgb24")


def _add_video(container, film: Film):
    stream = container.add_stream(film.video, rate=film.frames_per_second)
    stream.width, stream.height = film.width, film.height
    stream.pix_fmt = "yuvj420p" if film.video == "mjpeg" else "yuv420p"
    stream.codec_context.gop_size = film.gop_frames or film.frames_per_second
    stream.codec_context.max_b_frames = film.b_frames
    if film.video == "libx264":
        preset = "veryfast" if film.b_frames else "ultrafast"
        stream.options = {"preset": preset, "x264-params": "scenecut=0:log-level=0"}
    if film.video == "libx265":
        stream.options = {"preset": "ultrafast", "x265-params": "log-level=none:bframes=0"}
    return stream


def _add_audio(container, film: Film):
    rate = {"aac": 16_000, "libopus": 48_000}.get(film.audio, 8_000)
    stream = container.add_stream(film.audio, rate=rate)
    stream.codec_context.layout = "mono"
    return stream, rate


def _write_audio(container, stream, rate: int, film: Film) -> None:
    size = stream.codec_context.frame_size or 160
    form = stream.codec_context.format.name
    for first in range(0, int(film.seconds * rate) - size, size):
        tone = np.sin(2 * np.pi * 440 * np.arange(first, first + size) / rate) * 0.2
        samples = tone.astype(np.float32) if "flt" in form else (tone * 32767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples[np.newaxis, :], format=form, layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        for packet in stream.encode(frame):
            container.mux(packet)
    for packet in stream.encode(None):
        container.mux(packet)


def make_film(folder: Path, film: Film) -> Path:
    """Write it and return its path."""
    name = f"{film.video}-{film.audio}-{film.b_frames}-{film.width}-{film.gop_frames}"
    path = folder / (name + film.suffix)
    if path.exists():
        return path
    with av.open(str(path), "w") as container:
        video = _add_video(container, film)
        audio = _add_audio(container, film) if film.audio else None
        for number in range(int(film.seconds * film.frames_per_second)):
            frame = _picture(film, number).reformat(format=video.pix_fmt)
            frame.pts = number
            frame.time_base = Fraction(1, film.frames_per_second)
            for packet in video.encode(frame):
                container.mux(packet)
        for packet in video.encode(None):
            container.mux(packet)
        if audio is not None:
            _write_audio(container, audio[0], audio[1], film)
    return path
