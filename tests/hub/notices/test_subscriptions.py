"""Addresses of browsers outlive a restart sealed, end with their service, and open egress no wider
than they need."""

import pytest

from keepsight.hub.egress import EgressError
from keepsight.hub.notices import subscriptions as module
from keepsight.hub.notices.push import PushHosts, read_target
from keepsight.hub.notices.subscriptions import PushSettings, Subscriptions
from tests.push_service import PushBrowser

SECRET = "a-part-that-nobody-guesses"
FCM = f"https://fcm.googleapis.com/fcm/send/{SECRET}"
MOZILLA = "https://updates.push.services.mozilla.com/wpush/v2/abc"
OWN = PushSettings(is_allowed=True, services=PushHosts(hosts=(("push.example.org", 8443),)))


def target(endpoint=FCM):
    given = PushBrowser(endpoint).subscription
    return read_target(endpoint, **given["keys"], hosts=OWN.services.hosts)


@pytest.fixture
async def ann(home):
    """Her member id and her device's."""
    async with home.browser() as browser:
        yield next(iter(home.household.people.members)), bytes.fromhex(browser.device_id)


def allowed(home):
    return {c.host for c in home.household.egress.contacts() if c.is_allowed}


async def again(home):
    loaded = Subscriptions(home.household, home.household.notices._store)
    await loaded.load()
    return loaded


async def test_a_subscription_outlives_a_restart_and_lies_sealed(home, ann):
    member, device = ann
    subscriptions = home.household.notices.subscriptions
    await subscriptions.change(OWN, by="local")
    made = await subscriptions.put(device, member, target())
    loaded = await again(home)
    assert loaded.of(member) == [made]
    assert loaded.settings == OWN
    assert loaded.pusher.public_point == subscriptions.pusher.public_point
    home.household.store.engine.dispose()
    for path in home.directory.rglob("*"):
        if path.is_file():
            assert SECRET.encode() not in path.read_bytes(), path


async def test_the_hub_reaches_the_services_of_its_browsers_and_no_other(home, ann):
    member, device = ann
    subscriptions = home.household.notices.subscriptions
    await subscriptions.put(device, member, target())
    assert allowed(home) == set(), "no owner has allowed push"
    await subscriptions.change(OWN, by="local")
    assert allowed(home) == {"fcm.googleapis.com"}
    await subscriptions.put(b"t" * 16, member, target(MOZILLA))
    assert allowed(home) == {"fcm.googleapis.com", "updates.push.services.mozilla.com"}
    await subscriptions.drop_host("fcm.googleapis.com", 443, by="local")
    assert allowed(home) == {"updates.push.services.mozilla.com"}
    assert subscriptions.find(device) is None
    await subscriptions.change(PushSettings(), by="local")
    assert allowed(home) == set()
    assert subscriptions.find(b"t" * 16) is not None


async def test_without_its_service_a_subscription_ends(home, ann):
    member, device = ann
    subscriptions = home.household.notices.subscriptions
    await subscriptions.change(OWN, by="local")
    await subscriptions.put(device, member, target("https://push.example.org:8443/x"))
    assert allowed(home) == {"push.example.org"}
    await subscriptions.change(PushSettings(is_allowed=True), by="local")
    assert subscriptions.of(member) == []
    assert allowed(home) == set()
    assert (await again(home)).of(member) == []


async def test_a_browser_belongs_to_who_signed_in_there_last(home, ann):
    member, device = ann
    subscriptions = home.household.notices.subscriptions
    await subscriptions.put(device, member, target())
    await subscriptions.put(b"n" * 16, b"o" * 16, target())
    assert subscriptions.of(member) == []
    assert len(subscriptions.of(b"o" * 16)) == 1


async def test_subscriptions_are_bounded(home, ann, monkeypatch):
    member, device = ann
    monkeypatch.setattr(module, "SUBSCRIPTIONS_MAX", 1)
    subscriptions = home.household.notices.subscriptions
    await subscriptions.put(device, member, target())
    with pytest.raises(EgressError):
        await subscriptions.put(b"n" * 16, member, target(MOZILLA))
    await subscriptions.put(device, member, target(MOZILLA))
    assert len(subscriptions.of(member)) == 1


async def test_dropping_what_is_not_there_says_so(home, ann):
    subscriptions = home.household.notices.subscriptions
    assert not await subscriptions.drop(ann[1], by="local")
    await subscriptions.put(ann[1], ann[0], target())
    assert await subscriptions.drop(ann[1], by="local")
