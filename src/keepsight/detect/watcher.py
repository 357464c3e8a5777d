"""One camera's chain: coded pictures in, events out.

feed() -> pace (is a look due?) -> decoder -> gate (did something move?) -> look (detector) ->
tracker -> events. Pictures between looks are kept coded, as far as the last keyframe, and decoded
only when a look needs them. Not for several threads at once.
"""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from keepsight.detect.decoder import Decoder, Luma, Picture
from keepsight.detect.detector import Detector, DetectorError
from keepsight.detect.events import EventBook, Told
from keepsight.detect.gate import Activity, Gate, small_size
from keepsight.detect.look import look, look_thoroughly
from keepsight.detect.masks import mask_of
from keepsight.detect.pace import Mode, Pace
from keepsight.detect.sight import Detection
from keepsight.detect.sign import Sign
from keepsight.detect.tracker import MAYBE_CONFIDENCE, Followed, Tracker
from keepsight.detect.unit import Unit
from keepsight.detect.zones import Rules

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

GROUP_BYTES_MAX: Final = 8 << 20
"""Of coded pictures kept since the keyframe: 10 s of a sub stream at 1 Mbit/s fit six times."""
STILL_LOOK_SECONDS: Final = 5.0
"""Somebody who stands still is looked for so often although nothing moves."""
LIGHT_GAP_SECONDS: Final = 5.0
"""Between thorough looks for a change of light."""
QUIET_SECONDS: Final = 5.0
"""Without movement for so long: the span of other movement is over."""
SPAN_SECONDS_MAX: Final = 60.0
FAILURES_MAX: Final = 3
"""Of the detector in a row; then there are no more people, only movement, and the state says so."""


@dataclass(frozen=True, slots=True)
class Span:
    """Movement that is nobody's; media and wall time."""

    start_us: int
    end_us: int
    start_wall_us: int
    end_wall_us: int


@dataclass(slots=True)
class WatchCounts:
    """What watching this camera took."""

    units: int = 0
    looks: int = 0
    opened: int = 0
    asked: int = 0
    lost_groups: int = 0
    cpu_us: int = 0


@dataclass(slots=True)
class Sighting:
    """What one unit led to."""

    picture: Picture | None = None
    told: list[Told] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    detections: list[Detection] | None = None
    """When the detector was asked: what counts, for boxes over the live picture."""


NOTHING: Final = Sighting()
"""What most units lead to. One for all, since there are many: not to be changed."""


