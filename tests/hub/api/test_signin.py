"""Sign-in in steps over a real hub: what lets in, what does not, and what is not told."""

import pytest

from keepsight.core.clock import SystemClock
from keepsight.hub.signin.signin import STRANGER_LINES_PER_MINUTE
from tests.home import HOUSEHOLD, PASSPHRASE, running_hub, set_up
from tests.hub.api.factor_steps import AtHome, add_totp, next_code

NEW = "velvet harbour spindle cactus"


async def half(browser, passphrase=PASSPHRASE):
    answer = await browser.sign_in(passphrase=passphrase)
    assert answer.status == 202, answer.body
    return answer.json()


async def factor(browser, ticket, kind, code):
    body = {"ticket": ticket, "kind": kind, "code": code}
    return await browser.ask("POST", "/api/session/factor", body)


async def test_a_one_time_code_is_the_second_step_once(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as other:
        totp = await add_totp(ann)
        begun = await half(other)
        assert begun["factors"] == ["totp"]
        assert (await other.ask("GET", "/api/cameras")).status == 401
        code = next_code(totp, SystemClock())
        answer = await factor(other, begun["ticket"], "totp", code)
        assert answer.status == 200, answer.body
        assert (await other.ask("GET", "/api/cameras")).status == 200
        # Neither the ticket nor the code is good twice.
        again = await factor(other, begun["ticket"], "totp", code)
        assert (again.status, again.json()["error"]) == (401, "ticket_expired")
        third = await half(other)
        assert (await factor(other, third["ticket"], "totp", code)).status == 401


async def test_five_wrong_codes_close_the_ticket_and_then_the_name(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as other:
        await add_totp(ann)
        begun = await half(other)
        for _ in range(5):
            assert (await factor(other, begun["ticket"], "totp", "000000")).status == 401
        closed = await factor(other, begun["ticket"], "totp", "000000")
        assert closed.json()["error"] == "ticket_expired"
        assert (await other.sign_in()).status == 429


async def test_a_new_passphrase_voids_what_was_begun_with_the_old_one(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as thief:
        totp = await add_totp(ann)
        begun = await half(thief)
        change = {"current": PASSPHRASE, "passphrase": NEW}
        assert (await ann.ask("POST", "/api/session/passphrase", change)).status == 204
        answer = await factor(thief, begun["ticket"], "totp", next_code(totp, SystemClock()))
        assert (answer.status, answer.json()["error"]) == (401, "ticket_expired")


@pytest.mark.parametrize("ticket", ["x" * 43, "é" * 30])
async def test_a_ticket_of_nobody_opens_nothing(home, ticket):
    async with home.browser(is_signed_in=False) as stranger:
        for path, body in (
            ("/api/session/factor", {"kind": "totp", "code": "123456"}),
            ("/api/session/factor/mail", {}),
            ("/api/session/passkey/options", {}),
            ("/api/session/forgot/mail", {}),
        ):
            answer = await stranger.ask("POST", path, {**body, "ticket": ticket})
            assert (answer.status, answer.json()["error"]) == (401, "ticket_expired"), path


async def test_a_recovery_code_stands_in_for_a_lost_phone_once(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as other:
        await add_totp(ann)
        codes = (await ann.ask("POST", "/api/factors/recovery-codes", {})).json()["codes"]
        begun = await half(other)
        assert begun["factors"] == ["totp", "recovery_code"]
        assert (
            await factor(other, begun["ticket"], "recovery_code", codes[0].lower())
        ).status == 200
        begun = await half(other)
        assert (await factor(other, begun["ticket"], "recovery_code", codes[0])).status == 401
        assert (await ann.get("/api/factors"))["recovery_codes_left"] == 9


async def test_a_passkey_signs_in_alone_and_as_second_step(home):
    async with home.browser(is_signed_in=False) as browser:
        ann = AtHome(browser)
        assert (await ann.sign_in(PASSPHRASE)).status == 200
        device = await ann.add_passkey()
        begun = await ann.sign_in(PASSPHRASE)
        assert (begun.status, begun.json()["factors"]) == (202, ["passkey"])
        ticket = begun.json()["ticket"]
        passkey = await ann.passkey_answer(device, ticket=ticket)
        body = {"ticket": ticket, "kind": "passkey", "passkey": passkey}
        assert (await ann.ask("POST", "/api/session/factor", body)).status == 200
        alone = {**await ann.passkey_answer(device), "device": browser.device}
        assert (await ann.ask("POST", "/api/session/passkey", alone)).status == 200
        replayed = await ann.ask("POST", "/api/session/passkey", alone)
        assert replayed.json()["error"] == "stale_challenge"
        factors = {s["factor"] for s in (await ann.ask("GET", "/api/sessions")).json()}
        assert "passkey" in factors


async def test_a_challenge_for_one_purpose_serves_no_other(home):
    async with home.browser(is_signed_in=False) as browser:
        ann = AtHome(browser)
        await ann.sign_in(PASSPHRASE)
        device = await ann.add_passkey()
        confirming = await ann.passkey_answer(device, "/api/session/confirm/options")
        body = {**confirming, "device": browser.device}
        assert (await ann.ask("POST", "/api/session/passkey", body)).status == 401


async def test_an_unknown_passkey_and_an_address_without_a_name(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as browser:
        plain = await ann.ask("POST", "/api/session/passkey/options", {})
        assert (plain.status, plain.json()["error"]) == (422, "no_passkeys_here")
        from tests.hub.authenticator import Authenticator

        stranger = AtHome(browser)
        answer = await stranger.passkey_answer(Authenticator(origin="https://home.example"))
        body = {**answer, "device": browser.device}
        refused = await stranger.ask("POST", "/api/session/passkey", body)
        assert (refused.status, refused.json()["error"]) == (401, "bad_passkey")


async def test_names_that_exist_and_names_that_do_not_are_answered_alike(home):
    async with home.browser(is_signed_in=False) as stranger:
        answers = []
        for name in ("Ann", "Nobody"):
            wrong = await stranger.sign_in(name, "wrong")
            forgot = await stranger.ask("POST", "/api/session/forgot", {"member": name})
            ticket = forgot.json().pop("ticket")
            mail = await stranger.ask("POST", "/api/session/forgot/mail", {"ticket": ticket})
            body = {"ticket": ticket, "kind": "recovery_code", "code": "x", "passphrase": NEW}
            reset = await stranger.ask("POST", "/api/session/forgot/reset", body)
            answers.append(
                (wrong.status, wrong.body, forgot.status, len(forgot.body), mail.status,
                 mail.body, reset.status, reset.body)
            )  # fmt: skip
        assert answers[0] == answers[1]


async def test_a_recovery_code_chooses_a_new_passphrase_and_signs_nobody_in(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as other:
        codes = (await ann.ask("POST", "/api/factors/recovery-codes", {})).json()["codes"]
        ticket = (await other.ask("POST", "/api/session/forgot", {"member": "ann"})).json()[
            "ticket"
        ]
        body = {"ticket": ticket, "kind": "recovery_code", "code": codes[3], "passphrase": NEW}
        weak = await other.ask("POST", "/api/session/forgot/reset", {**body, "passphrase": "short"})
        assert weak.json()["error"] == "weak_passphrase"  # and the code is not used up by it
        assert (await other.ask("POST", "/api/session/forgot/reset", body)).status == 204
        assert (await other.ask("GET", "/api/cameras")).status == 401
        assert (await ann.ask("GET", "/api/cameras")).status == 401  # her sessions ended
        assert (await other.sign_in()).status == 401
        assert (await other.sign_in(passphrase=NEW)).status == 200


async def test_the_new_passphrase_unlocks_and_the_old_one_does_not(tmp_path, cheap_argon2):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        await set_up(home, starts_unattended=False)
        async with home.browser() as ann:
            body = {"current": PASSPHRASE, "passphrase": NEW}
            assert (await ann.ask("POST", "/api/session/passphrase", body)).status == 204
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as ann:
        locked = await ann.ask("POST", "/api/session/passkey/options", {})
        assert (locked.status, locked.json()["error"]) == (409, "locked")
        assert (await ann.sign_in()).status == 401
        assert (await ann.sign_in(passphrase=NEW)).status == 200


async def test_failures_are_on_the_ledger_and_outlive_a_restart(tmp_path, cheap_argon2):
    directory = tmp_path / "data" / "households" / HOUSEHOLD
    async with running_hub(directory) as home:
        await set_up(home)
        async with home.browser(is_signed_in=False) as stranger:
            for _ in range(5):
                assert (await stranger.sign_in(passphrase="wrong")).status == 401
    async with running_hub(directory) as home, home.browser(is_signed_in=False) as stranger:
        assert (await stranger.sign_in()).status == 429


async def test_passkeys_that_prove_nothing_do_not_fill_the_ledger(home):
    async with home.browser(is_signed_in=False) as stranger:
        body = {"challenge": "c" * 22, "answer": {}, "device": stranger.device}
        for _ in range(STRANGER_LINES_PER_MINUTE + 5):
            assert (await stranger.ask("POST", "/api/session/passkey", body)).status == 401
    lines = (await home.control.get("/api/ledger", limit=200))["lines"]
    failed = [line for line in lines if line["type"] == "sign_in_failed"]
    assert len(failed) == STRANGER_LINES_PER_MINUTE


async def test_a_failed_recovery_is_noted_for_whom_it_was_so_that_it_goes_with_them(home):
    async with home.browser(is_signed_in=False) as stranger:
        forgot = await stranger.ask("POST", "/api/session/forgot", {"member": "Ann"})
        body = {"ticket": forgot.json()["ticket"], "kind": "recovery_code", "code": "0000"}
        reset = await stranger.ask("POST", "/api/session/forgot/reset", {**body, "passphrase": NEW})
        assert reset.status == 401
    (ann,) = home.household.people.members
    (line,) = (await home.control.get("/api/ledger", type="sign_in_failed"))["lines"]
    assert (line["name"], line["member"]) == ("Ann", ann.hex())
