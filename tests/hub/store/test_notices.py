"""Rules, subscriptions and outcomes come back for their household only, and go with their owner."""

from dataclasses import replace

import pytest

from keepsight.hub.notices.outcome import HOUSEHOLD, Outcome
from keepsight.hub.notices.rule import NoticeRule, read_rule
from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.notices import NoticeStore, StoredSubscription

HOME, OTHER = b"h" * 16, b"o" * 16
ANN, BEN = b"a" * 16, b"b" * 16
PHONE = StoredSubscription(b"p" * 16, ANN, b"sealed", 7)
SENT = Outcome(ANN, "push", PHONE.device_id, sent_us=9)


@pytest.fixture
def store(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    yield NoticeStore(opened.engine)
    opened.close()


def test_the_last_rule_counts(store):
    for rule in (NoticeRule(), NoticeRule(gap_seconds=5)):
        store.put_rule(HOME, ANN, rule.as_fields())
    (fields,) = store.list_rules(HOME).values()
    assert read_rule(fields) == NoticeRule(gap_seconds=5)
    assert store.list_rules(OTHER) == {}


def test_a_device_has_one_subscription_and_takes_its_outcomes_with_it(store):
    store.put_subscription(HOME, replace(PHONE, sealed_target=b"old"))
    store.put_subscription(HOME, PHONE)
    mail = Outcome(ANN, "mail", HOUSEHOLD, error="mail_tls", error_us=3)
    for outcome in (replace(SENT, sent_us=1), SENT, mail):
        store.put_outcome(HOME, outcome)
    assert store.list_subscriptions(HOME) == [PHONE]
    assert store.list_subscriptions(OTHER) == []
    assert set(store.list_outcomes(HOME)) == {SENT, mail}
    store.remove_subscription(OTHER, PHONE.device_id)
    assert store.list_subscriptions(HOME) == [PHONE]
    store.remove_subscription(HOME, PHONE.device_id)
    assert store.list_subscriptions(HOME) == []
    assert store.list_outcomes(HOME) == [mail]


def test_a_member_is_forgotten_alone(store):
    for member, device in ((ANN, PHONE.device_id), (BEN, b"q" * 16)):
        store.put_rule(HOME, member, NoticeRule().as_fields())
        subscription = replace(PHONE, member_id=member, device_id=device)
        store.put_subscription(HOME, subscription)
        store.put_outcome(HOME, Outcome(member, "push", device))
    store.forget_member(OTHER, ANN)
    store.forget_member(HOME, ANN)
    assert list(store.list_rules(HOME)) == [BEN]
    assert [one.member_id for one in store.list_subscriptions(HOME)] == [BEN]
    assert [one.member_id for one in store.list_outcomes(HOME)] == [BEN]
