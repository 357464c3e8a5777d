"""Records two cameras until it is killed: python -m tests.hub.record.crash_child FOLDER

Tells on standard output what is acknowledged ("ack WRITER COUNT") and what was handed over ("fed
CAMERA KEYFRAME_WALL_US MONOTONIC_US"). Ten times faster than life, a segment every 3 s of media.
"""

import os
import sys
import time
from pathlib import Path

from keepsight.core.clock import SystemClock
from keepsight.hub.record import disk, reel
from keepsight.hub.record.record import Recordings
from keepsight.hub.record.rules import RetentionRules
from tests.hub.record import footage
from tests.hub.record.room import CAMERA, MAIN, OTHER_CAMERA, MemoryKeys

GOP_US = 500_000


def main():
    def tell(*words):
        # One write a line, so that a kill never leaves half of one.
        os.write(1, (" ".join(map(str, words)) + "\n").encode())

    disk.SYNC_SECONDS = 0.05
    reel.SEGMENT_US = 3_000_000
    seconds_max = float(sys.argv[2]) if len(sys.argv) > 2 else 30
    recordings = Recordings(
        Path(sys.argv[1]), MemoryKeys(), SystemClock(), RetentionRules(free_bytes_min=0),
        acknowledge=lambda s: tell("ack", s.writer.hex(), len(s.fragments)),
    )  # fmt: skip
    recordings.start()
    recorders = {camera: recordings.recorder(camera, MAIN) for camera in (CAMERA, OTHER_CAMERA)}
    for recorder in recorders.values():
        recorder.on_format(footage.PAPER_FORMAT)
    tell("ready")
    start_us = SystemClock().wall_us()
    began = time.monotonic()
    while time.monotonic() - began < seconds_max:
        for index, unit in enumerate(
            footage.paper_units(600, gop=10, wall_us=start_us, key_bytes=40_000, delta_bytes=9_000)
        ):
            for camera, recorder in recorders.items():
                recorder.on_unit(unit)
                if unit.is_keyframe:
                    tell("fed", camera.hex(), unit.wall_us, time.monotonic_ns() // 1000)
            ahead = began + index * 0.005 - time.monotonic()
            if ahead > 0:
                time.sleep(ahead)
            if time.monotonic() - began > seconds_max:
                break
    recordings.stop()


if __name__ == "__main__":
    main()
