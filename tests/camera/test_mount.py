"""Packets are made once, and reports tell true times. Method: a mount with listening viewers."""

from keepsight.camera.media import AudioTrack, Sample, Tracks, VideoTrack
from keepsight.camera.mount import Mount, interleave
from keepsight.camera.rtcp import ntp_time

TRACKS = Tracks(
    VideoTrack("h264", (b"\x67\x42\x00\x1e", b"\x68\xce"), 16, 16, 10.0),
    AudioTrack("pcma", 8_000, 1),
)
SECOND = 1_000_000


class HandClock:
    now_us = 0

    def monotonic_us(self):
        return self.now_us

    def wall_us(self):
        return 100 * SECOND + self.now_us


class Listener:
    def __init__(self):
        self.batches = []
        self.farewells = None

    def send(self, batch):
        self.batches.append(batch)

    def end(self, farewells):
        self.farewells = farewells


def picture(ticks=0, wall_us=0, *, is_key=True):
    return Sample("main", True, ticks, wall_us, is_key, (b"\x65" + b"x" * 3000,))


def test_viewers_share_their_packets():
    mount, viewers = Mount("main", TRACKS), (Listener(), Listener())
    for viewer in viewers:
        mount.attach(viewer)
        mount.attach(viewer)
    mount.publish(picture(), HandClock())
    one, two = (viewer.batches for viewer in viewers)
    assert len(one) == 1
    assert one[0] is two[0]
    assert one[0].interleaved(4) is two[0].interleaved(4)
    report = interleave(5, one[0].report)
    assert one[0].interleaved(4) == report + b"".join(interleave(4, p) for p in one[0].packets)


def test_a_report_comes_every_five_seconds_and_dates_the_picture():
    mount, viewer = Mount("main", TRACKS, clock_offset_us=-3 * SECOND), Listener()
    mount.attach(viewer)
    clock = HandClock()
    assert mount.report(0, clock) is None
    for second in range(12):
        # Taken half a second before it is sent.
        clock.now_us = second * SECOND
        taken_us = clock.wall_us() - SECOND // 2
        mount.publish(picture(second * 90_000, taken_us), clock)
    reports = [(n, b.report) for n, b in enumerate(viewer.batches) if b.report]
    assert [n for n, _ in reports] == [0, 5, 10]
    number, report = reports[1]
    assert int.from_bytes(report[8:16]) == ntp_time((97 + number) * SECOND)
    ticks = int.from_bytes(viewer.batches[number].packets[0][4:8])
    assert (int.from_bytes(report[16:20]) - ticks) & 0xFFFFFFFF == 45_000


def test_a_source_that_does_not_follow_the_clock_is_dated_by_its_own():
    mount, clock = Mount("main", TRACKS), HandClock()
    for wall_us in (0, 500 * SECOND):
        mount.publish(picture(0, wall_us), clock)
        assert int.from_bytes(mount.report(0, clock)[8:16]) == ntp_time(wall_us)


def test_sound_is_the_second_track_and_a_mount_without_it_drops_it():
    sound = Sample("main", False, 0, 0, False, (bytes(160),))
    viewer, silent = Listener(), Listener()
    mount, mute = Mount("main", TRACKS), Mount("sub", Tracks(TRACKS.video))
    mount.attach(viewer)
    mute.attach(silent)
    mount.publish(sound, HandClock())
    mute.publish(sound, HandClock())
    assert viewer.batches[0].track == 1
    assert mount.controls == ("track1", "track2")
    assert mute.controls == ("track1",)
    assert not silent.batches


def test_the_end_is_said_on_each_track():
    mount, viewer, gone = Mount("main", TRACKS), Listener(), Listener()
    mount.attach(viewer)
    mount.attach(gone)
    mount.detach(gone)
    mount.end()
    assert set(viewer.farewells) == {0, 1}
    assert gone.farewells is None
    assert mount.viewers_count == 0
