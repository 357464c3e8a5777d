"""How it went is remembered and outlives a restart; queues are bounded; a broken hand goes on."""

import pytest

from keepsight.hub.notices import delivery as module
from keepsight.hub.notices.delivery import QUEUE_MAX, Delivery, DeliveryError, Errand
from keepsight.hub.notices.outcome import HOUSEHOLD

MEMBER, PHONE = b"m" * 16, b"p" * 16


def fresh(home, may_still=lambda _errand: True):
    notices = home.household.notices
    return Delivery(home.household, notices._store, notices.subscriptions, may_still)


async def test_outcomes_are_kept_per_place_and_outlive_a_restart(home):
    delivery = fresh(home)
    await delivery.note(MEMBER, "push", PHONE)
    await delivery.note(MEMBER, "push", PHONE, "push_busy")
    await delivery.note(MEMBER, "mail")
    again = fresh(home)
    await again.load()
    failed, sent = again.outcome(MEMBER, "push", PHONE), again.outcome(MEMBER, "mail")
    assert (failed.error, failed.sent_us is not None) == ("push_busy", True)
    assert failed.error_us >= failed.sent_us
    assert (sent.error, sent.error_us) == ("", None)
    await again.note(MEMBER, "push", PHONE)
    assert again.outcome(MEMBER, "push", PHONE).error == ""
    again.forget(place=PHONE)
    assert again.outcome(MEMBER, "push", PHONE).sent_us is None
    assert again.outcome(MEMBER, "mail") == sent
    again.forget(member_id=MEMBER)
    assert again.outcome(MEMBER, "mail").sent_us is None


async def test_outcomes_are_bounded(home, monkeypatch):
    monkeypatch.setattr(module, "OUTCOMES_MAX", 2)
    delivery = fresh(home)
    for number in range(4):
        await delivery.note(MEMBER, "push", bytes([number]) * 16)
    assert len(delivery._outcomes) == 2


async def test_what_does_not_fit_is_dropped_and_nobody_waits(home, caplog):
    delivery = fresh(home)
    for _ in range(QUEUE_MAX + 3):
        delivery.hand_over(Errand("push", MEMBER, PHONE))
    assert delivery._queue.qsize() == QUEUE_MAX
    assert "dropped" in caplog.text


async def test_a_hand_that_meets_a_bug_goes_on(home, caplog):
    ann = next(iter(home.household.people.members))
    calls = []

    def breaks(errand):
        calls.append(errand)
        raise RuntimeError("a bug")

    delivery = fresh(home, breaks)
    async with module.asyncio.TaskGroup() as tasks:
        running = tasks.create_task(delivery.work())
        for _ in range(20):
            delivery.hand_over(Errand("mail", ann))

        async def all_tried():
            return len(calls) == 20

        await home.wait_for(all_tried)
        running.cancel()
    assert "was not sent" in caplog.text


async def test_a_browser_that_is_not_subscribed_is_not_woken(home):
    with pytest.raises(DeliveryError) as error:
        await fresh(home).push(PHONE, {"v": 1}, b"test")
    assert error.value.code == "no_subscription"


async def test_tries_are_bounded(home):
    delivery = fresh(home)
    delivery._again(Errand("push", MEMBER, PHONE, tries=module.TRIES_MAX - 1), 0)
    assert not delivery._waiting
    delivery._again(Errand("push", MEMBER, PHONE), 0)
    assert len(delivery._waiting) == 1

    async def is_back():
        return delivery._queue.qsize() == 1

    await home.wait_for(is_back)
    assert not delivery._waiting
    assert delivery._queue.get_nowait().tries == 1
    assert delivery.outcome(MEMBER, "push", HOUSEHOLD).sent_us is None
