"""Mail settings outlive a restart sealed, queued mail is sent or its error kept; a real server."""

import asyncio
from dataclasses import replace

import pytest

from keepsight.hub.egress import EgressError
from keepsight.hub.mail import MailError
from keepsight.hub.outbox import QUEUE_MAX, Letter, Outbox
from tests.mail_server import PASSWORD, mail_server
from tests.silent_server import silent_server

pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS:UserWarning", "ignore::DeprecationWarning"
)
LETTER = Letter("ann@example.org", "Hello", "text")


async def test_without_a_server_nothing_is_sent_and_nobody_reached(home):
    with pytest.raises(MailError) as error:
        await home.household.outbox.send(LETTER)
    assert error.value.code == "no_mail_server"
    assert home.household.egress.contacts() == []


async def test_settings_outlive_a_restart_and_lie_sealed(home, tmp_path):
    with mail_server(tmp_path / "mail") as mailbox:
        await home.household.outbox.set_server(mailbox.server, by="local")
        again = Outbox(home.household)
        await again.load()
        assert again.server == mailbox.server
        await again.send(LETTER)
    assert len(mailbox.letters) == 1
    home.household.store.engine.dispose()
    for path in home.directory.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
    (contact,) = home.household.egress.contacts()
    assert (contact.purpose, contact.count) == ("mail", 1)


async def test_what_waits_is_sent_and_errors_are_kept(home, tmp_path):
    outbox = home.household.outbox
    with mail_server(tmp_path / "mail") as mailbox:
        await outbox.set_server(mailbox.server, by="local")
        mailbox.refuses = "550 no such mailbox"
        outbox.send_later(LETTER)

        async def failed():
            return outbox.last_error == "mail_refused"

        await home.wait_for(failed)
        mailbox.refuses = ""
        outbox.send_later(LETTER)

        async def arrived():
            return mailbox.letters

        await home.wait_for(arrived)

        async def forgotten():
            return outbox.last_error == ""

        await home.wait_for(forgotten)


async def test_taking_the_server_away_closes_the_way_out(home, tmp_path):
    outbox = home.household.outbox
    with mail_server(tmp_path / "mail") as mailbox:
        await outbox.set_server(mailbox.server, by="local")
        await outbox.set_server(None, by="local")
        with pytest.raises(MailError):
            await outbox.send(LETTER)
        outbox.server = mailbox.server  # even so
        with pytest.raises(EgressError):
            await outbox.send(LETTER)
        assert mailbox.greetings == []


async def test_the_queue_is_bounded(home):
    outbox = Outbox(home.household)
    for _ in range(QUEUE_MAX + 3):
        outbox.send_later(LETTER)
    assert outbox.last_error == "mail_queue_full"


@pytest.mark.parametrize("damage", [{"host": "x"}, {"sealed_password": "!"}, []])
async def test_damaged_settings_are_as_none(home, damage):
    household = home.household
    values = {"mail_server": damage}
    await household.sql(household.store.write_settings, household.household_id, values)
    again = Outbox(household)
    await again.load()
    assert again.server is None


async def test_a_stop_while_a_server_keeps_silent_ends_the_sending_at_once(home, tmp_path):
    outbox = Outbox(home.household)
    with mail_server(tmp_path / "mail") as mailbox:
        server = mailbox.server
    async with silent_server(b"220 here\r\n", folder=tmp_path / "mail") as silence:
        await outbox.set_server(replace(server, port=silence.port), by="local")
        outbox.send_later(LETTER)
        outbox.send_later(LETTER)
        sending = asyncio.ensure_future(outbox.run())
        async with asyncio.timeout(20):
            await silence.reached.wait()
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
        assert sending.cancelled()
