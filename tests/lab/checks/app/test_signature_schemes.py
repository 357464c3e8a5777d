"""Goal: exactly the exposed Android versions are named. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.signature_schemes import CHECK, janus_range
from keepsight.lab.facts.product import Unread
from keepsight.lab.finding import Severity
from tests.lab.checks.app.facts import C, U, V, app, judged, manifest, outcome, signing


@pytest.mark.parametrize(
    ("schemes", "min_sdk", "expected"),
    [
        (("v1",), 5, (21, 26)), (("v1",), 23, (23, 26)), (("v1",), 27, None),
        (("v1", "v2"), 15, (21, 23)), (("v1", "v2", "v3"), 23, (23, 23)),
        (("v1", "v2", "v3"), 24, None), (("v1", "v3"), 24, (24, 26)), (("v1", "v3"), 27, None),
        (("v2",), 5, None), (("v2", "v3"), 21, None), ((), 21, None),
    ],
)  # fmt: skip
def test_the_table_of_exposure(schemes, min_sdk, expected):
    assert janus_range(schemes, min_sdk) == expected
    if schemes:
        facts = app(signing=signing(*schemes), manifest=manifest(min_sdk=min_sdk))
        assert outcome(CHECK, facts) is (V if expected else C)


def test_the_app_of_the_article_is_exposed_on_one_version_only():
    facts = app(signing=signing("v1", "v2", "v3"), manifest=manifest(min_sdk=23))
    (finding,) = judged(CHECK, facts)
    assert finding.severity is Severity.LOW
    assert "API 23," in finding.title
    assert finding.details["exposed_api"] == [23, 23]
    assert finding.details["condition"] == "patch level before 2017-12"


@pytest.mark.parametrize(
    "signatures", [None, signing(), signing("v2", broken="v1"), signing("v1", broken="v2")]
)
def test_what_does_not_verify_is_unknown(signatures):
    assert outcome(CHECK, app(signing=signatures)) is U


def test_a_split_without_signature_is_unknown():
    gap = Unread("app.apk", "signing", "split x: no signature of it verifies")
    assert outcome(CHECK, app(signing=signing("v2"), unread=(gap,))) is U


def test_a_file_that_is_two_things_at_once():
    (finding,) = judged(CHECK, app(signing=signing("v1"), starts_with_dex=True))
    assert (finding.outcome, finding.severity) == (V, Severity.CRITICAL)
