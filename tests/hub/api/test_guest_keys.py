"""A guest gets keys for what is granted and for nothing else: keys, not only routes.

Method: every stream, purpose and window of every camera of the household is asked for, with grants
that begin, end and hold at certain hours; the clock of the household is turned by hand.
Goal: no key of a window outside the grant, and none that opens after its end.
"""

import contextlib
import datetime as dt
from dataclasses import dataclass

from tests.home import Home
from tests.hub.events.hall import noticed, visit

CAMERAS = ("Kitchen", "Attic")
STREAMS = ("main", "sub", "audio", "still")
HOUR_US = 3_600_000_000


@dataclass
class TurnedClock:
    """The household's clock, ahead of or behind this machine's."""

    inner: object
    ahead_us: int = 0

    def wall_us(self):
        return self.inner.wall_us() + self.ahead_us

    def monotonic_us(self):
        return self.inner.monotonic_us()


def turn(home: Home) -> TurnedClock:
    """Rights are judged by a clock that the test turns; cameras keep the real one."""
    household = home.household
    clock = TurnedClock(household.clock)
    household.clock = clock
    return clock


@contextlib.asynccontextmanager
async def two_cameras(home, clip):
    """Both really record; ids by name."""
    from tests.home import simulated_camera

    async with simulated_camera(clip) as camera:
        ids = {}
        for name in CAMERAS:
            ids[name] = (await home.add_camera(camera.url, name=name))["id"]

        async def have_recorded():
            return all([await home.recorded_seconds(i) > 1 for i in ids.values()])

        await home.wait_for(have_recorded)
        for number, camera_id in enumerate(ids.values()):
            await noticed(home, visit(home, number + 1, bytes.fromhex(camera_id)))
        yield ids


async def everything(home, ids):
    """A request for every window that there is."""
    now = home.hub.clock.wall_us()
    recordings = []
    for camera in ids.values():
        query = {"camera": camera, "from": now - HOUR_US, "to": now + HOUR_US}
        found = (await home.control.ask("GET", "/api/recordings", None, **query)).json()
        writers = [segment["writer"] for segment in found["segments"]]
        assert writers
        recordings.append({"camera": camera, "stream": "main", "writers": writers})
    live = [{"camera": c, "stream": stream} for c in ids.values() for stream in STREAMS]
    return {"live": live, "recordings": recordings, "exports": [], "events": await noted(home)}


async def noted(home):
    """Every picture of an event."""
    found = (await home.control.ask("GET", "/api/events")).json()["events"]
    pictures = [(event["camera"], event["picture"]["id"]) for event in found if event["picture"]]
    assert pictures
    return [{"camera": camera, "pictures": [picture]} for camera, picture in pictures]


async def got(browser, body):
    """(camera, purpose) of every key, and the reasons of what was refused."""
    answer = await browser.ask("POST", "/api/keys", body)
    assert answer.status == 200, answer.body
    document = answer.json()
    keys = {(key["camera"], key["purpose"]) for key in document["keys"]}
    refused = {(r["camera"], r["purpose"]): r["reason"] for r in document["refused"]}
    return keys, refused


def grant(camera, *capabilities, **more):
    return {"camera": camera, "capabilities": list(capabilities), **more}


async def test_a_guest_gets_the_granted_purposes_of_the_granted_camera(home, clip):
    async with two_cameras(home, clip) as ids, home.browser() as ann:
        kitchen, attic = ids["Kitchen"], ids["Attic"]
        body = await everything(home, ids)
        keys, refused = await got(ann, body)
        whole = {
            (camera, purpose) for camera in ids.values() for purpose in ("live", "rec", "event")
        }
        assert whole <= keys
        assert refused == {}
        for number, (capability, purposes) in enumerate(
            (
                *(("live", {"live"}), ("still", {"still"}), ("playback", {"rec"})),
                *(("events", {"event"}), ("talk", set())),
            )
        ):
            async with home.member(f"Guest {number}", "guest", [grant(kitchen, capability)]) as one:
                keys, refused = await got(one, body)
                assert keys == {(kitchen, purpose) for purpose in purposes}
                hidden = {key: reason for key, reason in refused.items() if key[0] == attic}
                assert set(hidden.values()) == {"no_such_camera"}
                known = {reason for key, reason in refused.items() if key[0] == kitchen}
                assert known == {"not_granted"}


