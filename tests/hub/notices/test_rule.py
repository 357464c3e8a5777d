"""A rule survives the store; nothing said means everything, at a bearable pace."""

import json

import pytest

from keepsight.hub.grant import Hours
from keepsight.hub.notices.rule import CHANNELS, CONSENTS, NoticeRule, read_rule

FULL = NoticeRule(
    cameras=frozenset({b"c" * 16, b"d" * 16}),
    kinds=frozenset({"person", "bark"}),
    quiet=(Hours(frozenset({0, 6}), 22 * 60, 7 * 60),),
    gap_seconds=5,
    hourly_max=3,
    origin="https://home.example:8443",
)


@pytest.mark.parametrize("rule", [NoticeRule(), FULL, NoticeRule(cameras=frozenset())])
def test_a_rule_survives_json(rule):
    assert read_rule(json.loads(json.dumps(rule.as_fields()))) == rule


def test_fields_that_are_no_rule_are_refused():
    with pytest.raises((KeyError, TypeError, ValueError)):
        read_rule({"cameras": ["no hex"]})


def test_every_channel_of_a_member_has_a_consent_and_the_brokers_has_none():
    assert set(CONSENTS) == set(CHANNELS) - {"broker"}
    assert len(set(CONSENTS.values())) == len(CONSENTS)
