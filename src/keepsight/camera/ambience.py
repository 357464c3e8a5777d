"""What a scene sounds like: quiet, and a pure function of the sample's number."""

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

SAMPLE_RATE: Final = 16_000
_LOOP_SECONDS: Final = 8
"""The murmur repeats after this long; a power of two of samples is not needed."""

Sound = Literal["evening", "room"]
Samples = NDArray[np.float32]


def _murmur(cutoff_hertz: float, level: float, seed: int) -> Samples:
    """Noise without its highs, made in the frequency domain so that its ends meet."""
    count = SAMPLE_RATE * _LOOP_SECONDS
    chance = np.random.default_rng(seed)
    spectrum = np.fft.rfft(chance.normal(0, 1, count))
    hertz = np.fft.rfftfreq(count, 1 / SAMPLE_RATE)
    spectrum *= 1 / (1 + (hertz / cutoff_hertz) ** 2)
    sound = np.fft.irfft(spectrum, count)
    scaled: Samples = (sound * level / np.abs(sound).max()).astype(np.float32)
    return scaled


class Ambience:
    """Samples of one scene's sound, mono, float32 in -1..1, at SAMPLE_RATE."""

    def __init__(self, sound: Sound, seed: int) -> None:
        cutoff, level = (420.0, 0.020) if sound == "evening" else (180.0, 0.014)
        self._murmur = _murmur(cutoff, level, seed)
        self._sound = sound

    def samples(self, first: int, count: int) -> Samples:
        """`count` samples from number `first` on (0 is the start of a second)."""
        numbers = np.arange(first, first + count)
        quiet = self._murmur[numbers % len(self._murmur)]
        seconds = (numbers / SAMPLE_RATE).astype(np.float64)
        event = _crickets(seconds) if self._sound == "evening" else _ticks(seconds)
        mixed: Samples = quiet + event
        return mixed


def _crickets(seconds: NDArray[np.float64]) -> Samples:
    """Three chirps of 40 ms, then a rest."""
    in_song = seconds % 2.3
    is_chirping = (in_song < 0.36) & (in_song % 0.12 < 0.04)
    swell = np.sin(np.pi * (in_song % 0.12) / 0.04) ** 2
    chirp = np.sin(2 * np.pi * 4300 * seconds) * swell * is_chirping * 0.012
    return np.asarray(chirp, np.float32)


def _ticks(seconds: NDArray[np.float64]) -> Samples:
    """The wall clock."""
    since = seconds % 1.0
    tick: Samples = (np.sin(2 * np.pi * 2100 * since) * np.exp(-since * 260) * 0.03).astype(
        np.float32
    )
    return tick
