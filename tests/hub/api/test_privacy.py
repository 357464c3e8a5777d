"""Data rights over a real hub: see, copy, correct, agree, delete; the statement; the outside."""

import pytest

from tests.home import simulated_camera

EVERYTHING = {"camera": None, "capabilities": ["live", "still"]}


async def test_everybody_sees_what_is_stored_about_them(home):
    async with home.member("Ben", "member", [EVERYTHING]) as ben:
        found = await ben.get("/api/privacy/mine")
        assert found["member"]["name"] == "Ben"
        counts = {one["name"]: one["count"] for one in found["functions"]}
        assert (counts["devices"], counts["sessions"], counts["grants"]) == (1, 1, 1)
        copy = await ben.ask("GET", "/api/privacy/mine/export")
        assert "attachment" in copy.headers["Content-Disposition"]
        assert copy.json()["member"]["name"] == "Ben"
        assert copy.json()["ledger"][-1]["type"] == "subject_exported"


async def test_a_name_is_corrected_and_signs_in_from_then_on(home):
    async with home.member("Ben", "member") as ben:
        answer = await ben.ask("PATCH", "/api/privacy/mine", {"name": "Benno"})
        assert answer.json() == {"name": "Benno", "email": "", "pin_sent": False}
        taken = await ben.ask("PATCH", "/api/privacy/mine", {"name": "ann"})
        assert (taken.status, taken.json()["error"]) == (409, "name_in_use")
        assert (await ben.sign_in("Benno")).status == 200


async def test_an_address_is_proved_before_it_is_used(home):
    async with home.browser() as ann:
        bad = await ann.ask("PATCH", "/api/privacy/mine", {"email": "nobody"})
        assert bad.json()["error"] == "bad_address"
        no_server = await ann.ask("PATCH", "/api/privacy/mine", {"email": "a@example.org"})
        assert no_server.json()["error"] == "no_mail_server"
        assert (await ann.get("/api/privacy/mine"))["member"]["email"] == ""
        (member,) = home.household.people.members.values()
        await home.household.people.set_email(member, "old@example.org", by="local")
        gone = await ann.ask("PATCH", "/api/privacy/mine", {"email": ""})
        assert gone.json()["email"] == ""


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "/api/privacy/mine", {"name": "Ben"}),
        ("DELETE", "/api/privacy/mine", {"name": "Ann"}),
        ("DELETE", "/api/privacy/egress", {"purpose": "mail", "host": "x", "port": 1}),
    ],
)
async def test_an_old_sign_in_is_asked_once_more(home, method, path, body):
    async with home.browser() as ann:
        home.household.signin._confirmed.clear()
        answer = await ann.ask(method, path, body)
        assert (answer.status, answer.json()["error"]) == (403, "confirm_first")


async def test_an_account_is_deleted_by_its_own_name_only(home):
    async with home.member("Ben", "member") as ben:
        slip = await ben.ask("DELETE", "/api/privacy/mine", {"name": "Ann"})
        assert (slip.status, slip.json()["error"]) == (422, "wrong_name")
        done = await ben.ask("DELETE", "/api/privacy/mine", {"name": "ben"})
        assert done.status == 204
        assert "storage" in done.headers["Clear-Site-Data"]
        assert (await ben.ask("GET", "/api/privacy/mine")).status == 401
        assert (await ben.sign_in("Ben")).status == 401
        verified = await home.control.ask("POST", "/api/ledger/verify")
        assert verified.json()["intact"]


async def test_the_last_owner_is_told_the_way_out(home):
    async with home.browser() as ann:
        answer = await ann.ask("DELETE", "/api/privacy/mine", {"name": "Ann"})
        assert (answer.status, answer.json()["error"]) == (409, "last_owner")
        assert (await ann.get("/api/privacy/mine"))["member"]["role"] == "owner"


async def test_consent_is_given_and_taken_back(home):
    async with home.browser() as ann:
        consents = (await ann.get("/api/privacy/mine"))["functions"]
        before = next(one for one in consents if one["name"] == "consents")["entries"]
        assert before == [
            {"purpose": purpose, "given": False, "at_us": None}
            for purpose in ("mail", "push", "notice_mail")
        ]
        for given in (True, False):
            body = {"purpose": "mail", "given": given}
            said, *others = (await ann.ask("POST", "/api/privacy/consents", body)).json()
            assert said["given"] is given
            assert said["at_us"]
            assert not any(other["given"] for other in others)
        other = await ann.ask("POST", "/api/privacy/consents", {"purpose": "ads", "given": True})
        assert other.status == 422


async def test_the_statement_names_to_each_what_they_may_see(home, clip):
    async with simulated_camera(clip) as camera:
        hall = await home.add_camera(camera.url)
        await home.add_camera(camera.url, name="Cellar")
        only_hall = [{"camera": hall["id"], "capabilities": ["live"]}]
        async with home.browser() as ann, home.member("Gwen", "guest", only_hall) as gwen:
            whole = await ann.get("/api/privacy/statement", language="de")
            assert whole["language"] == "de"
            assert "**Hall**" in whole["text"]
            assert "**Cellar**" in whole["text"]
            part = (await gwen.get("/api/privacy/statement"))["text"]
            assert "**Hall**" in part
            assert "Cellar" not in part
            assert "Only cameras that you may see" in part


async def test_a_host_is_reached_no_more_once_removed(home):
    async with home.browser() as ann:
        assert await ann.get("/api/privacy/egress") == []
        egress = home.household.egress
        await egress.allow("push", "push.example.org", 443)
        await egress.reach("push", "push.example.org", 443)
        host = {"purpose": "push", "host": "push.example.org", "port": 443}
        (left,) = (await ann.ask("DELETE", "/api/privacy/egress", host)).json()
        assert (left["is_allowed"], left["count"]) == (False, 1)
        unknown = await ann.ask("DELETE", "/api/privacy/egress", {**host, "host": "x"})
        assert (unknown.status, unknown.json()["error"]) == (404, "no_such_host")
        async with home.member("Ben", "member") as ben:
            assert (await ben.ask("DELETE", "/api/privacy/egress", host)).status == 403
            assert len(await ben.get("/api/privacy/egress")) == 1


async def test_without_a_mail_server_no_mail_goes_anywhere(home):
    body = {"host": "mail.example.org", "port": 465, "security": "tls", "sender": "a@example.org"}
    async with home.browser() as ann:
        assert (await ann.ask("PUT", "/api/mail", body)).status == 204
        host = {"purpose": "mail", "host": "mail.example.org", "port": 465}
        assert (await ann.ask("DELETE", "/api/privacy/egress", host)).status == 200
        assert home.household.outbox.server is None
