"""Goal: SDKs are listed and never a violation. Method: facts, no app file."""

from keepsight.lab.checks.app.trackers_present import CHECK, STUB_CLASSES_MAX
from keepsight.lab.facts.app import TrackerSeen
from keepsight.lab.read.tables import trackers
from tests.lab.checks.app.facts import GAP, C, U, app, judged, outcome

BUGLY = next(row for row in trackers() if row.name == "Bugly")


def seen(defined, referenced=0, *, network_calls=True):
    return app(
        trackers=(TrackerSeen(BUGLY, defined, referenced, ("a.b",), network_calls=network_calls),)
    )


def test_what_is_defined_is_listed_with_owner_and_purpose():
    (finding,) = judged(CHECK, seen(100))
    assert finding.outcome is C, "all was read; presence is a fact: need and declaration decide"
    assert finding.is_note
    assert "Bugly (Tencent)" in finding.title
    assert "for crash: 100 classes" in finding.evidence[0].text
    assert finding.details["trackers"][0]["stub_suspected"] is False


def test_a_few_classes_without_network_are_a_suspected_stub():
    (finding,) = judged(CHECK, seen(STUB_CLASSES_MAX, network_calls=False))
    assert finding.details["trackers"][0]["stub_suspected"] is True


def test_what_is_only_referenced_is_listed_apart():
    (finding,) = judged(CHECK, seen(0, 3))
    assert finding.outcome is C
    assert finding.details == {"trackers": [], "referenced_only": ["Bugly"]}


def test_nothing_found_is_clear_and_says_found_and_not_absent():
    (finding,) = judged(CHECK, app())
    assert finding.outcome is C
    assert not finding.is_note
    assert "found" in finding.title


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U


def test_a_prefix_that_could_not_be_confirmed_is_said():
    facts = app(trackers=(TrackerSeen(BUGLY, 9, 0, ("a.b",), confirmed=False),))
    (finding,) = judged(CHECK, facts)
    assert "could not be confirmed" in finding.evidence[0].text
