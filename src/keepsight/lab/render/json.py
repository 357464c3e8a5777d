"""The report as JSON, the stable machine-readable form. Schema: data/report.schema.json."""

import json
from importlib import resources
from typing import Any

from keepsight.lab.finding import Evidence, Finding
from keepsight.lab.report import SCHEMA, Report

BATCH_SCHEMA = "keepsight-reports/1"


def schema() -> dict[str, Any]:
    """The published JSON schema of a report."""
    text = (resources.files("keepsight.lab") / "data" / "report.schema.json").read_text("utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def render(reports: list[Report]) -> str:
    """One report as itself; several as a list under `reports`."""
    if len(reports) == 1:
        return dump(as_dict(reports[0]))
    # One report a line: indenting hundreds of them takes longer than judging them.
    rows = ",\n".join(json.dumps(as_dict(report), ensure_ascii=False) for report in reports)
    return f'{{"schema": "{BATCH_SCHEMA}", "reports": [\n{rows}\n]}}\n'


def dump(value: dict[str, Any]) -> str:
    """JSON text, readable and stable in its order."""
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"


def as_dict(report: Report) -> dict[str, Any]:
    """The report in JSON types."""
    found: dict[str, Any] = {
        "schema": SCHEMA,
        "tool": report.tool,
        "date": report.date,
        "product": {
            "name": report.product.name,
            "vendor": report.product.vendor,
            "model": report.product.model,
            "price": report.product.price,
            "functions": list(report.product.functions),
            "claims": list(report.product.claims),
        },
        "artefacts": [
            {
                "path": artefact.path.name,
                "kind": artefact.kind.value,
                "sha256": artefact.sha256,
                "size_bytes": artefact.size_bytes,
            }
            for artefact in report.artefacts
        ],
        "unread": [
            {"artefact": part.artefact, "part": part.part, "reason": part.reason}
            for part in report.unread
        ],
        "findings": [
            finding_dict(finding, report.area_of.get(finding.check, ""))
            for finding in report.findings
        ],
        "suppressed": [
            {
                **finding_dict(row.finding, report.area_of.get(row.finding.check, "")),
                "suppression_reason": row.by.reason,
                "suppressed_until": row.by.expires,
            }
            for row in report.suppressed
        ],
        "measures": report.measures,
        "recipients": [
            {
                "owner": row.owner,
                "names": list(row.names),
                "kind": row.kind,
                "purposes": list(row.purposes),
                "contained": row.is_contained,
                "contacted": row.is_contacted,
                "named": row.is_named,
                "readable": row.is_clear,
                "sent_bytes": row.sent_bytes,
                "received_bytes": row.received_bytes,
            }
            for row in report.recipients
        ],
        "verdict": _verdict(report),
    }
    if report.changes is not None:
        found["changes"] = {
            "new": list(report.changes.new),
            "fixed": list(report.changes.fixed),
            "unchanged": list(report.changes.unchanged),
            "not_judged_any_more": list(report.changes.lost),
            "same_rating_version": report.changes.is_same_rating,
        }
    return found


def _verdict(report: Report) -> dict[str, Any]:
    verdict = report.verdict
    return {
        "version": verdict.version,
        "overall": verdict.overall,
        "band": verdict.band,
        "coverage": verdict.coverage,
        "areas": {
            area: {
                "score": row.score,
                "coverage": row.coverage,
                "violated": row.violated,
                "clear": row.clear,
                "unknown": row.unknown,
                "not_applicable": row.not_applicable,
            }
            for area, row in verdict.areas.items()
        },
        "caps": [
            {"where": cap.where, "points_max": cap.points_max, "reason": cap.reason}
            for cap in verdict.caps
        ],
    }


def finding_dict(finding: Finding, area: str) -> dict[str, Any]:
    """One finding in JSON types."""
    return {
        "check": finding.check,
        "area": area,
        "outcome": finding.outcome.value,
        "severity": finding.severity.value,
        "title": finding.title,
        "reason": finding.reason,
        "evidence": [_evidence(line) for line in finding.evidence],
        "standards": list(finding.standards),
        "remedy": finding.remedy,
        "details": finding.details,
    }


def _evidence(line: Evidence) -> dict[str, str]:
    return {
        "text": line.text,
        "artefact": line.artefact,
        "place": line.place,
        "owner": line.owner.value,
    }
