"""Which recordings the rules want gone. Goes through the index in rounds, a page at a time.

What a round passes over is not read again until it begins anew, so a sweep costs as much as
there is to delete, however much is kept. Disk thread only.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.record.rules import DAY_US, EventSource, EventSpan, RetentionRules
from keepsight.hub.record.vigil import Vigils
from keepsight.hub.recording import Segment
from keepsight.hub.store.recordings import RecordingStore
from keepsight.seal.header import Stream

log = logging.getLogger(__name__)
PAGE_SEGMENTS: Final = 256
"""Looked at in one go, of one stream and for one reason."""
ROUND_US: Final = DAY_US
"""After so long everything is looked at anew: an event may have been forgotten since."""
_NOWHERE: Final = (-1, b"")


class Round(Enum):
    """Why the index is gone through; each gets as far as it gets."""

    EVENTLESS = auto()
    PLAIN_AGE = auto()
    EVENT_AGE = auto()
    SPACE = auto()


@dataclass(frozen=True, slots=True)
class Near:
    """The events around some segments, and what is kept before and after each."""

    spans: Sequence[EventSpan]
    pre_us: int
    post_us: int
    is_known: bool = True
    """False: nobody could be asked, so that nothing may be decided."""

    def has_event(self, segment: Segment) -> bool:
        """Whether something happened in it, or near."""
        return any(self._reaches(span, segment) for span in self.spans)

    def is_pinned(self, segment: Segment) -> bool:
        """Whether it belongs to an event that somebody keeps."""
        return any(span.is_kept and self._reaches(span, segment) for span in self.spans)

    def _reaches(self, span: EventSpan, segment: Segment) -> bool:
        is_over = span.end_us is not None and span.end_us + self.post_us < segment.start_us
        return span.start_us - self.pre_us <= segment.end_us and not is_over


class Rounds:
    """Remembers how far each round got, camera by camera."""

    def __init__(  # noqa: PLR0913 - its parts, each given once by retention.py
        self, *, household: bytes, store: RecordingStore, clock: Clock, vigils: Vigils,
        events: EventSource, page_segments: int = PAGE_SEGMENTS,
    ) -> None:  # fmt: skip
        self._household = household
        self._store = store
        self._clock = clock
        self._vigils = vigils
        self._events = events
        self._page_segments = page_segments
        self._at: dict[tuple[Round, bytes, Stream], tuple[int, bytes]] = {}
        self._round_ends_us = clock.monotonic_us() + ROUND_US
        self._is_source_failing = False
        self.is_behind = False
        """The last `doomed` stopped in the middle: there may be more to delete."""

    def begin_anew(self, camera: bytes | None = None) -> None:
        """Look at everything again, of one camera or all: what was decided may be wrong now."""
        self._at = {key: at for key, at in self._at.items() if camera not in {None, key[1]}}

    def doomed(
        self, rules: RetentionRules, camera: bytes, stream: Stream, limit: int
    ) -> list[Segment]:
        """What is too old, or shows nothing where only events are wanted; at most limit a reason.

        Raises:
            keepsight.hub.store.recordings.IndexFailedError: the index cannot be read.
        """
        now_us = self._clock.wall_us()
        days, event_days = rules.days_of(camera), rules.event_days_of(camera)
        pre_us, post_us = rules.rolls_us(camera)

        def is_eventless(segment: Segment, near: Near) -> bool:
            from_us, to_us = segment.start_us - post_us, segment.end_us + pre_us
            return not near.has_event(segment) and self._vigils.is_settled(camera, from_us, to_us)

        def go(of: Round, until_us: int, choose: Callable[[Segment, Near], bool]) -> list[Segment]:
            key = of, camera, stream
            return self._page(key, rules, until_us, limit, choose)

        out: list[Segment] = []
        settled_us = self._vigils.settled_us(camera) if rules.is_following(camera) else None
        if settled_us is not None:
            out += go(Round.EVENTLESS, settled_us - pre_us, is_eventless)
        if days == event_days:
            if days is not None:
                out += go(Round.PLAIN_AGE, now_us - days * DAY_US, lambda s, n: not n.is_pinned(s))
            return out
        if days is not None:
            out += go(Round.PLAIN_AGE, now_us - days * DAY_US, lambda s, n: not n.has_event(s))
        if event_days is not None:
            until_us = now_us - event_days * DAY_US
            # What has no event, among it what nobody watched, goes by the other days.
            out += go(Round.EVENT_AGE, until_us, lambda s, n: n.has_event(s) and not n.is_pinned(s))
        return out

    def _page(
        self, key: tuple[Round, bytes, Stream], rules: RetentionRules, until_us: int, limit: int,
        choose: Callable[[Segment, Near], bool],
    ) -> list[Segment]:  # fmt: skip
        """The next that are chosen of those that end by until_us; it stops before the first."""
        _, camera, stream = key
        at = self._at.get(key, _NOWHERE)
        after, limit_rows = self._store.after, self._page_segments
        page = after(self._household, camera, stream, *at, limit_rows, until_us)
        old = next((n for n, s in enumerate(page) if s.end_us > until_us), len(page))
        page = page[:old]
        near = self.near(rules, camera, page)
        if not near.is_known:
            return []
        self.is_behind |= old == limit_rows
        chosen: list[Segment] = []
        for segment in page:
            if choose(segment, near):
                chosen.append(segment)
                if len(chosen) == limit:
                    break
            elif not chosen:
                self._at[key] = segment.start_us, segment.writer
        return chosen

    def oldest_free(
        self, rules: RetentionRules, camera: bytes, stream: Stream, limit: int
    ) -> list[Segment]:
        """The oldest that belong to no event that somebody keeps.

        Raises:
            keepsight.hub.store.recordings.IndexFailedError: the index cannot be read.
        """
        key, found = (Round.SPACE, camera, stream), list[Segment]()
        at = self._at.get(key, _NOWHERE)
        while len(found) < limit:
            page = self._store.after(self._household, camera, stream, *at, self._page_segments)
            near = self.near(rules, camera, page)
            if not near.is_known:
                return []
            for segment in page:
                at = segment.start_us, segment.writer
                if not near.is_pinned(segment):
                    found.append(segment)
                elif not found:
                    self._at[key] = at
            if len(page) < self._page_segments:
                break
        return found[:limit]

    def start(self) -> None:
        """Before a sweep: begin anew if it is time to."""
        self.is_behind = False
        if self._clock.monotonic_us() >= self._round_ends_us:
            self._round_ends_us = self._clock.monotonic_us() + ROUND_US
            # What nobody watched stays so: that round only ever goes on.
            self._at = {key: at for key, at in self._at.items() if key[0] is Round.EVENTLESS}

    def near(self, rules: RetentionRules, camera: bytes, page: Sequence[Segment]) -> Near:
        """The events around a page of segments."""
        pre_us, post_us = rules.rolls_us(camera)
        if not page:
            return Near((), pre_us, post_us)
        from_us = min(segment.start_us for segment in page) - post_us
        to_us = max(segment.end_us for segment in page) + pre_us
        try:
            spans = [EventSpan(*span) for span in self._events(camera, from_us, to_us + 1)]
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing must be deleted for it
            if not self._is_source_failing:
                log.error("events cannot be read, no recording is deleted for its age: %s", error)  # noqa: TRY400
            self._is_source_failing = True
            return Near((), pre_us, post_us, is_known=False)
        self._is_source_failing = False
        return Near(spans, pre_us, post_us)
