"""Footage for tests: access units from real encoders, and cheap ones that nothing can decode."""

import itertools
import secrets
from fractions import Fraction
from functools import lru_cache

import av
import numpy as np

from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, StreamFormat, VideoFormat

WALL_US = 1_780_000_000_000_000
"""2026-05-28T20:26:40Z."""
_PARAMETER_KINDS = {"h264": {7, 8}, "h265": {32, 33, 34}}
_DROPPED_KINDS = {"h264": {9}, "h265": {35}}


def _nal_units(annex_b):
    out, start = [], None
    view, at = bytes(annex_b), 0
    while (at := view.find(b"\0\0\1", at)) >= 0:
        if start is not None:
            out.append(view[start:at].rstrip(b"\0"))
        start = at = at + 3
    out.append(view[start:])
    return out


def _kind(codec, unit):
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def _picture(index, width, height):
    y, x = np.mgrid[0:height, 0:width]
    grey = (x * 2 + y + index * 5) % 256
    return np.stack([grey, (grey + 40) % 256, (255 - grey)], axis=-1).astype(np.uint8)


@lru_cache(maxsize=16)
def video(codec="h264", *, pictures=40, gop=20, fps=20, width=320, height=192, b_pictures=0):
    """(VideoFormat, units): units in decoding order, media time from 0 at 90 kHz."""
    encoder = av.CodecContext.create({"h264": "libx264", "h265": "libx265"}[codec], "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, fps), Fraction(fps)
    if codec == "h264":
        encoder.options = {
            "preset": "ultrafast" if not b_pictures else "veryfast",
            "x264-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_pictures}"
            ":repeat-headers=1:log-level=none",
        }
    else:
        encoder.options = {
            "preset": "ultrafast",
            "x265-params": f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes={b_pictures}"
            ":repeat-headers=1:log-level=none:pools=1",
        }
    packets = []
    for index in range(pictures):
        frame = av.VideoFrame.from_ndarray(_picture(index, width, height), format="rgb24")
        frame.pts = index
        packets += encoder.encode(frame.reformat(format="yuv420p"))
    packets += encoder.encode(None)
    sets, units = [], []
    for packet in packets:
        nals = _nal_units(packet)
        for nal in nals:
            if _kind(codec, nal) in _PARAMETER_KINDS[codec] and nal not in sets:
                sets.append(nal)
        dropped = _PARAMETER_KINDS[codec] | _DROPPED_KINDS[codec]
        kept = [nal for nal in nals if _kind(codec, nal) not in dropped]
        parts = list(itertools.chain(*((len(nal).to_bytes(4), nal) for nal in kept)))
        ticks = int(packet.pts * 90_000 // fps)
        wall_us = WALL_US + int(packet.pts * 1_000_000 // fps)
        units.append(
            AccessUnit(
                is_video=True, media_ticks=ticks, wall_us=wall_us, monotonic_us=wall_us - WALL_US,
                is_keyframe=packet.is_keyframe, parts=parts, size_bytes=sum(map(len, parts)),
            )
        )  # fmt: skip
    if codec == "h264":
        name = "avc1." + next(s for s in sets if s[0] & 0x1F == 7)[1:4].hex()
    else:
        name = "hvc1.1.6.L60.90"
    return VideoFormat(codec, width, height, tuple(sets), name), tuple(units)


@lru_cache(maxsize=8)
def audio(codec="aac", *, seconds=2.0):
    """(AudioFormat, units): a 440 Hz tone."""
    name, rate, layout, sample_format = {
        "aac": ("aac", 16_000, "mono", "fltp"),
        "opus": ("libopus", 48_000, "mono", "s16"),
        "pcma": ("pcm_alaw", 8_000, "mono", "s16"),
        "pcmu": ("pcm_mulaw", 8_000, "mono", "s16"),
    }[codec]
    encoder = av.CodecContext.create(name, "w")
    encoder.sample_rate, encoder.layout, encoder.format = rate, layout, sample_format
    encoder.open()
    step = encoder.frame_size or 160
    units, ticks = [], 0
    for start in range(0, int(seconds * rate) - step + 1, step):
        tone = np.sin(np.arange(start, start + step) * 2 * np.pi * 440 / rate)[None, :] * 0.3
        samples = tone.astype(np.float32) if sample_format == "fltp" else tone * 32767
        if sample_format == "s16":
            samples = samples.astype(np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format=sample_format, layout=layout)
        frame.sample_rate, frame.pts = rate, start
        for packet in encoder.encode(frame):
            data = bytes(packet)
            units.append(
                AccessUnit(
                    is_video=False, media_ticks=ticks, wall_us=WALL_US + ticks * 1_000_000 // rate,
                    monotonic_us=ticks * 1_000_000 // rate, is_keyframe=True, parts=[data],
                    size_bytes=len(data),
                )
            )  # fmt: skip
            ticks += step
    config = bytes(encoder.extradata or b"") if codec == "aac" else b""
    words = {"aac": "mp4a.40.2", "opus": "opus", "pcma": "alaw", "pcmu": "ulaw"}
    return AudioFormat(codec, rate, 1, config, words[codec], rate), tuple(units)


PAPER_FORMAT = StreamFormat(video()[0])
"""A true format for units that nobody decodes."""


def paper_units(
    seconds, *, fps=20, gop=40, key_bytes=4000, delta_bytes=500, start_ticks=0, wall_us=WALL_US
):
    """Units of random bytes with the right shape: fast to make, different every time."""
    step = 90_000 // fps
    for index in range(int(seconds * fps)):
        is_key = index % gop == 0
        data = secrets.token_bytes(key_bytes if is_key else delta_bytes)
        at_us = index * 1_000_000 // fps
        yield AccessUnit(
            is_video=True, media_ticks=start_ticks + index * step, wall_us=wall_us + at_us,
            monotonic_us=5_000_000 + at_us, is_keyframe=is_key, parts=[data], size_bytes=len(data),
        )  # fmt: skip
