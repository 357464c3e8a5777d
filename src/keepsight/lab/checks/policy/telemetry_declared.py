"""Telemetry nobody mentions.

What it looks at: analytics and crash services in app or capture, against sentences about telemetry,
usage data, logs or crash reports.

Why it matters: telemetry must be described with its purpose.

What it cannot see: telemetry to the vendor's own hosts inside encrypted traffic.

References: EN 303 645 6-5, 6-6.
"""

from keepsight.lab.checks.policy.sources import absent, gaps, has, quotes
from keepsight.lab.checks.policy.undeclared_trackers import table
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import ClauseKind
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule(
    "policy/telemetry-declared",
    "privacy",
    "telemetry nobody mentions",
    ("EN 303 645 V3.1.3 6-5", "EN 303 645 V3.1.3 6-6?"),
)
_TELEMETRY = frozenset({"analytics", "crash"})


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Violated where telemetry is there and no sentence describes it."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    if not facts.apps and not facts.captures:
        return RULE.unknown("Not comparable", "neither an app nor a capture was given")
    rows = [row for row in table(facts) if _purposes(row) & _TELEMETRY]
    shown = quotes(facts, ClauseKind.TELEMETRY, most=4)
    names = ", ".join(str(row["tracker"]) for row in rows)
    if not rows:
        return RULE.unknown(
            "No telemetry service recognised", "the vendor's own is not told apart", shown
        )
    seen = tuple(Evidence(f"{row['tracker']} ({row['owner']})") for row in rows)
    if has(facts, ClauseKind.TELEMETRY):
        return RULE.clear(
            f"Telemetry ({names}) is there, and the policy describes such data", shown + seen
        )
    missing = gaps(facts)
    if missing:
        return RULE.unknown(f"Telemetry ({names}), no description found", missing, seen)
    return RULE.violated(
        Severity.MEDIUM,
        f"Telemetry ({names}) is there, and the policy does not describe it",
        seen,
        remedy="Describe what is measured, why, and how to switch it off.",
    )


def _purposes(row: dict[str, object]) -> set[str]:
    value = row["purposes"]
    return {str(word) for word in value} if isinstance(value, list) else set()


CHECK = RULE.check(judge)
