"""Films that many tests share, and a camera that runs for one test."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from keepsight.camera.camera import Camera, MountRules, build_mounts
from keepsight.camera.clip import Clip
from keepsight.camera.server import CameraServer, Identity, ServerOptions
from keepsight.core.clock import SystemClock
from tests.camera.clips import Film, make_film

CLOCK = SystemClock()


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    """Makes a film once; call it with a `Film`."""
    folder = tmp_path_factory.mktemp("films")
    return lambda film: make_film(folder, film)


@pytest.fixture(scope="session")
def h264_film(films):
    return films(Film())


@asynccontextmanager
async def running(source, options=None, **more) -> AsyncIterator[CameraServer]:
    """A camera on a free port of this machine."""
    rules = more.pop("mount_rules", MountRules())
    mounts = build_mounts(source.streams, rules)
    server = CameraServer(mounts, Identity("T-1", "Test"), CLOCK, options or ServerOptions())
    camera = Camera(source, server, mount_rules=rules, **more)
    stop, ready = asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(camera.run("127.0.0.1", 0, stop, lambda _port: ready.set()))
        await ready.wait()
        try:
            yield server
        finally:
            stop.set()


@pytest.fixture
def h264_clip(h264_film):
    return Clip(h264_film, CLOCK)
