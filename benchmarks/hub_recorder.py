"""Keepsight's recording path alone: ingest, recorder, sealing, segment files, index.

`python -m benchmarks.hub_recorder PORT COUNT FOLDER`; ends with its input.
"""

import asyncio
import logging
import sys
from pathlib import Path

import uvloop

from keepsight.core.clock import SystemClock
from keepsight.core.destination import parse_destination
from keepsight.hub.camera import StreamSource
from keepsight.hub.ingest.fanout import Fanout
from keepsight.hub.ingest.ingest import StreamIngest, StreamPlan
from keepsight.hub.record.record import Recordings
from keepsight.hub.record.rules import RetentionRules
from keepsight.seal.header import Stream
from keepsight.seal.keys import new_id, new_key, unwrap, wrap


class DayKeysInMemory:
    """A keyring for one run."""

    def __init__(self) -> None:
        self.household = new_id()
        self.epoch = 1
        self._master = new_key()

    def day_key(
        self, camera: bytes, stream: Stream, day: str, wrapped: bytes | None
    ) -> tuple[bytes, bytes]:
        """See `hub.recording.RecordingKeys`."""
        place = camera + bytes((stream,)) + day.encode()
        if wrapped is not None:
            return unwrap(self._master, wrapped[4:], place), wrapped
        key = new_key()
        return key, self.epoch.to_bytes(4) + wrap(self._master, key, place)


async def _main(port: int, count: int, folder: Path) -> None:
    clock = SystemClock()
    rules = RetentionRules(free_bytes_min=0)
    recordings = await asyncio.to_thread(Recordings, folder, DayKeysInMemory(), clock, rules)
    recordings.start()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, ended.set)
    async with asyncio.TaskGroup() as group:
        tasks = []
        for number in range(count):
            destination, _ = parse_destination(f"rtsp://127.0.0.1:{port}/{number}")
            source = StreamSource(Stream.MAIN, destination, "tcp")
            fanout = Fanout(str(number))
            fanout.attach(recordings.recorder(number.to_bytes(16), Stream.MAIN))
            ingest = StreamIngest(StreamPlan(str(number), source, None, None), fanout, clock)
            tasks.append(group.create_task(ingest.run()))
        await ended.wait()
        for task in tasks:
            task.cancel()
    await asyncio.to_thread(recordings.stop)


if __name__ == "__main__":
    # That a stream ends at the end is no news here.
    logging.basicConfig(level=logging.ERROR)
    uvloop.run(_main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))
