"""What the lab left behind, taken with care: its writer had read hostile files."""

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NoReturn

from keepsight.hub.checks.envelope import CONTENT_BYTES_MAX
from keepsight.hub.inspection import FailureReason, Summary
from keepsight.hub.store.reports import ReportFormat

SCHEMA: Final = "keepsight-report/1"
TITLE_CHARS_MAX: Final = 200


class BadReportError(Exception):
    """No report, or none that is taken."""

    def __init__(self, reason: FailureReason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report in its forms, and the little that the list shows."""

    summary: Summary
    contents: dict[ReportFormat, bytes]


def read_outputs(folder: Path) -> ReadReport:
    """The report of a run.

    Raises:
        BadReportError: died (nothing was written) or bad_report.
    """
    contents: dict[ReportFormat, bytes] = {}
    names: tuple[ReportFormat, ...] = ("json", "html", "sarif")
    for name in names:
        path = folder / f"report.{name}"
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            raise BadReportError(FailureReason.DIED, f"no {name} was written")
        if size_bytes > CONTENT_BYTES_MAX:
            raise BadReportError(FailureReason.BAD_REPORT, f"{size_bytes} bytes of {name}")
        contents[name] = path.read_bytes()
    document = _parse(contents["json"])
    # Written anew, so that what is served is JSON in the strict sense, whatever was read.
    contents["json"] = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    contents["sarif"] = json.dumps(
        _parse(contents["sarif"]), ensure_ascii=False, separators=(",", ":")
    ).encode()
    try:
        return ReadReport(summarise(document), contents)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadReportError(FailureReason.BAD_REPORT, f"not a report: {error!r:.200}") from error


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _parse(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content, parse_constant=_refuse)
        json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise BadReportError(FailureReason.BAD_REPORT, f"not JSON: {error!r:.200}") from error
    if not isinstance(found, dict):
        raise BadReportError(FailureReason.BAD_REPORT, "not an object")
    return found


def summarise(document: dict[str, Any]) -> Summary:
    """What the list shows of a report.

    Raises:
        KeyError, TypeError, ValueError, AttributeError: it is not a report of this schema.
    """
    if document["schema"] != SCHEMA:
        raise ValueError("another schema")
    verdict = document["verdict"]
    outcomes = [finding["outcome"] for finding in document["findings"]]
    names = [str(artefact["path"]) for artefact in document["artefacts"][:3]]
    overall = verdict["overall"]
    return Summary(
        title=(str(document["product"]["name"]) or ", ".join(names))[:TITLE_CHARS_MAX],
        overall=None if overall is None else _finite(overall),
        band=str(verdict["band"])[:20],
        coverage=_finite(verdict["coverage"]),
        violated=outcomes.count("violated"),
        clear=outcomes.count("clear"),
        unknown=sum(outcomes.count(word) for word in ("unknown", "error")),
        unread=len(document["unread"]),
    )


def _finite(value: float) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number
