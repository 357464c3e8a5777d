"""The rhythm of smoke and CO alarms, told by its timing: two rounds of it are an alarm.

T3 (ISO 8201, NFPA 72): three beeps of 0.5 s, 0.5 s apart, then 1.5 s of pause. T4 (UL 2034): four
beeps of 0.1 s, 0.1 s apart, then 5 s of pause; a model that is asked about windows of a second
mostly takes these for something else. A tone is followed at 50 pictures a second; what counts is
when its beeps begin: a room's echo makes beeps longer, but does not move their beginnings.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.sound import SAMPLE_RATE
from keepsight.detect.soundtrack import Samples

FRAME_SAMPLES: Final = 320
FRAME_SECONDS: Final = FRAME_SAMPLES / SAMPLE_RATE
BIN_HERTZ: Final = SAMPLE_RATE / FRAME_SAMPLES
LOWEST_HERTZ: Final = 350.0
"""Low-pitched alarms beep at 520 Hz, the others near 3.1 kHz."""
HIGHEST_HERTZ: Final = 3_800.0
TONE_SHARE: Final = 0.5
"""Of a frame's power between these, within one bin of its peak: more is a tone."""
SILENT_DB: Final = -55.0
"""Below, of full scale, no alarm is near."""
STEP_DB: Final = 4.0
"""A beep begins where its tone rises by so much above what it had fallen to: a room in which sound
takes a second to fade lets it fall by 6 dB between the beeps of T4."""
FADE_DB: Final = 3.0
"""A beep is nearly as loud as the one before it: an echo that swells while it fades is none."""
FORGET_DB: Final = 1.0 * FRAME_SECONDS
"""Of that loudness, with each frame."""
BINS_APART: Final = 2
"""That the pitch of an alarm may wander."""
TIMING_SHARE: Final = 0.15
TIMING_SLACK_SECONDS: Final = 0.03
OFF_DB: Final = 8.0
"""Quieter than its beeps is the pause between the rounds, and no part of a beep..."""
FIT_SHARE: Final = 0.75
"""...for most of it: an echo swells and fades, and somebody may call."""
FADE_SECONDS: Final = 0.3
"""After the last beep of a round, not yet pause: the echo."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """An alarm's timing, two rounds of it."""

    name: str
    beep_seconds: float
    intervals: tuple[float, ...]
    """Seconds between the beginnings of beeps; the longest of them holds the pause."""


