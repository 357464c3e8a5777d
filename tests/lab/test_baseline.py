"""Since the last report: new, fixed, unchanged, and what nobody looked at any more."""

import json

import pytest

from keepsight.lab.baseline import BadBaseline, compare, read_report
from keepsight.lab.finding import Finding, Outcome, Severity


def row(check, outcome):
    return Finding(check, outcome, Severity.LOW, f"title of {check}")


OLD = {
    "schema": "keepsight-report/1",
    "verdict": {"version": "1"},
    "findings": [
        {"check": c, "outcome": "violated", "title": c}
        for c in ("a/fixed", "a/same", "a/lost", "a/gone")
    ],
}


def test_changes():
    now = [
        row("a/fixed", Outcome.CLEAR), row("a/same", Outcome.VIOLATED),
        row("a/lost", Outcome.UNKNOWN),        row("a/new", Outcome.VIOLATED),
    ]  # fmt: skip
    found = compare(OLD, now, "1")
    assert found.new == ("a/new: title of a/new",)
    assert found.fixed == ("a/fixed: a/fixed",)
    assert found.unchanged == ("a/same: title of a/same",)
    assert found.lost == ("a/gone: a/gone", "a/lost: a/lost")
    assert found.is_same_rating
    assert not compare(OLD, now, "2").is_same_rating


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema":"other"}', "[" * 100_000])
def test_other_files_are_refused(tmp_path, text):
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(BadBaseline):
        read_report(path)


def test_a_report_is_read(tmp_path):
    (tmp_path / "r.json").write_text(json.dumps(OLD))
    assert read_report(tmp_path / "r.json") == OLD
    with pytest.raises(BadBaseline):
        read_report(tmp_path / "none.json")