def hours_around(now):
    """From 90 minutes ago to in three hours, once a week: wide enough for a change to or from
    summer time, and over midnight where it is near."""
    minute, day = now.hour * 60 + now.minute, 24 * 60
    parts = []
    for days in (-1, 0, 1):
        start = max(0, minute - 90 - days * day)
        end = min(day, minute + 180 - days * day)
        if start < end:
            weekday = (now.weekday() + days) % 7
            parts.append({"weekdays": [weekday], "start_minute": start, "end_minute": end})
    return parts


async def test_keys_stop_at_the_end_of_a_grant_and_at_the_end_of_its_hours(home, clip):
    async with two_cameras(home, clip) as ids:
        kitchen = ids["Kitchen"]
        body = await everything(home, ids)
        until = home.hub.clock.wall_us() + 2 * HOUR_US
        soon = grant(kitchen, "live", until_us=until)
        now = dt.datetime.fromtimestamp(home.hub.clock.wall_us() / 1e6).astimezone()
        timed = grant(kitchen, "live", hours=hours_around(now))
        async with (
            home.member("Until", "guest", [soon]) as ending,
            home.member("Hours", "guest", [timed]) as at_hours,
        ):
            clock = turn(home)
            for browser in (ending, at_hours):
                assert (await got(browser, body))[0] == {(kitchen, "live")}
            clock.ahead_us = 6 * HOUR_US
            for browser in (ending, at_hours):
                keys, refused = await got(browser, body)
                assert keys == set()
                assert set(refused.values()) == {"no_such_camera"}
                assert await browser.get("/api/cameras") == []
                assert (await browser.get("/api/session/streams"))["streams"] == []
            clock.ahead_us = 7 * 24 * HOUR_US
            assert (await got(at_hours, body))[0] == {(kitchen, "live")}
            assert (await got(ending, body))[0] == set()


async def test_the_end_of_a_grant_rolls_the_windows_within_seconds(home, clip):
    """A key released a moment before the end opens nothing that is sealed after it."""
    async with two_cameras(home, clip) as ids:
        kitchen = ids["Kitchen"]
        until = home.hub.clock.wall_us() + HOUR_US
        wanted = [grant(kitchen, "live", until_us=until)]
        body = {"live": [{"camera": kitchen, "stream": "main"}]}
        async with home.member("Until", "guest", wanted) as ending, home.browser() as ann:
            before = (await ending.ask("POST", "/api/keys", body)).json()["keys"][0]["writer"]
            clock = turn(home)
            clock.ahead_us = 2 * HOUR_US

            async def has_rolled():
                keys = (await ann.ask("POST", "/api/keys", body)).json()["keys"]
                return all(key["writer"] != before for key in keys)

            await home.wait_for(has_rolled)


async def test_a_grant_that_is_taken_back_ends_at_once_and_is_on_the_ledger(home, clip):
    async with two_cameras(home, clip) as ids:
        kitchen = ids["Kitchen"]
        body = {"live": [{"camera": kitchen, "stream": "main"}]}
        async with home.member("Gwen", "guest", [grant(kitchen, "live")]) as gwen:
            before = (await gwen.ask("POST", "/api/keys", body)).json()["keys"][0]["writer"]
            (own,) = await gwen.get("/api/members")
            path = f"/api/members/{own['id']}/grants"
            assert (await home.control.ask("PUT", path, {"grants": []})).status == 200
            assert (await got(gwen, body))[0] == set()
            async with home.browser() as ann:
                keys = (await ann.ask("POST", "/api/keys", body)).json()["keys"]
                assert before not in {key["writer"] for key in keys}
        lines = (await home.control.ask("GET", "/api/ledger", None, limit=50)).json()["lines"]
        assert {"granted", "refused_release"} <= {line["type"] for line in lines}


async def test_a_grant_does_not_cover_a_camera_that_is_only_tried(home, clip):
    async with (
        two_cameras(home, clip) as ids,
        home.member("All", "guest", [grant(None, "live")]) as g,
    ):
        assert {c["id"] for c in await g.get("/api/cameras")} == set(ids.values())
        url = home.household.roster.running()[0].camera.sources[0].destination
        address = f"rtsp://{url.host}:{url.port}{url.path}"
        trial = await home.add_camera(address, name="Trial", trial=True)
        assert {c["id"] for c in await g.get("/api/cameras")} == set(ids.values())
        body = {"live": [{"camera": trial["id"], "stream": "main"}]}
        assert (await got(g, body))[0] == set()
