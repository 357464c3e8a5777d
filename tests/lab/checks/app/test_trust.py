"""Goal: only code proven to accept everything is a fault. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.trust import CHECK
from keepsight.lab.facts.app import DomainRule, NetworkSecurity
from keepsight.lab.finding import Owner, Severity
from tests.lab.checks.app.facts import GAP, C, U, V, app, body, judged, manifest, outcome


@pytest.mark.parametrize("kind", ["trust-manager", "hostname-verifier", "web-error"])
@pytest.mark.parametrize(("accepts", "expected"), [(True, V), (None, U), (False, C)])
def test_bodies(kind, accepts, expected):
    assert outcome(CHECK, app(bodies=(body(kind, accepts),))) is expected


def test_own_and_bundled_code_apart():
    bodies = (body("trust-manager", True), body("trust-manager", True, Owner.THIRD_PARTY))
    findings = judged(CHECK, app(bodies=bodies))
    assert [one.severity for one in findings] == [Severity.HIGH, Severity.MEDIUM]


def test_certificates_of_the_user():
    config = NetworkSecurity(DomainRule(), (DomainRule(("a.example",), trusts_user=True),))
    facts = manifest(network_security_config="res/net.xml")
    (finding,) = judged(CHECK, app(manifest=facts, network_security=config))
    assert finding.outcome is V
    assert "a.example" in finding.evidence[0].text


def test_an_unread_configuration_is_unknown():
    assert outcome(CHECK, app(manifest=manifest(network_security_config="?"))) is U


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U


def test_other_shapes_are_not_looked_at():
    assert outcome(CHECK, app(bodies=(body("rc4", True),))) is C
