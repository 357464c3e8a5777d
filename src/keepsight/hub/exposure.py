"""Who could see what: the exact list, out of the ledger's release lines.

A sealed fragment may lie in any cache; whoever got the key of its window could see it. So the
lines whose windows reach into a time are the list, at the grain of a window, and nothing else is.
A line is found by an index and read from the log itself, so the list says what the log says.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from keepsight.hub.scribe import Scribe
from keepsight.seal.ledger import Entry

EXPOSURES_MAX: Final = 100_000
JOINT_US: Final = 2_500_000
"""Windows of one viewing overlap or follow each other; a gap below this is no gap to a person."""


class TooManyExposuresError(Exception):
    """More than EXPOSURES_MAX: ask for less time at once; nothing is left out silently."""


@dataclass(frozen=True, slots=True)
class Person:
    """A member as far as anybody still knows."""

    name: str
    role: str
    integration: str


UNKNOWN: Final = Person("", "", "")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for; None asks for all."""

    from_us: int
    to_us: int
    camera: bytes | None = None
    member: bytes | None = None
    integration: str | None = None


@dataclass(frozen=True, slots=True)
class Exposure:
    """One window that somebody was given the key of, or one delivery. As in the JSON."""

    n: int
    """Number of its line in the ledger."""
    member: str | None
    """Name; None where the person was erased, and where nobody knows it any more."""
    member_id: str | None
    subject: str
    """The same for all lines about one person, also after they were erased."""
    role: str
    integration: str
    device: str | None
    device_id: str | None
    camera: str
    camera_id: str
    stream: str
    purpose: str
    from_us: int
    to_us: int | None
    """None: the window has no end."""
    released_us: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """Windows without a gap between them: one person, device, camera, stream and purpose."""

    member: str | None
    member_id: str | None
    subject: str
    role: str
    integration: str
    device: str | None
    device_id: str | None
    camera: str
    camera_id: str
    stream: str
    purpose: str
    from_us: int
    to_us: int | None
    releases: int
    first_n: int
    last_n: int


def _exposure(entry: Entry, subject: bytes, person: Person, names: dict[str, str]) -> Exposure:
    member_id, device_id = entry.get("member"), entry.get("device")
    camera_id = str(entry["camera"])
    return Exposure(
        n=entry["n"],
        member=person.name or names.get(str(member_id)),
        member_id=member_id,
        subject=subject.hex(),
        role=str(entry.get("role") or person.role),
        integration=str(entry.get("integration") or person.integration),
        device=names.get(str(device_id)),
        device_id=device_id,
        camera=names.get(camera_id, camera_id[:8]),
        camera_id=camera_id,
        stream=str(entry.get("stream", "")),
        purpose=str(entry.get("purpose", entry["type"])),
        from_us=entry["start_us"],
        to_us=entry.get("end_us"),
        released_us=entry["at_us"],
    )


def find_exposures(
    scribe: Scribe,
    wanted: Wanted,
    size: int,
    person_of: Callable[[str], Person],
    camera_names: dict[str, str],
) -> list[Exposure]:
    """The list, by time of release.

    Args:
        scribe: the ledger.
        wanted: which part of it.
        size: only the first so many lines, those of one checkpoint.
        person_of: what is known of a member's id.
        camera_names: of the cameras that are there; the ledger knows those of the others.

    Raises:
        TooManyExposuresError: ask for less time.
        keepsight.seal.ledger.LedgerError: a line cannot be read.
    """
    household = scribe.household
    only: bytes | None = None
    if wanted.member is not None:
        only = scribe.subject_of(wanted.member)
        if only is None:
            return []
    cameras = scribe.store.cameras(household) if wanted.camera is None else [wanted.camera]
    names = scribe.names() | camera_names
    found: list[Exposure] = []
    rows = scribe.store.exposing(household, cameras, wanted.from_us, wanted.to_us, only)
    for n, leaf, subject in rows:
        if n > size:
            continue
        if len(found) >= EXPOSURES_MAX:
            raise TooManyExposuresError
        entry = scribe.decode(leaf)
        member = entry.get("member")
        exposure = _exposure(entry, subject, person_of(member) if member else UNKNOWN, names)
        if wanted.integration is None or _same(wanted.integration, exposure.integration):
            found.append(exposure)
    found.sort(key=lambda exposure: exposure.n)
    return found


def _same(wanted: str, integration: str) -> bool:
    return wanted.casefold() == integration.casefold()


def _later(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else max(one, other)


def join(exposures: Iterable[Exposure]) -> list[Stretch]:
    """Windows put together where there is no gap, for people to read; by start."""
    groups: dict[tuple[object, ...], list[Exposure]] = {}
    for e in exposures:
        key = (e.subject, e.device_id, e.camera_id, e.stream, e.purpose)
        groups.setdefault(key, []).append(e)
    joined: list[Stretch] = []
    for group in groups.values():
        group.sort(key=lambda e: e.from_us)
        stretch = _stretch(group[0])
        for e in group[1:]:
            if stretch.to_us is not None and e.from_us > stretch.to_us + JOINT_US:
                joined.append(stretch)
                stretch = _stretch(e)
                continue
            stretch = replace(
                stretch,
                to_us=_later(stretch.to_us, e.to_us),
                releases=stretch.releases + 1,
                first_n=min(stretch.first_n, e.n),
                last_n=max(stretch.last_n, e.n),
            )
        joined.append(stretch)
    joined.sort(key=lambda stretch: (stretch.from_us, stretch.first_n))
    return joined


def _stretch(e: Exposure) -> Stretch:
    fields = asdict(e)
    del fields["n"], fields["released_us"]
    return Stretch(**fields, releases=1, first_n=e.n, last_n=e.n)


def summary(exposures: Sequence[Exposure]) -> list[dict[str, Any]]:
    """Each person once: which cameras, from when to when, on which devices."""
    people: dict[str, dict[str, Any]] = {}
    for e in exposures:
        person = people.setdefault(
            e.subject,
            {
                "member": e.member, "member_id": e.member_id, "subject": e.subject,
                "role": e.role, "integration": e.integration, "releases": 0, "cameras": {},
                "devices": {},
            },
        )  # fmt: skip
        person["releases"] += 1
        if e.device_id is not None:
            person["devices"][e.device_id] = e.device
        camera = person["cameras"].setdefault(
            e.camera_id,
            {
                "camera": e.camera, "camera_id": e.camera_id, "from_us": e.from_us,
                "to_us": e.to_us, "releases": 0,
            },
        )  # fmt: skip
        camera["from_us"] = min(camera["from_us"], e.from_us)
        camera["to_us"] = _later(camera["to_us"], e.to_us)
        camera["releases"] += 1
    for person in people.values():
        person["cameras"] = list(person["cameras"].values())
        person["devices"] = [
            {"device": name, "device_id": device} for device, name in person["devices"].items()
        ]
    return list(people.values())


def as_document(
    exposures: Sequence[Exposure], wanted: Wanted, household: str, checkpoint: dict[str, Any]
) -> dict[str, Any]:
    """The JSON that `keepsight ledger exposed --json` prints: every window, joined, and summed."""
    stretches = join(exposures)
    return {
        "from": wanted.from_us,
        "to": wanted.to_us,
        "household": household,
        "checkpoint": checkpoint,
        "counts": {"releases": len(exposures), "stretches": len(stretches)},
        "members": summary(exposures),
        "stretches": [asdict(stretch) for stretch in stretches],
        "exposures": [asdict(exposure) for exposure in exposures],
    }
