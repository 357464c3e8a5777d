"""Processor time and memory of recording N cameras: Keepsight, ffmpeg, and the floor.

Camera: 2304x1296, 20 pictures a second, 4 Mbit/s H.264 and AAC, RTSP over TCP on loopback, made by
one process whose cost is not counted. Each way runs alone, warms up, and is measured over a window
at real speed. Loopback hands over larger pieces than Ethernet does, to all three alike.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure
from benchmarks.usage import cpu_seconds, resident_bytes

COUNTS: Final = (1, 8, 32)
WINDOW_SECONDS: Final = 20.0
WARM_UP_SECONDS: Final = 7.0
CLIP_SECONDS: Final = 10
FFMPEG_RATIO_MAX: Final = 0.5
FLOOR_RATIO_MAX: Final = 1.8
CAMERA_BYTES_MAX: Final = 6 * 1024 * 1024
WRITTEN_RATIO_MIN: Final = 0.85
"""Of the bytes that the cameras sent in the window: whoever wrote less did not record."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one way of recording COUNT cameras."""

    cpu_seconds_per_camera_hour: float
    resident_bytes: int
    """Of all its processes together."""


def _clip() -> Path:
    """A film that costs 4 Mbit/s; made once, kept for the next run."""
    path = Path(tempfile.gettempdir()) / "keepsight-benchmark-2304x1296-1.mp4"
    if path.exists():
        return path
    making = path.with_suffix(f".{os.getpid()}.mp4")
    picture = f"testsrc2=size=2304x1296:rate=20:duration={CLIP_SECONDS},noise=alls=14:allf=t"
    sound = f"anoisesrc=amplitude=0.05:sample_rate=16000:duration={CLIP_SECONDS}"
    subprocess.run(
        [
            "ffmpeg", "-nostdin", "-loglevel", "error", "-y",
            "-f", "lavfi", "-i", picture, "-f", "lavfi", "-i", sound,
            "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-bf", "0",
            "-g", "40", "-sc_threshold", "0", "-b:v", "4M", "-maxrate", "4M", "-bufsize", "2M",
            "-c:a", "aac", "-b:a", "32k", "-ac", "1", "-f", "mp4", str(making),
        ],
        check=True,
    )  # fmt: skip
    making.rename(path)
    return path


@contextmanager
def _cameras(clip: Path) -> Iterator[int]:
    """The load generator; gives its port."""
    command = [sys.executable, "-m", "benchmarks.recorded_camera", str(clip)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.stdin.close()
            process.wait(timeout=20)


def _commands(way: str, port: int, count: int, folder: Path) -> list[list[str]]:
    if way != "ffmpeg":
        module = {"hub": "benchmarks.hub_recorder", "floor": "benchmarks.floor_recorder"}[way]
        return [[sys.executable, "-m", module, str(port), str(count), str(folder)]]
    return [
        [
            "ffmpeg", "-nostdin", "-loglevel", "error", "-y", "-rtsp_transport", "tcp",
            "-i", f"rtsp://127.0.0.1:{port}/{number}", "-c", "copy", "-f", "segment",
            "-segment_time", "60", "-segment_format", "mp4", "-reset_timestamps", "1",
            "-segment_format_options", "movflags=+frag_keyframe+empty_moov",
            str(folder / f"{number}-%03d.mp4"),
        ]
        for number in range(count)
    ]  # fmt: skip


def _written_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _measure(way: str, clip: Path, count: int) -> Cost:
    """Start it, wait until it runs evenly, look at its clocks twice."""
    bytes_per_second = clip.stat().st_size / CLIP_SECONDS
    folder = Path(tempfile.mkdtemp(prefix=f"keepsight-bench-{way}-"))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        with _cameras(clip) as port:
            for command in _commands(way, port, count, folder):
                processes.append(subprocess.Popen(command, stdin=subprocess.PIPE))  # noqa: PERF401 - each one must be known to the clean-up before the next starts
            time.sleep(WARM_UP_SECONDS + count * 0.1)
            before_bytes = _written_bytes(folder)
            start, used = time.monotonic(), [cpu_seconds(p.pid) for p in processes]
            time.sleep(WINDOW_SECONDS)
            window = time.monotonic() - start
            spent = sum(cpu_seconds(p.pid) for p in processes) - sum(used)
            resident = sum(resident_bytes(p.pid) for p in processes)
            written = _written_bytes(folder) - before_bytes
            _end(processes)
        if written < WRITTEN_RATIO_MIN * bytes_per_second * window * count:
            raise RuntimeError(f"{way} with {count} cameras wrote only {written} bytes")
        return Cost(spent / window * 3600 / count, resident)
    finally:
        _end(processes)
        shutil.rmtree(folder, ignore_errors=True)


def _end(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.stdin is not None:
            process.stdin.close()
        if process.args[0] == "ffmpeg":  # type: ignore[index]
            process.terminate()
    for process in processes:
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _memory_figure(costs: dict[int, Cost], peers: dict[int, Cost]) -> Figure:
    few, many = COUNTS[-2], COUNTS[-1]
    ours, theirs = (
        (c[many].resident_bytes - c[few].resident_bytes) / (many - few) for c in (costs, peers)
    )
    return Figure(
        "recording.memory", ours / 1e6, "MB RSS per extra camera", "ffmpeg, a process a camera",
        theirs / 1e6, f"at most {CAMERA_BYTES_MAX / 1e6:.1f} MB", ours <= CAMERA_BYTES_MAX,
        f"from {few} to {many} cameras",
    )  # fmt: skip


def run() -> list[Figure]:
    """Three ways, three sizes: about five minutes."""
    clip = _clip()
    costs = {
        way: {count: _measure(way, clip, count) for count in COUNTS}
        for way in ("hub", "ffmpeg", "floor")
    }
    unit, figures = "CPU s per camera-hour", []
    for count in COUNTS:
        ours, ffmpeg, floor = (
            costs[way][count].cpu_seconds_per_camera_hour for way in ("hub", "ffmpeg", "floor")
        )
        for name, peer, peer_value, ratio_max in (
            (f"{count}_cameras", "ffmpeg, a process a camera", ffmpeg, FFMPEG_RATIO_MAX),
            (f"{count}_cameras_floor", "bytes received and written", floor, FLOOR_RATIO_MAX),
        ):
            # The goals are for a full house; a single camera is mostly the cost of waking up.
            has_goal = count == COUNTS[-1]
            goal = f"at most {ratio_max} of it" if has_goal else ""
            met = ours <= ratio_max * peer_value if has_goal else None
            figures.append(Figure(f"recording.{name}", ours, unit, peer, peer_value, goal, met))
    return [*figures, _memory_figure(costs["hub"], costs["ffmpeg"])]