RHYTHMS: Final = (
    Rhythm("T3", 0.5, (1.0, 1.0, 2.0, 1.0, 1.0)),
    Rhythm("T4", 0.1, (0.2, 0.2, 0.2, 5.1, 0.2, 0.2, 0.2)),
)
BEGINNINGS_MAX: Final = 64
"""Kept; a room's echo adds some to those of the beeps."""
_FRAMES_KEPT: Final = int(
    max(sum(rhythm.intervals) for rhythm in RHYTHMS) * (1 + TIMING_SHARE) / FRAME_SECONDS
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """A rhythm that was heard twice in a row."""

    name: str
    ago_seconds: float
    """From its first beep to the end of the samples that completed it."""


@dataclass(frozen=True, slots=True)
class _Beginning:
    frame: int
    bin: int


class Beeps:
    """Follows the beeps of one camera."""

    def __init__(self) -> None:
        self._rest: Samples = np.zeros(0, np.float32)
        self._frame = 0
        self._levels: deque[float] = deque(maxlen=_FRAMES_KEPT)
        self._beginnings: deque[_Beginning] = deque(maxlen=BEGINNINGS_MAX)
        self._loud_db = SILENT_DB
        """Of the newest beep; slowly forgotten."""
        self._low_db = SILENT_DB
        """The lowest since the newest beep was loudest."""

    def restart(self) -> None:
        """Samples are missing: what came before is apart."""
        self._rest = self._rest[:0]
        self._levels.clear()
        self._beginnings.clear()
        self._loud_db = self._low_db = SILENT_DB

    def feed(self, samples: Samples, *, is_worth: bool = True) -> Alarm | None:
        """Take the next samples; an alarm whose second round they complete.

        Args:
            samples: 16 kHz.
            is_worth: something in them stands out (loudness.py); else no tone is looked for.
        """
        samples = np.concatenate((self._rest, samples))
        count = len(samples) // FRAME_SAMPLES
        self._rest = samples[count * FRAME_SAMPLES :]
        frames = samples[: count * FRAME_SAMPLES].reshape(count, FRAME_SAMPLES)
        found: tuple[str, int] | None = None
        for peak, level in _tones(frames) if is_worth else [_NO_TONE] * count:
            self._levels.append(level)
            if self._is_beginning(peak, level):
                self._beginnings.append(_Beginning(self._frame, peak))
                found = self._match() or found
            self._frame += 1
        if found is None:
            return None
        ago = (self._frame - found[1]) * FRAME_SECONDS + len(self._rest) / SAMPLE_RATE
        return Alarm(found[0], ago)

    def _is_beginning(self, peak: int, level: float) -> bool:
        """Whether a beep begins with this frame: the bin of its tone (0: none), its level in dB."""
        self._loud_db = max(SILENT_DB, self._loud_db - FORGET_DB)
        is_one = bool(peak) and level > max(self._loud_db - FADE_DB, self._low_db + STEP_DB)
        if is_one or (peak and level > self._loud_db):
            self._loud_db = self._low_db = level
        self._low_db = min(self._low_db, level)
        return is_one

    def _match(self) -> tuple[str, int] | None:
        """The rhythm that the newest beep completes, and the frame of its first one."""
        newest = self._beginnings[-1]
        frames = [each.frame for each in self._beginnings
                  if abs(each.bin - newest.bin) <= BINS_APART]  # fmt: skip
        levels = list(self._levels)
        for rhythm in RHYTHMS:
            for chain in _chains(frames, (newest.frame,), rhythm.intervals):
                if self._fits(levels, rhythm, chain):
                    return rhythm.name, chain[0]
        return None

    def _fits(self, levels: list[float], rhythm: Rhythm, chain: tuple[int, ...]) -> bool:
        """Whether it was loud in the beeps and quiet in the pause between the rounds."""
        first = self._frame + 1 - len(levels)
        beep = int(rhythm.beep_seconds * (1 - TIMING_SHARE) / FRAME_SECONDS)
        longest = rhythm.intervals.index(max(rhythm.intervals))
        fade = int((rhythm.beep_seconds + FADE_SECONDS) / FRAME_SECONDS)
        pause = levels[
            max(chain[longest] + fade - first, 0) : max(chain[longest + 1] - 1 - first, 0)
        ]
        beeps = [
            level
            for begin in chain[:-1]  # the newest has only begun
            for level in levels[max(begin - first, 0) : max(begin + beep - first, 0)]
        ]
        loud_from = self._loud_db - OFF_DB
        is_loud = sum(level > loud_from for level in beeps) >= FIT_SHARE * len(beeps)
        is_quiet = sum(level < loud_from for level in pause) >= FIT_SHARE * len(pause)
        return bool(beeps and pause) and is_loud and is_quiet


def _chains(
    frames: list[int], chain: tuple[int, ...], intervals: tuple[float, ...]
) -> Iterator[tuple[int, ...]]:
    """Every choice of beginnings so far apart, the last of which are in the chain already.

    An echo adds beginnings, so there may be several; beeps without end, made to that end, cost
    some 60 CPU milliseconds a second in all.
    """
    if not intervals:
        yield chain
        return
    wanted = intervals[-1] / FRAME_SECONDS
    slack = TIMING_SHARE * wanted + TIMING_SLACK_SECONDS / FRAME_SECONDS
    for frame in frames:
        if abs(chain[0] - frame - wanted) <= slack:
            yield from _chains(frames, (frame, *chain), intervals[:-1])


_LOWEST, _HIGHEST = int(LOWEST_HERTZ / BIN_HERTZ), int(HIGHEST_HERTZ / BIN_HERTZ)
_WINDOW: Final[NDArray[np.float32]] = np.hanning(FRAME_SAMPLES).astype(np.float32)
_NO_TONE: Final = (0, SILENT_DB)
_FULL_SCALE: Final = float(_WINDOW.sum() ** 2 / 4)
"""Power of the peak of a sine of amplitude 1."""


def _tones(frames: Samples) -> list[tuple[int, float]]:
    """For each frame the bin of its tone, 0 if it has none, and the power around its peak in dB."""
    frames = np.nan_to_num(frames, nan=0.0, posinf=0.0, neginf=0.0).clip(-1.0, 1.0)
    silent = 10 ** (SILENT_DB / 20)
    if not len(frames) or float(np.abs(frames).max()) < silent:
        return [_NO_TONE] * len(frames)
    power = np.abs(np.fft.rfft(frames * _WINDOW, axis=1)) ** 2 / _FULL_SCALE
    band = power[:, _LOWEST : _HIGHEST + 1]
    peaks = band[:, 1:-1].argmax(axis=1) + 1
    rows = np.arange(len(band))
    around = band[rows, peaks - 1] + band[rows, peaks] + band[rows, peaks + 1]
    is_tone = around > TONE_SHARE * band.sum(axis=1)
    levels = 10 * np.log10(around + 1e-12)
    bins = np.where(is_tone, peaks + _LOWEST, 0)
    return [(int(each), float(level)) for each, level in zip(bins, levels, strict=True)]
