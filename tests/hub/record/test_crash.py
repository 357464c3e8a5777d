"""Goal: no acknowledged fragment is ever lost. Method: kill -9 a recording process at random
moments and fail its system calls with strace, recover, open everything it acknowledged."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from keepsight.core.clock import SystemClock
from keepsight.hub.record.record import Recordings
from keepsight.hub.record.rules import RetentionRules
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from tests.hub.record.crash_child import GOP_US
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN, OTHER_CAMERA, MemoryKeys

ALL = (0, 1 << 62)
LATE_US = 1_500_000
"""With what a camera's group lasts, two seconds, this keeps the loss below one group."""
CHILD = [sys.executable, "-m", "tests.hub.record.crash_child"]


def run_and_kill(folder, seconds, prefix=(), limit=None):
    """Its lines, the last one possibly cut."""
    with subprocess.Popen(
        [*prefix, *CHILD, str(folder), *([str(limit)] if limit else [])],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    ) as child:  # fmt: skip
        try:
            first = child.stdout.readline()
            if limit is None:
                time.sleep(seconds)
                os.killpg(child.pid, signal.SIGKILL)
            out, errors = child.communicate(timeout=60)
        finally:
            child.kill()
    assert first == b"ready\n" or prefix, errors.decode()
    return [line.split() for line in out.decode().splitlines()], errors.decode()


def acknowledged_of(lines):
    acknowledged = {}
    for words in lines:
        if len(words) == 3 and words[0] == "ack":
            writer = bytes.fromhex(words[1])
            acknowledged[writer] = max(acknowledged.get(writer, 0), int(words[2]))
    return acknowledged


def recover(folder):
    recordings = Recordings(folder, MemoryKeys(), SystemClock(), RetentionRules(free_bytes_min=0))
    recordings.start()
    recordings._reconciler.join()
    return recordings


def check(recordings, acknowledged):
    """Open every fragment there is; count those that were promised and are not there."""
    lost, seen = 0, {}
    for camera in (CAMERA, OTHER_CAMERA):
        for segment in recordings.catalogue.segments(camera, MAIN, *ALL):
            key = WindowKey(recordings.playback.secret(segment), segment.context(HOUSEHOLD))
            for ref in segment.fragments:
                sealed = recordings.playback.read(segment, ref.sequence, ref.sequence)
                expected = Expectation((ref.kind,), ref.sequence, ref.sequence)
                open_sealed(key, expected, sealed)
            seen[segment.writer] = len(segment.fragments)
    for writer, count in acknowledged.items():
        lost += max(0, count - seen.get(writer, 0))
    return lost


def late_groups(recordings, lines, killed_us):
    """Whole groups that had LATE_US to reach the file and did not."""
    late = []
    for words in lines:
        if len(words) == 4 and words[0] == "fed" and int(words[3]) < killed_us - LATE_US:
            # Handing over this keyframe ended the group before it.
            camera, keyframe_us = bytes.fromhex(words[1]), int(words[2])
            segments = recordings.catalogue.segments(camera, MAIN, keyframe_us - GOP_US, 1 << 62)
            if max((s.end_us for s in segments), default=0) < keyframe_us - GOP_US // 2:
                late.append(keyframe_us)
    return late


def cycles(tmp_path, count, seed):
    dice = random.Random(seed)
    parts = promised = 0
    for number in range(count):
        folder = tmp_path / str(number % 4)
        if number % 4 == number:
            folder.mkdir()
        lines, errors = run_and_kill(folder, dice.uniform(0, 1.2 if number % 3 else 2.5))
        killed_us = time.monotonic_ns() // 1000
        assert "Traceback" not in errors
        acknowledged = acknowledged_of(lines)
        recordings = recover(folder)
        try:
            assert check(recordings, acknowledged) == 0
            assert recordings.recovered.set_aside == []
            assert recordings.recovered.index_set_aside is None
            assert late_groups(recordings, lines, killed_us) == []
            parts += recordings.recovered.parts_finished
            promised += sum(acknowledged.values())
        finally:
            recordings.stop()
        assert list(folder.rglob("*.part")) == []
    return parts, promised


@pytest.mark.timeout(400)
def test_killed_at_random_moments_nothing_acknowledged_is_lost(tmp_path):
    parts, promised = cycles(tmp_path, 12, seed=20)
    # The test would prove nothing if no file was ever left half-written.
    assert parts >= 6
    assert promised >= 100


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_killed_200_times_nothing_acknowledged_is_lost(tmp_path):
    parts, promised = cycles(tmp_path, 200, seed=200)
    assert parts >= 100
    assert promised >= 2000


def test_the_check_can_fail(tmp_path):
    lines, _ = run_and_kill(tmp_path, 2.0)
    acknowledged = acknowledged_of(lines)
    # Not any file: of one that had only begun nothing was promised.
    promised = max(acknowledged, key=lambda writer: acknowledged[writer])
    (victim,) = tmp_path.rglob(f"*-{promised.hex()}.ksg*")
    victim.unlink()
    recordings = recover(tmp_path)
    try:
        assert check(recordings, acknowledged) > 0
    finally:
        recordings.stop()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize(
    "fault",
    [
        "fdatasync:error=EIO:when=3",
        "fdatasync:error=EIO:when=9+7",
        "pwrite64:error=ENOSPC:when=60+40",
        "pwrite64:error=EIO:when=80+3",
        "rename:error=EIO:when=2",
        "ftruncate:error=EIO:when=2+2",
        "openat:error=EMFILE:when=900+50",
    ],
)
def test_failing_system_calls_cost_gaps_and_nothing_acknowledged(tmp_path, fault):
    call = fault.split(":")[0]
    recover(tmp_path).stop()
    prefix = [
        "strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}", "-e", f"inject={fault}",
    ]  # fmt: skip
    lines, errors = run_and_kill(tmp_path, 0, prefix, limit=2.5)
    acknowledged = acknowledged_of(lines)
    recordings = recover(tmp_path)
    try:
        assert check(recordings, acknowledged) == 0
        # The index is on the same disk: where it failed too, the hole alone must tell.
        if "the disk refuses" in errors and "index of recordings refuses" not in errors:
            gaps = [
                gap
                for camera in (CAMERA, OTHER_CAMERA)
                for gap in recordings.catalogue.gaps(camera, MAIN, *ALL)
                if gap.reason.value in ("disk_error", "disk_full")
            ]
            assert gaps
    finally:
        recordings.stop()
    assert sum(acknowledged.values()) > 0
