"""Streams and a detector for tests: red figures on a noisy background, coded as H.264.

The detector is a real one with a simple eye: it finds red. So what is tested around it (gate,
looks, tracks, events) sees true positions without a neural network's moods.
"""

from fractions import Fraction

import av
import numpy as np

from keepsight.detect.detector import check_pictures
from keepsight.detect.sight import Detection, clipped
from keepsight.detect.unit import Unit

WIDTH, HEIGHT = 320, 192
RED = (220, 20, 20)


def background(seed=3, width=WIDTH, height=HEIGHT):
    generator = np.random.default_rng(seed)
    coarse = generator.integers(70, 160, (height // 16, width // 16, 1))
    return np.repeat(coarse.repeat(16, 0).repeat(16, 1), 3, axis=2).astype(np.uint8)


def with_figure(picture, left, top, width=24, height=64):
    drawn = picture.copy()
    drawn[top : top + height, left : left + width] = RED
    return drawn


def noisy(picture, generator, sigma=2.0):
    noise = generator.normal(0, sigma, picture.shape[:2])[:, :, None]
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def code(pictures, *, rate=10, gop=10, b_pictures=0, start_us=0, crf=20):
    """(parameter sets, units) of pictures; units as the hub has them, behind 4-byte lengths."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.height, encoder.width = pictures[0].shape[:2]
    encoder.pix_fmt, encoder.time_base = "yuv420p", Fraction(1, rate)
    encoder.framerate = Fraction(rate)
    encoder.options = {
        "preset": "ultrafast" if not b_pictures else "veryfast",
        "crf": str(crf), "g": str(gop), "keyint_min": str(gop), "sc_threshold": "0",
        "bf": str(b_pictures), "threads": "1",
    }  # fmt: skip
    sets, units = {}, []

    def take(packets):
        for packet in packets:
            parts, is_key = [], False
            for nal in split(bytes(packet)):
                kind = nal[0] & 0x1F
                is_key = is_key or kind == 5
                if kind in (7, 8):
                    sets[kind] = nal
                elif kind in (1, 5):
                    parts.append(len(nal).to_bytes(4) + nal)
            us = start_us + int(packet.pts * 1_000_000 / rate)
            units.append(Unit(us, us + 10**15, is_key, False, b"".join(parts)))

    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
        frame.pts = number
        take(encoder.encode(frame.reformat(format="yuv420p")))
    take(encoder.encode(None))
    return (sets[7], sets[8]), units


def split(data):
    found, position = [], data.find(b"\x00\x00\x01")
    while position >= 0:
        following = data.find(b"\x00\x00\x01", position + 3)
        found.append(data[position + 3 : following if following >= 0 else None].rstrip(b"\x00"))
        position = following
    return found


def walk(seconds, *, rate=10, enters=None, leaves=None, seed=5, stands=False):
    """Pictures of a noisy background through which a figure walks from second to second."""
    generator = np.random.default_rng(seed)
    bare = background()
    pictures = []
    for number in range(int(seconds * rate)):
        second, picture = number / rate, bare
        if enters is not None and enters <= second < leaves:
            along = 0.5 if stands else (second - enters) / (leaves - enters)
            picture = with_figure(bare, int(along * (WIDTH - 40)) + 8, 90)
        pictures.append(noisy(picture, generator))
    return pictures


class RedEye:
    """Finds red things; as certain as they are red."""

    name = "red eye"
    input_width = 96
    input_height = 96
    batch_max = 1

    def __init__(self, kind="person", confidence=0.8):
        self.kind, self.confidence = kind, confidence
        self.asked = 0

    def detect(self, pictures):
        check_pictures(pictures, self.input_width, self.input_height)
        self.asked += len(pictures)
        return [self._one(picture.astype(np.int16)) for picture in pictures]

    def _one(self, picture):
        red = (picture[..., 0] > 150) & (picture[..., 1] < 90)
        rows, columns = np.flatnonzero(red.any(1)), np.flatnonzero(red.any(0))
        if len(rows) < 4 or len(columns) < 2:
            return []
        box = clipped(columns[0] / 96, rows[0] / 96, (columns[-1] + 1) / 96, (rows[-1] + 1) / 96)
        return [Detection(self.kind, self.confidence, box)]
