"""From RTP timestamps to wall time: one timeline for all tracks of a camera (design/time.md).

Pure: it is told the arrival times. Nothing here steps visibly: corrections are slewed, and what is
too far off to slew is a jump, reported once so that a new segment begins.
"""

import heapq
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TRUST_US: Final = 2_000_000
"""A camera whose clock is this close to ours is believed; a larger discrepancy is a jump."""
DISTRUST_US: Final = 2_500_000
"""A believed camera stays believed up to here, so that one at the edge does not flap."""
SLEW_PER_MILLION: Final = 5_000
"""5 ms a second: half a per cent faster or slower is seen by nobody; 100 ms take 20 s."""
WINDOW_US: Final = 10_000_000
"""Arrival times are judged by the least late unit in so long: the others waited somewhere."""
REORDER_MAX: Final = 4
"""B pictures that we straighten out without being told."""
REORDER_US_MAX: Final = 500_000


class JumpReason(StrEnum):
    """Why the timeline was anchored anew."""

    MACHINE_CLOCK = "machine_clock"
    """This machine's wall clock was set."""
    CAMERA_TIMESTAMP = "camera_timestamp"
    """RTP timestamps leapt or went back."""
    DRIFT = "drift"
    """Media time and wall time grew apart faster than a slew can follow."""


@dataclass(slots=True)
class Stamped:
    """When a unit was taken."""

    media_ticks: int
    """Decoding time; never goes back within a session."""
    wall_us: int
    composition_ticks: int
    is_sender_time: bool


