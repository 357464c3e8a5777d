"""Signing in and out, its limits, and devices; over a real hub."""

from tests.home import PASSPHRASE


async def test_five_wrong_passphrases_close_the_door(home):
    async with home.browser(is_signed_in=False) as stranger:
        for _ in range(5):
            assert (await stranger.sign_in(passphrase="wrong")).status == 401
        answer = await stranger.sign_in()
        assert (answer.status, answer.json()["error"]) == (429, "too_many_tries")
        assert 1 <= answer.json()["fields"]["retry_seconds"] <= 60
    ledger = (await home.control.ask("GET", "/api/ledger")).json()
    assert sum(line["type"] == "sign_in_failed" for line in ledger["lines"]) == 5


async def test_signing_out_ends_the_session(home):
    ended = []
    home.household.people.on_session_end = ended.append
    async with home.browser() as ann:
        cookies = {c.key: c.value for c in ann.session.cookie_jar}
        assert (await ann.ask("DELETE", "/api/session")).headers["Clear-Site-Data"]
        ann.session.cookie_jar.clear()
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in cookies.items())}
        assert (await ann.ask("GET", "/api/session", headers=headers)).status == 401
    assert len(ended) == 1


async def test_a_removed_device_is_out_at_once(home):
    async with home.browser() as ann, home.browser() as phone:
        devices = await ann.get("/api/devices")
        assert [d["this"] for d in devices].count(True) == 1
        assert (await ann.ask("DELETE", f"/api/devices/{phone.device_id}")).status == 204
        assert (await phone.ask("GET", "/api/cameras")).status == 401
        assert (await ann.ask("GET", "/api/cameras")).status == 200


async def test_a_known_device_is_recognised_and_a_borrowed_id_is_not(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as other:
        body = {"member": "Ann", "passphrase": PASSPHRASE}
        again = await ann.ask(
            "POST", "/api/session", {**body, "device": {**ann.device, "id": ann.device_id}}
        )
        assert again.json()["device_id"] == ann.device_id
        borrowed = await other.ask(
            "POST", "/api/session", {**body, "device": {**other.device, "id": ann.device_id}}
        )
        assert borrowed.json()["device_id"] != ann.device_id


async def test_a_device_key_must_be_one(home):
    async with home.browser(is_signed_in=False) as stranger:
        for key in ("A" * 44, "!" * 44, "A" * 43 + "="):
            device = {"name": "x", "public_key": key}
            body = {"member": "Ann", "passphrase": PASSPHRASE, "device": device}
            answer = await stranger.ask("POST", "/api/session", body)
            assert answer.json()["error"] == "bad_device_key", key
