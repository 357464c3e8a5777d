"""What is switched off is off for keys, streams and stills, at once; over a real hub and camera."""

from tests.home import simulated_camera

EVERYTHING = {"camera": None, "capabilities": ["live", "still", "playback", "export"]}
WHY = "recalled by its maker"


async def suspend(home, **fields):
    answer = await home.control.ask("POST", "/api/suspensions", {"reason": WHY, **fields})
    assert answer.status == 201, answer.json()
    return answer.json()


async def running_camera(home, camera):
    added = await home.add_camera(camera.url)

    async def is_running():
        return (await home.status_of(added["id"]))["state"] == "running"

    await home.wait_for(is_running)
    return added["id"]


async def ask_live(browser, camera):
    body = {"live": [{"camera": camera, "stream": "main"}]}
    return (await browser.ask("POST", "/api/keys", body)).json()


async def test_a_suspended_vendor_gets_no_key_and_no_stream(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = await running_camera(home, camera)
        await home.control.ask("PATCH", f"/api/cameras/{hall}", {"vendor": "Acme"})
        assert (await ask_live(ann, hall))["keys"]
        before = (await ann.get("/api/session/streams"))["streams"]
        placed = await suspend(home, vendor="acme")
        answer = await ask_live(ann, hall)
        assert answer["keys"] == []
        assert answer["refused"][0]["reason"] == "suspended"
        assert answer["refused"][0]["why"] == WHY
        assert before
        assert (await ann.get("/api/session/streams"))["streams"] == []
        (shown,) = await ann.get("/api/cameras")
        assert shown["suspended"]["live"]["reason"] == WHY
        assert "live" in shown["capabilities"]
        lifted = await home.control.ask("DELETE", f"/api/suspensions/{placed['suspension']}")
        assert lifted.status == 204
        assert (await ask_live(ann, hall))["keys"]
        assert (await ann.get("/api/cameras"))[0]["suspended"] == {}


async def test_all_integrations_off_then_all_on_but_streaming(home, clip):
    """What the display maker of 2020 did: first everything, then everything but the pictures."""
    async with simulated_camera(clip) as camera:
        hall = await running_camera(home, camera)
        async with (
            home.member("Kitchen", "display", [EVERYTHING]) as display,
            home.browser() as ann,
        ):
            shown = (await home.control.ask("GET", "/api/members")).json()
            kitchen = next(m["id"] for m in shown if m["name"] == "Kitchen")
            changed = {"integration": "smart display"}
            await home.control.ask("PATCH", f"/api/members/{kitchen}", changed)
            assert (await ask_live(display, hall))["keys"]
            wide = await suspend(home, integration="*")
            assert (await ask_live(display, hall))["keys"] == []
            assert (await ask_live(ann, hall))["keys"], "people are not an integration"
            path = f"/api/suspensions/{wide['suspension']}/narrow"
            narrow = (await home.control.ask("POST", path, {"capabilities": ["live"]})).json()
            assert narrow["capabilities"] == ["live"]
            assert (await ask_live(display, hall))["keys"] == []
            inside = (await display.get("/api/suspensions"))["in_force"]
            assert [s["suspension"] for s in inside] == [narrow["suspension"]]
            granted = next(iter(await display.get("/api/cameras")))["capabilities"]
            assert "still" in granted


async def test_a_foreign_picture_closes_the_way_it_came_but_not_the_door(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = await running_camera(home, camera)
        report = {"camera": hall, "stream": "main", "reason": "foreign_household"}
        assert (await ann.ask("POST", "/api/refusals", report)).status == 204
        assert (await ask_live(ann, hall))["keys"] == []
        listed = await ann.get("/api/suspensions")
        (tripped,) = listed["in_force"]
        assert tripped["path"]
        alarms = (await ann.get("/api/status"))["alarms"]
        assert "foreign_picture" in [alarm["code"] for alarm in alarms]
        lifted = await ann.ask("DELETE", f"/api/suspensions/{tripped['suspension']}")
        assert lifted.status == 204
        assert (await ask_live(ann, hall))["keys"]
        assert len((await ann.get("/api/suspensions"))["past"]) == 1


async def test_what_is_off_for_a_while_comes_back_by_itself_and_the_door_is_told(home, clip):
    async with simulated_camera(clip) as camera, home.browser() as ann:
        hall = await running_camera(home, camera)
        end_us = home.household.clock.wall_us() + 1_500_000
        await suspend(home, camera=hall, until_us=end_us)
        assert (await ask_live(ann, hall))["keys"] == []
        told = []
        home.household.suspensions.on_run_out = lambda: told.append(home.household.clock.wall_us())

        async def is_over():
            return bool(told)

        await home.wait_for(is_over)
        assert (await ask_live(ann, hall))["keys"]

        async def is_history():
            return len((await ann.get("/api/suspensions"))["past"]) == 1

        await home.wait_for(is_history)


async def test_a_guest_hears_of_nothing_but_their_own_cameras(home, clip):
    async with simulated_camera(clip) as camera:
        hall = await running_camera(home, camera)
        cellar = (await home.add_camera(camera.url, name="Cellar"))["id"]
        only_hall = [{"camera": hall, "capabilities": ["live"]}]
        async with home.member("Gwen", "guest", only_hall) as gwen:
            await suspend(home, camera=cellar)
            await suspend(home, camera=hall, capabilities=["export"])
            assert (await gwen.get("/api/suspensions"))["in_force"] == []
            await suspend(home, camera=hall)
            (shown,) = (await gwen.get("/api/suspensions"))["in_force"]
            assert (shown["camera"], shown["reason"]) == (hall, WHY)


async def test_what_makes_no_sense_is_refused_with_the_way_out(home):
    ask = home.control.ask
    for body, code in (
        ({"reason": WHY}, "bad_suspension"),
        ({"vendor": "Acme"}, "bad_request"),
        ({"reason": WHY, "vendor": "Acme", "until_us": 5}, "bad_suspension"),
        ({"reason": WHY, "camera": "00" * 16}, "no_such_camera"),
        ({"reason": WHY, "capabilities": ["fly"]}, "bad_request"),
    ):
        answer = await ask("POST", "/api/suspensions", body)
        assert (answer.status >= 400, answer.json()["error"]) == (True, code)
    assert (await ask("DELETE", f"/api/suspensions/{'00' * 16}")).status == 404


async def test_a_time_that_no_database_holds_is_refused_before_the_ledger_has_it(home):
    far = {"reason": WHY, "vendor": "Acme", "until_us": 10**30}
    assert (await home.control.ask("POST", "/api/suspensions", far)).status == 422
    lines = (await home.control.get("/api/ledger", limit=50))["lines"]
    assert "suspended" not in {line["type"] for line in lines}


async def test_only_owners_switch_off(home):
    async with home.member("Ben", "member", [EVERYTHING]) as ben:
        answer = await ben.ask("POST", "/api/suspensions", {"reason": WHY, "vendor": "Acme"})
        assert (answer.status, answer.json()["error"]) == (403, "owner_only")
        assert (await ben.get("/api/suspensions"))["past"] == []
