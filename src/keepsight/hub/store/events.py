"""Events and the keys of their pictures, in `household.db`; lists of them are in `event_list.py`.

Every function takes the household first. Synchronous and thread-safe: each thread gets its own
connection, and in WAL mode readers do not wait for the one that writes.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, and_, delete, func, insert, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from keepsight.hub.event import Event, EventPicture
from keepsight.hub.store.events_schema import events, pictures, seen, seen_until

EVENT_US_MAX: Final = 24 * 3600 * 1_000_000
"""No event is longer. Bounds how far before a time one that reaches into it begins."""
IDS_MAX: Final = 500
"""In one statement."""
ENDLESS_US: Final = 1 << 62
"""Later than any time."""


EventsFailedError = SQLAlchemyError
"""The database refused: the disk is full, read-only or failing, or the database is damaged."""


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture with what finds its file and says what it may show."""

    camera: bytes
    event: bytes
    day: str
    """UTC day of its folder, YYYY-MM-DD."""
    start_us: int
    end_us: int
    """It shows nothing after that."""
    picture: EventPicture


def _row(household: bytes, event: Event) -> dict[str, Any]:
    return {
        "household": household, "event": event.event_id, "camera": event.camera_id,
        "kind": event.kind, "start_us": event.start_us, "last_us": event.last_us,
        "end_us": event.end_us, "confidence": event.confidence, "best_us": event.best_us,
        "best_box": json.dumps(event.best_box) if event.best_box else None,
        "zones": json.dumps(event.zones), "path": json.dumps(event.path),
        "is_kept": event.is_kept,
    }  # fmt: skip


def read_event(row: Any, found: Iterable[EventPicture] = ()) -> Event:
    """An event from its row."""
    return Event(
        event_id=row.event, camera_id=row.camera, kind=row.kind, start_us=row.start_us,
        last_us=row.last_us, end_us=row.end_us, confidence=row.confidence, best_us=row.best_us,
        best_box=tuple(json.loads(row.best_box)) if row.best_box else None,
        zones=tuple(json.loads(row.zones)),
        path=tuple((point[0], point[1], point[2]) for point in json.loads(row.path)),
        is_kept=row.is_kept, pictures=tuple(found),
    )  # fmt: skip


def _picture(row: Any) -> EventPicture:
    return EventPicture(
        picture_id=row.picture, role=row.role, epoch=row.epoch, wrapped_secret=row.wrapped_secret,
        size_bytes=row.size_bytes, columns=row.columns, rows=row.rows, count=row.count,
    )  # fmt: skip


def _stored(row: Any) -> StoredPicture:
    return StoredPicture(row.camera, row.event, row.day, row.start_us, row.end_us, _picture(row))


def _picture_row(household: bytes, stored: StoredPicture) -> dict[str, Any]:
    picture = stored.picture
    return {
        "household": household, "picture": picture.picture_id, "event": stored.event,
        "camera": stored.camera, "role": picture.role, "epoch": picture.epoch,
        "wrapped_secret": picture.wrapped_secret, "size_bytes": picture.size_bytes,
        "columns": picture.columns, "rows": picture.rows, "count": picture.count,
        "day": stored.day, "start_us": stored.start_us, "end_us": stored.end_us,
    }  # fmt: skip


def pictures_of(
    connection: Connection, household: bytes, ids: Sequence[bytes]
) -> Mapping[bytes, list[EventPicture]]:
    """Pictures by event."""
    found: dict[bytes, list[EventPicture]] = {}
    for first in range(0, len(ids), IDS_MAX):
        some = ids[first : first + IDS_MAX]
        query = select(pictures).where(
            pictures.c.household == household, pictures.c.event.in_(some)
        )
        for row in connection.execute(query.order_by(pictures.c.role)):
            found.setdefault(row.event, []).append(_picture(row))
    return found


