"""Who is who from look to look: detections become tracks.

Looks may be two seconds apart, so a walking person's boxes need not overlap: after overlap with
where a track should be by now, nearness in body sizes decides. A track that nothing moved in is
still there although nobody looks; where something moved and nobody is seen any more, it has left.
A thing that never moved (a parked car, a statue, a poster) is a track without an event.
"""

from collections import deque
from dataclasses import dataclass, field
from itertools import count
from typing import Final

from keepsight.detect.gate import Activity
from keepsight.detect.sight import PERSON, Box, Detection, clipped, overlap
from keepsight.detect.zones import Rules, counts, sure_confidence

SURE_CONFIDENCE: Final = 0.5
"""Tuned on the 12 frames of ground truth: precision 0.956, recall 0.915 with Lite1 in windows."""
MAYBE_CONFIDENCE: Final = 0.4
"""Starts or continues a track; two of these and one sure make a person."""
ALONE_CONFIDENCE: Final = 0.65
"""One look is enough; below, a second one within CONFIRM_SECONDS must agree."""
CONFIRM_SECONDS: Final = 3.0
OVERLAP_MIN: Final = 0.2
REACH_SIZES: Final = 0.8
"""Body heights that a box may jump at once..."""
REACH_SIZES_A_SECOND: Final = 1.5
"""...and more for each second since: walking is about one body height a second."""
SIZE_RATIO_MAX: Final = 2.2
VELOCITY_SHARE: Final = 0.5
"""Of the newest displacement in the velocity."""
PREDICT_SECONDS_MAX: Final = 2.0
MOVED_SHARE: Final = 0.08
"""Of a box's pixels must have changed when it is first seen, or..."""
MOVED_SIZES: Final = 0.35
"""...its centre have moved by so many sizes, before something is an event."""
STIRRED_SHARE: Final = 0.25
"""A person who was there from the start has moved when so much of the box changed..."""
FRESH_SECONDS: Final = 3.0
"""...or MOVED_SHARE of it this soon after the first look. Other kinds must change place: in front
of a parked car people pass."""
SETTLED_SECONDS: Final = 15.0
"""What is no living thing and stood still for so long is parked: its visit is over."""
PLACES_MAX: Final = 32
PLACE_OVERLAP: Final = 0.5
PLACE_SECONDS: Final = 12 * 3600.0
"""So long it is remembered what stood where, so that losing sight of it is no new arrival."""
LIVING: Final = frozenset({"person", "cat", "dog"})
LEFT_SHARE: Final = 0.03
"""Of a box's pixels changed since it was last seen: what was there may have gone."""
LEAVE_SECONDS: Final = 2.5
"""Unseen for so long where something moved: gone. The clip's visits are 4 s apart at the least."""
STILL_MISSES_MAX: Final = 4
"""Looked for so often and not seen although nothing moved: not believed any more."""
TRACKS_MAX: Final = 64
PATH_POINTS_MAX: Final = 128


