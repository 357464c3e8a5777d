"""What the coded size of pictures says about movement, without decoding.

The sign is log2(bytes) + quantiser / 6: how much there was to code, whether the camera holds its
quality or its bit rate. With variable bit rate a visit stands out (indoor clip, 10 frames/s: 13.6
against 12.2 +- 0.85 in quiet). With a fixed rate that is spent on noise it does not (15.5 against
15.3), so nobody relies on it before it has proved itself on this camera (pace.py).
"""

from bisect import insort
from collections import deque
from math import log2
from typing import Final

from keepsight.detect.slices import HEADER_BYTES_MAX, SliceLayout, read_layout, read_quantiser
from keepsight.detect.unit import Unit

MEMORY_UNITS: Final = 600
"""A minute at 10 frames a second."""
WARM_UNITS: Final = 100
NEWEST_UNITS_MIN: Final = 4
NEWEST_SECONDS: Final = 0.6
"""Averaged before they are compared, at least so many: one large picture is no sign. Four pictures
alone, at 25 a second, raised it in 6 % of the quiet; 0.6 s of them in none."""
RAISED_MIN: Final = 0.8
"""Above the median; noise of the average of four is about 0.4."""
RAISED_SPREADS: Final = 2.5
"""Times the median absolute deviation."""


def _first_slice(data: bytes) -> bytes:
    """The head of the first NAL unit that may be a slice; both framings begin with four bytes."""
    position = 0
    is_annex_b = data[:4] == b"\x00\x00\x00\x01"
    for _ in range(8):
        head = data[position + 4 : position + 4 + HEADER_BYTES_MAX]
        if not head or head[0] & 0x1F in (1, 5) or is_annex_b:
            return head
        position += 4 + int.from_bytes(data[position : position + 4])
    return b""


class Sign:
    """One stream's running baseline."""

    def __init__(self, codec: str, parameter_sets: tuple[bytes, ...]) -> None:
        """Other codecs than H.264 use the size alone."""
        self._layout: SliceLayout | None = None
        if codec == "h264":
            self._layout = read_layout(parameter_sets)
        self._memory: deque[float] = deque(maxlen=MEMORY_UNITS)
        self._sorted: list[float] = []
        self._newest: deque[tuple[int, float]] = deque()
        self._newest_sum = 0.0

    @property
    def is_warm(self) -> bool:
        """Whether there is a baseline."""
        return len(self._memory) >= WARM_UNITS

    def feed(self, unit: Unit, *, is_quiet: bool) -> bool:
        """Whether this unit raises the sign. Keyframes never do.

        Args:
            unit: the next one of the stream.
            is_quiet: nothing is known to go on, so that the unit belongs to the baseline.
        """
        if unit.is_keyframe:
            return False
        quantiser = None
        if self._layout is not None:
            quantiser = read_quantiser(self._layout, _first_slice(unit.data))
        value = log2(max(len(unit.data), 1)) + (quantiser or 0) / 6
        self._take(unit.media_us, value)
        is_raised = self.is_warm and self._is_above()
        if is_quiet and not is_raised:
            self._remember(value)
        return is_raised

    def _take(self, media_us: int, value: float) -> None:
        newest = self._newest
        newest.append((media_us, value))
        self._newest_sum += value
        while len(newest) > NEWEST_UNITS_MIN:
            if 0 <= media_us - newest[0][0] <= NEWEST_SECONDS * 1e6:
                break
            self._newest_sum -= newest.popleft()[1]

    def _is_above(self) -> bool:
        middle = self._sorted[len(self._sorted) // 2]
        upper = self._sorted[len(self._sorted) * 3 // 4]
        # Half of a symmetric distribution's spread: the distance of its quarter from its middle.
        spread = max(upper - middle, 0.05)
        mean = self._newest_sum / len(self._newest)
        is_full = len(self._newest) >= NEWEST_UNITS_MIN
        return is_full and mean > middle + max(RAISED_MIN, RAISED_SPREADS * spread)

    def _remember(self, value: float) -> None:
        if len(self._memory) == MEMORY_UNITS:
            self._sorted.remove(self._memory[0])
        self._memory.append(value)
        insort(self._sorted, value)
