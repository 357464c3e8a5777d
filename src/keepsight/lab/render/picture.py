"""The pictures of the report, as inline SVG: rating ring, area bars, data-flow map, reading gauge.

Colours are given as attributes, for print, and as classes, so that the page's dark style can change
them. All text is escaped here; the template inserts pictures as they are.
"""

import math
from html import escape

from keepsight.lab.render.words import size_text
from keepsight.lab.report import Recipient
from keepsight.lab.verdict import AreaVerdict

INK, SOFT, LINE, PAPER = "#1c2430", "#5b6675", "#d8dde4", "#f3f5f8"
GREEN, AMBER, RED, BLUE, GREY = "#2f7d4f", "#b7791f", "#b3372c", "#2b5f9e", "#9aa4b2"
FLOWS_MAX = 12
_FONT = "font-family='system-ui, -apple-system, Segoe UI, Roboto, DejaVu Sans, sans-serif'"


def colour_of(score: int | None) -> tuple[str, str]:
    """Colour and class of a score."""
    if score is None:
        return GREY, "c-none"
    if score >= 75:
        return GREEN, "c-good"
    return (AMBER, "c-fair") if score >= 45 else (RED, "c-bad")


def ring(score: int | None) -> str:
    """The rating as a ring."""
    colour, name = colour_of(score)
    radius, size = 52, 128
    length = 2 * math.pi * radius
    filled = length * (score or 0) / 100
    text = "–" if score is None else str(score)  # noqa: RUF001 - a dash for "none"
    label = "not rated" if score is None else f"{score} of 100 points"
    return (
        f"<svg class='ring' viewBox='0 0 {size} {size}' role='img' aria-label='{label}' {_FONT}>"
        f"<circle class='track' cx='64' cy='64' r='{radius}' fill='none' stroke='{LINE}' "
        "stroke-width='12'/>"
        f"<circle class='{name}' cx='64' cy='64' r='{radius}' fill='none' stroke='{colour}' "
        f"stroke-width='12' stroke-linecap='butt' stroke-dasharray='{filled:.1f} {length:.1f}' "
        "transform='rotate(-90 64 64)'/>"
        f"<text class='ink' x='64' y='72' text-anchor='middle' font-size='36' font-weight='700' "
        f"fill='{INK}'>{text}</text>"
        f"<text class='soft' x='64' y='92' text-anchor='middle' font-size='12' fill='{SOFT}'>"
        "of 100</text></svg>"
    )


def area_bars(areas: dict[str, AreaVerdict], names: dict[str, str]) -> str:
    """Points and coverage of each area, name above bar so that it fits a phone."""
    rows, height = list(areas.items()), 37
    out = [
        (
            f"<svg class='bars' viewBox='0 0 420 {len(rows) * height}' role='img' "
            f"aria-label='Points by area' {_FONT}>"
        )
    ]
    for number, (area, row) in enumerate(rows):
        y = number * height
        colour, name = colour_of(row.score)
        points = "not judged" if row.score is None else str(row.score)
        width = 4.2 * (row.score or 0)
        out.append(
            f"<text class='ink' x='0' y='{y + 14}' font-size='14' fill='{INK}'>{names[area]}</text>"
            f"<rect class='track' x='0' y='{y + 20}' width='420' height='8' rx='3' fill='{LINE}'/>"
            f"<rect class='{name}' x='0' y='{y + 20}' width='{width:.0f}' height='8' rx='3' "
            f"fill='{colour}'/>"
            f"<text class='ink' x='420' y='{y + 14}' font-size='14' font-weight='600' "
            f"text-anchor='end' fill='{INK}'>{points}</text>"
        )
        if row.score is not None:
            out.append(
                f"<text class='soft' x='375' y='{y + 14}' font-size='12' text-anchor='end' "
                f"fill='{SOFT}'>{row.coverage:.0%} seen</text>"
            )
    return "".join(out) + "</svg>"


def flow_map(recipients: tuple[Recipient, ...]) -> str:
    """Who gets data: lines as thick as the traffic, dashed where contained but not observed."""
    shown = recipients[:FLOWS_MAX]
    if not shown:
        return ""
    height, top = 52, 10
    total = len(shown) * height + 2 * top
    middle = total / 2
    most = max((r.sent_bytes + r.received_bytes for r in shown), default=1) or 1
    out = [
        (
            f"<svg class='map' viewBox='0 0 760 {total}' role='img' "
            f"aria-label='Who gets data' {_FONT}>"
        ),
        (
            f"<rect class='box' x='2' y='{middle - 34:.0f}' width='132' height='68' rx='10' "
            f"fill='{PAPER}' stroke='{INK}' stroke-width='1.5'/>"
            f"<text class='ink' x='68' y='{middle - 4:.0f}' text-anchor='middle' font-size='15' "
            f"font-weight='700' fill='{INK}'>Your home</text>"
            f"<text class='soft' x='68' y='{middle + 16:.0f}' text-anchor='middle' font-size='12' "
            f"fill='{SOFT}'>camera and app</text>"
        ),
    ]
    for number, row in enumerate(shown):
        out.append(_flow(row, top + number * height + height / 2, middle, most))
    left = len(recipients) - len(shown)
    if left > 0:
        out.append(
            f"<text class='soft' x='338' y='{total - 2}' font-size='11' fill='{SOFT}'>"
            f"and {left} more</text>"
        )
    return "".join(out) + "</svg>"


