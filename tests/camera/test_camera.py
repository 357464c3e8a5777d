"""A camera runs, ends, and fails loudly. Method: whole cameras with real and broken sources."""

import asyncio
import time

import pytest

from keepsight.camera.camera import Camera, MountRules, build_mounts
from keepsight.camera.clip import Clip
from keepsight.camera.media import MAIN, SUB, Sample, SourceError
from keepsight.camera.server import CameraServer, Identity
from tests.camera.client import connect
from tests.camera.clips import Film
from tests.camera.conftest import CLOCK, running


async def test_main_and_sub_have_paths_of_their_own(films):
    clip = Clip(films(Film(width=1280, height=720)), CLOCK, has_sub=True)
    rules = MountRules("/cam/one", mtu_bytes=500)
    async with running(clip, mount_rules=rules) as server:
        for path in ("/cam/one", "/sub"):
            client = await connect(server.port, path)
            await client.play()
            packets = await client.collect(0, 20)
            assert max(map(len, packets)) <= 500
            client.close()


async def test_many_clients_see_the_same(h264_clip):
    async with running(h264_clip) as server:
        clients = [await connect(server.port) for _ in range(8)]
        for client in clients:
            await client.play()
        newest = (await clients[-1].collect(0, 60))[-1]
        for client in clients:
            async with asyncio.timeout(10):
                while newest not in client.packets.get(0, ()):
                    await client.read()
            client.close()


async def test_a_source_that_fails_ends_the_camera(h264_clip):
    class Broken:
        streams = h264_clip.streams

        def run(self, _emit, _demand, _stop):
            raise SourceError("the film went away")

    server = CameraServer(build_mounts(Broken.streams, MountRules()), Identity("1"), CLOCK)
    with pytest.raises(ExceptionGroup) as caught:
        await Camera(Broken(), server).run("127.0.0.1", 0, asyncio.Event())
    assert caught.group_contains(SourceError, match="went away")


async def test_a_source_waits_for_a_loop_that_is_behind(h264_clip):
    """The queue between thread and loop is bounded."""
    emitted = 0

    class Eager:
        streams = h264_clip.streams

        def run(self, emit, _demand, stop):
            nonlocal emitted
            while not stop.is_set():
                emit(Sample(MAIN, True, emitted * 4500, 0, True, (b"\x65x",)))
                emitted += 1

    server = CameraServer(build_mounts(Eager.streams, MountRules()), Identity("1"), CLOCK)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(Camera(Eager(), server).run("127.0.0.1", 0, stop))
        await asyncio.sleep(0.1)
        before = emitted
        time.sleep(0.3)  # noqa: ASYNC251 - the loop is held up on purpose
        assert emitted - before <= 200
        stop.set()


def test_mounts_by_path(h264_clip):
    mounts = build_mounts({**h264_clip.streams, SUB: h264_clip.streams[MAIN]}, MountRules("/a"))
    assert {path: mount.name for path, mount in mounts.items()} == {"/a": MAIN, "/sub": SUB}
