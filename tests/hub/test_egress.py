"""Nothing leaves that was not allowed, and what left is kept with its times; with a hand clock."""

import pytest

from keepsight.hub import egress as module
from keepsight.hub.egress import Contact, Egress, EgressError
from tests.hub.clocks import HandClock


@pytest.fixture
def kept():
    return []


@pytest.fixture
def egress(kept):
    async def keep(contact):
        kept.append(contact)

    return Egress(HandClock(), [], keep)


async def test_by_default_nobody_may_be_reached(egress):
    assert egress.contacts() == []
    for purpose in module.PURPOSES:
        with pytest.raises(EgressError):
            await egress.reach(purpose, "mail.example", 465)
    assert egress.contacts() == []


async def test_what_is_reached_is_kept_with_its_times(egress, kept):
    await egress.allow("mail", "Mail.Example", 465)
    await egress.reach("mail", "mail.example", 465)
    egress._clock.tick(60)
    await egress.reach("mail", "MAIL.example", 465)
    (contact,) = egress.contacts()
    assert contact == kept[-1]
    assert contact.count == 2
    assert contact.last_us - contact.first_us == 60_000_000


async def test_other_purposes_ports_and_hosts_stay_closed(egress):
    await egress.allow("mail", "mail.example", 465)
    for purpose, host, port in (
        ("push", "mail.example", 465),
        ("mail", "mail.example", 25),
        ("mail", "evil.example", 465),
    ):
        with pytest.raises(EgressError):
            await egress.reach(purpose, host, port)


async def test_a_new_host_closes_the_old_one_but_does_not_hide_it(egress):
    await egress.allow("mail", "old.example", 465)
    await egress.reach("mail", "old.example", 465)
    await egress.allow("mail", "new.example", 465)
    with pytest.raises(EgressError):
        await egress.reach("mail", "old.example", 465)
    assert [(c.host, c.is_allowed, c.count) for c in egress.contacts()] == [
        ("new.example", True, 0),
        ("old.example", False, 1),
    ]
    await egress.forbid("mail")
    with pytest.raises(EgressError):
        await egress.reach("mail", "new.example", 465)


async def test_what_cannot_be_written_down_is_not_reached():
    async def full(_contact):
        raise OSError("disk full")

    egress = Egress(HandClock(), [Contact("mail", "mail.example", 465, is_allowed=True)], full)
    with pytest.raises(OSError, match="full"):
        await egress.reach("mail", "mail.example", 465)


async def test_purposes_and_hosts_are_bounded(egress, monkeypatch):
    with pytest.raises(EgressError):
        await egress.allow("telemetry", "vendor.example", 443)
    monkeypatch.setattr(module, "HOSTS_MAX", 2)
    await egress.allow("mail", "a.example", 465)
    await egress.allow("mail", "b.example", 465)
    with pytest.raises(EgressError):
        await egress.allow("mail", "c.example", 465)


async def test_a_purpose_may_have_several_hosts_and_they_go_alone(egress):
    await egress.allow_only("push", [("a.example", 443), ("B.example", 8443)])
    await egress.reach("push", "a.example", 443)
    await egress.reach("push", "b.example", 8443)
    await egress.allow_only("push", [("b.example", 8443)])
    with pytest.raises(EgressError):
        await egress.reach("push", "a.example", 443)
    await egress.reach("push", "b.example", 8443)


async def test_too_many_hosts_change_nothing(egress, monkeypatch):
    monkeypatch.setattr(module, "HOSTS_MAX", 2)
    await egress.allow_only("push", [("a.example", 443), ("b.example", 443)])
    with pytest.raises(EgressError):
        await egress.allow_only("push", [("c.example", 443)])
    await egress.reach("push", "a.example", 443)