class TrackTime:
    """One track's share of the timeline. Made by `Timebase.track`."""

    def __init__(self, timebase: "Timebase", clock_rate: int, reorder_pictures: int) -> None:
        self._timebase = timebase
        self._rate = clock_rate
        self._raw = -1
        self._ticks = 0
        """Of the unit before, extended, in presentation order."""
        self._decode_ticks = -1
        self._depth = min(reorder_pictures, REORDER_MAX)
        self._waiting: list[int] = []
        self._anchor_ticks = 0
        self._anchor_wall_us = 0
        self._has_anchor = False
        self._arrival_us = 0
        self._window_began_us = 0
        self._window_late_us: int | None = None
        self._error_us = 0
        self._report: tuple[int, int] | None = None
        """The last sender report: (ticks, camera wall us)."""

    def set_reordering(self, pictures: int) -> None:
        """The SPS says how many pictures may be out of order."""
        self._depth = max(self._depth, min(pictures, REORDER_MAX))

    def _wall_us(self, ticks: int) -> int:
        return self._anchor_wall_us + (ticks - self._anchor_ticks) * 1_000_000 // self._rate

    def stamp(self, raw: int, wall_us: int, monotonic_us: int) -> Stamped:
        """Place a unit with the 32-bit RTP timestamp `raw`, whose last packet just arrived."""
        self._timebase.see(wall_us, monotonic_us)
        if self._raw < 0:
            self._ticks = self._raw = raw
        delta = (raw - self._raw) & 0xFFFFFFFF
        if delta >= 0x80000000:
            delta -= 0x100000000
        ticks = self._ticks + delta
        if self._has_anchor:
            delta_us = delta * 1_000_000 // self._rate
            early_us = self._wall_us(ticks) - wall_us
            if delta_us < -TRUST_US or early_us > TRUST_US:
                ticks = self._leap(JumpReason.CAMERA_TIMESTAMP, monotonic_us)
        elif self._decode_ticks >= 0:
            # Anchored anew because something else jumped: stay behind what was given out.
            ticks = max(ticks, self._resumed_ticks(monotonic_us))
        self._raw, self._ticks, self._arrival_us = raw, ticks, monotonic_us
        decode, composition = self._decode(ticks)
        if decode <= self._decode_ticks:
            decode = self._decode_ticks + 1
            composition = max(0, ticks - decode)
        elapsed = decode - self._decode_ticks
        self._decode_ticks = decode
        if not self._has_anchor:
            self._anchor(ticks, wall_us)
        else:
            self._follow(ticks, wall_us, monotonic_us, elapsed * 1_000_000 // self._rate)
        return Stamped(decode, self._wall_us(decode), composition, self._timebase.is_trusted)

    def _resumed_ticks(self, monotonic_us: int) -> int:
        passed_us = max(1, monotonic_us - self._arrival_us)
        return max(self._ticks, self._decode_ticks) + max(1, passed_us * self._rate // 1_000_000)

    def _leap(self, reason: JumpReason, monotonic_us: int) -> int:
        """Media time continues where the machine's clock says; the timeline begins anew."""
        ticks = self._resumed_ticks(monotonic_us)
        self._timebase.jump(reason)
        return ticks

    def forget(self) -> None:
        """The next unit anchors this track anew."""
        self._has_anchor = False
        self._report = None
        self._waiting.clear()
        self._window_late_us = None
        self._error_us = 0

    def _anchor(self, ticks: int, wall_us: int) -> None:
        self._has_anchor = True
        self._anchor_ticks, self._anchor_wall_us = ticks, wall_us
        self._window_began_us = self._arrival_us

    def _decode(self, ticks: int) -> tuple[int, int]:
        """Decoding time of a picture shown at `ticks`: the earliest shown among those in hand."""
        if not self._depth:
            back_us = (self._decode_ticks - ticks) * 1_000_000 // self._rate
            if self._decode_ticks < 0 or ticks > self._decode_ticks or back_us > REORDER_US_MAX:
                return ticks, 0
            self._depth = 1
        waiting = self._waiting
        if not waiting:
            first = max(ticks - self._depth, self._decode_ticks + 1)
            waiting.extend(first + i for i in range(self._depth))
            heapq.heapify(waiting)
        decode = heapq.heappushpop(waiting, ticks)
        if decode <= self._decode_ticks and self._depth < REORDER_MAX:
            self._depth += 1
            heapq.heappush(waiting, decode)
            decode = self._decode_ticks + 1
        return decode, max(0, ticks - decode)

    def _follow(self, ticks: int, wall_us: int, monotonic_us: int, elapsed_us: int) -> None:
        """Move the anchor a little towards where the evidence says it belongs."""
        late_us = wall_us - self._wall_us(ticks)
        target = self._sender_error(ticks)
        if target is not None:
            self._error_us = target
        else:
            least = self._window_late_us
            self._window_late_us = late_us if least is None else min(least, late_us)
            self._error_us = min(self._error_us, late_us)
            if monotonic_us - self._window_began_us >= WINDOW_US:
                self._error_us = self._window_late_us
                self._window_late_us = None
                self._window_began_us = monotonic_us
        if abs(self._error_us) > TRUST_US:
            self._timebase.jump(JumpReason.DRIFT)
            self._anchor(ticks, wall_us)
            return
        most = max(1, elapsed_us * SLEW_PER_MILLION // 1_000_000)
        step = max(-most, min(most, self._error_us))
        self._anchor_wall_us += step
        self._error_us -= step
        if self._window_late_us is not None:
            self._window_late_us -= step

    def _sender_error(self, ticks: int) -> int | None:
        """How far the camera's own clock says we are off; None if it is not to be followed."""
        del ticks
        if self._report is None:
            return None
        report_ticks, camera_wall_us = self._report
        offset_us = self._timebase.shift_us(self)
        if offset_us is None:
            return None
        return camera_wall_us + offset_us - self._wall_us(report_ticks)

    def on_sender_report(self, raw: int, camera_wall_us: int, wall_us: int) -> None:
        """The camera's clock showed `camera_wall_us` at the RTP timestamp `raw`."""
        self._timebase.see_camera(camera_wall_us, wall_us)
        if self._raw < 0:
            return
        delta = (raw - self._raw) & 0xFFFFFFFF
        if delta >= 0x80000000:
            delta -= 0x100000000
        if abs(delta) > 60 * self._rate:
            return  # A report from before a restart of the camera's timestamps.
        self._report = self._ticks + delta, camera_wall_us

    @property
    def sender_shift_us(self) -> int | None:
        """Our timeline minus the camera's clock, by this track's last report."""
        if self._report is None or not self._has_anchor:
            return None
        report_ticks, camera_wall_us = self._report
        return self._wall_us(report_ticks) - camera_wall_us


class Timebase:
    """The timeline of one session with one camera. The first track is the leading one: video."""

    def __init__(self) -> None:
        self._tracks: list[TrackTime] = []
        self._skew_us: int | None = None
        self._jump: JumpReason | None = None
        self.is_trusted = False
        """Units carry the camera's own time."""
        self.camera_offset_us: int | None = None
        """Camera's wall clock minus ours at its last sender report; None before the first."""

    def track(self, clock_rate: int, *, reorder_pictures: int = 0) -> TrackTime:
        """Add a track; video first."""
        track = TrackTime(self, clock_rate, reorder_pictures)
        self._tracks.append(track)
        return track

    def take_jump(self) -> JumpReason | None:
        """Why the timeline was anchored anew since the last call, once."""
        jump, self._jump = self._jump, None
        return jump

    def jump(self, reason: JumpReason) -> None:
        """Every track anchors anew at its next unit."""
        self._jump = reason
        for track in self._tracks:
            track.forget()

    def see(self, wall_us: int, monotonic_us: int) -> None:
        """Notice when this machine's wall clock was set."""
        skew_us = wall_us - monotonic_us
        if self._skew_us is not None and abs(skew_us - self._skew_us) > TRUST_US:
            self.is_trusted = False
            self.jump(JumpReason.MACHINE_CLOCK)
        self._skew_us = skew_us

    def see_camera(self, camera_wall_us: int, wall_us: int) -> None:
        """Judge the camera's clock by a sender report that just arrived."""
        if camera_wall_us <= 0:
            self.is_trusted = False
            return
        self.camera_offset_us = camera_wall_us - wall_us
        limit = DISTRUST_US if self.is_trusted else TRUST_US
        self.is_trusted = abs(self.camera_offset_us) <= limit

    def shift_us(self, track: TrackTime) -> int | None:
        """What to add to the camera's clock for this track; None: go by arrival.

        A believed camera's clock is the timeline. With any other, sound follows the picture by the
        difference that the camera's reports give, so that lips stay in time.
        """
        if self.is_trusted:
            return 0
        leader = self._tracks[0]
        return None if track is leader else leader.sender_shift_us
