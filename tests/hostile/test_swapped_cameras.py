"""Two households' cameras get each other's addresses: neither hub seals the neighbour's picture.

Method: real hubs and camera processes, marks in the pictures, stills opened with released keys and
decoded. The control is an owner who says that the new device is fine: then the neighbour appears.
"""

import asyncio
import io
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from keepsight.camera.mark import Mark, decode
from tests.home import Home, open_all, running_hub, set_up, simulated_camera
from tests.hostile.canary import HOUSEHOLDS, household_mark, write_film
from tests.hostile.tally import Tally

ACCESS = ("--user", "ann", "--password-file")


async def shown_mark(home: Home, name: str, camera: dict[str, Any]) -> Mark | None:
    """Whose picture the newest still of a camera is; None when there is no still."""
    opaque = camera["streams"][0]["opaque"]
    async with home.browser() as browser:
        still = await browser.ask("GET", f"/s/{opaque}/still")
        if still.status != 200:
            return None
        body = {"live": [{"camera": camera["id"], "stream": "main"}]}
        (release, *_) = (await browser.ask("POST", "/api/keys", body)).json()["keys"]
        key = await browser.window(HOUSEHOLDS[name], release)
        film = b"".join(opened.payload for opened in open_all(key, still.body))
    with av.open(io.BytesIO(film)) as pictures:
        for frame in pictures.decode(video=0):
            assert isinstance(frame, av.VideoFrame)
            return decode(np.asarray(frame.to_ndarray(format="gray")))
    return None


@pytest.mark.timeout(180)
async def test_a_swap_between_households_is_noticed_by_both(
    tmp_path: Path, cheap_argon2: None, tally: Tally
) -> None:
    password = tmp_path / "password"
    password.write_text("s3cretpw")
    films = {name: write_film(tmp_path / f"{name}.mp4", name, 1, 120) for name in HOUSEHOLDS}
    data = tmp_path / "data" / "households"
    async with (
        running_hub(data / HOUSEHOLDS["north"]) as north,
        running_hub(data / HOUSEHOLDS["south"]) as south,
        simulated_camera(
            films["north"], "--serial", "NORTH-1", *ACCESS, str(password)
        ) as north_camera,
        simulated_camera(
            films["south"], "--serial", "SOUTH-1", *ACCESS, str(password)
        ) as south_camera,
    ):
        homes = {"north": north, "south": south}
        devices = {"north": north_camera, "south": south_camera}
        cameras = {}
        for name, home in homes.items():
            await set_up(home)
            cameras[name] = await home.add_camera(
                devices[name].url, name, user="ann", password="s3cretpw"
            )

            async def own(name: str = name, home: Home = home) -> bool:
                mark = await shown_mark(home, name, cameras[name])
                return mark is not None and mark.household == household_mark(name)

            await home.wait_for(own, 40)
        for device in devices.values():
            await device.stop()
        north_camera.port, south_camera.port = south_camera.port, north_camera.port
        for device in devices.values():
            await device.start()
        for name, home in homes.items():

            async def noticed(name: str = name, home: Home = home) -> bool:
                mark = await shown_mark(home, name, cameras[name])
                assert mark is None or mark.household == household_mark(name)
                status = await home.status_of(cameras[name]["id"])
                return bool(status["state"] == "identity_changed")

            await home.wait_for(noticed, 40)
        await asyncio.sleep(2)
        for name, home in homes.items():
            assert await shown_mark(home, name, cameras[name]) is None
        path = f"/api/cameras/{cameras['north']['id']}/identity"
        answer = await north.control.ask("POST", path, {"decision": "accept"})
        assert answer.status == 200

        async def foreign() -> bool:
            mark = await shown_mark(north, "north", cameras["north"])
            return mark is not None and mark.household == household_mark("south")

        await north.wait_for(foreign, 40)
        tally.control_leaks += 1
