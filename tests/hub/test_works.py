"""What starts with a household also stops with it; over a real hub."""

import threading

from tests.home import HOUSEHOLD, running_hub, set_up


async def test_threads_and_sockets_end_with_the_hub(tmp_path, cheap_argon2):
    before = {thread.name for thread in threading.enumerate()}
    async with running_hub(tmp_path / "data" / "households" / HOUSEHOLD) as home:
        await set_up(home)
        run = home.hub.run_directory
        assert (run / "feed.sock").exists()
        assert "disk" in {thread.name for thread in threading.enumerate()}
    left = {thread.name for thread in threading.enumerate()} - before
    assert "disk" not in left
    assert not (run / "feed.sock").exists()


async def test_an_idle_hub_connects_to_no_camera(tmp_path, cheap_argon2, clip):
    from tests.home import simulated_camera

    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with simulated_camera(clip) as camera:
        async with running_hub(directory) as home:
            await set_up(home)
            added = await home.add_camera(camera.url)
        async with running_hub(directory, is_idle=True) as home:
            shown = (await home.control.ask("GET", "/api/cameras")).json()
            assert [c["id"] for c in shown] == [added["id"]]
            assert shown[0]["state"] == "starting"