def _flow_colour(row: Recipient) -> tuple[str, str]:
    if row.is_clear:
        return RED, "c-bad"
    if row.kind == "vendor":
        return BLUE, "c-vendor"
    if row.kind == "tracker" and not row.is_contacted:
        return GREY, "c-none"
    if row.kind == "tracker":
        return (RED, "c-bad") if row.is_named is False else (AMBER, "c-fair")
    return BLUE, "c-vendor"


def _flow(row: Recipient, y: float, middle: float, most: int) -> str:
    colour, name = _flow_colour(row)
    volume = row.sent_bytes + row.received_bytes
    # A logarithmic width: a tracker's kilobytes beside a video's gigabytes would vanish.
    width = 1.5 if not volume else 1.5 + 8 * math.log1p(volume) / math.log1p(most)
    dash = "" if row.is_contacted else " stroke-dasharray='5 5'"
    title = flow_title(row)
    return (
        f"<path class='{name} line' "
        f"d='M134 {middle:.0f} C 225 {middle:.0f}, 225 {y:.0f}, 316 {y:.0f}' "
        f"fill='none' stroke='{colour}' stroke-width='{width:.1f}' stroke-opacity='.75'{dash}/>"
        f"<circle class='{name} dot' cx='322' cy='{y:.0f}' r='6' fill='{colour}'/>"
        f"<text class='ink' x='338' y='{y - 3:.0f}' font-size='14' font-weight='600' fill='{INK}'>"
        f"{escape(_short(title, 48))}</text>"
        f"<text class='soft' x='338' y='{y + 14:.0f}' font-size='11.5' fill='{SOFT}'>"
        f"{escape(_short(flow_notes(row), 72))}</text>"
    )


def flow_title(row: Recipient) -> str:
    """Who it is."""
    return row.owner if row.kind != "tracker" else f"{row.owner}: {', '.join(row.names)}"


def flow_notes(row: Recipient) -> str:
    """What is known of it, in a line."""
    notes = []
    if row.kind == "tracker":
        notes.append(", ".join(row.purposes[:2]))
        if row.is_named is not None:
            notes.append("named in the policy" if row.is_named else "NOT named in the policy")
        if not row.is_contacted:
            notes.append("in the app, not observed")
    elif row.kind == "vendor":
        notes.append("the maker")
    if row.is_clear:
        notes.append("readable on the way")
    if row.sent_bytes + row.received_bytes:
        notes.append(f"{size_text(row.sent_bytes)} out, {size_text(row.received_bytes)} in")
    return " · ".join(note for note in notes if note)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


_EASE_MARKS = ((0, 30, RED), (30, 50, AMBER), (50, 60, "#c9a227"), (60, 100, GREEN))


def reading_gauge(ease: float, band: str) -> str:
    """Reading ease on its scale, harder to the left."""
    at = 20 + 5.6 * min(100.0, max(0.0, ease))
    out = [
        (
            "<svg class='gauge' viewBox='0 0 600 74' role='img' "
            f"aria-label='Reading ease {ease}, band {escape(band)}' {_FONT}>"
        )
    ]
    out.extend(
        f"<rect x='{20 + 5.6 * start:.0f}' y='30' width='{5.6 * (end - start) - 2:.0f}' "
        f"height='12' rx='2' fill='{colour}' fill-opacity='.75'/>"
        for start, end, colour in _EASE_MARKS
    )
    out.extend(
        f"<text class='soft' x='{20 + 5.6 * mark:.0f}' y='60' font-size='11' "
        f"text-anchor='middle' fill='{SOFT}'>{mark}</text>"
        for mark in (0, 30, 50, 60, 100)
    )
    anchor = "start" if at < 120 else "end" if at > 480 else "middle"
    out.append(
        f"<path class='ink-fill' d='M{at:.0f} 28 l-6 -9 h12 z' fill='{INK}'/>"
        f"<text class='ink' x='{at:.0f}' y='14' font-size='13' font-weight='600' "
        f"text-anchor='{anchor}' fill='{INK}'>{ease}: {escape(band)}</text>"
        f"<text class='soft' x='20' y='73' font-size='11' fill='{SOFT}'>harder</text>"
        f"<text class='soft' x='580' y='73' font-size='11' text-anchor='end' fill='{SOFT}'>"
        "easier</text>"
    )
    return "".join(out) + "</svg>"


def comparison_bars(rows: list[tuple[str, int | None]]) -> str:
    """Products side by side, by points."""
    height = 34
    out = [
        (
            f"<svg class='bars' viewBox='0 0 700 {len(rows) * height + 4}' role='img' "
            f"aria-label='Products by points' {_FONT}>"
        )
    ]
    for number, (title, score) in enumerate(rows):
        y = number * height + 6
        colour, name = colour_of(score)
        points = "not rated" if score is None else str(score)
        out.append(
            f"<text class='ink' x='0' y='{y + 15}' font-size='14' fill='{INK}'>"
            f"{escape(_short(title, 32))}</text>"
            f"<rect class='track' x='260' y='{y + 3}' width='350' height='14' rx='3' "
            f"fill='{LINE}'/>"
            f"<rect class='{name}' x='260' y='{y + 3}' width='{3.5 * (score or 0):.0f}' "
            "height='14' "
            f"rx='3' fill='{colour}'/>"
            f"<text class='ink' x='620' y='{y + 15}' font-size='14' font-weight='600' fill='{INK}'>"
            f"{points}</text>"
        )
    return "".join(out) + "</svg>"
