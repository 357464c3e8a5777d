"""Writes the statement: facts in, one page of plain Markdown out. Pure.

Every sentence is either always true of Keepsight or follows from a fact; there is no sentence for
what might be switched on one day. `tests/hub/statement` measures how hard it is to read.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from keepsight.hub.statement import english, german

LANGUAGES: Mapping[str, Mapping[str, str]] = {
    "en": english.SENTENCES,
    "de": german.SENTENCES,
}


@dataclass(frozen=True, slots=True)
class CameraFacts:
    """One camera as the statement names it."""

    name: str
    room: str
    is_recording: bool
    retention_days: int
    """Nothing stays longer, unless somebody keeps it."""
    has_sound: bool
    looks_for: tuple[str, ...] = ()
    """Kinds; empty: the camera is not watched."""
    event_days: int | None = None
    """So long what was noticed stays; None: until there is no space."""
    is_following: bool = False
    """Only what is around events is kept."""
    eventless_days: int | None = None
    """So long what shows nothing stays; None: as everything."""


@dataclass(frozen=True, slots=True)
class OutsideFacts:
    """One host outside the home that the hub may reach."""

    purpose: str
    """Key of a sentence: mail, push, broker, update, other."""
    host: str


@dataclass(frozen=True, slots=True)
class StatementFacts:
    """What is switched on in this household."""

    household: str
    owners: tuple[str, ...]
    cameras: tuple[CameraFacts, ...]
    members: int
    guests: int
    displays: tuple[str, ...]
    """Names of screens and integrations."""
    outside: tuple[OutsideFacts, ...]
    notices: tuple[str, ...]
    """Kinds of things that are looked for in the pictures; empty: nothing is."""
    starts_unattended: bool
    written_us: int
    is_whole: bool = True
    """Whether every camera and screen is named, not only those that the reader may see."""


def write_statement(facts: StatementFacts, language: str) -> str:
    """One page of Markdown.

    Args:
        facts: what is switched on.
        language: en or de; any other gives English.
    """
    words = LANGUAGES.get(language, english.SENTENCES)
    sections = (
        ("who", [words["who"].format(owners=_listed(facts.owners, words))]),
        ("recorded", _recorded(facts, words)),
        ("look", _look(facts, words)),
        ("noticed", _noticed(facts, words)),
        ("logged", [words["logged"]]),
        ("outside", _outside(facts, words)),
        ("kept", [words["kept"], words["unattended" if facts.starts_unattended else "attended"]]),
        ("rights", [words["rights"]]),
    )
    written = datetime.fromtimestamp(facts.written_us / 1_000_000, UTC).strftime("%Y-%m-%d")
    lines = [f"# {words['title'].format(household=facts.household)}"]
    lines.append(words["written"].format(date=written))
    for name, paragraphs in sections:
        lines += [f"## {words[f'{name}_heading']}", *paragraphs]
    return "\n\n".join(lines) + "\n"


def _listed(names: tuple[str, ...], words: Mapping[str, str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {words['and']} {names[-1]}"


def _recorded(facts: StatementFacts, words: Mapping[str, str]) -> list[str]:
    part = [] if facts.is_whole else [words["not_whole"]]
    if not facts.cameras:
        return part or [words["no_cameras"]]
    lines = []
    for camera in facts.cameras:
        place = words["in_room"].format(room=camera.room) if camera.room else ""
        what = "recorded_sound" if camera.has_sound else "recorded_silent"
        kept = words[what if camera.is_recording else "live_only"]
        days = words["day"] if camera.retention_days == 1 else words["days"]
        kept = kept.format(days=f"{camera.retention_days} {days}")
        if camera.is_recording and camera.is_following:
            kept = f"{kept} {words['following']}"
        elif camera.is_recording and camera.eventless_days is not None:
            days = words["day"] if camera.eventless_days == 1 else words["days"]
            some = words["eventless"].format(days=f"{camera.eventless_days} {days}")
            kept = f"{kept} {some}"
        lines.append(f"- **{camera.name}**{place}: {kept}")
    return ["\n".join(lines), *part]


def _look(facts: StatementFacts, words: Mapping[str, str]) -> list[str]:
    people = words["one_member" if facts.members == 1 else "members"].format(count=facts.members)
    paragraphs = [people]
    if facts.guests:
        key = "one_guest" if facts.guests == 1 else "guests"
        paragraphs.append(words[key].format(count=facts.guests))
    if facts.displays:
        paragraphs.append(words["displays"].format(displays=_listed(facts.displays, words)))
    return [" ".join(paragraphs), words["sealed"]]


def _noticed(facts: StatementFacts, words: Mapping[str, str]) -> list[str]:
    if not facts.notices:
        return [words["nothing_noticed"]]
    kinds = tuple(words.get(f"kind_{kind}", kind) for kind in facts.notices)
    paragraphs = [words["noticed"].format(kinds=_listed(kinds, words)), words["no_faces"]]
    lines = [_watched(camera, words) for camera in facts.cameras if camera.looks_for]
    return [*paragraphs, *(["\n".join(lines), words["noted"]] if lines else [])]


def _watched(camera: CameraFacts, words: Mapping[str, str]) -> str:
    kinds = tuple(words.get(f"kind_{kind}", kind) for kind in camera.looks_for)
    days = words["day"] if camera.event_days == 1 else words["days"]
    until = words["noted_for"].format(days=f"{camera.event_days} {days}")
    kept = words["noted_for_long"] if camera.event_days is None else until
    return f"- **{camera.name}**: {_listed(kinds, words)}. {kept}"


def _outside(facts: StatementFacts, words: Mapping[str, str]) -> list[str]:
    if not facts.outside:
        return [words["nothing_outside"]]
    lines = [
        f"- {words.get(f'outside_{entry.purpose}', words['outside_other']).format(host=entry.host)}"
        for entry in facts.outside
    ]
    return [words["something_outside"], "\n".join(lines)]
