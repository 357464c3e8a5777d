"""A camera with a PIN gives shared devices no keys before the PIN; over a real hub and camera."""

import asyncio

import pytest

from tests.home import PASSPHRASE, simulated_camera

PIN = "4729"


async def keys(browser, camera):
    body = {"live": [{"camera": camera, "stream": "main"}]}
    return (await browser.ask("POST", "/api/keys", body)).json()


async def shared_browser(browser):
    body = {
        "member": "Ann",
        "passphrase": PASSPHRASE,
        "device": browser.device,
        "shared": True,
    }
    answer = await browser.ask("POST", "/api/session", body)
    assert answer.status == 200
    browser.device_id = answer.json()["device_id"]
    return browser


async def test_no_keys_for_a_shared_device_before_the_pin(home, clip):
    async with (
        simulated_camera(clip) as camera,
        home.browser() as ann,
        home.browser(is_signed_in=False) as tablet,
    ):
        await shared_browser(tablet)
        added = (await home.add_camera(camera.url))["id"]
        path = f"/api/cameras/{added}/pin"
        assert (await ann.ask("PUT", path, {"pin": PIN})).status == 204

        async def released():
            return (await keys(ann, added))["keys"]

        await home.wait_for(released)
        assert [c["pin"] for c in await ann.get("/api/cameras")] == ["set"]
        assert [c["pin"] for c in await tablet.get("/api/cameras")] == ["ask"]
        refused = await keys(tablet, added)
        assert refused["keys"] == []
        assert [r["reason"] for r in refused["refused"]] == ["pin_needed"]
        wrong = await tablet.ask("POST", path, {"pin": "0000"})
        assert (wrong.status, wrong.json()["error"]) == (422, "wrong_pin")
        assert (await tablet.ask("POST", path, {"pin": PIN})).status == 204
        assert (await keys(tablet, added))["keys"]
        # Everywhere means here too, and a changed PIN asks everybody anew.
        await ann.ask("PUT", path, {"pin": "8164", "everywhere": True})
        assert (await keys(ann, added))["keys"] == []
        assert (await keys(tablet, added))["keys"] == []
        assert (await ann.ask("DELETE", path)).status == 204
        assert (await keys(tablet, added))["keys"]


async def test_guessing_a_pin_is_limited(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = (await home.add_camera(camera.url))["id"]
        path = f"/api/cameras/{added}/pin"
        await ann.ask("PUT", path, {"pin": PIN})
        for _ in range(5):
            assert (await ann.ask("POST", path, {"pin": "0000"})).status == 422
        assert (await ann.ask("POST", path, {"pin": PIN})).status == 429


async def test_guessing_a_pin_many_times_at_once_is_limited_too(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = (await home.add_camera(camera.url))["id"]
        path = f"/api/cameras/{added}/pin"
        await ann.ask("PUT", path, {"pin": PIN})
        tries = (ann.ask("POST", path, {"pin": "0000"}) for _ in range(12))
        answers = sorted(answer.status for answer in await asyncio.gather(*tries))
        assert answers == 5 * [422] + 7 * [429]


@pytest.mark.parametrize(("method", "body"), [("PUT", {"pin": PIN}), ("DELETE", None)])
async def test_no_pin_for_what_is_not_there(home, method, body):
    async with home.browser() as ann:
        for path in (f"/api/cameras/{'0' * 32}/pin", f"/api/members/{'0' * 32}/pin"):
            assert (await ann.ask(method, path, body)).status == 404


async def test_a_simple_pin_is_refused(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        added = (await home.add_camera(camera.url))["id"]
        answer = await ann.ask("PUT", f"/api/cameras/{added}/pin", {"pin": "1234"})
        assert answer.json()["error"] == "bad_pin"
