"""The report for a terminal: the rating, the areas, what was violated, what was not seen."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from keepsight.lab.finding import Finding, Outcome, Severity
from keepsight.lab.render.words import AREA_NAMES, BAND_NAMES, counted, outcome_text
from keepsight.lab.report import Report

EVIDENCE_SHOWN = 3
_SEVERITY_STYLES = {
    Severity.CRITICAL: "bold white on red",
    Severity.HIGH: "bold red",
    Severity.MEDIUM: "yellow",
    Severity.LOW: "cyan",
    Severity.NOTE: "dim",
}


def show(report: Report, console: Console, *, all_findings: bool = False) -> None:
    """Print one report."""
    console.print(_head(report))
    console.print(_areas(report))
    violated = report.of(Outcome.VIOLATED)
    if violated:
        console.print(Text("\nViolated", style="bold"))
        for finding in violated:
            console.print(_finding(finding))
    _show_unknown(report, console)
    if all_findings:
        for finding in (*report.of(Outcome.CLEAR), *report.of(Outcome.NOT_APPLICABLE)):
            console.print(_finding(finding))
    if report.suppressed:
        console.print(Text("\nSuppressed, and still there", style="bold"))
        for row in report.suppressed:
            until = f"(until {row.by.expires}: {row.by.reason})"
            text = f"  {row.finding.check}: {row.finding.title} {until}"
            console.print(Text(text, style="dim"))
    if report.changes is not None:
        changes = report.changes
        for name, rows in (("New", changes.new), ("Fixed", changes.fixed), ("Lost", changes.lost)):
            for line in rows:
                console.print(Text(f"  {name}: {line}"))
        console.print(Text(f"  Unchanged: {len(changes.unchanged)}", style="dim"))


def _show_unknown(report: Report, console: Console) -> None:
    unknown = (*report.of(Outcome.ERROR), *report.of(Outcome.UNKNOWN))
    if unknown:
        console.print(
            Text(f"\nNot known ({len(unknown)}); none of it counts as clean", style="bold")
        )
        for finding in unknown:
            console.print(
                Text(f"  {finding.check}: {finding.reason or finding.title}", style="dim")
            )
    if report.unread:
        console.print(Text("\nNot read", style="bold"))
        for part in report.unread:
            where = f"{part.artefact} {part.part}".strip()
            console.print(Text(f"  {where}: {part.reason}", style="yellow"))


def _head(report: Report) -> RenderableType:
    verdict = report.verdict
    points = "not rated" if verdict.overall is None else f"{verdict.overall} of 100"
    title = Text.assemble((report.title, "bold"), f"  {report.date}")
    rating = Text.assemble(
        (f"{points}: {BAND_NAMES[verdict.band]}", _style(verdict.overall)),
        f"   seen: {verdict.coverage:.0%} of what is judged   rating version {verdict.version}",
    )
    caps = [
        Text(
            f"  no more than {c.points_max} ({c.where}): {c.reason}"
            if c.points_max
            else f"  {c.reason}",
            style="dim",
        )
        for c in verdict.caps
    ]
    return Group(title, rating, *caps)


def _style(points: int | None) -> str:
    if points is None:
        return "bold"
    return "bold green" if points >= 75 else "bold yellow" if points >= 45 else "bold red"


def _areas(report: Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("area")
    for name in ("points", "seen", "violated", "clear", "unknown"):
        table.add_column(name, justify="right")
    for area, row in report.verdict.areas.items():
        points = "-" if row.score is None else str(row.score)
        table.add_row(
            AREA_NAMES[area],
            Text(points, style=_style(row.score)),
            f"{row.coverage:.0%}",
            str(row.violated),
            str(row.clear),
            str(row.unknown),
        )
    return table


def _finding(finding: Finding) -> RenderableType:
    is_violated = finding.outcome is Outcome.VIOLATED
    mark = finding.severity.value if is_violated else outcome_text(finding)
    lines: list[RenderableType] = [
        Text.assemble(
            (f" {mark} ", _SEVERITY_STYLES[finding.severity]), f" {finding.check}: {finding.title}"
        )
    ]
    for line in finding.evidence[:EVIDENCE_SHOWN]:
        place = " ".join(part for part in (line.artefact, line.place) if part)
        text = f"{place}: {line.text}" if place else line.text
        lines.append(Padding(Text(text, style="dim"), (0, 0, 0, 4)))
    more = len(finding.evidence) - EVIDENCE_SHOWN
    if more > 0:
        lines.append(Padding(Text(f"and {counted(more, 'more place')}", style="dim"), (0, 0, 0, 4)))
    return Group(*lines)


def show_summary(reports: list[Report], console: Console) -> None:
    """Print one line a product, for a folder of many."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("product", overflow="fold")
    for name in ("app", "rating", "violated", "unknown", "not read"):
        table.add_column(name, justify="right")
    for report in sorted(reports, key=lambda r: (r.verdict.areas["app"].score or 0, r.title)):
        score = report.verdict.areas["app"].score
        overall = report.verdict.overall
        table.add_row(
            report.title,
            Text("-" if score is None else str(score), style=_style(score)),
            "-" if overall is None else str(overall),
            str(len(report.of(Outcome.VIOLATED))),
            str(len(report.of(Outcome.UNKNOWN)) + len(report.of(Outcome.ERROR))),
            str(len(report.unread)),
        )
    console.print(table)