class Watcher:
    """Watches one stream of one camera."""

    def __init__(
        self, decoder: Decoder, sign: Sign, rules: Rules, detector: Detector | None
    ) -> None:
        """Args: the parts; without a detector there is movement only."""
        self.decoder = decoder
        self.detector = detector
        self.failure: str | None = None
        """Why people are not recognised any more."""
        self.is_looked_at = False
        """Whether somebody wants to see what is looked at: boxes, or masked stills."""
        self.counts = WatchCounts()
        self.pace = Pace()
        self._sign = sign
        self._rules = rules
        self._gate = Gate()
        self._tracker = Tracker()
        self._book = EventBook(rules)
        self._group: list[Unit] = []
        self._group_bytes = 0
        self._newest_us = 0
        self._decoded = 0
        self._asked_us: int | None = None
        self._light_us: int | None = None
        self._failures = 0
        self._opening: Activity | None = None
        self._span: Span | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._shape: tuple[int, int] | None = None

    def feed(self, unit: Unit) -> Sighting:
        """Take the next unit of the stream."""
        self.counts.units += 1
        self._newest_us = unit.media_us
        if not self._keep(unit):
            return NOTHING
        is_raised = False
        if self.pace.mode is not Mode.KEYFRAMES:
            is_quiet = not self._tracker.tracks and self._span is None
            is_raised = self._sign.feed(unit, is_quiet=is_quiet)
        self.pace.note(unit, is_raised=is_raised)
        has_company, is_looked_at = self._book.is_open, self.is_looked_at
        if not self.pace.is_due(unit, has_company=has_company, is_looked_at=is_looked_at):
            return NOTHING
        # The clock costs 10 us, a unit without a look less: only looks are timed.
        begun_ns = time.thread_time_ns()
        sighting = Sighting()
        self._look(sighting)
        self.counts.cpu_us += (time.thread_time_ns() - begun_ns) // 1000
        return sighting

    def finish(self) -> Sighting:
        """The stream ended: so do all visits."""
        sighting = Sighting(told=self._book.close())
        if self._span is not None:
            sighting.spans.append(self._span)
            self._span = None
        return sighting

    def reformat(self, decoder: Decoder, sign: Sign) -> None:
        """The stream's parameter sets changed; what is known of the scene stays."""
        self.decoder, self._sign = decoder, sign
        self.skip()

    def skip(self) -> None:
        """Units were left out: nothing may be decoded before the next keyframe."""
        self._group.clear()
        self._group_bytes = self._decoded = 0
        self.pace.restart()

    def _keep(self, unit: Unit) -> bool:
        """Put a unit into the group; False while there is no keyframe to build on."""
        if unit.is_keyframe:
            self._group, self._group_bytes, self._decoded = [unit], len(unit.data), 0
            return True
        if unit.is_after_break:
            self.skip()
        if not self._group:
            return False
        self._group_bytes += len(unit.data)
        if self._group_bytes > GROUP_BYTES_MAX:
            self.counts.lost_groups += 1
            self.skip()
            return False
        self._group.append(unit)
        return True

    def _picture(self) -> Picture | None:
        """Decode what is needed for the newest picture."""
        if self._decoded == 0:
            self.decoder.restart()
        newest = None
        for position in range(self._decoded, len(self._group)):
            newest = self.decoder.decode(self._group[position]) or newest
        if newest is None and len(self._group) == 1:
            return self.decoder.finish()  # and is decoded again if a later picture is wanted
        self._decoded = len(self._group)
        # What was decoded is kept by the decoder; the group only needs to know that it began.
        for position in range(self._decoded):
            self._group_bytes -= len(self._group[position].data)
            self._group[position] = _spent(self._group[position])
        return newest

    def _luma(self, picture: Picture) -> Luma:
        shape = small_size(picture.width, picture.height)
        luma = picture.luma(*shape)
        if not self._rules.masks:
            return luma
        if self._mask is None or self._shape != shape:
            self._mask, self._shape = mask_of(self._rules.masks, *shape), shape
        luma[self._mask] = 0
        return luma

    def _look(self, sighting: Sighting) -> None:
        picture = self._picture()
        if picture is None:
            return
        self.counts.looks += 1
        known = tuple(track.box for track in self._tracker.tracks if track.is_confirmed)
        activity = self._gate.look(self._luma(picture), known)
        has_moved = activity.is_open and not activity.is_first
        self.pace.looked(
            picture.media_us,
            has_moved=has_moved and bool(activity.boxes),
            has_company=self._book.is_open,
        )
        self.counts.opened += has_moved
        self._tracker.disturb(activity)
        if self._is_asked(picture, activity):
            followed = self._ask(picture, activity, sighting)
        else:
            followed = Followed(left=self._tracker.expire(picture.media_us))
        sighting.picture = picture
        sighting.told += self._book.take(picture, followed)
        self._note_span(picture, sighting, has_moved=has_moved)

    def _is_asked(self, picture: Picture, activity: Activity) -> bool:
        """Whether the detector is worth its 30 ms."""
        if self.detector is None:
            return False
        media_us = picture.media_us
        if activity.is_light:
            waited_us = media_us - (self._light_us or 0)
            if self._light_us is not None and waited_us < LIGHT_GAP_SECONDS * 1e6:
                return False
            self._light_us = media_us
            return True
        if activity.is_open:
            return True
        if any(not track.is_confirmed for track in self._tracker.tracks):
            return True
        is_stale = self._asked_us is None or media_us - self._asked_us >= STILL_LOOK_SECONDS * 1e6
        return is_stale and any(track.has_moved for track in self._tracker.tracks)

    def _ask(self, picture: Picture, activity: Activity, sighting: Sighting) -> Followed:
        self.counts.asked += 1
        self._asked_us = picture.media_us
        try:
            found = self._found(picture, activity)
        except DetectorError as error:
            self._fail(str(error))
            return Followed(left=self._tracker.expire(picture.media_us))
        self._failures = 0
        followed = self._tracker.update(picture.media_us, found, activity, self._rules)
        sighting.detections = [
            each for each in found if each.confidence >= MAYBE_CONFIDENCE
            and each.kind in self._rules.kinds
        ]  # fmt: skip
        self._attend(picture, activity, found)
        return followed

    def _found(self, picture: Picture, activity: Activity) -> list[Detection]:
        if self.detector is None:
            return []
        if activity.is_first or activity.is_light:
            return look_thoroughly(self.detector, picture)
        moving = [track for track in self._tracker.tracks if track.has_moved]
        boxes = tuple(track.at(picture.media_us) for track in moving)
        return look(self.detector, picture, activity, boxes)

    def _fail(self, reason: str) -> None:
        self._failures += 1
        if self._failures >= FAILURES_MAX:
            self.failure = reason
            self.detector = None

    def _attend(self, picture: Picture, activity: Activity, found: list[Detection]) -> None:
        """Look fast while it is open who is there, and learn from openings for nothing."""
        media_us = picture.media_us
        is_open_question = any(not track.is_confirmed for track in self._tracker.tracks) or (
            activity.is_first and bool(self._tracker.tracks)
        )
        is_somebody = any(
            each.confidence >= MAYBE_CONFIDENCE and activity.share_in(each.box) > 0
            for each in found
        )
        if self.pace.is_attentive(media_us):
            if is_somebody and not is_open_question:
                self._opening = None
                self.pace.relax(media_us, was_fruitless=False)
            return
        if self._opening is not None:
            self._gate.was_fruitless(self._opening)
            self.pace.relax(media_us, was_fruitless=True)
            self._opening = None
        if is_open_question or (activity.boxes and not is_somebody):
            if self.pace.attend(media_us):
                self._opening = activity
            else:
                self._gate.was_fruitless(activity)

    def _note_span(self, picture: Picture, sighting: Sighting, *, has_moved: bool) -> None:
        """Keep movement that is nobody's as spans of time."""
        media_us, span = picture.media_us, self._span
        if span is not None:
            is_over = media_us - span.end_us > QUIET_SECONDS * 1e6
            is_long = media_us - span.start_us > SPAN_SECONDS_MAX * 1e6
            if is_over or is_long or self._book.is_open:
                sighting.spans.append(span)
                self._span = span = None
        if has_moved and not self._book.is_open:
            wall_us = picture.wall_us
            begin_us, begin_wall_us = (
                (span.start_us, span.start_wall_us) if span else (media_us, wall_us)
            )
            self._span = Span(begin_us, media_us, begin_wall_us, wall_us)

    @property
    def is_patient(self) -> bool:
        """Whether nothing is lost if the next units come together a little later."""
        is_followed = self._book.is_open and self.mode is not Mode.KEYFRAMES
        return not is_followed and not self.pace.is_attentive(self._newest_us)

    @property
    def mode(self) -> Mode:
        """How the camera is watched now."""
        return self.pace.mode


def _spent(unit: Unit) -> Unit:
    """A unit whose bytes are in the decoder already."""
    return Unit(unit.media_us, unit.wall_us, unit.is_keyframe, unit.is_after_break, b"")
