"""Goal: the parts work together as the hub uses them: full disks, restarts, deletion, and no
picture in the clear anywhere. Method: `Recordings` in real folders, one on a tiny file system."""

import os
import subprocess
import threading
import time

import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record import record as record_module
from keepsight.hub.record.record import Recordings
from keepsight.hub.record.rules import RetentionRules
from keepsight.hub.record.timeline import timeline
from keepsight.lan.rtsp.unit import StreamFormat
from tests.hub.record import footage
from tests.hub.record.room import CAMERA, MAIN, OTHER_CAMERA, MemoryKeys, SteeredClock

ALL = (0, 1 << 62)
SECOND = 1_000_000
START = footage.WALL_US


def open_recordings(folder, **changes):
    rules = RetentionRules(free_bytes_min=changes.pop("free_bytes_min", 0))
    clock = SteeredClock(wall_offset_us=START)
    made = Recordings(folder, MemoryKeys(), clock, rules, **changes)
    made.start()
    return made


def feed(recordings, units, stream_format=footage.PAPER_FORMAT, camera=CAMERA):
    recorder = recordings.recorder(camera, MAIN)
    recorder.on_format(stream_format)
    for unit in units:
        recorder.on_unit(unit)
    settle(recordings)
    return recorder


def settle(recordings):
    recordings._disk.call(recordings._disk._sync_all).result(30)


def test_recorders_are_one_for_each_stream_and_a_restart_goes_on(tmp_path):
    acknowledged = []
    first = open_recordings(tmp_path, acknowledge=acknowledged.append)
    assert first.recorder(CAMERA, MAIN) is first.recorder(CAMERA, MAIN)
    assert first.recorder(CAMERA, MAIN) is not first.recorder(OTHER_CAMERA, MAIN)
    feed(first, footage.paper_units(70))
    assert first.status().state == "ok"
    assert first.status().free_bytes > 0
    first.stop()
    assert {s.is_growing for s in acknowledged} == {True, False}
    second = open_recordings(tmp_path)
    feed(second, footage.paper_units(30, wall_us=START + 100 * SECOND))
    shown = timeline(second.catalogue, CAMERA, MAIN, START, START + 130 * SECOND)
    assert second.status().recorded_bytes > 0
    second.stop()
    assert [tuple(span) for span in shown.spans] == [
        (START, START + 70 * SECOND),
        (START + 100 * SECOND, START + 128 * SECOND),
    ]
    (gap,) = shown.gaps
    assert gap.reason is BreakReason.HUB_STOPPED
    assert gap.end_us == START + 100 * SECOND


def test_no_picture_lies_in_the_clear_anywhere(tmp_path):
    video_format, video = footage.video("h264", pictures=100, gop=40)
    audio_format, audio = footage.audio("aac", seconds=5)
    units = sorted((*video, *audio), key=lambda u: u.wall_us)
    recordings = open_recordings(tmp_path)
    feed(recordings, units, StreamFormat(video_format, audio_format))
    growing = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    recordings.stop()
    finished = b"".join(p.read_bytes() for p in tmp_path.rglob("*") if p.is_file())
    needles = [b"ftyp", b"moov", b"moof", b"mdat", b"avcC", b"\xff\xd8\xff", b"JFIF"]
    needles += [b"\0\0\0\1" + s for s in video_format.parameter_sets]
    needles += list(video_format.parameter_sets)
    needles += [u.join()[8:40] for u in units if u.size_bytes > 60]
    assert len(finished) > sum(u.size_bytes for u in units)
    for data in (growing, finished):
        assert [needle for needle in needles if needle in data] == []


def test_deleting_a_camera_leaves_nothing_of_it_while_others_record(tmp_path):
    recordings = open_recordings(tmp_path)
    feed(recordings, footage.paper_units(200))
    feed(recordings, footage.paper_units(200), camera=OTHER_CAMERA)
    # The camera's last segment is still growing; it goes too.
    before = recordings.catalogue.segments(OTHER_CAMERA, MAIN, *ALL)
    deleted = recordings.delete_camera(CAMERA)
    assert deleted.segments == 4
    assert deleted.size_bytes > 0
    assert recordings.catalogue.segments(CAMERA, MAIN, *ALL) == []
    assert recordings.catalogue.gaps(CAMERA, MAIN, *ALL) == []
    assert list(tmp_path.rglob(f"{CAMERA.hex()}/main/*")) == []
    assert recordings.catalogue.segments(OTHER_CAMERA, MAIN, *ALL) == before
    recordings.stop()


