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
LIVELY_SECONDS: Final = 20.0
"""After a movement every keyframe is looked at, but for that gap. Later, and while nobody is there,
those are passed over whose follower comes within INTERVAL_SECONDS_MAX of the last look."""
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
SIGN_LATE_SECONDS: Final = 1.0
"""After a movement was seen; a sign that comes later did not announce it. A keyframe is no sign, so
who comes with one is seen before there can be one."""
SIGN_FALSE_SHARE_MAX: Final = 0.05
"""Of the time; a sign that is raised more often in quiet saves nothing."""
SIGN_SHARE_MAX: Final = 0.3
"""Of the last minute, whatever for: where it moves all the time a sign has nothing to say."""
SIGN_MEMORY_SECONDS: Final = 60.0
SETTLED_SECONDS: Final = 5.0
"""After a movement, until a raised sign counts as false."""


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
        self._moved_us: int | None = None
        self._attention_us = 0
        self._fruitless: deque[int] = deque(maxlen=FRUITLESS_STREAK)
        self._proofs = 0
        self._raised_since_look = False
        self._unannounced_us: int | None = None
        """A movement was seen then, and no sign before it."""
        self._false_share = 0.0
        self._raised_share = 0.0
        self._unit_us: int | None = None

    @property
    def interval_seconds(self) -> float | None:
        """Between keyframes; None before two have come."""
        return self._usual

    def note(self, unit: Unit, *, is_raised: bool) -> None:
        """Take a unit into account; each unit, in order."""
        self.is_raised = is_raised
        if is_raised:
            self._raised_since_look = True
        if self.mode is not Mode.KEYFRAMES:
            self._weigh(unit)
        if unit.is_keyframe:
            if self._keyframe_us is not None and not unit.is_after_break:
                seconds = (unit.media_us - self._keyframe_us) / 1e6
                if seconds > 0:
                    self._intervals.append(seconds)
                    self._usual = median(self._intervals)
            self._keyframe_us = unit.media_us
        self._choose(unit)

    def _weigh(self, unit: Unit) -> None:
        """How often the sign is raised in quiet, and whether it still comes for a movement."""
        media_us, before_us = unit.media_us, self._unit_us
        self._unit_us = media_us
        missed_us, moved_us = self._unannounced_us, self._moved_us
        if missed_us is not None:
            if self.is_raised:
                self._proofs += 1
                self._unannounced_us = None
            elif media_us - missed_us > SIGN_LATE_SECONDS * 1e6:
                self._distrust()
                self._unannounced_us = None
        if before_us is None or media_us <= before_us:
            return
        share = min(0.05, (media_us - before_us) / (SIGN_MEMORY_SECONDS * 1e6))
        self._raised_share += share * (self.is_raised - self._raised_share)
        if moved_us is None or media_us - moved_us > SETTLED_SECONDS * 1e6:
            self._false_share += share * (self.is_raised - self._false_share)

    def _distrust(self) -> None:
        if self._proofs >= self.proofs_needed:
            self.proofs_needed = min(self.proofs_needed * SIGN_DISTRUST_FACTOR, SIGN_PROOFS_MAX)
        self._proofs = 0

    def _choose(self, unit: Unit) -> None:
        begun_us = self._keyframe_us if self._keyframe_us is not None else unit.media_us
        waited = (unit.media_us - begun_us) / 1e6
        usual = self.interval_seconds
        is_short = usual is not None and usual <= INTERVAL_SECONDS_MAX
        if is_short and waited <= INTERVAL_SECONDS_MAX:
            self.mode = Mode.KEYFRAMES
        else:
            self.mode = Mode.SIGNS if self._is_sign_good else Mode.DECODE

    @property
    def _is_sign_good(self) -> bool:
        return (
            self._proofs >= self.proofs_needed
            and self._false_share < SIGN_FALSE_SHARE_MAX
            and self._raised_share < SIGN_SHARE_MAX
        )

    def is_due(self, unit: Unit, *, has_company: bool = False, is_looked_at: bool = False) -> bool:
        """Whether to look at this unit's picture.

        Args:
            unit: the newest one.
            has_company: somebody is in the picture, to be followed.
            is_looked_at: somebody wants to see what each keyframe shows.
        """
        if self._look_us is None:
            return True
        gap = (unit.media_us - self._look_us) / 1e6
        if unit.media_us < self._attention_us:
            return gap >= ATTENTION_GAP_SECONDS or unit.is_keyframe
        is_alert = has_company or (self.mode is Mode.SIGNS and self.is_raised)
        if self.mode is not Mode.KEYFRAMES and is_alert:
            return gap >= LONG_GAP_SECONDS
        if self.mode is Mode.DECODE:
            return self._is_due_between(unit, gap)
        if not unit.is_keyframe or gap < QUIET_GAP_SECONDS:
            return False
        is_wanted = has_company or is_looked_at or self._is_lively(unit)
        return is_wanted or not self._can_wait(gap)

    def _is_lively(self, unit: Unit) -> bool:
        moved_us = self._moved_us
        return moved_us is not None and unit.media_us - moved_us < LIVELY_SECONDS * 1e6

    def _can_wait(self, gap: float) -> bool:
        """Whether the next keyframe is early enough too."""
        usual = self._usual
        return usual is not None and gap + usual <= INTERVAL_SECONDS_MAX

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

    def looked(self, media_us: int, *, has_moved: bool, has_company: bool = False) -> None:
        """A look was made; whether the gate saw a movement tells how good the sign is.

        Args:
            media_us: of the picture.
            has_moved: the gate saw a movement.
            has_company: of somebody who is known to be there: the sign must announce who comes,
                not each turn of a head.
        """
        self._look_us = media_us
        if has_moved:
            self._moved_us = media_us
        usual = self.interval_seconds
        if has_moved and usual is not None and usual > INTERVAL_SECONDS_MAX:
            if self._raised_since_look:
                self._proofs += 1
            elif not has_company and self._unannounced_us is None:
                self._unannounced_us = media_us
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
