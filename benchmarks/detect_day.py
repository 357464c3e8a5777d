"""What watching a camera costs on a built day, against the way of the field in the same run.

The field: decode every picture, a running average for movement at five pictures a second, and the
same detector on the whole picture at five a second while something moves. Both are handed the same
coded pictures and use one thread.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from benchmarks.detect_clip import Day, Setting, build, is_here
from benchmarks.figure import Figure
from keepsight.detect.decoder import Decoder, cut
from keepsight.detect.detector import Detector
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.event import Phase
from keepsight.detect.look import WHOLE
from keepsight.detect.sign import Sign
from keepsight.detect.watcher import Watcher
from keepsight.detect.zones import Rules

SETTINGS: Final = (
    Setting(640, 360, 5, 2),
    Setting(640, 360, 10, 1),
    Setting(640, 360, 10, 2),
    Setting(640, 360, 15, 4),
    Setting(640, 360, 25, 2),
    Setting(640, 360, 25, 10),
    Setting(640, 360, 10, 10, is_fixed_rate=False),
    Setting(640, 360, 25, 4, is_fixed_rate=False),
    Setting(2304, 1296, 10, 2, visits=1, quiet_seconds=20),
)
FIELD_RATE: Final = 5
FIELD_PIXELS: Final = (178, 100)
"""Of its movement picture; 100 lines is what the field's best known program uses."""
FIELD_LEVELS: Final = 25
FIELD_SHARE: Final = 0.003
FIELD_MEMORY: Final = 0.05
FIELD_HOLD_SECONDS: Final = 2.0
"""It goes on asking the detector for so long after the last movement."""
FIELD_CONFIDENCE: Final = 0.5
QUIET_GOAL_MS: Final = 5.0
RATIO_GOAL: Final = 0.1
WARM_SECONDS: Final = 20.0
"""Of the beginning, left out of the quiet figure; in the whole it is."""
NOTICE_SECONDS: Final = 2.0


@dataclass(slots=True)
class Cost:
    """What one way took on one day."""

    cpu_seconds: float = 0.0
    quiet_cpu_seconds: float = 0.0
    quiet_seconds: float = 0.0
    found_at: list[float] = field(default_factory=list)
    """When each time somebody was first told."""
    asked: int = 0
    mode: str = ""

    @property
    def quiet_ms(self) -> float:
        """CPU milliseconds a second of quiet video."""
        return 1000 * self.quiet_cpu_seconds / max(self.quiet_seconds, 1e-9)


def _is_quiet(day: Day, seconds: float) -> bool:
    near = any(begin - 2 <= seconds <= end + 12 for begin, end in day.visits)
    return seconds > WARM_SECONDS and not near


def _ours(day: Day, detector: Detector) -> Cost:
    decoder = Decoder("h264", day.parameter_sets)
    watcher = Watcher(decoder, Sign("h264", day.parameter_sets), Rules(), detector)
    cost = Cost()

    def feed(unit: Any) -> None:
        for told in watcher.feed(unit).told:
            if told.event.phase is Phase.START and told.event.kind == "person":
                cost.found_at.append(unit.media_us / 1e6)

    _measure(day, cost, feed)
    cost.asked, cost.mode = watcher.counts.asked, watcher.mode.value
    return cost


class _Field:
    """Decode all, running average, detector at five pictures a second."""

    def __init__(self, day: Day, detector: Detector, cost: Cost) -> None:
        self._decoder = Decoder("h264", day.parameter_sets, is_exact=True)
        self._detector, self._cost = detector, cost
        self._average: Any = None
        self._last_us = -1
        self._moved_us = -(10**9)
        self._person_us = -(10**9)

    def feed(self, unit: Any) -> None:
        for picture in self._decoder.decode_all(unit):
            if picture.media_us - self._last_us < 1e6 / FIELD_RATE - 1000:
                continue
            self._last_us = picture.media_us
            luma = picture.luma(*FIELD_PIXELS).astype(np.float32)
            if self._average is None:
                self._average = luma
            changed = np.abs(luma - self._average) > FIELD_LEVELS
            self._average += FIELD_MEMORY * (luma - self._average)
            if changed.mean() > FIELD_SHARE:
                self._moved_us = picture.media_us
            if picture.media_us - self._moved_us <= FIELD_HOLD_SECONDS * 1e6:
                self._ask(picture)

    def _ask(self, picture: Any) -> None:
        self._cost.asked += 1
        size = (self._detector.input_width, self._detector.input_height)
        found = self._detector.detect(cut(picture.colour(), WHOLE, *size)[None])[0]
        if any(each.kind == "person" and each.confidence >= FIELD_CONFIDENCE for each in found):
            if picture.media_us - self._person_us > 5e6:
                self._cost.found_at.append(picture.media_us / 1e6)
            self._person_us = picture.media_us


