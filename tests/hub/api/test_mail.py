"""Mail settings over a real hub: owners only, passwords stay, the table of hosts is honest."""

import pytest

from tests.mail_server import PASSWORD, USER, mail_server

pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS:UserWarning", "ignore::DeprecationWarning"
)


def body_for(server, **more):
    return {
        "host": server.host,
        "port": server.port,
        "security": "tls",
        "user": USER,
        "password": PASSWORD,
        "sender": USER,
        "authority_pem": server.authority_pem,
        **more,
    }


async def test_a_test_mail_from_settings_to_mailbox(home, tmp_path):
    with mail_server(tmp_path / "mail") as mailbox:
        async with home.browser() as ann:
            assert (await ann.get("/api/mail"))["server"] is None
            assert await ann.get("/api/egress") == []
            unset = await ann.ask("POST", "/api/mail/test", {"to": "ann@example.org"})
            assert unset.json()["error"] == "no_mail_server"
            assert (await ann.ask("PUT", "/api/mail", body_for(mailbox.server))).status == 204
            shown = (await ann.get("/api/mail"))["server"]
            assert shown["host"] == "localhost"
            assert "password" not in shown
            sent = await ann.ask("POST", "/api/mail/test", {"to": "ann@example.org"})
            assert sent.status == 204, sent.body
            (contact,) = await ann.get("/api/egress")
            assert (contact["host"], contact["count"]) == ("localhost", 1)
            # Without a password the stored one stays; for another host it does not go along.
            again = body_for(mailbox.server, password="")
            await ann.ask("PUT", "/api/mail", again)
            assert (await ann.ask("POST", "/api/mail/test", {"to": "a@b.org"})).status == 204
            await ann.ask("PUT", "/api/mail", {**again, "host": "127.0.0.1"})
            moved = await ann.ask("POST", "/api/mail/test", {"to": "a@b.org"})
            assert moved.json()["error"] == "mail_password"
            assert (await ann.ask("DELETE", "/api/mail")).status == 204
            assert not any(c["is_allowed"] for c in await ann.get("/api/egress"))
    assert len(mailbox.letters) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"port": 0},
        {"host": "a b"},
        {"host": "x/../y"},
        {"sender": "nobody"},
        {"security": "none"},
        {"more": 1},
    ],
)
async def test_bad_settings_are_refused(home, tmp_path, change):
    with mail_server(tmp_path / "mail") as mailbox:
        async with home.browser() as ann:
            answer = await ann.ask("PUT", "/api/mail", {**body_for(mailbox.server), **change})
            assert answer.status == 422
            assert PASSWORD not in answer.body.decode()


async def test_where_mail_goes_is_decided_by_who_is_there(home, tmp_path):
    with mail_server(tmp_path / "mail") as mailbox:
        async with home.browser() as ann:
            home.household.signin._confirmed.clear()
            answer = await ann.ask("PUT", "/api/mail", body_for(mailbox.server))
            assert answer.json()["error"] == "confirm_first"
