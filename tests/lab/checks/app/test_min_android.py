"""Goal: support is judged at the report's date by a dated table. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.min_android import CHECK
from keepsight.lab.facts.app import PlatformSupport
from tests.lab.checks.app.facts import C, U, V, app, judged, outcome


def on(last_update, dated="2026-09-01", *, certain=True):
    return app(platform=PlatformSupport(26, "8.0", last_update, dated, certain))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (on("2021-01-04"), V), (on("2021-01-04", "2022-01-01"), V), (on(""), C),
        (on("", "2026-01-01"), U), (on("", certain=False), U), (app(platform=None), U),
    ],
)  # fmt: skip
def test_support(facts, expected):
    assert outcome(CHECK, facts) is expected


def test_the_report_s_date_decides_and_not_today():
    assert outcome(CHECK, on("2021-01-04", "2020-12-01"), date="2020-12-24") is C
    assert outcome(CHECK, on("2021-01-04"), date="") is U


def test_the_finding_names_version_and_dates():
    (finding,) = judged(CHECK, on("2021-01-04"))
    assert "Android 8.0 (API 26)" in finding.title
    assert "2021-01-04" in finding.title
    assert "table of 2026-09-01" in finding.evidence[1].text
