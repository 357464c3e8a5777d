"""When to look at a camera's picture: as rarely as finds a person who stays two seconds.

Keyframes come alone and cheap; pictures between them need everything since the last keyframe. So
the keyframe distance, measured, decides:
- up to INTERVAL_SECONDS_MAX: keyframes only (KEYFRAMES);
- above: there are looks between, evenly, at most INTERVAL_SECONDS_MAX apart (DECODE); what comes
  after the last of them is not decoded, which saves half at 4 s. So until the coded sizes have
  proved on this camera that they rise when something moves; then they say when to look (SIGNS).
  One movement without the sign, and it must prove itself anew.
After the gate opened, looks come fast until it is clear who is there.
"""

from collections import deque
from enum import StrEnum
from math import ceil
from statistics import median
from typing import Final

from keepsight.detect.unit import Unit

INTERVAL_SECONDS_MAX: Final = 2.1
"""Keyframes further apart let a person who stays two seconds pass between them."""
QUIET_GAP_SECONDS: Final = 0.9
"""Between looks at keyframes; a camera with two keyframes a second costs no more than with one."""
LONG_GAP_SECONDS: Final = 1.0
"""Between looks while the distance of keyframes is unknown, somebody is there, or a sign is up."""
NEARLY_SHARE: Final = 0.97
"""Of the spacing: pictures do not come exactly when they should."""
LATE_SECONDS: Final = 0.3
"""After which a keyframe that did not come is not waited for."""
ATTENTION_SECONDS: Final = 2.0
ATTENTION_GAP_SECONDS: Final = 0.4
FRUITLESS_STREAK: Final = 2
"""After so many openings for nothing in a row, an opening is worth one look, not attention."""
STREAK_SECONDS: Final = 60.0
INTERVALS_KEPT: Final = 5
SIGN_PROOFS: Final = 4
"""Movements in a row that the sign must have announced before it is relied on."""
SIGN_DISTRUST_FACTOR: Final = 2
SIGN_PROOFS_MAX: Final = 64
SIGN_FALSE_SHARE_MAX: Final = 0.05
"""Of the pictures; a sign that is raised more often in quiet saves nothing."""


class Mode(StrEnum):
    """How a camera is watched."""

    KEYFRAMES = "keyframes"
    DECODE = "decode"
    SIGNS = "signs"


class Pace:
    """One camera's rhythm. All times are media time."""

    def __init__(self) -> None:
        self.mode = Mode.DECODE
        self.is_raised = False
        self.proofs_needed = SIGN_PROOFS
        self._intervals: deque[float] = deque(maxlen=INTERVALS_KEPT)
        self._usual: float | None = None
        self._keyframe_us: int | None = None
        self._look_us: int | None = None
        self._attention_us = 0
        self._fruitless: deque[int] = deque(maxlen=FRUITLESS_STREAK)
        self._proofs = 0
        self._raised_since_look = False
        self._false_share = 0.0

    @property
    def interval_seconds(self) -> float | None:
        """Between keyframes; None before two have come."""
        return self._usual

    def note(self, unit: Unit, *, is_raised: bool) -> None:
        """Take a unit into account; each unit, in order."""
        self.is_raised = is_raised
        self._raised_since_look = self._raised_since_look or is_raised
        self._false_share += 0.005 * (is_raised - self._false_share)
        if unit.is_keyframe:
            if self._keyframe_us is not None and not unit.is_after_break:
                seconds = (unit.media_us - self._keyframe_us) / 1e6
                if seconds > 0:
                    self._intervals.append(seconds)
                    self._usual = median(self._intervals)
            self._keyframe_us = unit.media_us
        self._choose(unit)

    def _choose(self, unit: Unit) -> None:
        begun_us = self._keyframe_us if self._keyframe_us is not None else unit.media_us
        waited = (unit.media_us - begun_us) / 1e6
        usual = self.interval_seconds
        is_short = usual is not None and usual <= INTERVAL_SECONDS_MAX
        if is_short and waited <= INTERVAL_SECONDS_MAX:
            self.mode = Mode.KEYFRAMES
        elif self._proofs >= self.proofs_needed and self._false_share < SIGN_FALSE_SHARE_MAX:
            self.mode = Mode.SIGNS
        else:
            self.mode = Mode.DECODE

    def is_due(self, unit: Unit, *, has_company: bool = False) -> bool:
        """Whether to look at this unit's picture.

        Args:
            unit: the newest one.
            has_company: somebody is in the picture, to be followed.
        """
        if self._look_us is None:
            return True
        gap = (unit.media_us - self._look_us) / 1e6
        if unit.media_us < self._attention_us:
            return gap >= ATTENTION_GAP_SECONDS or unit.is_keyframe
        if self.mode is Mode.DECODE:
            return gap >= LONG_GAP_SECONDS if has_company else self._is_due_between(unit, gap)
        if self.mode is Mode.SIGNS and self.is_raised:
            return gap >= LONG_GAP_SECONDS
        return unit.is_keyframe and gap >= QUIET_GAP_SECONDS

    def _is_due_between(self, unit: Unit, gap: float) -> bool:
        usual = self.interval_seconds
        if usual is None or self._keyframe_us is None:
            return gap >= LONG_GAP_SECONDS
        if unit.is_keyframe:
            return gap >= QUIET_GAP_SECONDS
        spacing = usual / ceil(usual / INTERVAL_SECONDS_MAX)
        since = (unit.media_us - self._keyframe_us) / 1e6
        is_keyframe_near = usual - spacing / 2 < since < usual + LATE_SECONDS
        return gap >= spacing * NEARLY_SHARE and not is_keyframe_near

    def looked(self, media_us: int, *, has_moved: bool) -> None:
        """A look was made; whether the gate saw a movement tells how good the sign is."""
        self._look_us = media_us
        usual = self.interval_seconds
        if has_moved and usual is not None and usual > INTERVAL_SECONDS_MAX:
            if self._raised_since_look:
                self._proofs += 1
            else:
                if self._proofs >= self.proofs_needed:
                    needed = self.proofs_needed * SIGN_DISTRUST_FACTOR
                    self.proofs_needed = min(needed, SIGN_PROOFS_MAX)
                self._proofs = 0
        self._raised_since_look = False

    def attend(self, media_us: int) -> bool:
        """Look fast from now on; False where openings were for nothing lately."""
        recent = [us for us in self._fruitless if media_us - us < STREAK_SECONDS * 1e6]
        if len(recent) >= FRUITLESS_STREAK:
            return False
        self._attention_us = media_us + int(ATTENTION_SECONDS * 1e6)
        return True

    def is_attentive(self, media_us: int) -> bool:
        """Whether looks come fast now."""
        return media_us < self._attention_us

    def relax(self, media_us: int, *, was_fruitless: bool) -> None:
        """It is clear who is there, or that nobody is."""
        self._attention_us = 0
        if was_fruitless:
            self._fruitless.append(media_us)
        else:
            self._fruitless.clear()

    def restart(self) -> None:
        """Units are missing: the next keyframe is looked at."""
        self._keyframe_us = None
        self._look_us = None
