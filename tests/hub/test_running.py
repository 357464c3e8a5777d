"""A running camera's parts, states and stop; over a real hub and camera."""

import asyncio

from keepsight.hub.camera import StreamState
from keepsight.seal.header import Stream
from tests.home import simulated_camera


async def test_parts_states_and_stop(home, clip):
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)
        running = home.household.roster.find(bytes.fromhex(added["id"]))

        async def sound():
            return running.has_sound

        await home.wait_for(sound)
        assert running.state is StreamState.RUNNING
        table = {stream: source for stream, _opaque, source in running.stream_table()}
        assert set(table) == {Stream.MAIN, Stream.AUDIO, Stream.STILL, Stream.EVENT}
        assert set(running.live) == {Stream.MAIN, Stream.AUDIO, Stream.STILL}
        assert set(running.recorders) == {Stream.MAIN}
        assert running.opaque(Stream.MAIN) != running.opaque(Stream.AUDIO)
        (line,) = running.status()
        assert line["state"] == "running"
        async with asyncio.timeout(30):
            await running.stop()
        assert running.live == {}
        assert running.state is StreamState.STOPPED


async def test_a_defect_in_one_camera_does_not_end_the_hub(home, clip, monkeypatch):
    monkeypatch.setattr("keepsight.hub.running.RESTART_SECONDS", 0.1)
    failures = []

    async def fail(_self):
        failures.append(True)
        raise ZeroDivisionError

    monkeypatch.setattr("keepsight.hub.running.StreamIngest.run", fail)
    async with simulated_camera(clip) as camera:
        await home.add_camera(camera.url)

        async def twice():
            return len(failures) > 1

        await home.wait_for(twice)
        assert (await home.control.ask("GET", "/api/status")).status == 200


async def test_a_stop_that_a_failing_stream_loses_is_heeded(home, clip, monkeypatch):
    monkeypatch.setattr("keepsight.hub.running.RESTART_SECONDS", 600.0)
    begun = asyncio.Event()

    async def lose(_self):
        begun.set()
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            raise OSError from None  # as a task group does that is just failing

    monkeypatch.setattr("keepsight.hub.running.StreamIngest.run", lose)
    async with simulated_camera(clip) as camera, asyncio.timeout(60):
        added = await home.add_camera(camera.url)
        await begun.wait()
        await home.household.roster.find(bytes.fromhex(added["id"])).stop()