def test_new_rules_are_applied_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(record_module, "SWEEP_US", 3_600 * SECOND)
    recordings = open_recordings(tmp_path)
    feed(recordings, footage.paper_units(200))
    recordings._clock.wall_offset_us += 30 * SECOND  # no jump that would raise doubt
    recordings.set_rules(RetentionRules(retention_days=0, free_bytes_min=0))
    recordings._clock.wall_offset_us += 300 * SECOND
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        left = recordings.catalogue.segments(CAMERA, MAIN, *ALL)
        if [s.is_growing for s in left] == [True]:
            break
        time.sleep(0.05)
    assert [s.is_growing for s in left] == [True]
    recordings.stop()


@pytest.fixture
def tiny(tmp_path):
    """A file system of 12 MiB."""
    folder = tmp_path / "tiny"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", str(folder)],
        capture_output=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip("mounting a tiny file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_on_a_full_disk_the_oldest_goes_and_recording_goes_on(tiny):
    recordings = open_recordings(tiny)
    recordings._retention._emergency_bytes = 2 << 20
    # 90 s of media at 65 kB a second is about 6 MB; ten times that passes through 12 MiB.
    recorder = recordings.recorder(CAMERA, MAIN)
    recorder.on_format(footage.PAPER_FORMAT)
    for number in range(10):
        units = footage.paper_units(
            90, wall_us=START + number * 90 * SECOND, start_ticks=number * 90 * 90_000,
            key_bytes=40_000, delta_bytes=2_500,
        )  # fmt: skip
        for unit in units:
            recorder.on_unit(unit)
        settle(recordings)
    segments = recordings.catalogue.segments(CAMERA, MAIN, *ALL)
    gaps = recordings.catalogue.gaps(CAMERA, MAIN, *ALL)
    assert recordings.status().state == "ok"
    recordings.stop()
    assert segments[-1].end_us >= START + 896 * SECOND
    assert segments[0].start_us > START
    # The newest minutes are all there.
    assert all(g.end_us is None or g.end_us - g.start_us <= 60 * SECOND for g in gaps)


def test_on_a_disk_full_of_other_things_it_waits_and_resumes(tiny):
    recordings = open_recordings(tiny)
    feed(recordings, footage.paper_units(10))
    hog = tiny / "hog"
    with hog.open("wb") as file:
        try:
            while True:
                file.write(os.urandom(1 << 16))
                file.flush()
        except OSError:
            pass
    recorder = recordings.recorder(CAMERA, MAIN)
    resumed = threading.Event()
    units = footage.paper_units(
        36_000, wall_us=START + 10 * SECOND, start_ticks=900_000, key_bytes=40_000
    )
    began = freed = None
    states = set()
    for unit in units:
        recorder.on_unit(unit)
        if not unit.is_keyframe:
            continue
        time.sleep(0.02)
        settle(recordings)
        states.add(recordings.status().state)
        now = time.monotonic()
        if began is None and "disk_full" in states:
            began = now
        if began is not None and freed is None and now - began > 1:
            hog.unlink()
            freed = now
        if freed is not None and recorder.trouble is None:
            resumed.set()
            break
        if now - (freed or began or now) > 30:
            break
    assert resumed.is_set()
    gap = recordings.catalogue.gaps(CAMERA, MAIN, *ALL)[-1]
    recordings.stop()
    assert gap.reason is BreakReason.DISK_FULL
    assert gap.end_us is not None


def test_a_folder_that_cannot_be_written_costs_a_gap_and_recording_resumes(tmp_path):
    recordings = open_recordings(tmp_path)
    recorder = feed(recordings, footage.paper_units(10))
    recorder.on_break(BreakReason.FORMAT_CHANGED, START + 10 * SECOND)
    settle(recordings)
    day = next((tmp_path / "segments" / CAMERA.hex() / "main").iterdir())
    away = day.rename(tmp_path / "away")
    day.write_bytes(b"")
    feed(recordings, footage.paper_units(10, wall_us=START + 10 * SECOND))
    assert recordings.status().state == "disk_error"
    day.unlink()
    away.rename(day)
    deadline = time.monotonic() + 60
    units = footage.paper_units(36_000, wall_us=START + 20 * SECOND, start_ticks=900_000)
    for unit in units:
        recorder.on_unit(unit)
        if unit.is_keyframe:
            time.sleep(0.02)
            settle(recordings)
            if recorder.trouble is None or time.monotonic() > deadline:
                break
    state = recordings.status().state
    gaps = recordings.catalogue.gaps(CAMERA, MAIN, *ALL)
    recordings.stop()
    assert state == "ok"
    assert gaps[0].reason is BreakReason.DISK_ERROR
    assert gaps[0].start_us == START + 10 * SECOND
    assert gaps[0].end_us is not None


def test_a_bad_data_directory_is_a_clear_error(tmp_path):
    (tmp_path / "segments").write_bytes(b"")
    with pytest.raises(OSError, match="segments"):
        open_recordings(tmp_path)
