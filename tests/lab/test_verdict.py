"""The rating: monotone, capped, and never fooled by what was not looked at."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.checks.registry import ALL_CHECKS
from keepsight.lab.finding import Evidence, Finding, Outcome, Owner, Severity
from keepsight.lab.verdict import outcome_of, rate, rating

AREA_OF = {check.check_id: check.area for check in ALL_CHECKS}


def every(outcome=Outcome.CLEAR, severity=Severity.NOTE):
    return [Finding(check, outcome, severity, "t") for check in AREA_OF]


def test_all_clear_is_the_top_and_all_unknown_is_no_rating():
    best = rate(every(), AREA_OF)
    assert (best.overall, best.band, best.coverage) == (100, "very_good", 1.0)
    worst = rate(every(Outcome.UNKNOWN), AREA_OF)
    assert (worst.overall, worst.band, worst.coverage) == (None, "not_rated", 0.0)
    assert rate([], AREA_OF).overall is None


def test_one_grave_fault_caps_its_area_and_the_whole():
    found = [replace(f) for f in every()]
    at = next(n for n, f in enumerate(found) if f.check == "capture/cleartext")
    found[at] = replace(found[at], outcome=Outcome.VIOLATED, severity=Severity.CRITICAL)
    verdict = rate(found, AREA_OF)
    assert verdict.areas["communication"].score <= 25
    assert verdict.overall <= 39
    assert {cap.where for cap in verdict.caps} >= {"communication", "overall"}


def test_without_enough_coverage_there_is_no_top():
    found = [
        f if AREA_OF[f.check] in ("app", "privacy") else replace(f, outcome=Outcome.UNKNOWN)
        for f in every()
    ]
    verdict = rate(found, AREA_OF)
    assert verdict.overall == rating()["coverage"]["top_cap"]
    assert verdict.band == "good"


def test_a_third_partys_code_weighs_half_and_caps_nothing():
    line = (Evidence("x", owner=Owner.THIRD_PARTY),)
    found = [f if f.check != "app/trust" else replace(f, outcome=Outcome.VIOLATED,
             severity=Severity.HIGH, evidence=line) for f in every()]  # fmt: skip
    assert rate(found, AREA_OF).areas["app"].score == 85


def test_a_seal_never_raises_the_rating():
    without = [f for f in every() if AREA_OF[f.check] != "seals"]
    assert rate(without, AREA_OF).overall == rate(every(), AREA_OF).overall


def test_unknown_stands_above_clear():
    rows = [Finding("a/b", o, Severity.NOTE, "t") for o in (Outcome.CLEAR, Outcome.UNKNOWN)]
    assert outcome_of(rows) is Outcome.UNKNOWN


OUTCOMES = st.sampled_from(
    [Outcome.VIOLATED, Outcome.CLEAR, Outcome.UNKNOWN, Outcome.NOT_APPLICABLE]
)
SEVERITIES = st.sampled_from([s for s in Severity if s is not Severity.NOTE])


@given(st.lists(st.tuples(OUTCOMES, SEVERITIES), min_size=len(AREA_OF), max_size=len(AREA_OF)),
       st.integers(0, len(AREA_OF) - 1), SEVERITIES)  # fmt: skip
def test_a_violation_in_place_of_a_clear_outcome_never_raises_anything(rows, at, severity):
    found = [
        Finding(check, outcome, weight if outcome is Outcome.VIOLATED else Severity.NOTE, "t")
        for check, (outcome, weight) in zip(AREA_OF, rows, strict=True)
    ]
    found[at] = replace(found[at], outcome=Outcome.CLEAR, severity=Severity.NOTE)
    before = rate(found, AREA_OF)
    found[at] = replace(found[at], outcome=Outcome.VIOLATED, severity=severity)
    after = rate(found, AREA_OF)
    assert after.coverage == before.coverage
    if before.overall is not None:
        assert after.overall <= before.overall
    for area, row in after.areas.items():
        if row.score is not None:
            assert before.areas[area].score is None or row.score <= before.areas[area].score


@given(st.integers(0, len(AREA_OF) - 1))
def test_not_knowing_lowers_coverage_and_adds_no_points(at):
    found = every()
    found[at] = replace(found[at], outcome=Outcome.UNKNOWN)
    verdict = rate(found, AREA_OF)
    is_weighty = rating()["weights"][AREA_OF[found[at].check]] > 0
    assert (verdict.coverage < 1.0) == is_weighty
    assert verdict.overall <= 100
