"""Goal: wall time follows the camera or the arrival, never steps, and every leap is told once.
Method: scripted arrivals with jitter, drift, wrong clocks and leaps; no real time passes."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.timebase import JumpReason, Timebase

EPOCH_US = 1_800_000_000_000_000
PICTURE_US = 50_000
PICTURE_TICKS = 4500
SECOND_US = 1_000_000


class Camera:
    """A camera and our machine, with every clock under control."""

    def __init__(self, *, offset_us=0, drift=0.0, first=0xFFFFF000, jitter_us=0, seed=1):
        self.base = Timebase()
        self.video = self.base.track(90_000, is_video=True)
        self.sound = self.base.track(8_000, is_video=False)
        self.true_us = 0
        self.offset_us = offset_us
        self.drift = drift
        self.raw = first
        self.machine_us = 0
        self.jitter_us = jitter_us
        self.random = random.Random(seed)
        self.stamps = []
        self.jumps = []

    def wall(self, late_us=0):
        return EPOCH_US + self.machine_us + self.true_us + late_us

    def picture(self, *, late_us=None):
        late_us = self.random.randint(0, self.jitter_us) if late_us is None else late_us
        at = self.video.stamp(
            self.raw & 0xFFFFFFFF, self.wall(late_us), self.true_us + late_us + 10**9
        )
        self.stamps.append(at)
        self.note_jump()
        self.true_us += PICTURE_US
        self.raw += round(PICTURE_TICKS * (1 + self.drift))
        return at

    def note_jump(self):
        if self.base.jumped:
            self.jumps.append(self.base.jumped)
            self.base.jumped = None

    def run(self, seconds, *, reports=False):
        for number in range(seconds * 20):
            if reports and number % 100 == 0:
                self.report()
            self.picture()

    def report(self):
        camera_us = EPOCH_US + self.true_us + self.offset_us
        self.video.on_sender_report(self.raw & 0xFFFFFFFF, camera_us, self.wall())

    def error_us(self):
        """Of the last stamp: positive means our timeline is ahead of the true moment."""
        return self.stamps[-1].wall_us - (self.wall() - PICTURE_US)

    def steps_us(self):
        return [b.wall_us - a.wall_us for a, b in itertools.pairwise(self.stamps)]


def test_ticks_are_extended_over_the_wrap():
    camera = Camera()
    camera.run(2)
    ticks = [at.media_ticks for at in camera.stamps]
    first = 0x1FFFFF000
    assert ticks == list(range(first, first + 40 * PICTURE_TICKS, PICTURE_TICKS))


def test_without_reports_arrival_counts_and_jitter_does_not_show():
    camera = Camera(jitter_us=80_000)
    camera.run(60)
    assert camera.jumps == []
    assert abs(camera.error_us()) < 10_000
    assert all(abs(step - PICTURE_US) <= PICTURE_US // 20 for step in camera.steps_us())
    assert not camera.stamps[-1].is_sender_time


@pytest.mark.parametrize("drift", [200e-6, -200e-6])
def test_drift_is_slewed(drift):
    camera = Camera(drift=drift * 4, jitter_us=20_000)
    camera.run(600)
    assert camera.jumps == []
    assert abs(camera.error_us()) < 40_000
    assert min(camera.steps_us()) > 0.9 * PICTURE_US


def test_a_camera_close_to_our_clock_is_believed_without_a_step():
    camera = Camera(offset_us=-300_000)
    camera.run(3)
    camera.run(120, reports=True)
    assert camera.jumps == []
    assert camera.stamps[-1].is_sender_time
    assert abs(camera.error_us() + 300_000) < 5_000
    assert min(camera.steps_us()) > 0.9 * PICTURE_US
    assert camera.base.camera_offset_us == -300_000


def test_a_report_before_the_first_picture_places_it_exactly():
    camera = Camera(offset_us=150_000)
    camera.report()
    camera.picture(late_us=700_000)
    assert camera.stamps[0].wall_us == EPOCH_US + 150_000
    assert camera.stamps[0].is_sender_time


@pytest.mark.parametrize("offset_us", [3 * SECOND_US, -86_400 * SECOND_US, -EPOCH_US])
def test_a_camera_with_a_wrong_clock_is_anchored_at_arrival(offset_us):
    camera = Camera(offset_us=offset_us, jitter_us=30_000)
    camera.run(60, reports=True)
    assert camera.jumps == []
    assert not camera.stamps[-1].is_sender_time
    assert abs(camera.error_us()) < 10_000


def test_a_camera_whose_clock_is_set_right_causes_no_jump():
    camera = Camera(offset_us=-3600 * SECOND_US)
    camera.run(20, reports=True)
    camera.offset_us = 20_000
    camera.run(20, reports=True)
    assert camera.jumps == []
    assert camera.stamps[-1].is_sender_time
    assert min(camera.steps_us()) > 0.9 * PICTURE_US


def test_a_camera_whose_clock_is_set_wrong_causes_no_jump():
    camera = Camera(offset_us=0)
    camera.run(20, reports=True)
    camera.offset_us = 3600 * SECOND_US
    camera.run(20, reports=True)
    assert camera.jumps == []
    assert not camera.stamps[-1].is_sender_time
    assert abs(camera.error_us()) < 10_000


@pytest.mark.parametrize("step_us", [3 * SECOND_US, -3600 * SECOND_US])
def test_our_own_clock_set_is_one_jump(step_us):
    camera = Camera()
    camera.run(5)
    before = camera.stamps[-1]
    camera.machine_us += step_us
    camera.run(5)
    assert camera.jumps == [JumpReason.MACHINE_CLOCK]
    after = camera.stamps[100]
    assert after.media_ticks - before.media_ticks == PICTURE_TICKS
    assert abs(after.wall_us - before.wall_us - PICTURE_US - step_us) < 10_000
    assert abs(camera.error_us()) < 10_000


def test_a_small_step_of_our_clock_is_slewed():
    camera = Camera()
    camera.run(5)
    camera.machine_us += 800_000
    camera.run(120)
    assert camera.jumps == []
    assert abs(camera.error_us()) < 20_000


@pytest.mark.parametrize("leap", [5 * 90_000, -90_000, -3600 * 90_000, 2**31 - 5])
def test_a_timestamp_leap_is_one_jump_and_media_time_goes_on(leap):
    camera = Camera()
    camera.run(5)
    camera.raw += leap
    camera.run(5)
    assert camera.jumps == [JumpReason.CAMERA_TIMESTAMP]
    ticks = [at.media_ticks for at in camera.stamps]
    assert [b - a for a, b in itertools.pairwise(ticks)] == [PICTURE_TICKS] * 199
    assert abs(camera.error_us()) < 10_000


def test_a_leap_of_both_tracks_is_told_once():
    camera = Camera()
    sound_raw = 0
    for second in range(4):
        if second == 2:
            camera.raw -= 90_000 * 100
            sound_raw -= 8_000 * 100
        for _ in range(20):
            camera.sound.stamp(sound_raw & 0xFFFFFFFF, camera.wall(), camera.true_us + 10**9)
            camera.note_jump()
            camera.picture()
            sound_raw += 400
    assert camera.jumps == [JumpReason.CAMERA_TIMESTAMP]


def test_a_stall_and_its_catching_up_are_no_jump():
    camera = Camera()
    camera.run(5)
    for number in range(100):
        camera.picture(late_us=5 * SECOND_US - number * PICTURE_US)
    camera.run(20)
    assert camera.jumps == []
    assert abs(camera.error_us()) < 10_000


def test_timestamps_that_run_at_half_speed_end_in_a_jump_not_in_the_past():
    camera = Camera(drift=-0.5)
    camera.run(40)
    assert JumpReason.DRIFT in camera.jumps
    assert abs(camera.error_us()) < 16 * SECOND_US


def test_sound_follows_the_picture_by_the_cameras_reports():
    camera = Camera(offset_us=-86_400 * SECOND_US)
    sound_raw = 5000
    gaps = []
    for number in range(20 * 60):
        camera_us = EPOCH_US + camera.true_us + camera.offset_us
        if number % 100 == 0:
            camera.report()
            camera.sound.on_sender_report(sound_raw, camera_us, camera.wall())
        # Sound waits 200 ms in the camera before it is sent.
        late = camera.wall(200_000)
        heard = camera.sound.stamp(sound_raw, late, camera.true_us + 10**9 + 200_000)
        seen = camera.picture()
        gaps.append(heard.wall_us - seen.wall_us)
        sound_raw += 400
    assert camera.jumps == []
    assert abs(gaps[-1]) < 5_000
    assert abs(gaps[0] - 200_000) < 5_000


def test_pictures_out_of_order_are_no_leap():
    camera = Camera(first=90_000)
    shown = [0] + [base + offset for base in range(0, 90, 3) for offset in (3, 1, 2)]
    camera.video.order.set_depth(1)
    found = []
    for number, position in enumerate(shown):
        wall = EPOCH_US + number * PICTURE_US
        raw = 90_000 + position * PICTURE_TICKS
        found.append(camera.video.stamp(raw, wall, number * PICTURE_US))
    assert camera.base.jumped is None
    ticks = [at.media_ticks for at in found]
    assert ticks == sorted(set(ticks))
    assert [at.media_ticks + at.composition_ticks for at in found] == [
        2**32 + 90_000 + position * PICTURE_TICKS for position in shown
    ]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 2**32 - 1),
            st.integers(-(10**13), 10**13),
            st.one_of(st.none(), st.tuples(st.integers(0, 2**32 - 1), st.integers(-5, 2**62))),
        ),
        max_size=60,
    )
)
def test_any_timestamps_and_reports_keep_media_time_growing(events):
    base = Timebase()
    track = base.track(90_000, is_video=True)
    last = -1
    for number, (raw, wall_us, report) in enumerate(events):
        if report:
            track.on_sender_report(report[0], report[1], wall_us)
        at = track.stamp(raw, wall_us, number * 1000)
        assert at.media_ticks > last
        assert at.composition_ticks >= 0
        last = at.media_ticks
