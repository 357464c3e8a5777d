"""Names for people, used by every rendering."""

from keepsight.lab.finding import Finding, Outcome, Severity

AREA_NAMES = {
    "app": "App",
    "communication": "Communication",
    "account": "Account and pairing",
    "updates": "Updates",
    "privacy": "Privacy",
    "seals": "Seals",
}
BAND_NAMES = {
    "very_good": "very good",
    "good": "good",
    "fair": "fair",
    "weak": "weak",
    "poor": "poor",
    "not_rated": "not rated",
}
OUTCOME_NAMES = {
    Outcome.VIOLATED: "violated",
    Outcome.CLEAR: "clear",
    Outcome.UNKNOWN: "unknown",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.ERROR: "error",
}
SEVERITY_NAMES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "high",
    Severity.MEDIUM: "medium",
    Severity.LOW: "low",
    Severity.NOTE: "note",
}


def outcome_text(finding: Finding) -> str:
    """The outcome for people; a list that is judged elsewhere is noted, not clear."""
    return "noted" if finding.is_note else OUTCOME_NAMES[finding.outcome]


def counted(count: int, noun: str) -> str:
    """A count with its noun: 1 place, 2 places."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def size_text(count: int) -> str:
    """Bytes for people: 1.2 MB."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
        value /= 1000
    return f"{count} B"
