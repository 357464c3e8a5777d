"""The report as one self-contained HTML file: no script, nothing fetched, prints well."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from keepsight.lab.finding import Finding, Outcome, Owner
from keepsight.lab.render.picture import (
    area_bars,
    flow_map,
    flow_notes,
    flow_title,
    reading_gauge,
    ring,
)
from keepsight.lab.render.words import AREA_NAMES, BAND_NAMES, outcome_text, size_text
from keepsight.lab.report import Report
from keepsight.lab.verdict import AreaVerdict, rating

CONTACTS_SHOWN = 40
FLOWS_SHOWN = 12
EVIDENCE_IN_PLACE = 4
"""Lines of evidence under a finding; with more, all of them stand at the end."""
NATIVE_SHOWN = 40
_OWNER_NAMES = {
    Owner.APP: "app code",
    Owner.VENDOR_SDK: "vendor's SDK",
    Owner.THIRD_PARTY: "third-party SDK",
    Owner.SYSTEM: "system library",
    Owner.NONE: "",
}
_YES_NO = {True: "yes", False: "no", None: "not looked at", "yes": "yes", "no": "not observed"}
_YES_NO |= {"owner": "owner only"}


@dataclass(frozen=True, slots=True)
class AreaView:
    """One area's part of the page."""

    name: str
    verdict: AreaVerdict
    violated: tuple[Finding, ...]
    clear: tuple[Finding, ...]
    noted: tuple[Finding, ...]
    unknown: tuple[Finding, ...]
    absent: tuple[str, ...]

    @property
    def findings(self) -> bool:
        """Whether there is anything to show but absences."""
        return bool(self.violated or self.clear or self.noted or self.unknown)


@dataclass(frozen=True, slots=True)
class View:
    """One report, prepared for the template."""

    report: Report
    ring: Markup
    bars: Markup
    map: Markup
    flows: tuple[tuple[str, str], ...]
    """The picture in words, for narrow screens."""
    caps: tuple[str, ...]
    areas: tuple[AreaView, ...]
    trackers: list[dict[str, Any]]
    window: str
    texts: list[dict[str, Any]]
    tls: list[tuple[str, str, int]]
    contacts: list[dict[str, Any]]
    traffic: str
    evidence: tuple[Finding, ...]
    native: tuple[str, ...]
    """Native libraries of the apps, which nobody looked into."""


@cache
def environment() -> Environment:
    """The templates. Everything is escaped unless it is a picture made here."""
    return Environment(
        loader=PackageLoader("keepsight.lab.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, **context: object) -> str:
    """A whole page with the shared style."""
    source, _, _ = PackageLoader("keepsight.lab.render").get_source(environment(), "style.css")
    return (
        environment()
        .get_template(template)
        .render(
            style=Markup(source),  # noqa: S704 - our own file
            rating_version=rating()["version"],
            size=size_text,
            band_names=BAND_NAMES,
            outcome_text=outcome_text,
            owner_names=_OWNER_NAMES,
            yes_no=_YES_NO,
            **context,
        )
    )


def render(reports: list[Report]) -> str:
    """One page with all reports."""
    title = reports[0].title if len(reports) == 1 else f"{len(reports)} products"
    return page(
        "report.html.j2",
        title=f"Quick Check: {title}",
        tool=reports[0].tool if reports else "keepsight",
        views=[view_of(report) for report in reports],
    )


def view_of(report: Report) -> View:
    """Everything of a report that the page shows."""
    capture = _table(report.measures.get("capture"))
    policy = _table(report.measures.get("policy"))
    texts = [
        {**text, "gauge": _svg(reading_gauge(text["reading_ease"], text["reading_ease_band"]))}
        for text in policy.get("documents", [])
    ]
    counts = Counter((row["version"], row["cipher"]) for row in capture.get("tls", []))
    seconds = float(capture.get("seconds", 0))
    length = f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
    packets = (
        f"{capture.get('packets', 0):,} packets, {size_text(capture.get('bytes', 0))}, {length}."
    )
    return View(
        report=report,
        ring=_svg(ring(report.verdict.overall)),
        bars=_svg(area_bars(report.verdict.areas, AREA_NAMES)),
        map=_svg(flow_map(report.recipients)),
        flows=tuple((flow_title(row), flow_notes(row)) for row in report.recipients[:FLOWS_SHOWN]),
        caps=_caps(report),
        areas=tuple(_area_view(report, area) for area in report.verdict.areas),
        trackers=_trackers(report),
        window=length if capture else "no capture",
        texts=texts,
        tls=[(version, cipher, n) for (version, cipher), n in counts.most_common(30)],
        contacts=[c for c in capture.get("contacts", []) if c["reach"] == "internet"][
            :CONTACTS_SHOWN
        ],
        traffic=f"{packets} What was not observed in that time may still happen.",
        evidence=tuple(
            f
            for f in report.of(Outcome.VIOLATED)
            if len(f.evidence) > EVIDENCE_IN_PLACE and "table" not in f.details
        ),
        native=_native(report),
    )


def _table(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _svg(text: str) -> Markup:
    return Markup(text)  # noqa: S704 - drawn by `picture`, which escapes every text


def _caps(report: Report) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for cap in report.verdict.caps:
        if cap.where != "overall":
            continue
        text = cap.reason[:1].upper() + cap.reason[1:]
        most = f": no more than {cap.points_max} points" if cap.points_max else ""
        found[f"{text}{most}"] = None
    return tuple(found)[:4]


def _area_view(report: Report, area: str) -> AreaView:
    def of(*outcomes: Outcome) -> tuple[Finding, ...]:
        return tuple(
            finding
            for outcome in outcomes
            for finding in report.of(outcome)
            if report.area_of.get(finding.check) == area
        )

    absent = tuple(dict.fromkeys(f.check for f in of(Outcome.NOT_APPLICABLE)))
    return AreaView(
        AREA_NAMES[area],
        report.verdict.areas[area],
        of(Outcome.VIOLATED),
        tuple(finding for finding in of(Outcome.CLEAR) if not finding.is_note),
        tuple(finding for finding in of(Outcome.CLEAR) if finding.is_note),
        of(Outcome.ERROR, Outcome.UNKNOWN),
        absent,
    )


def _native(report: Report) -> tuple[str, ...]:
    packages = _table(report.measures.get("app")).get("packages", [])
    names = [name for one in packages for name in one["native_libraries"]]
    more = [f"and {len(names) - NATIVE_SHOWN} more"] if len(names) > NATIVE_SHOWN else []
    return (*names[:NATIVE_SHOWN], *more)


def _trackers(report: Report) -> list[dict[str, Any]]:
    """The three-column table, which the policy check left in its details."""
    for finding in report.findings:
        rows = finding.details.get("table")
        if finding.check == "policy/undeclared-trackers" and isinstance(rows, list):
            return rows
    return []
