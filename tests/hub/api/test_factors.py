"""Enrolling and removing factors over a real hub: recent proof first, the last one with care."""

from dataclasses import replace

import pytest

from tests.home import PASSPHRASE
from tests.hub.api.factor_steps import AtHome, add_totp
from tests.mail_server import mail_server

pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS:UserWarning", "ignore::DeprecationWarning"
)
CHANGES = [
    ("POST", "/api/factors/passkeys/options", {}),
    ("POST", "/api/factors/totp", {}),
    ("POST", "/api/factors/totp/removal", {}),
    ("POST", "/api/factors/recovery-codes", {}),
    ("POST", "/api/factors/email", {"email": "ann@example.org"}),
    ("DELETE", "/api/factors/email", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
async def test_an_old_sign_in_is_asked_once_more(home, method, path, body):
    async with home.browser() as ann:
        home.household.signin._confirmed.clear()
        answer = await ann.ask(method, path, body)
        assert (answer.status, answer.json()["error"]) == (403, "confirm_first")


async def test_what_is_enrolled_is_listed(home):
    async with home.browser(is_signed_in=False) as browser:
        ann = AtHome(browser)
        await ann.sign_in(PASSPHRASE)
        before = (await ann.ask("GET", "/api/factors")).json()
        assert (before["passkeys"], before["totp_since_us"]) == ([], None)
        assert before["passphrase_length_min"] == 15
        await ann.add_passkey("Phone")
        await add_totp(ann)
        found = (await ann.ask("GET", "/api/factors")).json()
        assert [(key["name"], key["rp_id"], key["here"]) for key in found["passkeys"]] == [
            ("Phone", "home.example", True)
        ]
        assert found["totp_since_us"]
        assert found["passphrase_length_min"] == 12
        key = found["passkeys"][0]["id"]
        renamed = await ann.ask("PATCH", f"/api/factors/passkeys/{key}", {"name": "Tablet"})
        assert renamed.status == 204
        listed = (await ann.ask("GET", "/api/factors")).json()["passkeys"]
        assert listed[0]["name"] == "Tablet"


async def test_the_last_factor_leaves_only_a_passphrase_that_stands_alone(home):
    async with home.browser(is_signed_in=False) as browser:
        ann = AtHome(browser)
        await ann.sign_in(PASSPHRASE)
        await ann.add_passkey()
        await add_totp(ann)
        short = {"current": PASSPHRASE, "passphrase": "teapot orbit"}
        assert (await ann.ask("POST", "/api/session/passphrase", short)).status == 204
        assert (await ann.ask("POST", "/api/factors/totp/removal", {})).status == 204
        (key,) = (await ann.ask("GET", "/api/factors")).json()["passkeys"]
        path = f"/api/factors/passkeys/{key['id']}/removal"
        for body, error in (
            ({}, "passphrase_needed"),
            ({"passphrase": "wrong"}, "wrong_passphrase"),
            ({"passphrase": "teapot orbit"}, "weak_passphrase"),
        ):
            assert (await ann.ask("POST", path, body)).json()["error"] == error
        longer = {"current": "teapot orbit", "passphrase": PASSPHRASE}
        assert (await ann.ask("POST", "/api/session/passphrase", longer)).status == 204
        assert (await ann.ask("POST", path, {"passphrase": PASSPHRASE})).status == 204
        assert (await ann.ask("GET", "/api/factors")).json()["passkeys"] == []


async def test_a_wrong_first_code_enrols_nothing(home):
    async with home.browser() as ann:
        await ann.ask("POST", "/api/factors/totp", {})
        answer = await ann.ask("POST", "/api/factors/totp/confirmation", {"code": "000000"})
        assert answer.json()["error"] == "wrong_factor"
        assert (await ann.get("/api/factors"))["totp_since_us"] is None


@pytest.mark.parametrize("key", ["AAAA", "!", "0" * 64])
async def test_a_passkey_of_nobody_cannot_be_changed(home, key):
    async with home.browser() as ann:
        answer = await ann.ask("PATCH", f"/api/factors/passkeys/{key}", {"name": "x"})
        assert answer.status == 404


async def test_a_passkey_is_not_enrolled_twice_or_from_a_foreign_challenge(home):
    async with home.browser(is_signed_in=False) as browser, home.browser(is_signed_in=False) as b:
        ann, other = AtHome(browser), AtHome(b)
        await ann.sign_in(PASSPHRASE)
        await other.sign_in(PASSPHRASE)
        question = (await ann.ask("POST", "/api/factors/passkeys/options", {})).json()
        from tests.hub.authenticator import Authenticator

        device = Authenticator(origin="https://home.example")
        body = {
            "challenge": question["challenge"],
            "answer": device.create(question["options"]),
            "name": "x",
        }
        foreign = await other.ask("POST", "/api/factors/passkeys", body)
        assert foreign.json()["error"] == "stale_challenge"
        await ann.add_passkey()
        huge = {**body, "answer": {"x": "y" * 20_000}}
        assert (await ann.ask("POST", "/api/factors/passkeys", huge)).status == 422


async def test_a_mail_address_is_proved_and_serves_sign_in_as_a_last_resort(home, tmp_path):
    with mail_server(tmp_path / "mail") as mailbox:
        await home.household.outbox.set_server(mailbox.server, by="local")
        async with home.browser() as ann, home.browser(is_signed_in=False) as other:
            bad = await ann.ask("POST", "/api/factors/email", {"email": "no address"})
            assert bad.json()["error"] == "bad_address"
            sent = await ann.ask("POST", "/api/factors/email", {"email": "ann@example.org"})
            assert sent.status == 204, sent.body
            assert (await ann.get("/api/factors"))["email"] == ""
            pin = pin_in(mailbox.letters[-1])
            wrong = await ann.ask("POST", "/api/factors/email/confirmation", {"code": "1" * 8})
            assert wrong.status == 422
            await ann.ask("POST", "/api/factors/email/confirmation", {"code": pin})
            assert (await ann.get("/api/factors"))["email"] == "ann@example.org"
            await add_totp(ann)
            begun = (await other.sign_in()).json()
            assert begun["factors"] == ["totp", "email_pin"]
            asked = await other.ask("POST", "/api/session/factor/mail", {"ticket": begun["ticket"]})
            assert asked.json() == {"to": "a…@e….org"}
            body = {"ticket": begun["ticket"], "kind": "email_pin"}
            pin = pin_in(mailbox.letters[-1])
            assert "Ann" not in mailbox.letters[-1].as_string().replace("ann@", "")
            # Another browser, with a ticket of its own, cannot use this PIN.
            async with home.browser(is_signed_in=False) as thief:
                theirs = {**body, "ticket": (await thief.sign_in()).json()["ticket"], "code": pin}
                assert (await thief.ask("POST", "/api/session/factor", theirs)).status == 401
            body["code"] = pin
            assert (await other.ask("POST", "/api/session/factor", body)).status == 200


async def test_a_mail_server_that_is_down_is_said_at_once(home, tmp_path):
    with mail_server(tmp_path / "mail") as mailbox:
        server = mailbox.server
    await home.household.outbox.set_server(server, by="local")
    async with home.browser() as ann:
        answer = await ann.ask("POST", "/api/factors/email", {"email": "ann@example.org"})
        assert (answer.status, answer.json()["error"]) == (422, "mail_unreachable")
    await home.household.outbox.set_server(replace(server, host="127.0.0.1"), by="local")


def pin_in(letter):
    return next(w for w in letter.get_content().split() if w.isdigit() and len(w) == 8)
