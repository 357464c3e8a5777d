"""Findings somebody decided to live with: with a reason, until a date, and always visible."""

import datetime as dt
import fnmatch
import tomllib
from dataclasses import dataclass
from pathlib import Path

from keepsight.lab.finding import Finding

FILE_BYTES_MAX = 1 << 20
RULES_MAX = 1_000


class BadSuppressionFile(ValueError):  # noqa: N818 - names what is wrong
    """The file cannot be used; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """One decision."""

    check: str
    """Check id, with * for any characters."""
    reason: str
    expires: str
    """ISO date: the last day it holds."""
    contains: str = ""
    """Only findings whose title or evidence contains this text."""

    def matches(self, finding: Finding, today: str) -> bool:
        """Whether it holds for a finding on a day."""
        if today > self.expires or not fnmatch.fnmatchcase(finding.check, self.check):
            return False
        texts = [finding.title, *(f"{line.text} {line.place}" for line in finding.evidence)]
        return not self.contains or any(self.contains in text for text in texts)


def read_suppressions(path: Path) -> tuple[Suppression, ...]:
    """Read a TOML file of [[suppress]] blocks with check, reason and expires.

    Raises:
        BadSuppressionFile: unreadable, or a block without reason or expiry date.
    """
    try:
        if path.stat().st_size > FILE_BYTES_MAX:
            raise BadSuppressionFile(f"{path.name}: larger than any such file")
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSuppressionFile(f"{path.name}: {error}") from error
    rows = table.get("suppress", [])
    if set(table) - {"suppress"} or not isinstance(rows, list) or len(rows) > RULES_MAX:
        raise BadSuppressionFile(f"{path.name}: write blocks of [[suppress]]")
    return tuple(_rule(row, number, path.name) for number, row in enumerate(rows, 1))


def _rule(row: object, number: int, name: str) -> Suppression:
    if not isinstance(row, dict):
        raise BadSuppressionFile(f"{name}: block {number} is no table")
    check, reason = str(row.get("check", "")), str(row.get("reason", "")).strip()
    expires = row.get("expires")
    if not check or not reason:
        raise BadSuppressionFile(f"{name}: block {number} needs a check and a reason")
    if isinstance(expires, str):
        try:
            expires = dt.date.fromisoformat(expires)
        except ValueError:
            expires = None
    if not isinstance(expires, dt.date):
        raise BadSuppressionFile(f"{name}: block {number} needs expires, a date such as 2026-12-31")
    return Suppression(check, reason, expires.isoformat()[:10], str(row.get("contains", "")))
