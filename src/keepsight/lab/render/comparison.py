"""Products side by side, from their JSON reports."""

from typing import Any

from markupsafe import Markup
from rich.table import Table

from keepsight.lab.finding import Outcome
from keepsight.lab.render.html import page
from keepsight.lab.render.picture import comparison_bars
from keepsight.lab.render.words import AREA_NAMES

_ORDER = [o.value for o in (Outcome.VIOLATED, Outcome.ERROR, Outcome.UNKNOWN, Outcome.CLEAR)]


def _part(report: dict[str, object], key: str) -> dict[str, Any]:
    value = report.get(key)
    return value if isinstance(value, dict) else {}


def title_of(report: dict[str, object]) -> str:
    """What a report is called: the product, else its first artefact."""
    name = str(_part(report, "product").get("name") or "")
    artefacts = report.get("artefacts")
    if not name and isinstance(artefacts, list) and artefacts:
        name = str(artefacts[0].get("path", ""))
    return name or "a product without name"


def versions_of(reports: list[dict[str, object]]) -> list[str]:
    """Versions of the rating, each once."""
    return sorted({str(_part(report, "verdict").get("version", "?")) for report in reports})


def area_rows(reports: list[dict[str, object]]) -> list[dict[str, Any]]:
    """Overall, coverage and areas, one cell a report."""
    rows: list[dict[str, Any]] = []
    verdicts = [_part(report, "verdict") for report in reports]
    overall = [v.get("overall") for v in verdicts]
    rows.append(
        {"name": "Overall", "cells": ["not rated" if o is None else str(o) for o in overall]}
    )
    seen = [f"{float(v.get('coverage', 0)):.0%}" for v in verdicts]
    rows.append({"name": "Seen", "cells": seen})
    for area, name in AREA_NAMES.items():
        scores = [(v.get("areas") or {}).get(area, {}).get("score") for v in verdicts]
        rows.append(
            {"name": name, "cells": ["not judged" if s is None else str(s) for s in scores]}
        )
    return rows


def finding_rows(reports: list[dict[str, object]]) -> list[dict[str, Any]]:
    """Every check that was violated somewhere, one cell a report."""
    found: list[dict[str, str]] = []
    for report in reports:
        outcomes: dict[str, str] = {}
        rows = report.get("findings")
        for row in rows if isinstance(rows, list) else []:
            check, outcome = str(row.get("check")), str(row.get("outcome"))
            text = f"{outcome} ({row.get('severity')})" if outcome == "violated" else outcome
            old = outcomes.get(check, "not_applicable").split(" ")[0]
            if check not in outcomes or _rank(outcome) < _rank(old):
                outcomes[check] = text
        found.append(outcomes)
    checks = sorted(
        {c for outcomes in found for c, o in outcomes.items() if o.startswith("violated")}
    )
    return [
        {"name": c, "cells": [o.get(c, "not judged").replace("_", " ") for o in found]}
        for c in checks
    ]


def _rank(outcome: str) -> int:
    return _ORDER.index(outcome) if outcome in _ORDER else len(_ORDER)


def render_html(reports: list[dict[str, object]]) -> str:
    """One page."""
    columns = [{"title": title_of(report)} for report in reports]
    points = [(title_of(r), _part(r, "verdict").get("overall")) for r in reports]
    versions = versions_of(reports)
    return page(
        "compare.html.j2",
        title="Products side by side",
        tool=str(reports[0].get("tool", "keepsight")) if reports else "keepsight",
        same=len(versions) <= 1,
        versions=versions,
        bars=Markup(comparison_bars(points)),  # noqa: S704 - drawn by `picture`, which escapes
        columns=columns,
        rows=area_rows(reports),
        findings=finding_rows(reports),
    )


def render_table(reports: list[dict[str, object]]) -> Table:
    """A table for the terminal."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("")
    for report in reports:
        table.add_column(title_of(report), overflow="fold")
    for row in area_rows(reports):
        table.add_row(row["name"], *row["cells"])
    table.add_row("")
    for row in finding_rows(reports):
        table.add_row(row["name"], *row["cells"])
    versions = versions_of(reports)
    if len(versions) > 1:
        table.caption = (
            f"rated by different versions ({', '.join(versions)}): points do not compare"
        )
    return table
