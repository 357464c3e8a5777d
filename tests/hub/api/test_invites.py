"""Somebody is invited and joins: once, in time, with what the owner granted; over a real hub."""

import asyncio
import hashlib
from base64 import b64decode
from urllib.parse import parse_qs, urlsplit

from tests.home import PASSPHRASE

LIVE = {"camera": None, "capabilities": ["live", "still"]}


async def test_an_invite_shows_what_it_is_for_and_lets_one_person_in(home):
    made = await home.invite("Gwen", "guest", [LIVE])
    async with home.browser(is_signed_in=False) as gwen:
        look = await gwen.ask("POST", "/api/invites/look", {"secret": made["secret"]})
        seen = look.json()
        assert (look.status, seen["household"]["name"], seen["role"]) == (200, "Home", "guest")
        assert seen["grants"][0]["capabilities"] == ["live", "still"]
        assert seen["needs_passphrase"]
        answer = await gwen.join(made["secret"])
        assert (answer.status, answer.json()["role"]) == (200, "guest")
        assert (await gwen.get("/api/session"))["member"] == "Gwen"
        (own,) = await gwen.get("/api/members")
        assert own["this"]
        assert own["grants"][0]["holds"]
    async with home.browser(is_signed_in=False) as second:
        again = await second.join(made["secret"])
        assert (again.status, again.json()["error"]) == (404, "no_such_invite")


async def test_only_the_first_of_two_at_once_joins(home):
    made = await home.invite("Gwen")
    async with home.browser(is_signed_in=False) as one, home.browser(is_signed_in=False) as two:
        answers = await asyncio.gather(one.join(made["secret"]), two.join(made["secret"]))
    assert sorted(answer.status for answer in answers) == [200, 404]
    members = (await home.control.ask("GET", "/api/members")).json()
    assert [m["name"] for m in members].count("Gwen") == 1


async def test_the_address_carries_secret_and_fingerprint_behind_the_hash(home):
    async with home.browser() as ann:
        answer = await ann.ask(
            "POST", "/api/invites", {"name": "Wall", "role": "display", "grants": [LIVE]}
        )
        made = answer.json()
        url = urlsplit(made["url"])
        assert (url.scheme, url.netloc, url.path, url.query) == ("http", "hub.test", "/join", "")
        fragment = parse_qs(url.fragment)
        assert fragment["secret"] == [made["secret"]]
        seen = (await ann.ask("POST", "/api/invites/look", {"secret": made["secret"]})).json()
        key = b64decode(seen["public_key"])
        assert fragment["key"] == [hashlib.sha256(key).hexdigest()[:32]]
        assert "secret" not in (await ann.get("/api/invites"))[0]


async def test_a_display_joins_without_a_passphrase_and_cannot_sign_in_with_one(home):
    async with home.member("Wall", "display", [LIVE]) as wall:
        assert (await wall.get("/api/session"))["role"] == "display"
    found = next(m for m in home.household.people.members.values() if m.name == "Wall")
    assert found.integration == "Wall"  # or switching off every integration would leave it on
    async with home.browser(is_signed_in=False) as stranger:
        for passphrase in ("", PASSPHRASE):
            assert (await stranger.sign_in("Wall", passphrase)).status == 401


async def test_a_passphrase_that_can_be_guessed_uses_nothing_up(home):
    made = await home.invite("Gwen")
    async with home.browser(is_signed_in=False) as gwen:
        weak = await gwen.join(made["secret"], "Gwen Home")
        assert (weak.status, weak.json()["error"]) == (422, "weak_passphrase")
        missing = await gwen.join(made["secret"], None)
        assert missing.status == 422
        assert (await gwen.join(made["secret"])).status == 200


async def test_a_revoked_or_expired_invite_lets_nobody_in(home, monkeypatch):
    revoked = await home.invite("Rob")
    path = f"/api/invites/{revoked['id']}"
    assert (await home.control.ask("DELETE", path)).status == 204
    assert (await home.control.ask("DELETE", path)).status == 404
    short = await home.invite("Sue", until_us=home.hub.clock.wall_us() + 60_000_000)
    later = home.hub.clock.wall_us() + 61_000_000
    monkeypatch.setattr(home.household.clock, "wall_us", lambda: later, raising=False)
    async with home.browser(is_signed_in=False) as someone:
        for made in (revoked, short):
            assert (await someone.join(made["secret"])).status == 404
    assert (await home.control.ask("GET", "/api/invites")).json() == []


async def test_guessing_secrets_is_slowed_down_by_address(home):
    async with home.browser(is_signed_in=False) as guesser:
        found = [
            (await guesser.ask("POST", "/api/invites/look", {"secret": f"guess {n}"})).status
            for n in range(6)
        ]
        assert found == [404] * 5 + [429]
        made = await home.invite("Gwen")
        elsewhere = {"X-Forwarded-For": "192.0.2.9"}
        answer = await guesser.ask(
            "POST", "/api/invites/look", {"secret": made["secret"]}, headers=elsewhere
        )
        assert answer.status == 200


async def test_an_invite_that_makes_no_sense_is_not_made(home):
    async def ask(**changes):
        body = {"name": "Gwen", "role": "guest", "grants": [LIVE], **changes}
        answer = await home.control.ask("POST", "/api/invites", body)
        return answer.status, answer.json()["error"]

    now = home.hub.clock.wall_us()
    assert await ask(name="ANN") == (409, "name_in_use")
    assert await ask(name="  ") == (422, "no_name")
    assert await ask(role="owner") == (409, "owner_needs_no_grant")
    assert await ask(until_us=now - 1) == (422, "bad_range")
    assert await ask(until_us=now + 8 * 24 * 3_600_000_000) == (422, "bad_range")
    assert await ask(grants=[{**LIVE, "camera": "ab" * 16}]) == (404, "no_such_camera")
    assert await ask(grants=[{**LIVE, "until_us": now - 1}]) == (422, "bad_range")


async def test_everything_about_an_invite_is_on_the_ledger_and_its_secret_is_not(home):
    made = await home.invite("Gwen", "guest", [LIVE])
    async with home.browser(is_signed_in=False) as gwen:
        await gwen.join(made["secret"])
    answer = await home.control.ask("GET", "/api/ledger", None, limit=50)
    types = [line["type"] for line in answer.json()["lines"]]
    for wanted in ("invited", "invite_used", "member_added", "granted", "device_enrolled"):
        assert wanted in types
    assert made["secret"].encode() not in answer.body


async def test_a_person_of_two_households_has_two_sign_ins(home, tmp_path):
    """Each household has its own cookie, member and device; leaving one leaves the other alone."""
    from tests.home import running_hub, set_up

    async with running_hub(tmp_path / "data" / "households" / ("77" * 16)) as second:
        await set_up(second)
        async with home.member("Gwen") as here, second.member("Gwen") as there:
            names = {cookie.key for b in (here, there) for cookie in b.session.cookie_jar}
            assert len(names) == 2
            assert (await home.control.ask("GET", "/api/members")).status == 200
            members = (await home.control.ask("GET", "/api/members")).json()
            gwen = next(m for m in members if m["name"] == "Gwen")
            gone = await home.control.ask("DELETE", f"/api/members/{gwen['id']}")
            assert gone.status == 204
            assert (await here.ask("GET", "/api/session")).status == 401
            assert (await there.get("/api/session"))["member"] == "Gwen"
