"""A built "day": the visits of the indoor clip between long quiet spells, coded as a camera would.

Quiet is the clip's own empty pictures with fresh noise on each; fixed bit rate unless said. Noise
is made, one room, one camera, daylight: what holds here is not proved for rain, trees or night.
"""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from tests.paths import DATA

from keepsight.detect.unit import Unit

FOOTAGE: Final = DATA / "data" / "footage"
CLIP: Final = FOOTAGE / "intel_one-by-one-person-detection.mp4"
CLIP_RATE: Final = 10
VISITS: Final = ((65, 190), (230, 445), (510, 695), (745, 860), (925, 1195), (1235, 1355))
"""Frames; from a larger reference detector, not from people."""
EMPTY: Final = (3, 52)
NOISE_SIGMA: Final = 2.0
NOISE_BANK: Final = 40


@dataclass(frozen=True, slots=True)
class Setting:
    """How a camera codes."""

    width: int
    height: int
    rate: int
    gop_seconds: int
    is_fixed_rate: bool = True
    visits: int = 3
    quiet_seconds: int = 40
    """Of each spell, coded once..."""
    quiet_times: int = 8
    """...and played so often."""

    @property
    def name(self) -> str:
        """For the table."""
        kind = "cbr" if self.is_fixed_rate else "vbr"
        return f"{self.height}p_{self.rate}fps_gop{self.gop_seconds}_{kind}"


@dataclass(frozen=True, slots=True)
class Day:
    """A coded day."""

    setting: Setting
    parameter_sets: tuple[bytes, ...]
    units: tuple[Unit, ...]
    visits: tuple[tuple[float, float], ...]
    """Seconds."""

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.units) / self.setting.rate


def _pictures(width: int, height: int) -> list[Any]:
    with av.open(str(CLIP)) as container:
        return [
            frame.reformat(width, height, format="yuv420p", interpolation="AREA").to_ndarray()
            for frame in container.decode(video=0)
        ]


def _encoder(setting: Setting) -> Any:
    encoder: Any = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = setting.width, setting.height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, setting.rate), Fraction(setting.rate)
    gop = str(setting.gop_seconds * setting.rate)
    options = {"preset": "veryfast", "bf": "0", "g": gop, "keyint_min": gop, "sc_threshold": "0"}
    if setting.is_fixed_rate:
        rate = 400_000 if setting.width <= 640 else 2_500_000
        encoder.bit_rate = rate
        options["x264-params"] = f"vbv-maxrate={rate // 1000}:vbv-bufsize={rate // 1000}"
    else:
        options["crf"] = "26"
    encoder.options = options
    encoder.thread_count = 2
    return encoder


def _sequence(setting: Setting) -> tuple[list[int], list[tuple[float, float]]]:
    """Numbers of the clip's pictures in the order of the day, and when the visits are."""
    step = CLIP_RATE / setting.rate
    order: list[int] = []
    times = []
    quiet = [EMPTY[0] + int(n * step) % (EMPTY[1] - EMPTY[0]) for n in range(
        setting.quiet_seconds * setting.rate
    )]  # fmt: skip
    for begin, end in VISITS[: setting.visits]:
        order += quiet
        count = int((end - begin) / step)
        times.append((len(order) / setting.rate, (len(order) + count) / setting.rate))
        order += [begin + int(n * step) for n in range(count)]
    return order + quiet, times


def _nals(data: bytes) -> list[bytes]:
    found, position = [], data.find(b"\x00\x00\x01")
    while position >= 0:
        following = data.find(b"\x00\x00\x01", position + 3)
        found.append(data[position + 3 : following if following >= 0 else None].rstrip(b"\x00"))
        position = following
    return found


def build(setting: Setting) -> Day:
    """Code a day; minutes of it take as many seconds."""
    pictures = _pictures(setting.width, setting.height)
    generator = np.random.default_rng(1)
    shape = (setting.height, setting.width)
    bank = [generator.normal(0, NOISE_SIGMA, shape).astype(np.int8) for _ in range(NOISE_BANK)]
    encoder = _encoder(setting)
    order, visits = _sequence(setting)
    sets: dict[int, bytes] = {}
    units: list[Unit] = []

    def take(packets: list[Any]) -> None:
        for packet in packets:
            parts, is_key = [], False
            for nal in _nals(bytes(packet)):
                kind = nal[0] & 0x1F
                is_key = is_key or kind == 5
                if kind in (7, 8):
                    sets[kind] = nal
                elif kind in (1, 5):
                    parts.append(len(nal).to_bytes(4) + nal)
            us = int(packet.pts * 1_000_000 / setting.rate)
            units.append(Unit(us, us, is_key, False, b"".join(parts)))

    for number, position in enumerate(order):
        coded = pictures[position].copy()
        noise = np.roll(bank[generator.integers(NOISE_BANK)], int(generator.integers(shape[1])), 1)
        luma = coded[: shape[0]].astype(np.int16) + noise
        coded[: shape[0]] = np.clip(luma, 0, 255)
        frame = av.VideoFrame.from_ndarray(coded, format="yuv420p")
        frame.pts = number
        take(encoder.encode(frame))
    take(encoder.encode(None))
    day = Day(setting, (sets[7], sets[8]), tuple(units), tuple(visits))
    return _stretched(day)


def _stretched(day: Day) -> Day:
    """The day with the whole groups of pictures of each quiet spell played quiet_times."""
    setting = day.setting
    edges = [0.0, *(second for visit in day.visits for second in visit), day.seconds]
    order: list[Unit] = []
    visits = []
    for number, (begin, end) in enumerate(itertools.pairwise(edges)):
        part = list(day.units[round(begin * setting.rate) : round(end * setting.rate)])
        if number % 2:
            visits.append((len(order) / setting.rate, (len(order) + len(part)) / setting.rate))
            order += part
            continue
        keys = [position for position, unit in enumerate(part) if unit.is_keyframe]
        whole = part[keys[0] : keys[-1]]
        order += part[: keys[0]] + whole * setting.quiet_times + part[keys[-1] :]
    units = []
    for position, unit in enumerate(order):
        us = int(position * 1_000_000 / setting.rate)
        units.append(Unit(us, us, unit.is_keyframe, is_after_break=False, data=unit.data))
    return Day(setting, day.parameter_sets, tuple(units), tuple(visits))


def is_here() -> bool:
    """Whether the footage is on this machine."""
    return Path(CLIP).exists()