class EventStore:
    """What was noticed. The caller chooses the thread."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    # Writing

    def write(
        self, household: bytes, begun: Sequence[Event], changed: Sequence[Event]
    ) -> set[bytes]:
        """Store events that begin and what is new of others, at once; durable on return.

        What was kept stays kept. An id that is known already is left as it is.

        Returns:
            The ids of `begun` that were new.
        """
        new: set[bytes] = set()
        with self.engine.begin() as connection:
            for event in begun:
                values = _row(household, event)
                statement = upsert(events).values(**values).on_conflict_do_nothing()
                if connection.execute(statement).rowcount == 1:
                    new.add(event.event_id)
            for event in changed:
                values = _row(household, event)
                del values["is_kept"]
                mine = and_(
                    events.c.household == values.pop("household"),
                    events.c.event == values.pop("event"),
                    events.c.camera == values.pop("camera"),
                )
                connection.execute(update(events).where(mine).values(**values))
        return new

    def end_open(self, household: bytes) -> int:
        """End every event that is still open when it was noticed last; how many."""
        mine = and_(events.c.household == household, events.c.end_us.is_(None))
        with self.engine.begin() as connection:
            ended = connection.execute(update(events).where(mine).values(end_us=events.c.last_us))
            return ended.rowcount

    def keep(self, household: bytes, event: bytes, *, is_kept: bool) -> None:
        """Keep an event, or no longer."""
        mine = and_(events.c.household == household, events.c.event == event)
        with self.engine.begin() as connection:
            connection.execute(update(events).where(mine).values(is_kept=is_kept))

    # Looking

    def find(self, household: bytes, event: bytes) -> Event | None:
        """One event with its pictures."""
        query = select(events).where(events.c.household == household, events.c.event == event)
        with self.engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            return read_event(row, pictures_of(connection, household, [event]).get(event, ()))

    def cameras_of(self, household: bytes, ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """The camera of each event that is there, at most IDS_MAX."""
        query = select(events.c.event, events.c.camera).where(
            events.c.household == household, events.c.event.in_(ids[:IDS_MAX])
        )
        with self.engine.connect() as connection:
            return {row.event: row.camera for row in connection.execute(query)}

    def spans(
        self, household: bytes, camera: bytes, from_us: int, to_us: int
    ) -> list[tuple[int, int | None, bool]]:
        """Begin, end and whether it is kept, of each event that reaches into from_us..to_us.

        One that goes on has no end.
        """
        of_camera = and_(events.c.household == household, events.c.camera == camera)
        columns = select(events.c.start_us, events.c.end_us, events.c.is_kept)
        earliest_us = from_us - EVENT_US_MAX
        near = columns.where(of_camera, events.c.start_us.between(earliest_us, to_us - 1))
        with self.engine.connect() as connection:
            return [
                (row.start_us, row.end_us, row.is_kept)
                for row in connection.execute(near.order_by(events.c.start_us))
                if row.end_us is None or row.end_us >= from_us
            ]

    def cameras(self, household: bytes) -> list[bytes]:
        """Every camera that has events, those that were removed too."""
        query = select(events.c.camera).where(events.c.household == household).distinct()
        with self.engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def count(self, household: bytes) -> int:
        """Number of events."""
        query = select(func.count()).select_from(events).where(events.c.household == household)
        with self.engine.connect() as connection:
            return connection.execute(query).scalar_one()

    # Pictures

    def put_picture(self, household: bytes, new: StoredPicture) -> StoredPicture | None:
        """Store a picture in the place of the one with the same role.

        Returns:
            The one that it replaces, whose key is gone now.

        Raises:
            LookupError: the event is gone.
        """
        picture = new.picture
        in_its_place = and_(
            pictures.c.household == household,
            pictures.c.event == new.event,
            pictures.c.role == picture.role,
        )
        is_there = and_(events.c.household == household, events.c.event == new.event)
        with self.engine.begin() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            if connection.execute(select(events.c.event).where(is_there)).first() is None:
                raise LookupError("the event is gone")
            before = connection.execute(select(pictures).where(in_its_place)).first()
            connection.execute(delete(pictures).where(in_its_place))
            connection.execute(insert(pictures).values(_picture_row(household, new)))
        return _stored(before) if before else None

    def find_pictures(
        self, household: bytes, camera: bytes | None, ids: Sequence[bytes]
    ) -> list[StoredPicture]:
        """Pictures by id, at most IDS_MAX; of one camera only, where that is given."""
        query = select(pictures).where(
            pictures.c.household == household, pictures.c.picture.in_(ids[:IDS_MAX])
        )
        if camera is not None:
            query = query.where(pictures.c.camera == camera)
        with self.engine.connect() as connection:
            return [_stored(row) for row in connection.execute(query)]

    def pictures_of_day(self, household: bytes, camera: bytes, day: str) -> set[bytes]:
        """Ids of the pictures that belong into one folder."""
        query = select(pictures.c.picture).where(
            pictures.c.household == household, pictures.c.camera == camera, pictures.c.day == day
        )
        with self.engine.connect() as connection:
            return set(connection.execute(query).scalars())

    # Deleting

    def before(self, household: bytes, camera: bytes, before_us: int) -> list[bytes]:
        """Ids of events that ended before a time and are not kept, oldest first, at most IDS_MAX.

        One that goes on has not ended.
        """
        query = select(events.c.event).where(
            events.c.household == household,
            events.c.camera == camera,
            events.c.start_us < before_us,
            events.c.end_us < before_us,
            events.c.is_kept.is_(False),
        )
        return self._ids(query.order_by(events.c.start_us))

    def between(self, household: bytes, camera: bytes, from_us: int, to_us: int) -> list[bytes]:
        """Ids of events that reach into from_us..to_us, kept ones too, at most IDS_MAX."""
        query = select(events.c.event).where(
            events.c.household == household,
            events.c.camera == camera,
            events.c.start_us.between(from_us - EVENT_US_MAX, to_us - 1),
            func.coalesce(events.c.end_us, ENDLESS_US) >= from_us,
        )
        return self._ids(query.order_by(events.c.start_us))

    def oldest(self, household: bytes, count: int) -> list[bytes]:
        """Ids of the oldest events that are not kept, at most IDS_MAX."""
        query = select(events.c.event).where(
            events.c.household == household, events.c.is_kept.is_(False)
        )
        return self._ids(query.order_by(events.c.start_us), min(count, IDS_MAX))

    def of_camera(self, household: bytes, camera: bytes) -> list[bytes]:
        """Ids of a camera's events, at most IDS_MAX."""
        return self._ids(
            select(events.c.event).where(events.c.household == household, events.c.camera == camera)
        )

    def _ids(self, query: Any, limit: int = IDS_MAX) -> list[bytes]:
        with self.engine.connect() as connection:
            return list(connection.execute(query.limit(limit)).scalars())

    def delete(self, household: bytes, ids: Sequence[bytes]) -> list[StoredPicture]:
        """Delete events, at most IDS_MAX, with the keys of their pictures and who has seen them.

        Returns:
            The pictures, whose files can go now: nothing opens them any more.
        """
        some = ids[:IDS_MAX]
        with self.engine.begin() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            theirs = and_(pictures.c.household == household, pictures.c.event.in_(some))
            gone = [_stored(row) for row in connection.execute(select(pictures).where(theirs))]
            for table in (pictures, seen, events):
                mine = and_(table.c.household == household, table.c.event.in_(some))
                connection.execute(delete(table).where(mine))
        return gone

    def scrub(self) -> None:
        """Leave no copy of deleted keys in the write-ahead log, unless somebody is reading it.

        Waits for nobody: what is left then goes with the next checkpoint.
        """
        with self.engine.connect() as connection:
            waiting_ms = connection.execute(text("PRAGMA busy_timeout")).scalar_one()
            connection.execute(text("PRAGMA busy_timeout=0"))
            try:
                connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
            finally:
                connection.execute(text(f"PRAGMA busy_timeout={waiting_ms}"))

    def forget_camera(self, household: bytes, camera: bytes) -> None:
        """Forget until when anybody has seen the events of a camera: they are gone."""
        mine = and_(seen_until.c.household == household, seen_until.c.camera == camera)
        with self.engine.begin() as connection:
            connection.execute(delete(seen_until).where(mine))
