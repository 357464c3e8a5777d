"""Scores of windows to events: what sounds the same for a while is one event."""

import secrets
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepsight.detect.beeps import Alarm
from keepsight.detect.ear import Scores
from keepsight.detect.event import Phase
from keepsight.detect.sound import SOUND_KINDS, SoundEvent, SoundKind
from keepsight.detect.zones import Rules, is_scheduled

UPDATE_SECONDS: Final = 5.0
"""Between updates of one event."""
RHYTHM_SCORE: Final = 0.95
"""Of an alarm whose rhythm was heard twice."""
GAP_SECONDS: Final = 2.0
"""Between windows; they overlap by half a second where nothing is missing."""
OPEN_ENDED_SECONDS_MAX: Final = 3600.0
"""A sound is cut after an hour, so that one that never ends is still told again."""


@dataclass(frozen=True, slots=True)
class Window:
    """When a window was, and what it sounds like."""

    start_us: int
    end_us: int
    start_wall_us: int
    end_wall_us: int
    scores: Scores | None
    """None: not worth asking about."""
    alarm: Alarm | None = None
    """Whose second round is complete by the middle of the window."""


@dataclass(slots=True)
class _Open:
    event_id: str
    first: Window
    last: Window
    noticed_us: int
    confidence: float
    best_wall_us: int
    told_us: int


class _Listener:
    """For one kind."""

    def __init__(self, kind: SoundKind) -> None:
        self.kind = kind
        self.recent: deque[tuple[Window, float]] = deque(maxlen=kind.within)
        self.open: _Open | None = None
        self.ended_us: int | None = None

    @property
    def hits(self) -> list[tuple[Window, float]]:
        """Recent windows that speak for the kind."""
        return [each for each in self.recent if each[1] >= self.kind.score]

    def event(self, phase: Phase) -> SoundEvent:
        """What is known of the open event.

        Raises:
            ValueError: there is none.
        """
        known = self.open
        if known is None:
            raise ValueError("no event is open")
        return SoundEvent(
            known.event_id,
            phase,
            self.kind.name,
            known.first.start_us,
            known.last.end_us,
            known.first.start_wall_us,
            known.last.end_wall_us,
            known.noticed_us,
            known.confidence,
            known.best_wall_us,
        )


def _random_id() -> str:
    return secrets.token_hex(16)


class SoundBook:
    """The sounds of one camera."""

    def __init__(
        self, kinds: tuple[str, ...], rules: Rules, new_id: Callable[[], str] = _random_id
    ) -> None:
        """Args: kinds to listen for; rules for hours and cooldown; new_id for tests."""
        self._rules = rules
        self._new_id = new_id
        self._end_us: int | None = None
        self._listeners = [_Listener(kind) for kind in SOUND_KINDS if kind.name in kinds]

    @property
    def is_attentive(self) -> bool:
        """Whether something goes on or has begun: then every window is worth asking about."""
        return any(each.open is not None or each.hits for each in self._listeners)

    def take(self, window: Window) -> list[SoundEvent]:
        """What one window means; each window, in order."""
        told: list[SoundEvent] = []
        if self._end_us is not None and abs(window.start_us - self._end_us) > GAP_SECONDS * 1e6:
            told += self._skip(window)
        self._end_us = window.end_us
        for listener in self._listeners:
            score = 0.0
            if window.scores is not None:
                score = float(window.scores[list(listener.kind.classes)].max())
            # What is no number is no sound.
            score = min(1.0, score) if np.isfinite(score) else 0.0
            is_known = listener.kind.has_rhythm and window.alarm is not None
            if is_known:
                score = max(score, RHYTHM_SCORE)
            listener.recent.append((window, score))
            if listener.open is None:
                told += self._begin(listener, window, is_known=is_known)
            else:
                told += self._go_on(listener, window, score)
        return told

    def _skip(self, window: Window) -> list[SoundEvent]:
        """Something is missing before this window: what was long ago is over."""
        told = []
        for listener in self._listeners:
            listener.recent.clear()
            if listener.open is not None:
                passed_us = window.start_us - listener.open.last.end_us
                if not 0 <= passed_us <= listener.kind.quiet_seconds * 1e6:
                    told.append(self._end(listener))
        return told

    def _begin(self, listener: _Listener, window: Window, *, is_known: bool) -> list[SoundEvent]:
        """An event, if enough speaks for one; is_known: the newest window alone is enough."""
        hits = listener.hits
        is_enough = is_known or len(hits) >= listener.kind.windows
        if not is_enough or hits[-1][0] is not window:
            return []
        cooldown_us = int(self._rules.cooldown_seconds * 1e6)
        first = self._first(listener, window) if is_known else hits[0][0]
        is_too_soon = (
            listener.ended_us is not None and first.start_us - listener.ended_us < cooldown_us
        )
        if is_too_soon or not is_scheduled(self._rules, window.end_wall_us):
            return []
        best, confidence = max(hits, key=lambda each: each[1])
        listener.open = _Open(
            self._new_id(),
            first,
            window,
            window.end_us,
            confidence,
            best.start_wall_us,
            window.end_us,
        )
        return [listener.event(Phase.START)]

    def _first(self, listener: _Listener, window: Window) -> Window:
        """The window in which the alarm's first beep was, as far back as windows are kept."""
        ago_us = int(window.alarm.ago_seconds * 1e6) if window.alarm is not None else 0
        middle_us = (window.start_us + window.end_us) // 2
        return next(each for each, _ in listener.recent if each.end_us > middle_us - ago_us)

    def _go_on(self, listener: _Listener, window: Window, score: float) -> list[SoundEvent]:
        known = listener.open
        if known is None:
            return []
        if score >= listener.kind.score:
            known.last = window
            if score > known.confidence:
                known.confidence, known.best_wall_us = score, window.start_wall_us
        is_over = window.end_us - known.last.end_us > listener.kind.quiet_seconds * 1e6
        is_long = window.end_us - known.first.start_us > OPEN_ENDED_SECONDS_MAX * 1e6
        if is_over or is_long:
            return [self._end(listener)]
        is_due = window.end_us - known.told_us >= UPDATE_SECONDS * 1e6
        if known.last is not window or not is_due:
            return []
        known.told_us = window.end_us
        return [listener.event(Phase.UPDATE)]

    def _end(self, listener: _Listener) -> SoundEvent:
        event = listener.event(Phase.END)
        listener.open, listener.ended_us = None, event.end_us
        listener.recent.clear()
        return event

    def close(self) -> list[SoundEvent]:
        """Every sound ends now."""
        return [self._end(each) for each in self._listeners if each.open is not None]
