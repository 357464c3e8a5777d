"""Owners who said yes hear of a blocked foreign picture by mail, and of nothing else in it."""

from dataclasses import replace

from keepsight.core.secret import Secret
from keepsight.hub.foreignmail import TEXTS
from keepsight.hub.mail import MailServer
from keepsight.seal.frame import Reason

SERVER = MailServer("mail.example.org", 465, "tls", "", Secret(""), "hub@example.org", "")


async def prepare(home, *, says):
    household = home.household
    household.outbox.server = SERVER
    waiting = []
    household.outbox.send_later = waiting.append
    (ann,) = household.people.members.values()
    await household.people.set_email(ann, "ann@example.org", by="local")
    if says is not None:
        await household.consents.say(ann.member_id, "mail", is_given=says, by="local")
    return waiting


async def trip(home, reason="foreign_household"):
    household = home.household
    return await household.suspensions.trip(
        Reason(reason), path="cam.example.org", device_id=b"d" * 16, may_close_path=True
    )


async def test_an_owner_who_agreed_is_told_once(home):
    waiting = await prepare(home, says=True)
    await trip(home)
    await trip(home)
    (letter,) = waiting
    assert letter.to == "ann@example.org"
    assert (letter.subject, letter.text) == TEXTS["en"]


async def test_without_a_yes_or_after_a_no_nobody_is_told(home):
    for says in (None, False):
        waiting = await prepare(home, says=says)
        placed = await trip(home)
        assert placed is not None
        assert waiting == []
        await home.household.suspensions.lift(placed, bytes(16))


async def test_without_a_server_or_an_address_there_is_no_mail(home):
    waiting = await prepare(home, says=True)
    home.household.outbox.server = None
    placed = await trip(home)
    await home.household.suspensions.lift(placed, bytes(16))
    home.household.outbox.server = SERVER
    (ann,) = home.household.people.members.values()
    home.household.people.members[ann.member_id] = replace(ann, email="")
    await trip(home)
    assert waiting == []


def test_the_mail_names_nobody():
    for subject, text in TEXTS.values():
        assert "{" not in subject + text
