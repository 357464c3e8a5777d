"""From findings to the rating: published, versioned, the same for every product.

What was not looked at lowers coverage; it never counts as clean, and without enough coverage there
is no rating. Rules and figures: data/rating.toml, docs/lab/rating.md.
"""

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from keepsight.lab.finding import Finding, Outcome, Owner, Severity

SEVERITIES = tuple(Severity)
"""From note to critical, so that the index is the weight's order."""


@dataclass(frozen=True, slots=True)
class AreaVerdict:
    """One area."""

    score: int | None
    """0 to 100; None where nothing in it was judged."""
    coverage: float
    """Share of the applicable checks that came to violated or clear."""
    violated: int
    clear: int
    unknown: int
    not_applicable: int


@dataclass(frozen=True, slots=True)
class Cap:
    """Why a score is not higher."""

    where: str
    """An area, or overall."""
    points_max: int
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """The rating of one product."""

    version: str
    overall: int | None
    """0 to 100; None where too little was seen for a rating."""
    band: str
    """very_good, good, fair, weak, poor or not_rated."""
    coverage: float
    areas: dict[str, AreaVerdict]
    caps: tuple[Cap, ...]


@cache
def rating() -> dict[str, Any]:
    """The published figures."""
    text = (resources.files("keepsight.lab") / "data" / "rating.toml").read_text("utf-8")
    return tomllib.loads(text)


def rate(findings: Iterable[Finding], area_of: Mapping[str, str]) -> Verdict:
    """Rate a product.

    Args:
        findings: All of them, those that are suppressed left out.
        area_of: Area of each check id.
    """
    rules = rating()
    by_area: dict[str, list[Finding]] = {area: [] for area in rules["weights"]}
    for finding in findings:
        area = area_of.get(finding.check)
        if area in by_area:
            by_area[area].append(finding)
    caps: list[Cap] = []
    areas = {area: _area(area, rows, rules, caps) for area, rows in by_area.items()}
    coverage = _coverage(areas, rules["weights"])
    overall = _overall(areas, by_area, coverage, rules, caps)
    return Verdict(rules["version"], overall, _band(overall, rules), coverage, areas, tuple(caps))


def _by_check(rows: list[Finding]) -> dict[str, list[Finding]]:
    grouped: dict[str, list[Finding]] = {}
    for finding in rows:
        grouped.setdefault(finding.check, []).append(finding)
    return grouped


def outcome_of(rows: list[Finding]) -> Outcome:
    """What a check came to over all its findings: the worst, with unknown above clear."""
    order = (
        Outcome.VIOLATED,
        Outcome.ERROR,
        Outcome.UNKNOWN,
        Outcome.CLEAR,
        Outcome.NOT_APPLICABLE,
    )
    found = {finding.outcome for finding in rows}
    return next(outcome for outcome in order if outcome in found)


def _area(area: str, rows: list[Finding], rules: dict[str, Any], caps: list[Cap]) -> AreaVerdict:
    grouped = _by_check(rows)
    outcomes = [outcome_of(found) for found in grouped.values()]
    violated, clear = outcomes.count(Outcome.VIOLATED), outcomes.count(Outcome.CLEAR)
    unknown = outcomes.count(Outcome.UNKNOWN) + outcomes.count(Outcome.ERROR)
    absent = outcomes.count(Outcome.NOT_APPLICABLE)
    judged = violated + clear
    coverage = judged / (judged + unknown) if judged + unknown else 0.0
    score: int | None = None
    if judged:
        # Each fault takes its share of what is left, so that the tenth still counts and none can
        # be paid for by another.
        points = 100 * math.prod(1 - _penalty(found, rules) / 100 for found in grouped.values())
        for severity in ("high", "critical"):
            worst = [f for f in rows if _is_own(f) and f.severity.value == severity]
            if worst:
                points = min(points, rules["area_caps"][severity])
                caps.append(Cap(area, rules["area_caps"][severity], worst[0].title))
        score = max(0, round(points))
    return AreaVerdict(score, round(coverage, 3), violated, clear, unknown, absent)


def _is_own(finding: Finding) -> bool:
    """A violation that is not in a third party's code alone."""
    if finding.outcome is not Outcome.VIOLATED:
        return False
    owners = {line.owner for line in finding.evidence} - {Owner.NONE}
    return owners != {Owner.THIRD_PARTY} or finding.check.startswith("policy/")


def _penalty(found: list[Finding], rules: dict[str, Any]) -> float:
    points = [
        rules["penalties"][f.severity.value]
        * (1.0 if _is_own(f) else rules["share_by_owner"]["third_party"])
        for f in found
        if f.outcome is Outcome.VIOLATED
    ]
    return max(points, default=0.0)


def _coverage(areas: dict[str, AreaVerdict], weights: dict[str, int]) -> float:
    total = sum(weights.values())
    return round(
        sum(weights[area] * verdict.coverage for area, verdict in areas.items()) / total, 3
    )


def _overall(
    areas: dict[str, AreaVerdict],
    by_area: dict[str, list[Finding]],
    coverage: float,
    rules: dict[str, Any],
    caps: list[Cap],
) -> int | None:
    limits, weights = rules["coverage"], rules["weights"]
    scores = {a: v.score for a, v in areas.items() if v.score is not None and weights[a]}
    if not scores or coverage < limits["rated_min"]:
        seen = f"only {coverage:.0%} of what is judged was seen"
        caps.append(Cap("overall", 0, f"no rating: {seen}"))
        return None
    points = sum(weights[a] * s for a, s in scores.items()) / sum(weights[a] for a in scores)
    worst = min(scores, key=lambda area: scores[area])
    most = scores[worst] + limits["worst_area_margin"]
    if points > most:
        points = most
        caps.append(Cap("overall", most, f"its worst area, {worst}, has {scores[worst]}"))
    for severity in ("high", "critical"):
        grave = [
            f for rows in by_area.values() for f in rows if _is_own(f) and f.severity == severity
        ]
        if grave and points > rules["overall_caps"][severity]:
            points = rules["overall_caps"][severity]
            caps.append(Cap("overall", points, grave[0].title))
    if coverage < limits["top_min"] and points > limits["top_cap"]:
        points = limits["top_cap"]
        caps.append(Cap("overall", points, f"only {coverage:.0%} of what is judged was seen"))
    return int(max(0, round(points)))


def _band(overall: int | None, rules: dict[str, Any]) -> str:
    if overall is None:
        return "not_rated"
    bands: dict[str, int] = rules["bands"]
    return next(name for name, least in bands.items() if overall >= least)