def _measure(day: Day, cost: Cost, feed: Any) -> None:
    begun = last = time.process_time()
    was_quiet, last_us = False, 0
    for unit in day.units:
        is_quiet = _is_quiet(day, unit.media_us / 1e6)
        if is_quiet != was_quiet:
            now = time.process_time()
            if was_quiet:
                cost.quiet_cpu_seconds += now - last
                cost.quiet_seconds += (unit.media_us - last_us) / 1e6
            last, last_us, was_quiet = now, unit.media_us, is_quiet
        feed(unit)
    if was_quiet:
        cost.quiet_cpu_seconds += time.process_time() - last
        cost.quiet_seconds += day.seconds - last_us / 1e6
    cost.cpu_seconds = time.process_time() - begun


def _delays(day: Day, found_at: list[float]) -> list[float | None]:
    delays: list[float | None] = []
    for begin, end in day.visits:
        times = [second - begin for second in found_at if begin - 0.5 <= second <= end + 3]
        delays.append(min(times) if times else None)
    return delays


def _show(delays: list[float | None]) -> str:
    return " ".join("missed" if delay is None else f"{delay:.1f}" for delay in delays)


def _figures(setting: Setting, detector: Detector) -> list[Figure]:
    day = build(setting)
    ours, theirs = _ours(day, detector), Cost()
    _measure(day, theirs, _Field(day, detector, theirs).feed)
    delays, their_delays = _delays(day, ours.found_at), _delays(day, theirs.found_at)
    found = sum(delay is not None for delay in delays)
    name, peer = f"detect_day.{setting.name}", "decode all, 5 fps"
    note = (
        f"mode {ours.mode}; delays s {_show(delays)}, field {_show(their_delays)}; "
        f"asked {ours.asked} and {theirs.asked}; told {len(ours.found_at)} times"
    )
    whole = 1000 * ours.cpu_seconds / day.seconds
    their_whole = 1000 * theirs.cpu_seconds / day.seconds
    share = sum(end - begin for begin, end in day.visits) / day.seconds
    return [
        Figure(
            f"{name}.day",
            whole,
            "CPU ms/s",
            peer,
            their_whole,
            "ratio 0.1",
            whole / their_whole <= RATIO_GOAL,
            f"{share:.0%} of it visits; {note}",
        ),
        Figure(
            f"{name}.quiet",
            ours.quiet_ms,
            "CPU ms/s",
            peer,
            theirs.quiet_ms,
            "5 CPU ms/s",
            ours.quiet_ms <= QUIET_GOAL_MS,
        ),
        Figure(
            f"{name}.visits",
            found,
            f"of {len(day.visits)}",
            peer,
            sum(delay is not None for delay in their_delays),
            "all within 2 s",
            all(delay is not None and delay <= NOTICE_SECONDS for delay in delays),
            note,
        ),
    ]


def run() -> list[Figure]:
    """The figures of every setting; none where footage or model are missing."""
    if not is_here():
        print("  the footage is not here (KEEPSIGHT_TEST_DATA)")
        return []
    detector = open_detector(Choice())
    figures = []
    for setting in SETTINGS:
        found = _figures(setting, detector)
        for each in found[:1]:
            print(f"  {each.bench}: {each.value:.2f} against {each.peer_value:.2f}; {each.note}")
        figures += found
    return figures
