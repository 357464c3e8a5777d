"""Being asked once more, another passphrase, and one's sessions; over a real hub."""

from tests.home import PASSPHRASE
from tests.hub.api.factor_steps import AtHome

NEW = "velvet harbour spindle cactus"


async def test_a_passphrase_or_a_passkey_confirms(home):
    async with home.browser(is_signed_in=False) as browser:
        ann = AtHome(browser)
        await ann.sign_in(PASSPHRASE)
        device = await ann.add_passkey()
        signin = home.household.signin
        for wrong in ({}, {"passphrase": "wrong"}):
            signin._confirmed.clear()
            answer = await ann.ask("POST", "/api/session/confirm", wrong)
            assert (answer.status, answer.json()["error"]) == (422, "wrong_current")
            assert not signin._confirmed
        await ann.ask("POST", "/api/session/confirm", {"passphrase": PASSPHRASE})
        assert signin._confirmed
        signin._confirmed.clear()
        passkey = await ann.passkey_answer(device, "/api/session/confirm/options")
        body = {"passkey": passkey}
        assert (await ann.ask("POST", "/api/session/confirm", body)).status == 204
        assert signin._confirmed
        replayed = await ann.ask("POST", "/api/session/confirm", body)
        assert replayed.json()["error"] == "stale_challenge"


async def test_guessing_at_the_question_is_limited_too(home):
    async with home.browser() as ann:
        for _ in range(5):
            await ann.ask("POST", "/api/session/confirm", {"passphrase": "wrong"})
        answer = await ann.ask("POST", "/api/session/confirm", {"passphrase": PASSPHRASE})
        assert answer.status == 429


async def test_changing_the_passphrase_needs_the_old_one_and_ends_other_sessions(home):
    async with home.browser() as ann, home.browser() as phone:
        for body, error in (
            ({"current": "wrong", "passphrase": NEW}, "wrong_current"),
            ({"current": PASSPHRASE, "passphrase": "short"}, "weak_passphrase"),
            ({"current": PASSPHRASE, "passphrase": "Home Ann keepsight 2024"}, "weak_passphrase"),
        ):
            answer = await ann.ask("POST", "/api/session/passphrase", body)
            assert (answer.status, answer.json()["error"]) == (422, error)
        body = {"current": PASSPHRASE, "passphrase": NEW}
        assert (await ann.ask("POST", "/api/session/passphrase", body)).status == 204
        assert (await ann.ask("GET", "/api/cameras")).status == 200
        assert (await phone.ask("GET", "/api/cameras")).status == 401


async def test_sessions_are_listed_and_ended_one_by_one(home):
    ended = []
    home.household.people.on_session_end = ended.append
    async with home.browser() as ann, home.browser() as phone, home.browser() as tablet:
        listed = await ann.get("/api/sessions")
        assert len(listed) == 3
        assert [entry["this"] for entry in listed].count(True) == 1
        assert {entry["factor"] for entry in listed} == {"passphrase"}
        assert {entry["path"] for entry in listed} == {"hub.test"}
        theirs = next(e["id"] for e in await phone.get("/api/sessions") if e["this"])
        assert (await ann.ask("DELETE", f"/api/sessions/{theirs}")).status == 204
        assert (await phone.ask("GET", "/api/cameras")).status == 401
        assert (await ann.ask("DELETE", f"/api/sessions/{theirs}")).status == 404
        assert (await ann.ask("DELETE", "/api/sessions")).status == 204
        assert (await tablet.ask("GET", "/api/cameras")).status == 401
        assert (await ann.ask("GET", "/api/cameras")).status == 200
    assert len(ended) >= 2


async def test_signing_in_again_rotates_the_session(home):
    async with home.browser() as ann:
        before = {c.key: c.value for c in ann.session.cookie_jar}
        device = {**ann.device, "id": ann.device_id}
        body = {"member": "Ann", "passphrase": PASSPHRASE, "device": device}
        assert (await ann.ask("POST", "/api/session", body)).status == 200
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in before.items())}
        ann.session.cookie_jar.clear()
        assert (await ann.ask("GET", "/api/session", headers=headers)).status == 401


async def test_a_session_that_nobody_used_for_two_weeks_is_over(home):
    async with home.browser() as ann:
        (session,) = home.household.people.sessions.values()
        from dataclasses import replace

        idle_us = 14 * 24 * 3600 * 1_000_000
        old = replace(session, last_seen_us=session.last_seen_us - idle_us)
        home.household.people.sessions[session.token_hash] = old
        assert (await ann.ask("GET", "/api/cameras")).status == 401
