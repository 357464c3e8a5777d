"""What was noticed: lists, days, what is new, what is kept, and movement that was nobody's.

Everything is filtered by what the caller may know of each camera (`events`), now.
"""

from collections.abc import Iterable
from itertools import pairwise
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.policies import KnowsEvents, Owner
from keepsight.hub.event import KIND_LENGTH_MAX, Event, EventPicture
from keepsight.hub.grant import Capability
from keepsight.hub.member import Role
from keepsight.hub.store.event_list import Cursor, EventFilter, ListReader, SeenEvent

router = APIRouter()
PAGE_EVENTS: Final = 100
PAGE_EVENTS_MAX: Final = 200
CAMERAS_MAX: Final = 64
KINDS_MAX: Final = 32
MARKED_MAX: Final = 200
EDGES_MAX: Final = 400
ACTIVITY_US_MAX: Final = 62 * 24 * 3600 * 1_000_000
TIME_US_MAX: Final = 1 << 62
Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Ids = Annotated[list[str] | None, Query(max_length=CAMERAS_MAX)]
Kind = Annotated[str, Field(max_length=KIND_LENGTH_MAX)]
Time = Annotated[int, Field(ge=0, le=TIME_US_MAX)]
FromTime = Annotated[int | None, Query(alias="from", ge=0, le=TIME_US_MAX)]
ToTime = Annotated[int | None, Query(alias="to", ge=0, le=TIME_US_MAX)]


