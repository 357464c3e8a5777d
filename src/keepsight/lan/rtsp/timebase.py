"""From RTP timestamps to wall time: one timeline for all tracks of a camera (design/time.md).

Pure: it is told the arrival times. Nothing here steps visibly: corrections are slewed, and what is
too far off to slew is a jump, reported once so that a new segment begins.
"""

from enum import StrEnum
from typing import Final, NamedTuple

from keepsight.lan.rtsp.reorder import DecodeOrder

TRUST_US: Final = 2_000_000
"""A camera whose clock is this close to ours is believed; a larger discrepancy is a jump."""
DISTRUST_US: Final = 2_500_000
"""A believed camera stays believed up to here, so that one at the edge does not flap."""
BACK_US_MAX: Final = 500_000
"""Pictures out of order go back less than this; more is time running backwards."""
SLEW_PER_MILLION: Final = 5_000
"""5 ms a second at least: half a per cent faster or slower is seen by nobody."""
SETTLE_US: Final = 20_000_000
"""Of a large error, so that one second is mostly gone in a minute."""
WINDOW_US: Final = 10_000_000
"""Arrival is judged by the least late unit in so long: the others waited somewhere."""
NEVER_US: Final = 1 << 62
REPORT_AGE_SECONDS_MAX: Final = 60
"""A sender report about a moment further off is from before a restart of the timestamps."""


class JumpReason(StrEnum):
    """Why the timeline was anchored anew."""

    MACHINE_CLOCK = "machine_clock"
    """This machine's wall clock was set."""
    CAMERA_TIMESTAMP = "camera_timestamp"
    """RTP timestamps leapt or went back."""
    DRIFT = "drift"
    """Media time and wall time grew apart further than a slew may bridge."""


class Stamped(NamedTuple):
    """When a unit was taken."""

    media_ticks: int
    """Decoding time; grows with every unit of a session."""
    wall_us: int
    composition_ticks: int
    is_sender_time: bool


def _difference(raw: int, reference: int) -> int:
    """Between two 32-bit timestamps, the short way round."""
    return ((raw - reference + 0x80000000) & 0xFFFFFFFF) - 0x80000000


