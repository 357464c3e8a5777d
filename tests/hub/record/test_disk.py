"""Goal: jobs run in order, the queue is bounded, syncs are shared. Method: a real thread."""

import threading
import time

import pytest

from keepsight.core.clock import SystemClock
from keepsight.hub.record import disk as disk_module
from keepsight.hub.record.disk import Disk


class File:
    def __init__(self, log):
        self.log = log

    def sync(self):
        self.log.append(self)


@pytest.fixture
def disk():
    made = Disk(SystemClock(), bytes_max=100, jobs_max=5)
    yield made
    assert made.stop()


def test_jobs_run_in_order_and_a_failing_one_stops_nothing(disk, caplog):
    ran = []
    disk.start()
    disk.offer(lambda: ran.append(1), 1)
    disk.offer(lambda: 1 / 0, 1)
    disk.offer(lambda: ran.append(2), 1)
    assert disk.call(lambda: ran[:]).result(30) == [1, 2]
    assert "ZeroDivisionError" in caplog.text
    with pytest.raises(ZeroDivisionError):
        disk.call(lambda: 1 / 0).result(30)


def test_the_queue_is_bounded_in_bytes_and_in_jobs(disk):
    assert disk.offer(int, 60)
    assert not disk.offer(int, 60)
    assert disk.offer(int, 40)
    assert disk.queued_bytes == 100
    assert [disk.offer(int, 0) for _ in range(5)] == [True, True, True, False, False]
    disk.start()
    disk.call(int).result(30)
    assert disk.queued_bytes == 0
    assert disk.offer(int, 100)


def test_files_written_together_are_synced_together_and_once(disk, monkeypatch):
    monkeypatch.setattr(disk_module, "SYNC_SECONDS", 0.05)
    log = []
    first, second, third = (File(log) for _ in range(3))
    disk.start()

    def write():
        for file in (first, second, first, third):
            disk.written(file)
        disk.synced(third)  # at once: a moment later the disk has synced it itself

    disk.call(write).result(30)
    deadline = time.monotonic() + 30
    while len(log) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    disk.call(int).result(30)
    assert log == [first, second]


def test_syncs_come_even_when_the_queue_is_never_empty(disk, monkeypatch):
    monkeypatch.setattr(disk_module, "SYNC_SECONDS", 0.02)
    log, file, is_done = [], File([]), threading.Event()
    file.log = log

    def again():
        if log or is_done.is_set():
            is_done.set()
        else:
            disk.offer(again, 0)

    disk.start()
    disk.call(lambda: (disk.written(file), disk.offer(again, 0)))
    assert is_done.wait(30)
    assert log == [file]


def test_stopping_finishes_what_is_queued_and_syncs(monkeypatch):
    monkeypatch.setattr(disk_module, "SYNC_SECONDS", 1000)
    disk, ran = Disk(SystemClock()), []
    file = File(ran)
    disk.offer(lambda: disk.written(file), 1)
    disk.offer(lambda: ran.append("job"), 1)
    disk.start()
    assert disk.stop()
    assert ran == ["job", file]


def test_ticks_come(disk, monkeypatch):
    monkeypatch.setattr(disk_module, "TICK_SECONDS", 0.01)
    ticked = threading.Event()
    disk.every_tick(lambda: 1 / 0)
    disk.every_tick(ticked.set)
    disk.start()
    assert ticked.wait(30)