@dataclass(slots=True)
class Track:
    """One thing in the picture over time."""

    number: int
    kind: str
    box: Box
    confidence: float
    """The highest so far."""
    first_us: int
    last_us: int
    """When it was last seen; media time."""
    hits: int = 1
    has_moved: bool = False
    is_confirmed: bool = False
    misses: int = 0
    """Looks in a row in which the detector did not see it."""
    was_disturbed: bool = False
    """Something moved where it stands since it was last seen."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Shares of the picture a second."""
    begin: Box = field(default=Box(0, 0, 0, 0))
    """Where it was when it was first seen, or settled."""
    begin_us: int = 0
    path: list[tuple[int, Box]] = field(default_factory=list)

    def at(self, media_us: int) -> Box:
        """Where it should be by now."""
        seconds = min((media_us - self.last_us) / 1e6, PREDICT_SECONDS_MAX)
        x, y = self.velocity[0] * seconds, self.velocity[1] * seconds
        box = self.box
        return clipped(box.left + x, box.top + y, box.right + x, box.bottom + y)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands that does not move."""

    kind: str
    box: Box
    seen_us: int


@dataclass(frozen=True, slots=True)
class Followed:
    """What one look changed."""

    seen: tuple[tuple[Track, Detection], ...] = ()
    """Confirmed, moved tracks that this look saw."""
    left: tuple[Track, ...] = ()
    """Tracks that ended."""


def _distance_sizes(track: Track, box: Box, media_us: int) -> float:
    (x, y), (other_x, other_y) = track.at(media_us).centre, box.centre
    size = max(track.box.height, track.box.width, 1e-6)
    return float(((x - other_x) ** 2 + (y - other_y) ** 2) ** 0.5) / size


def _is_near(track: Track, box: Box, media_us: int) -> bool:
    ratio = max(box.area, 1e-9) / max(track.box.area, 1e-9)
    if not 1 / SIZE_RATIO_MAX**2 <= ratio <= SIZE_RATIO_MAX**2:
        return False
    seconds = (media_us - track.last_us) / 1e6
    reach = REACH_SIZES + REACH_SIZES_A_SECOND * min(seconds, LEAVE_SECONDS)
    return _distance_sizes(track, box, media_us) <= reach


def _has_changed_place(track: Track) -> bool:
    (x, y), (begin_x, begin_y) = track.box.centre, track.begin.centre
    size = max(track.begin.height, track.begin.width, 1e-6)
    return float(((x - begin_x) ** 2 + (y - begin_y) ** 2) ** 0.5) >= MOVED_SIZES * size


class Tracker:
    """The tracks of one camera."""

    def __init__(self) -> None:
        self.tracks: list[Track] = []
        self._numbers = count(1)
        self._places: deque[Place] = deque(maxlen=PLACES_MAX)

    def disturb(self, activity: Activity) -> None:
        """Note where something moved, whether or not the detector was asked."""
        for track in self.tracks:
            if activity.is_light or activity.share_in(track.box) >= LEFT_SHARE:
                track.was_disturbed = True

    def update(
        self, media_us: int, found: list[Detection], activity: Activity, rules: Rules
    ) -> Followed:
        """Take one look's detections.

        Args:
            media_us: of the picture.
            found: in it.
            activity: what moved since the look before.
            rules: which of it counts.
        """
        taken = [
            each
            for each in found
            if counts(rules, each) and each.confidence >= self._least(rules, each.kind)
        ]
        pairs = self._pair(media_us, taken)
        seen = []
        for track, detection in pairs:
            self._see(track, detection, media_us, activity)
            self._confirm(track, rules)
            if track.is_confirmed and track.has_moved:
                seen.append((track, detection))
        known = {id(detection) for _, detection in pairs}
        for detection in taken:
            if id(detection) in known or len(self.tracks) >= TRACKS_MAX:
                continue
            track = self._begin(detection, media_us, activity, rules)
            if track.is_confirmed and track.has_moved:
                seen.append((track, detection))
        for track in self.tracks:
            track.misses += track.last_us != media_us
        return Followed(tuple(seen), (*self._settle(media_us), *self.expire(media_us)))

    def _least(self, rules: Rules, kind: str) -> float:
        sure = sure_confidence(rules, kind, SURE_CONFIDENCE)
        return sure * MAYBE_CONFIDENCE / SURE_CONFIDENCE

    def _pair(self, media_us: int, found: list[Detection]) -> list[tuple[Track, Detection]]:
        candidates = []
        for track in self.tracks:
            for detection in found:
                if detection.kind != track.kind:
                    continue
                common = max(
                    overlap(track.at(media_us), detection.box), overlap(track.box, detection.box)
                )
                if common >= OVERLAP_MIN:
                    candidates.append((1 - common, track, detection))
                elif _is_near(track, detection.box, media_us):
                    far = _distance_sizes(track, detection.box, media_us)
                    candidates.append((1 + far, track, detection))
        candidates.sort(key=lambda each: each[0])
        pairs: list[tuple[Track, Detection]] = []
        tracks: set[int] = set()
        used: set[int] = set()
        for _, track, detection in candidates:
            if track.number not in tracks and id(detection) not in used:
                tracks.add(track.number)
                used.add(id(detection))
                pairs.append((track, detection))
        return pairs

    def _begin(
        self, detection: Detection, media_us: int, activity: Activity, rules: Rules
    ) -> Track:
        track = Track(
            next(self._numbers),
            detection.kind,
            detection.box,
            detection.confidence,
            media_us,
            media_us,
            begin=detection.box,
            begin_us=media_us,
            path=[(media_us, detection.box)],
        )
        has_come = activity.share_in(detection.box) >= MOVED_SHARE or activity.is_light
        track.has_moved = has_come and not self._is_known(detection, media_us)
        self._confirm(track, rules)
        self.tracks.append(track)
        return track

    def _see(self, track: Track, detection: Detection, media_us: int, activity: Activity) -> None:
        seconds = (media_us - track.last_us) / 1e6
        if seconds > 0:
            (x, y), (new_x, new_y) = track.box.centre, detection.box.centre
            old = track.velocity
            track.velocity = (
                old[0] + VELOCITY_SHARE * ((new_x - x) / seconds - old[0]),
                old[1] + VELOCITY_SHARE * ((new_y - y) / seconds - old[1]),
            )
        track.box = detection.box
        track.confidence = max(track.confidence, detection.confidence)
        track.last_us = media_us
        track.hits += 1
        track.misses = 0
        track.was_disturbed = False
        if _has_changed_place(track):
            track.has_moved = True
            track.begin, track.begin_us = track.box, media_us
        track.has_moved = track.has_moved or self._has_stirred(track, media_us, activity)
        track.path.append((media_us, detection.box))
        if len(track.path) > PATH_POINTS_MAX:
            del track.path[1:-1:2]

    def _has_stirred(self, track: Track, media_us: int, activity: Activity) -> bool:
        if track.kind != PERSON:
            return False
        is_fresh = media_us - track.first_us <= FRESH_SECONDS * 1e6
        return activity.share_in(track.box) >= (MOVED_SHARE if is_fresh else STIRRED_SHARE)

    def _is_known(self, detection: Detection, media_us: int) -> bool:
        """Whether it only came into sight again where it stood."""
        return any(
            place.kind == detection.kind
            and overlap(place.box, detection.box) >= PLACE_OVERLAP
            and media_us - place.seen_us <= PLACE_SECONDS * 1e6
            for place in self._places
        )

    def _remember(self, track: Track) -> None:
        same = [
            place
            for place in self._places
            if place.kind == track.kind and overlap(place.box, track.box) >= PLACE_OVERLAP
        ]
        for place in same:
            self._places.remove(place)
        self._places.append(Place(track.kind, track.box, track.last_us))

    def _settle(self, media_us: int) -> tuple[Track, ...]:
        """What has been parked: it stays a track, its visit is over."""
        settled = []
        for track in self.tracks:
            is_still = media_us - track.begin_us >= SETTLED_SECONDS * 1e6
            if track.kind not in LIVING and track.has_moved and is_still:
                track.has_moved = False
                self._remember(track)
                settled.append(track)
        return tuple(settled)

    def _confirm(self, track: Track, rules: Rules) -> None:
        sure = sure_confidence(rules, track.kind, SURE_CONFIDENCE)
        is_alone_enough = track.confidence >= sure * ALONE_CONFIDENCE / SURE_CONFIDENCE
        is_twice = track.hits >= 2 and track.confidence >= sure
        track.is_confirmed = track.is_confirmed or is_alone_enough or is_twice

    def expire(self, media_us: int) -> tuple[Track, ...]:
        """Let go of those who have left."""
        left = tuple(track for track in self.tracks if self._has_left(track, media_us))
        gone = {track.number for track in left}
        for track in left:
            if track.is_confirmed and not track.has_moved:
                self._remember(track)
        self.tracks = [track for track in self.tracks if track.number not in gone]
        return left

    def _has_left(self, track: Track, media_us: int) -> bool:
        seconds = (media_us - track.last_us) / 1e6
        if not track.is_confirmed:
            return seconds > CONFIRM_SECONDS
        if track.was_disturbed:
            return seconds > LEAVE_SECONDS
        return track.misses >= STILL_MISSES_MAX

    def let_go(self) -> tuple[Track, ...]:
        """Everything ends: the stream did, or the picture is another one."""
        left, self.tracks = tuple(self.tracks), []
        return left
