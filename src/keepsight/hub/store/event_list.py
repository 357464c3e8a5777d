"""Lists of events as one member has seen them: pages, numbers by day, and what is new.

Every function takes the household first. Times are those at which events began.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    and_,
    case,
    delete,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
    tuple_,
)

from keepsight.hub.event import Event
from keepsight.hub.store.events import IDS_MAX, pictures_of, read_event
from keepsight.hub.store.events_schema import events, seen, seen_until
from keepsight.hub.store.household import put_row

PAGE_MAX: Final = 201
"""One more than anybody is shown: whether there is a next page."""
UNSEEN_MAX: Final = 1000
"""Nobody needs to know more exactly how many are new."""


class Cursor(NamedTuple):
    """The last event of a page: the next page begins before it."""

    start_us: int
    event: bytes


class SeenEvent(NamedTuple):
    """An event, and whether the one who asks has seen it."""

    event: Event
    is_seen: bool


class DayCount(NamedTuple):
    """How many events of one kind began between two edges."""

    edge: int
    """Number of the earlier edge."""
    kind: str
    events: int


@dataclass(frozen=True, slots=True)
class ListReader:
    """Who asks: what they have seen is theirs alone."""

    member: bytes
    """16 bytes."""
    since_us: int
    """They know of nothing before: it is not new to them."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None asks for all."""

    cameras: Sequence[bytes]
    """These and no others: what may be shown was decided before."""
    kinds: Sequence[str] = ()
    """Empty: all."""
    zone: str | None = None
    from_us: int | None = None
    to_us: int | None = None
    """Not included."""
    is_seen: bool | None = None
    is_kept: bool | None = None
    before: Cursor | None = None


def _is_of(cameras: Sequence[bytes]) -> Any:
    if len(cameras) == 1:
        return events.c.camera == cameras[0]
    # With a plus the column is no longer one of an index: SQLite would sort what many cameras
    # have, instead of walking back in time until a page is full.
    return literal_column("+events.camera", events.c.camera.type).in_(cameras)


def _marks(household: bytes, who: ListReader) -> tuple[Any, Any]:
    """A join that knows what somebody has seen, and whether a row of it is seen."""
    mark = and_(
        seen.c.household == household,
        seen.c.member == who.member,
        seen.c.event == events.c.event,
    )
    until = and_(
        seen_until.c.household == household,
        seen_until.c.member == who.member,
        seen_until.c.camera == events.c.camera,
    )
    joined = events.outerjoin(seen, mark).outerjoin(seen_until, until)
    until_us = func.coalesce(seen_until.c.until_us, who.since_us)
    by_time = case((events.c.start_us <= until_us, literal(1)), else_=literal(0))
    return joined, func.coalesce(seen.c.is_seen, by_time)


def _wanted(household: bytes, wanted: EventFilter) -> list[Any]:
    conditions: list[Any] = [events.c.household == household, _is_of(wanted.cameras)]
    if wanted.kinds:
        conditions.append(events.c.kind.in_(wanted.kinds))
    if wanted.from_us is not None:
        conditions.append(events.c.start_us >= wanted.from_us)
    if wanted.to_us is not None:
        conditions.append(events.c.start_us < wanted.to_us)
    if wanted.is_kept is not None:
        conditions.append(events.c.is_kept.is_(wanted.is_kept))
    if wanted.zone is not None:
        # Its text, as `EventStore` writes it, tells nearly every row apart; who has it is read.
        conditions.append(func.instr(events.c.zones, json.dumps(wanted.zone)) > 0)
        zones = func.json_each(events.c.zones).table_valued("value")
        conditions.append(exists(select(zones.c.value).where(zones.c.value == wanted.zone)))
    if wanted.before is not None:
        at = tuple_(literal(wanted.before.start_us), literal(wanted.before.event))
        conditions.append(tuple_(events.c.start_us, events.c.event) < at)
    return conditions


def page_query(household: bytes, who: ListReader, wanted: EventFilter) -> Any:
    """Events with whether they were seen, newest first. It walks an index and sorts nothing."""
    joined, is_seen = _marks(household, who)
    query = select(events, is_seen.label("is_seen")).select_from(joined)
    query = query.where(*_wanted(household, wanted))
    if wanted.is_seen is not None:
        query = query.where(is_seen == int(wanted.is_seen))
    return query.order_by(events.c.start_us.desc(), events.c.event.desc())


