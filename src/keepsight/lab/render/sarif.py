"""SARIF 2.1.0, for code-scanning dashboards. Source: OASIS SARIF 2.1.0.

Unknown outcomes travel as results of kind "review", errors as tool notifications: a consumer that
drops them at least had to decide so.
"""

import hashlib
from typing import Any

from keepsight.lab.checks.registry import ALL_CHECKS
from keepsight.lab.finding import Evidence, Finding, Outcome, Severity
from keepsight.lab.render.json import dump
from keepsight.lab.report import Report

SCHEMA_URI = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.NOTE: "note",
}
_KINDS = {
    Outcome.VIOLATED: "fail",
    Outcome.CLEAR: "pass",
    Outcome.UNKNOWN: "review",
    Outcome.NOT_APPLICABLE: "notApplicable",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
    Severity.NOTE: "0.0",
}


def render(reports: list[Report]) -> str:
    """One run a report."""
    return dump({"$schema": SCHEMA_URI, "version": "2.1.0", "runs": [_run(r) for r in reports]})


def _rules() -> list[dict[str, Any]]:
    return [
        {
            "id": check.check_id,
            "name": "".join(
                part.capitalize() for part in check.check_id.replace("/", "-").split("-")
            ),
            "shortDescription": {"text": f"Allows {check.title}"},
            "properties": {"area": check.area, "tags": list(check.standards)},
        }
        for check in ALL_CHECKS
    ]


def _run(report: Report) -> dict[str, Any]:
    rules = _rules()
    index = {str(rule["id"]): number for number, rule in enumerate(rules)}
    name, _, version = report.tool.partition(" ")
    artifacts = [
        {
            "location": {"uri": _uri(artefact.path.name)},
            "length": artefact.size_bytes,
            "hashes": {"sha-256": artefact.sha256},
        }
        for artefact in report.artefacts
    ]
    places = {artefact.path.name: number for number, artefact in enumerate(report.artefacts)}
    results = [
        _result(finding, index, places)
        for finding in report.findings
        if finding.outcome is not Outcome.ERROR
    ]
    for row in report.suppressed:
        hidden = _result(row.finding, index, places)
        hidden["suppressions"] = [
            {
                "kind": "external",
                "status": "accepted",
                "justification": f"{row.by.reason} (until {row.by.expires})",
            }
        ]
        results.append(hidden)
    return {
        "tool": {"driver": {"name": name.capitalize(), "version": version or "0", "rules": rules}},
        "artifacts": artifacts,
        "results": results,
        "invocations": [
            {
                "executionSuccessful": not any(part.part == "" for part in report.unread),
                "toolExecutionNotifications": _notifications(report),
            }
        ],
        "properties": {"product": report.title, "date": report.date},
    }


def _notifications(report: Report) -> list[dict[str, Any]]:
    unread = [
        {
            "level": "error" if part.part == "" else "warning",
            "message": {"text": f"{part.artefact} {part.part} was not read: {part.reason}"},
        }
        for part in report.unread
    ]
    failed = [
        {
            "level": "error",
            "message": {"text": f"{finding.check}: {finding.reason or finding.title}"},
        }
        for finding in report.of(Outcome.ERROR)
    ]
    return unread + failed


def _result(finding: Finding, index: dict[str, int], places: dict[str, int]) -> dict[str, Any]:
    is_violated = finding.outcome is Outcome.VIOLATED
    text = finding.title if not finding.reason else f"{finding.title} ({finding.reason})"
    located = [line for line in finding.evidence if line.artefact in places]
    result: dict[str, Any] = {
        "ruleId": finding.check,
        "kind": _KINDS[finding.outcome],
        "level": _LEVELS[finding.severity] if is_violated else "none",
        "message": {"text": text},
        "locations": [_location(line, places) for line in located],
        "partialFingerprints": {"keepsight/v1": _fingerprint(finding)},
        "properties": {
            "severity": finding.severity.value,
            "security-severity": _SCORES[finding.severity],
            "evidence": [line.text for line in finding.evidence],
            "remedy": finding.remedy,
        },
    }
    if finding.check in index:
        result["ruleIndex"] = index[finding.check]
    return result


def _fingerprint(finding: Finding) -> str:
    first = finding.evidence[0] if finding.evidence else Evidence("")
    return hashlib.sha256(f"{finding.check}\n{first.artefact}\n{first.text}".encode()).hexdigest()[
        :32
    ]


def _location(line: Evidence, places: dict[str, int]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(line.artefact), "index": places[line.artefact]}
        },
        "message": {"text": line.text},
    }
    if line.place:
        found["logicalLocations"] = [{"fullyQualifiedName": line.place}]
    return found


def _uri(name: str) -> str:
    safe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~"
    return "".join(c if c in safe else "".join(f"%{b:02X}" for b in c.encode()) for c in name)
