"""Goal: cleartext is judged for every supported Android version. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.cleartext_traffic import CHECK
from keepsight.lab.facts.app import DomainRule, NetworkSecurity
from keepsight.lab.facts.product import Unread
from keepsight.lab.finding import Severity
from tests.lab.checks.app.facts import C, U, V, app, judged, manifest, outcome


@pytest.mark.parametrize(
    ("said", "min_sdk", "target", "expected"),
    [
        (True, 26, 34, V), (False, 26, 34, C), (None, 26, 27, V), (None, 26, 28, C),
        (False, 23, 34, C), (False, 22, 34, V), (True, 21, 21, V),
    ],
)  # fmt: skip
def test_without_a_configuration(said, min_sdk, target, expected):
    facts = manifest(uses_cleartext_traffic=said, min_sdk=min_sdk, target_sdk=target)
    assert outcome(CHECK, app(manifest=facts)) is expected


def configured(said, min_sdk, base, *rules, target=34):
    facts = manifest(
        uses_cleartext_traffic=said, min_sdk=min_sdk, target_sdk=target,
        network_security_config="res/net.xml",
    )  # fmt: skip
    return app(manifest=facts, network_security=NetworkSecurity(DomainRule(cleartext=base), rules))


@pytest.mark.parametrize(
    ("said", "min_sdk", "base", "expected"),
    [
        (True, 24, False, C),
        (True, 23, False, V),  # Android 6 goes by the attribute
        (False, 24, True, V),
        (None, 24, None, C),
        (False, 23, False, C),
    ],
)
def test_the_configuration_wins_from_api_24(said, min_sdk, base, expected):
    assert outcome(CHECK, configured(said, min_sdk, base)) is expected


def test_a_configuration_that_says_nothing_follows_the_target():
    assert outcome(CHECK, configured(None, 24, None, target=27)) is V


def test_one_domain_is_enough_and_is_named():
    rule = DomainRule(("old.example",), cleartext=True)
    (finding,) = judged(CHECK, configured(False, 24, False, rule))
    assert finding.outcome is V
    assert finding.severity is Severity.LOW
    assert "old.example" in finding.title
    assert finding.details["domains"] == ["old.example"]


def test_an_unread_configuration_is_unknown():
    facts = manifest(uses_cleartext_traffic=False, network_security_config="res/net.xml")
    gap = Unread("app.apk", "network security configuration", "malformed")
    (finding,) = judged(CHECK, app(manifest=facts, unread=(gap,)))
    assert finding.outcome is U
    assert "malformed" in finding.reason


def test_an_unread_configuration_does_not_hide_what_the_attribute_proves():
    facts = manifest(uses_cleartext_traffic=True, min_sdk=23, network_security_config="?")
    assert outcome(CHECK, app(manifest=facts)) is V