class EventList:
    """The caller chooses the thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self, household: bytes, who: ListReader, wanted: EventFilter, limit: int
    ) -> list[SeenEvent]:
        """Events, newest first, at most PAGE_MAX."""
        if not wanted.cameras:
            return []
        query = page_query(household, who, wanted)
        with self._engine.connect() as connection:
            rows = connection.execute(query.limit(min(limit, PAGE_MAX))).all()
            found = pictures_of(connection, household, [row.event for row in rows])
        return [
            SeenEvent(read_event(row, found.get(row.event, ())), bool(row.is_seen)) for row in rows
        ]

    def find(self, household: bytes, who: ListReader, event: bytes) -> SeenEvent | None:
        """One event."""
        joined, is_seen = _marks(household, who)
        query = select(events, is_seen.label("is_seen")).select_from(joined)
        query = query.where(events.c.household == household, events.c.event == event)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            found = pictures_of(connection, household, [event])
        return SeenEvent(read_event(row, found.get(event, ())), bool(row.is_seen))

    def days(
        self, household: bytes, cameras: Sequence[bytes], edges: Sequence[int]
    ) -> list[DayCount]:
        """How many events of each kind began between one edge and the next.

        Args:
            household: whose.
            cameras: these and no others.
            edges: wall times, rising.
        """
        if not cameras:
            return []
        found = []
        with self._engine.connect() as connection:
            for number, (from_us, to_us) in enumerate(pairwise(edges)):
                query = (
                    select(events.c.kind, func.count())
                    .where(events.c.household == household, _is_of(cameras))
                    .where(events.c.start_us >= from_us, events.c.start_us < to_us)
                    .group_by(events.c.kind)
                    .order_by(events.c.kind)
                )
                found += [DayCount(number, *row) for row in connection.execute(query)]
        return found

    # Seen

    def unseen(self, household: bytes, who: ListReader, cameras: Sequence[bytes]) -> int:
        """How many events are new to somebody, counted up to UNSEEN_MAX."""
        if not cameras:
            return 0
        with self._engine.connect() as connection:
            until = self._seen_until(connection, household, who)
            total = self._seen_and_not(connection, household, who, cameras, until)
            for camera in cameras:
                if total >= UNSEEN_MAX:
                    break
                new = self._new(household, who, camera, until.get(camera, who.since_us))
                some = new.limit(UNSEEN_MAX - total).subquery()
                total += connection.execute(select(func.count()).select_from(some)).scalar_one()
        return min(total, UNSEEN_MAX)

    def _seen_until(
        self, connection: Connection, household: bytes, who: ListReader
    ) -> Mapping[bytes, int]:
        query = select(seen_until.c.camera, seen_until.c.until_us).where(
            seen_until.c.household == household, seen_until.c.member == who.member
        )
        return {row.camera: row.until_us for row in connection.execute(query)}

    def _seen_and_not(
        self, connection: Connection, household: bytes, who: ListReader, cameras: Sequence[bytes],
        until: Mapping[bytes, int],
    ) -> int:  # fmt: skip
        """How many were marked as not seen, of those that a time says were seen."""
        mine = and_(seen.c.household == household, seen.c.member == who.member)
        there = and_(events.c.household == household, events.c.event == seen.c.event)
        query = select(events.c.camera, events.c.start_us).select_from(seen.join(events, there))
        query = query.where(mine, text("event_seen.is_seen = 0")).limit(UNSEEN_MAX)
        allowed = set(cameras)
        return sum(
            row.camera in allowed and row.start_us <= until.get(row.camera, who.since_us)
            for row in connection.execute(query)
        )

    def _new(self, household: bytes, who: ListReader, camera: bytes, until_us: int) -> Any:
        mark = and_(
            seen.c.household == household,
            seen.c.member == who.member,
            seen.c.event == events.c.event,
        )
        return (
            select(events.c.event)
            .select_from(events.outerjoin(seen, mark))
            .where(events.c.household == household, events.c.camera == camera)
            .where(events.c.start_us > until_us)
            .where(or_(seen.c.is_seen.is_(None), seen.c.is_seen == literal(0)))
        )

    def mark(self, household: bytes, member: bytes, ids: Sequence[bytes], *, is_seen: bool) -> None:
        """Note that somebody has seen single events or wants to see them again; at most IDS_MAX."""
        with self._engine.begin() as connection:
            for event in ids[:IDS_MAX]:
                row = {"household": household, "member": member, "event": event}
                connection.execute(put_row(seen, {**row, "is_seen": is_seen}))

    def mark_until(
        self, household: bytes, who: ListReader, cameras: Sequence[bytes], until_us: int
    ) -> None:
        """Note that somebody has seen all events of some cameras that began until a time."""
        with self._engine.begin() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            before = self._seen_until(connection, household, who)
            for camera in cameras:
                row = {"household": household, "member": who.member, "camera": camera}
                latest_us = max(until_us, before.get(camera, who.since_us))
                connection.execute(put_row(seen_until, {**row, "until_us": latest_us}))
            # What was said of single events before is covered by the time now.
            covered = select(events.c.event).where(
                events.c.household == household,
                events.c.event == seen.c.event,
                events.c.camera.in_(cameras),
                events.c.start_us <= until_us,
            )
            mine = and_(seen.c.household == household, seen.c.member == who.member)
            connection.execute(delete(seen).where(mine, exists(covered)))

    def marks(self, household: bytes, member: bytes) -> list[dict[str, Any]]:
        """Everything that is stored of what somebody has seen, for them to read."""
        single = select(seen.c.event, seen.c.is_seen).where(
            seen.c.household == household, seen.c.member == member
        )
        until = select(seen_until.c.camera, seen_until.c.until_us).where(
            seen_until.c.household == household, seen_until.c.member == member
        )
        with self._engine.connect() as connection:
            times = [
                {"camera": row.camera.hex(), "until_us": row.until_us}
                for row in connection.execute(until)
            ]
            marked = [
                {"event": row.event.hex(), "seen": row.is_seen}
                for row in connection.execute(single)
            ]
        return [*times, *marked]

    def forget_member(self, household: bytes, member: bytes) -> None:
        """Forget what a member has seen."""
        with self._engine.begin() as connection:
            for table in (seen, seen_until):
                mine = and_(table.c.household == household, table.c.member == member)
                connection.execute(delete(table).where(mine))
