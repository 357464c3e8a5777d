"""Whether a window of sound is worth asking the model about: 15 us instead of 1 ms.

Two measures on the loudest sixtieth of a window, with everything slow taken out (hum, wind, a
microphone's offset): silence is never asked about; steady noise that has been there for a while
(a fan, rain, a fridge) only now and then, for what rose so slowly that it was learned.
"""

from typing import Final

import numpy as np

from keepsight.detect.soundtrack import Samples

SILENT_DB: Final = -72.0
"""Below, of full scale and after the emphasis: speech that peaks at -46 dB is still above."""
STANDS_OUT_DB: Final = 4.0
"""Above the learned level; the loudest sixtieth of steady noise varies by about 1 dB."""
RISE_SHARE: Final = 0.05
RISE_DB: Final = 0.15
"""With each window the learned level rises by this share of what it lacks, and by at least so much:
noise that has just been switched on, 40 dB louder, is learned in half a minute."""
ANYWAY_WINDOWS: Final = 6
"""In steady noise one window of so many is asked about all the same: one in 3 s."""
_EMPHASIS: Final = 0.95
_BLOCK: Final = 256


def level_db(window: Samples) -> float:
    """Of its loudest block of 16 ms, in dB of full scale, high tones emphasised."""
    high = window[1:] - _EMPHASIS * window[:-1]
    blocks = high[: len(high) // _BLOCK * _BLOCK].reshape(-1, _BLOCK)
    if not len(blocks):
        return -120.0
    power = float(np.einsum("ij,ij->i", blocks, blocks).max()) / _BLOCK
    return float(10 * np.log10(power + 1e-12))


class Loudness:
    """One camera's gate."""

    def __init__(self) -> None:
        self._floor_db: float | None = None
        self._passed = 0

    def is_worth(self, window: Samples) -> bool:
        """Whether to ask about this window; each window, in order."""
        level = level_db(window)
        known = self._floor_db
        # Never below silence, or it would have to come up from there.
        lower = level if known is None else max(known, SILENT_DB)
        rise = max(RISE_DB, RISE_SHARE * (level - lower))
        self._floor_db = min(level, lower + rise)
        if level < SILENT_DB:
            self._passed = 0
            return False
        self._passed += 1
        stands_out = known is None or level > lower + STANDS_OUT_DB
        return stands_out or self._passed % ANYWAY_WINDOWS == 0
