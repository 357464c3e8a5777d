"""Goal: what lies under a privacy mask is in no still, whoever asks and however; and without the
watcher there is no still. Method: a real hub, a real watcher in its process, a camera whose bright
square moves under the mask; stills are opened with released keys, decoded, and measured."""

import io
import json

import av
import pytest

from keepsight.hub.watching import Watching
from keepsight.seal.header import Kind, Stream
from tests.home import HOUSEHOLD, open_all, running_hub, set_up, simulated_camera

# tests.home draws its square into lines 40 to 80 of 240.
MASK = [[0.0, 0.12], [1.0, 0.12], [1.0, 0.38], [0.0, 0.38]]
SEEN = (Kind.INIT, Kind.STILL, Kind.THUMB)


@pytest.fixture
async def watched_home(tmp_path, cheap_argon2):
    folder = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(folder, watching="on") as running:
        await set_up(running)
        yield running


def wish(*masks, is_on=True):
    fields = json.loads(json.dumps(Watching().as_fields()))
    return {**fields, "model": "none", "privacy_masks": list(masks), "is_on": is_on}


async def put(home, camera, document):
    answer = await home.control.ask("PUT", f"/api/cameras/{camera}/watching", document)
    assert answer.status == 200, answer.body


async def still_of(browser, home, camera):
    """(kind, RGB) of the newest still; None while there is none."""
    running = home.household.roster.find(bytes.fromhex(camera))
    answer = await browser.ask("GET", f"/s/{running.opaque(Stream.STILL).hex()}/still")
    if answer.status == 404:
        return None
    wanted = {"live": [{"camera": camera, "stream": "still"}]}
    for release in (await browser.ask("POST", "/api/keys", wanted)).json()["keys"]:
        key = await browser.window(HOUSEHOLD, release)
        init, picture = open_all(key, answer.body, SEEN)
        is_film = picture.kind is Kind.STILL
        film = init.payload + picture.payload if is_film else picture.payload
        with av.open(io.BytesIO(film), format="mp4" if is_film else None) as container:
            return picture.kind, next(container.decode(video=0)).to_ndarray(format="rgb24")
    return None


async def why_none(browser, home, camera, stream=Stream.STILL):
    running = home.household.roster.find(bytes.fromhex(camera))
    answer = await browser.ask("GET", f"/s/{running.opaque(stream).hex()}/still")
    return answer.json()["fields"]["state"] if answer.status == 404 else None


async def test_what_is_under_a_mask_is_in_nobodys_still(watched_home, clip):
    home = watched_home
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = (await home.add_camera(camera.url))["id"]
        kind, bare = await home.wait_for(lambda: still_of(ann, home, hall))
        assert kind is Kind.STILL
        assert bare[40:80, :, 0].max() > 200  # the square is there
        await put(home, hall, wish(MASK))
        for _ in range(5):
            found = await still_of(ann, home, hall)
            assert found is None or found[0] is Kind.THUMB
        grant = {"camera": hall, "capabilities": ["still"], "from_us": 0, "until_us": None}
        async with home.member("Gus", "guest", [{**grant, "hours": []}]) as gus:
            for viewer in (ann, gus):
                kind, picture = await home.wait_for(lambda v=viewer: still_of(v, home, hall))
                assert kind is Kind.THUMB
                assert picture.shape == (240, 320, 3)
                assert picture[30:91].max() < 40
                assert abs(picture[100:].mean() - 60) < 12
        assert await why_none(ann, home, hall, Stream.MAIN) == "hidden"
        assert (await ann.get("/api/cameras"))[0]["masked"] is True
        await put(home, hall, wish())

        async def is_bare():
            found = await still_of(ann, home, hall)
            return found is not None and found[0] is Kind.STILL

        await home.wait_for(is_bare)


async def test_without_the_watcher_there_is_no_still_and_it_is_said(watched_home, clip):
    home = watched_home
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = (await home.add_camera(camera.url))["id"]
        await put(home, hall, wish(MASK, is_on=False))

        async def is_hidden():
            assert await still_of(ann, home, hall) is None
            return await why_none(ann, home, hall) == "hidden"

        await home.wait_for(is_hidden)
        await put(home, hall, wish(MASK))
        kind, _ = await home.wait_for(lambda: still_of(ann, home, hall))
        assert kind is Kind.THUMB
        await put(home, hall, wish(MASK, is_on=False))
        found = await still_of(ann, home, hall)  # the last one may be seen until it is old
        assert found is None or found[0] is Kind.THUMB
