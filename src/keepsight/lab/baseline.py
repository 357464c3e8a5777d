"""What changed since an earlier report: new, fixed, unchanged."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keepsight.lab.finding import Finding, Outcome

FILE_BYTES_MAX = 64 << 20


class BadBaseline(ValueError):  # noqa: N818 - names what is wrong
    """The file is no report of ours; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Violations against those of an earlier report, by check and title."""

    new: tuple[str, ...]
    fixed: tuple[str, ...]
    unchanged: tuple[str, ...]
    lost: tuple[str, ...]
    """Violated before, and not judged now: neither fixed nor there."""
    is_same_rating: bool
    """Both reports were rated by the same version; otherwise the ratings do not compare."""


def read_report(path: Path) -> dict[str, object]:
    """An earlier report.

    Raises:
        BadBaseline: no JSON report of this program.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BadBaseline(f"{path.name}: larger than any report")
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise BadBaseline(f"{path.name}: cannot be read as a JSON report ({error})") from error
    if not isinstance(found, dict) or not str(found.get("schema", "")).startswith(
        "keepsight-report/"
    ):
        raise BadBaseline(f"{path.name}: not a report; make one with: keepsight check ... --json F")
    return found


def compare(report: dict[str, object], findings: Iterable[Finding], version: str) -> Changes:
    """Compare the findings with an earlier report's."""
    old = _violated(report)
    now: dict[str, set[Outcome]] = {}
    titles: dict[str, str] = {}
    for finding in findings:
        now.setdefault(finding.check, set()).add(finding.outcome)
        if finding.outcome is Outcome.VIOLATED:
            titles.setdefault(finding.check, finding.title)
    violated = set(titles)
    gone = set(old) - violated
    fixed = {check for check in gone if now.get(check, set()) <= {Outcome.CLEAR} and check in now}
    verdict = report.get("verdict")
    old_version = verdict.get("version") if isinstance(verdict, dict) else None
    return Changes(
        new=tuple(f"{check}: {titles[check]}" for check in sorted(violated - set(old))),
        fixed=tuple(f"{check}: {old[check]}" for check in sorted(fixed)),
        unchanged=tuple(f"{check}: {titles[check]}" for check in sorted(violated & set(old))),
        lost=tuple(f"{check}: {old[check]}" for check in sorted(gone - fixed)),
        is_same_rating=old_version == version,
    )


def _violated(report: dict[str, object]) -> dict[str, str]:
    rows = report.get("findings")
    found: dict[str, str] = {}
    for row in rows if isinstance(rows, list) else []:
        if isinstance(row, dict) and row.get("outcome") == Outcome.VIOLATED.value:
            found.setdefault(str(row.get("check", "")), str(row.get("title", "")))
    return found