class ChangeBody(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    seen: bool | None = None
    kept: bool | None = None


class SeenBody(BaseModel):
    """Which events the caller has seen: these, or all that began until then."""

    model_config = ConfigDict(extra="forbid")
    events: list[Id] = Field(default_factory=list, max_length=MARKED_MAX)
    until_us: Time | None = None
    camera: Id | None = None


def _picture_document(picture: EventPicture | None) -> dict[str, Any] | None:
    if picture is None:
        return None
    return {"id": picture.picture_id.hex(), "bytes": picture.size_bytes}


def event_document(event: Event, *, is_seen: bool) -> dict[str, Any]:
    """An event as the API shows it."""
    preview = event.picture("preview")
    strip = _picture_document(preview)
    if preview is not None and strip is not None:
        strip |= {"columns": preview.columns, "rows": preview.rows, "count": preview.count}
    return {
        "id": event.event_id.hex(),
        "camera": event.camera_id.hex(),
        "kind": event.kind,
        "start_us": event.start_us,
        "last_us": event.last_us,
        "end_us": event.end_us,
        "confidence": round(event.confidence, 3),
        "best_us": event.best_us,
        "best_box": event.best_box,
        "zones": event.zones,
        "path": event.path,
        "seen": is_seen,
        "kept": event.is_kept,
        "picture": _picture_document(event.picture("picture")),
        "preview": strip,
    }


def _reader(who: Caller) -> ListReader:
    return ListReader(who.member_id, who.viewer.member.created_us if who.viewer else 0)


def _cameras(who: Caller, wanted: Iterable[str], room: str | None = None) -> list[bytes]:
    """Cameras that are asked for, or all of whose events the caller may know now.

    Raises:
        ApiError: one that is asked for is not for them.
    """
    named = [parse_id(text, "camera") for text in wanted]
    for camera_id in named:
        who.require(camera_id, Capability.EVENTS)
    known = {running.camera.camera_id: running.camera for running in who.household.roster.running()}
    found = named or [camera_id for camera_id in known if who.may(camera_id, Capability.EVENTS)]
    if room is None:
        return found
    return [one for one in found if one in known and known[one].room == room]


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    start, colon, event = text.partition(":")
    if not (colon and start.isascii() and start.isdigit() and len(start) <= 19):
        raise ApiError(422, "bad_cursor", "take `next_before` of the page before")
    return Cursor(min(int(start), TIME_US_MAX), parse_id(event, "event"))


async def _find(who: Caller, text: str) -> SeenEvent:
    found = await who.household.events.find_as(_reader(who), parse_id(text, "event"))
    if found is None or not who.may(found.event.camera_id, Capability.EVENTS):
        raise ApiError(404, "no_such_event", "there is no such event")
    return found


@router.get("/events")
async def list_events(  # noqa: PLR0913, PLR0917 - the filters
    who: KnowsEvents,
    camera: Ids = None,
    room: Annotated[str | None, Query(max_length=100)] = None,
    kind: Annotated[list[Kind] | None, Query(max_length=KINDS_MAX)] = None,
    zone: Annotated[str | None, Query(max_length=100)] = None,
    from_us: FromTime = None,
    to_us: ToTime = None,
    seen: bool | None = None,  # noqa: FBT001 - a query
    kept: bool | None = None,  # noqa: FBT001
    before: Annotated[str | None, Query(max_length=60)] = None,
    limit: Annotated[int, Query(ge=1, le=PAGE_EVENTS_MAX)] = PAGE_EVENTS,
) -> dict[str, Any]:
    """Events, newest first, page by page."""
    wanted = EventFilter(
        _cameras(who, camera or (), room), tuple(kind or ()), zone, from_us, to_us, seen, kept,
        _cursor(before),
    )  # fmt: skip
    found = await who.household.events.page(_reader(who), wanted, limit + 1)
    page = found[:limit]
    last = page[-1].event if len(found) > limit else None
    return {
        "events": [event_document(one.event, is_seen=one.is_seen) for one in page],
        "next_before": f"{last.start_us}:{last.event_id.hex()}" if last else None,
    }


@router.get("/events/unseen")
async def count_unseen(who: KnowsEvents) -> dict[str, int]:
    """How many events are new to the caller; 1000 stands for more."""
    return {"count": await who.household.events.unseen(_reader(who), _cameras(who, ()))}


@router.get("/events/days")
async def count_days(
    who: KnowsEvents,
    edge: Annotated[list[Time], Query(min_length=2, max_length=EDGES_MAX)],
    camera: Ids = None,
    room: Annotated[str | None, Query(max_length=100)] = None,
) -> dict[str, Any]:
    """How many events of each kind began between one edge and the next, e.g. local midnights."""
    pairs = list(pairwise(edge))
    if any(later <= earlier for earlier, later in pairs):
        raise ApiError(422, "bad_range", "the edges must rise")
    counts = await who.household.events.days(_cameras(who, camera or (), room), edge)
    days: list[dict[str, Any]] = [
        {"from_us": from_us, "to_us": to_us, "kinds": {}} for from_us, to_us in pairs
    ]
    for count in counts:
        days[count.edge]["kinds"][count.kind] = count.events
    return {"days": days}


@router.post("/events/seen", status_code=204)
async def mark_seen(body: SeenBody, who: KnowsEvents) -> None:
    """Note what the caller has seen. What is not theirs, or not there, is left out."""
    household = who.household
    reader = _reader(who)
    if body.events:
        ids = [bytes.fromhex(event) for event in body.events]
        cameras = await household.events.cameras_of(ids)
        mine = [one for one in ids if one in cameras and who.may(cameras[one], Capability.EVENTS)]
        await household.events.mark(reader, mine, is_seen=True)
    if body.until_us is not None:
        cameras_wanted = _cameras(who, [body.camera] if body.camera else ())
        until_us = min(body.until_us, household.clock.wall_us())
        await household.events.mark_until(reader, cameras_wanted, until_us)


@router.get("/events/{event}")
async def show_event(event: str, who: KnowsEvents) -> dict[str, Any]:
    """One event."""
    found = await _find(who, event)
    return event_document(found.event, is_seen=found.is_seen)


@router.patch("/events/{event}")
async def change_event(event: str, body: ChangeBody, who: KnowsEvents) -> dict[str, Any]:
    """Mark it as seen, which is the caller's own; or keep it, which is the household's."""
    found = await _find(who, event)
    events = who.household.events
    if body.kept is not None and body.kept != found.event.is_kept:
        if who.viewer is not None and who.viewer.member.role not in (Role.OWNER, Role.MEMBER):
            raise ApiError(
                403, "not_granted", "only who lives here keeps events", capability="events"
            )
        await events.keep(found.event, is_kept=body.kept, by=who.name)
    if body.seen is not None:
        await events.mark(_reader(who), [found.event.event_id], is_seen=body.seen)
    found = await _find(who, event)
    return event_document(found.event, is_seen=found.is_seen)


@router.delete("/events/{event}", status_code=204)
async def delete_event(event: str, who: Owner) -> None:
    """Delete an event with its pictures; its recordings stay. Also while it is shown to nobody."""
    found = await who.household.events.find(parse_id(event, "event"))
    if found is None:
        raise ApiError(404, "no_such_event", "there is no such event")
    await who.household.events.delete(found, by=who.name)


@router.get("/activity")
async def show_activity(
    who: KnowsEvents,
    from_us: Annotated[int, Query(alias="from", ge=0, le=TIME_US_MAX)],
    to_us: Annotated[int, Query(alias="to", ge=0, le=TIME_US_MAX)],
    camera: Ids = None,
) -> dict[str, Any]:
    """Movement that was nobody's."""
    if not 0 < to_us - from_us <= ACTIVITY_US_MAX:
        raise ApiError(422, "bad_range", "ask for at most 62 days, from earlier to later")
    events = who.household.events
    return {
        "cameras": [
            {"camera": one.hex(), "spans": await events.activity(one, from_us, to_us)}
            for one in _cameras(who, camera or ())
        ]
    }
