"""Thirty-two quiet cameras and two busy ones in one watcher's process, in real time on two cores.

The process gets what the hub would send it, over its socket, at the pace of the cameras. Fell it
behind, it would say so and drop work: that, its CPU and its memory are read here.
"""

import base64
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Final

from benchmarks.detect_clip import Day, Setting, build, is_here
from benchmarks.figure import Figure
from benchmarks.usage import cpu_seconds, resident_bytes
from keepsight.detect.unit import Unit
from keepsight.detect.wire import FromWatcher, Message, Reader, pack_json, pack_unit

QUIET_CAMERAS: Final = 32
BUSY_CAMERAS: Final = 2
SECONDS: Final = 60
SETTLING_SECONDS: Final = 16
"""All 34 begin at once, each with one thorough look; visits come after."""
CORES: Final = 2
SETTING: Final = Setting(640, 360, 10, 2, visits=2, quiet_seconds=20, quiet_times=1)


def _camera(number: int) -> bytes:
    return number.to_bytes(16)


def _introduce(connection: socket.socket, day: Day, count: int) -> None:
    sets = [base64.b64encode(each).decode() for each in day.parameter_sets]
    for number in range(count):
        document = {"codec": "h264", "parameter_sets": sets}
        connection.sendall(pack_json(1, _camera(number), document))


def _play(connection: socket.socket, day: Day, seconds: int) -> list[int]:
    """Send every camera's pictures when they are due; microseconds of lateness of ours."""
    rate, late = day.setting.rate, []
    quiet_units = int(day.visits[0][0] * rate) // (2 * rate) * (2 * rate)
    begun = time.monotonic()
    for tick in range(seconds * rate):
        wait = begun + tick / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        late.append(int(max(0.0, -wait) * 1e6))
        us = int(tick * 1e6 / rate)
        for number in range(QUIET_CAMERAS + BUSY_CAMERAS):
            is_busy = number >= QUIET_CAMERAS and tick >= SETTLING_SECONDS * rate
            shift = 2 * rate * number  # not all keyframes at once, and not all visits
            if is_busy:
                begin = int(day.visits[0][0] * rate) // (2 * rate) * (2 * rate)
                since = tick - SETTLING_SECONDS * rate
                source = day.units[begin + since % (len(day.units) - begin)]
            else:
                source = day.units[(tick + shift + number) % quiet_units]
            wall_us = time.time_ns() // 1000
            unit = Unit(us, wall_us, source.is_keyframe, is_after_break=False, data=source.data)
            connection.sendall(pack_unit(_camera(number), unit))
    return late


def _read(connection: socket.socket, said: list[tuple[float, Message]]) -> None:
    reader = Reader()
    while data := connection.recv(1 << 18):
        now = time.time_ns() / 1000
        said += [(now, message) for message in reader.feed(data)]


def _judge(said: list[tuple[float, Message]], figures: list[Figure]) -> None:
    states = [json.loads(m.body) for _, m in said if m.kind == FromWatcher.STATE]
    dropped = max((state.get("dropped", 0) for state in states), default=0)
    figures.append(Figure("detect_crew.dropped", dropped, "pictures", goal="0", met=dropped == 0))
    events = [(at, json.loads(m.body)) for at, m in said if m.kind == FromWatcher.EVENT]
    delays = [(at - event["start_us"]) / 1e6 for at, event in events if event["phase"] == "start"]
    if delays:
        ordered = sorted(delays)
        figures.append(
            Figure(
                "detect_crew.told_after_p95",
                ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
                "s",
                note=f"{len(delays)} visits, median {statistics.median(delays):.2f} s, from the "
                "first picture that showed somebody to the event at the hub's end",
            )
        )


def run() -> list[Figure]:
    """CPU, memory, dropped pictures and delays; none where the footage is missing."""
    if not is_here():
        print("  the footage is not here (KEEPSIGHT_TEST_DATA)")
        return []
    day = build(SETTING)
    said: list[tuple[float, Message]] = []
    cameras = QUIET_CAMERAS + BUSY_CAMERAS
    with tempfile.TemporaryDirectory() as folder, socket.socket(socket.AF_UNIX) as server:
        server.bind(str(Path(folder) / "watch.sock"))
        server.listen(1)
        child = subprocess.Popen([sys.executable, "-m", "keepsight.detect", server.getsockname()])
        os.sched_setaffinity(child.pid, set(sorted(os.sched_getaffinity(0))[:CORES]))
        connection, _ = server.accept()
        thread = threading.Thread(target=_read, args=(connection, said))
        thread.start()
        _introduce(connection, day, 1)
        connection.sendall(pack_unit(_camera(0), day.units[0]))
        time.sleep(3)
        alone = resident_bytes(child.pid)
        _introduce(connection, day, cameras)
        begun = cpu_seconds(child.pid)
        late = _play(connection, day, SECONDS)
        used = cpu_seconds(child.pid) - begun
        memory = resident_bytes(child.pid)
        connection.shutdown(socket.SHUT_WR)
        thread.join()
        connection.close()
        child.wait()
    figures = [
        Figure(
            "detect_crew.cpu", 1000 * used / SECONDS, f"CPU ms/s, {cameras} cameras",
            goal=f"under {CORES * 1000}", met=used / SECONDS < CORES,
            note=f"the sender was late by {max(late) / 1000:.0f} ms at most",
        ),
        Figure("detect_crew.memory", memory / 1e6, "MB resident", "one camera", alone / 1e6),
        Figure("detect_crew.memory_a_camera", (memory - alone) / (cameras - 1) / 1e6, "MB"),
    ]  # fmt: skip
    _judge(said, figures)
    return figures
