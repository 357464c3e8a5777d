"""Goal: only an expired pin set is a fault. Method: facts, no app file."""

from keepsight.lab.checks.app.pinning import CHECK
from keepsight.lab.facts.app import DomainRule, NetworkSecurity, Pin
from tests.lab.checks.app.facts import C, N, U, V, app, call, manifest, outcome


def pinned(expires):
    config = NetworkSecurity(rules=(DomainRule(("a.example",), pins=(Pin("x=", expires),)),))
    return app(manifest=manifest(network_security_config="res/net.xml"), network_security=config)


def test_expired_pins_are_violated():
    assert outcome(CHECK, pinned("2026-11-20")) is V


def test_valid_pins_are_clear():
    assert outcome(CHECK, pinned("2027-01-01")) is C
    assert outcome(CHECK, pinned("")) is C
    assert outcome(CHECK, app(calls=(call("CertificatePinner.add", "a.example", None),))) is C


def test_no_pins_are_no_fault():
    assert outcome(CHECK, app()) is N


def test_an_unread_configuration_or_no_date_is_unknown():
    assert outcome(CHECK, app(manifest=manifest(network_security_config="?"))) is U
    assert outcome(CHECK, pinned("2027-01-01"), date="") is U