class TrackTime:
    """One track's share of the timeline. Made by `Timebase.track`."""

    def __init__(self, timebase: "Timebase", clock_rate: int, order: DecodeOrder) -> None:
        self._timebase = timebase
        self._rate = clock_rate
        self.order = order
        """Puts decoding times to pictures out of order."""
        self._raw = -1
        self._ticks = 0
        """Of the unit before, extended to 64 bits, as shown."""
        self._decode_ticks = -1
        self._arrival_us = 0
        self._has_anchor = False
        self._anchor_ticks = 0
        self._anchor_wall_us = 0
        self._error_us = 0
        """Where the anchor belongs, minus where it is."""
        self._window_late_us = NEVER_US
        """The least late unit of the window."""
        self._window_end_us = 0
        self._report: tuple[int, int] | None = None
        """The last sender report: (32-bit timestamp, camera's wall us)."""

    def stamp(self, raw: int, wall_us: int, monotonic_us: int) -> Stamped:
        """Place a unit with the 32-bit RTP timestamp `raw`, whose last packet just arrived."""
        base = self._timebase
        skew_us = wall_us - monotonic_us
        if not -TRUST_US <= skew_us - base.skew_us <= TRUST_US:
            base.on_clock_set()
        base.skew_us = skew_us
        if not self._has_anchor:
            return self._begin(raw, wall_us, monotonic_us)
        delta = ((raw - self._raw + 0x80000000) & 0xFFFFFFFF) - 0x80000000
        ticks = self._ticks + delta
        late_us = wall_us - self._wall_us(ticks)
        if late_us < -TRUST_US or delta * 1_000_000 < -BACK_US_MAX * self._rate:
            base.jump(JumpReason.CAMERA_TIMESTAMP)
            return self._begin(raw, wall_us, monotonic_us)
        self._raw, self._ticks, self._arrival_us = raw, ticks, monotonic_us
        decode = self.order.decode_ticks(ticks)
        elapsed_us = (decode - self._decode_ticks) * 1_000_000 // self._rate
        self._decode_ticks = decode
        sender_error = None if self._report is None else self._sender_error()
        if sender_error is None:
            if late_us < self._window_late_us or monotonic_us > self._window_end_us:
                self._judge_arrival(late_us, monotonic_us)
        else:
            self._error_us = sender_error
        if self._error_us and not self._slew(elapsed_us):
            base.jump(JumpReason.DRIFT)
            self._anchor(ticks, wall_us, monotonic_us)
        is_sender_time = base.is_trusted and self._report is not None
        wall_us = self._wall_us(decode)
        return Stamped(decode, wall_us, ticks - decode if ticks > decode else 0, is_sender_time)

    def _wall_us(self, ticks: int) -> int:
        return self._anchor_wall_us + (ticks - self._anchor_ticks) * 1_000_000 // self._rate

    def _begin(self, raw: int, wall_us: int, monotonic_us: int) -> Stamped:
        """Place the first unit, or the first one after a jump: media time passed as real time."""
        # The first cycle is number one, so that decoding times before it are not negative.
        ticks = raw + (1 << 32)
        if self._raw >= 0:
            delta = _difference(raw, self._raw)
            ticks = self._ticks + delta
            passed = max(1, (monotonic_us - self._arrival_us) * self._rate // 1_000_000)
            resumed = max(self._ticks, self._decode_ticks) + passed
            if delta < 0 or abs(ticks - resumed) > 2 * self._rate:
                ticks = resumed
        self._raw, self._ticks, self._arrival_us = raw, ticks, monotonic_us
        decode = self._decode_ticks = self.order.decode_ticks(ticks)
        self._anchor(ticks, wall_us, monotonic_us)
        is_sender_time = self._timebase.is_trusted and self._report is not None
        return Stamped(decode, self._wall_us(decode), max(0, ticks - decode), is_sender_time)

    def forget(self) -> None:
        """The next unit anchors this track anew."""
        self._has_anchor = False
        self._report = None
        self.order.forget()

    def _anchor(self, ticks: int, wall_us: int, monotonic_us: int) -> None:
        """Begin the timeline here: at the camera's own time if it is believed, or at arrival."""
        self._has_anchor = True
        self._anchor_ticks, self._anchor_wall_us = ticks, wall_us
        self._window_late_us, self._window_end_us = NEVER_US, monotonic_us + WINDOW_US
        self._error_us = 0
        sender_error = self._sender_error()
        if sender_error is not None and abs(sender_error) <= DISTRUST_US:
            self._anchor_wall_us += sender_error

    def _slew(self, elapsed_us: int) -> bool:
        """Move the anchor a little towards where it belongs; False if that is too far off."""
        error = self._error_us
        if abs(error) > DISTRUST_US:
            return False
        most = max(elapsed_us * SLEW_PER_MILLION // 1_000_000, elapsed_us * abs(error) // SETTLE_US)
        step = max(-most, min(most, error))
        self._anchor_wall_us += step
        self._error_us = error - step
        self._window_late_us -= step
        return True

    def _judge_arrival(self, late_us: int, monotonic_us: int) -> None:
        """A unit cannot arrive before it was taken; one that came least late came soonest."""
        if late_us < self._window_late_us:
            self._window_late_us = late_us
            self._error_us = min(self._error_us, late_us)
        if monotonic_us > self._window_end_us:
            self._error_us = self._window_late_us
            self._window_late_us, self._window_end_us = NEVER_US, monotonic_us + WINDOW_US

    def _sender_error(self) -> int | None:
        """What the camera's reports say the anchor is off by; None: go by arrival."""
        if self._report is None:
            return None
        shift_us = self._timebase.shift_us(self)
        if shift_us is None:
            return None
        raw, camera_wall_us = self._report
        error = camera_wall_us + shift_us - self._wall_us(self._ticks + _difference(raw, self._raw))
        if not self._timebase.is_trusted and abs(error) > TRUST_US:
            return None  # Sound and picture reported before and after the camera's clock was set.
        return error

    def on_sender_report(self, raw: int, camera_wall_us: int, wall_us: int) -> None:
        """The camera's clock showed `camera_wall_us` at the RTP timestamp `raw`."""
        self._timebase.see_camera(camera_wall_us, wall_us)
        is_far = self._raw >= 0 and abs(_difference(raw, self._raw)) > (
            REPORT_AGE_SECONDS_MAX * self._rate
        )
        self._report = None if is_far or camera_wall_us <= 0 else (raw, camera_wall_us)

    @property
    def sender_shift_us(self) -> int | None:
        """Our timeline minus the camera's clock, by this track's last report."""
        if self._report is None or not self._has_anchor:
            return None
        raw, camera_wall_us = self._report
        return self._wall_us(self._ticks + _difference(raw, self._raw)) - camera_wall_us


class Timebase:
    """The timeline of one session with one camera."""

    def __init__(self) -> None:
        self._tracks: list[TrackTime] = []
        self.skew_us = -NEVER_US
        """Wall minus monotonic time of this machine, as last seen."""
        self.jumped: JumpReason | None = None
        """Why the timeline was anchored anew; whoever tells others of it clears it."""
        self.is_trusted = False
        """The camera's clock is the timeline."""
        self.camera_offset_us: int | None = None
        """Camera's wall clock minus ours at its last sender report; None before the first."""

    def track(self, clock_rate: int, *, is_video: bool) -> TrackTime:
        """Add a track; the first one leads: the video track."""
        track = TrackTime(self, clock_rate, DecodeOrder(can_learn=is_video))
        self._tracks.append(track)
        return track

    def jump(self, reason: JumpReason) -> None:
        """Every track anchors anew at its next unit."""
        self.jumped = reason
        for track in self._tracks:
            track.forget()

    def on_clock_set(self) -> None:
        """Wall minus monotonic time leapt: this machine's clock was set, or this is the start."""
        if self.skew_us != -NEVER_US:
            self.is_trusted = False
            self.jump(JumpReason.MACHINE_CLOCK)

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
