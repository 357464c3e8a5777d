"""Goal: every check about apps treats no app, an unread app and two apps alike. Method: run all."""

import pytest

from keepsight.lab.checks.app import APP_CHECKS
from keepsight.lab.checks.app_rule import EVIDENCE_MAX, AppRule, by_owner, plural
from keepsight.lab.facts.product import Unread
from keepsight.lab.finding import Evidence, Owner, Severity
from tests.lab.checks.app.facts import GAP, N, U, app, call, judged, outcome

every_check = pytest.mark.parametrize("check", APP_CHECKS, ids=lambda check: check.check_id)


@every_check
def test_no_app_is_not_applicable(check):
    assert outcome(check) is N


@every_check
def test_an_app_that_could_not_be_read_is_unknown(check):
    assert outcome(check, unread=[Unread("x.APK", "", "not a zip archive")]) is U


@every_check
def test_an_unread_capture_is_no_app(check):
    assert outcome(check, unread=[Unread("x.pcap", "", "cut")]) is N


@every_check
def test_nothing_read_is_never_clear(check):
    bare = app(manifest=None, dex_files=(), unread=(GAP,))
    assert {one.outcome for one in judged(check, bare)} <= {U, N}


@every_check
def test_two_apps_are_judged_each(check):
    assert len(judged(check, app(), app(artefact="b.apk"))) == 2


def test_ids_are_unique_and_titles_read_after_allows():
    assert len({check.check_id for check in APP_CHECKS}) == len(APP_CHECKS)
    for check in APP_CHECKS:
        assert check.check_id.startswith("app/")
        assert not check.title.endswith(".")


def test_evidence_is_bounded_and_counted():
    rule = AppRule("app/x", "x", (), "do")
    found = rule.violated(Severity.LOW, "t", [Evidence(str(n)) for n in range(EVIDENCE_MAX + 5)])
    assert len(found.evidence) == EVIDENCE_MAX
    assert found.details["places"] == EVIDENCE_MAX + 5


def test_code_is_split_into_own_and_bundled():
    calls = [call("a"), call("b", owner=Owner.THIRD_PARTY), call("c", owner=Owner.NONE)]
    assert [(name, [one.api for one in group]) for name, group in by_owner(calls)] == [
        ("the app's own code", ["a", "c"]), ("bundled SDK code", ["b"]),
    ]  # fmt: skip


def test_counts_are_written_out():
    assert [plural(1, "place"), plural(2, "place"), plural(2, "address")] == [
        "1 place", "2 places", "2 addresses",
    ]  # fmt: skip
