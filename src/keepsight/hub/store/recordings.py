"""The index of recordings, `recordings.db`: a row a segment, and the gaps. No picture, no key.

The index is a cache of the segment files, so it has no migrations: an index of another version, or
a damaged one, is set aside and rebuilt from the files (`hub/record/recovery.py`); only the reasons
of gaps are lost with it. Every function takes the household first and refuses any but its own.
Thread-safe: each thread gets its own connection, and in WAL mode readers do not wait for the one
that writes.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Table,
    and_,
    create_engine,
    delete,
    event,
    func,
    insert,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.sqlite import insert as upsert
from sqlalchemy.exc import SQLAlchemyError

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.recording import JOINT_US, SEGMENT_HEADER_BYTES, FragmentRef, Gap, Segment
from keepsight.hub.store.fragment_list import pack_fragments, unpack_fragments
from keepsight.hub.store.recordings_schema import (
    SCHEMA_VERSION,
    days,
    gaps,
    metadata,
    owner,
    segments,
    set_pragmas,
)
from keepsight.seal.header import Kind, Stream

SEGMENT_US_MAX: Final = 10 * 60 * 1_000_000
"""No segment is longer. Bounds how far before a range a segment that reaches into it starts."""
WRITERS_MAX: Final = 500
"""Asked for at once."""
_DAY_US: Final = 86_400_000_000
_BRIEF: Final = [column for column in segments.c if column.name != "fragments"]
_ADDED: Final = upsert(days)
_ADD_TO_DAYS: Final = _ADDED.on_conflict_do_update(
    index_elements=["camera", "stream", "day"],
    set_={
        name: days.c[name] + _ADDED.excluded[name]
        for name in ("recorded_bytes", "kept_bytes", "kept_us")
    },
)


IndexFailedError = SQLAlchemyError
"""The index refused: the disk is full, read-only or failing, or the index is damaged."""


class IndexUnusableError(Exception):
    """The index is damaged, of another version or another household's: rebuild it."""


class RecordedDay(NamedTuple):
    """One UTC day of one stream."""

    camera: bytes
    stream: Stream
    day: int
    """Days since 1970-01-01."""
    recorded_bytes: int
    """Also what was deleted since."""
    kept_bytes: int
    kept_us: int


def _prepare(connection: Connection, household: bytes) -> None:
    version = connection.execute(text("PRAGMA user_version")).scalar_one()
    if connection.execute(text("SELECT count(*) FROM sqlite_schema")).scalar_one() == 0:
        # All or nothing: the driver would otherwise commit each CREATE by itself.
        connection.execute(text("BEGIN IMMEDIATE"))
        metadata.create_all(connection)
        connection.execute(text(f"PRAGMA user_version={SCHEMA_VERSION}"))
        connection.execute(insert(owner).values(household=household))
        return
    if version != SCHEMA_VERSION:
        raise IndexUnusableError(f"the index has version {version}, this is {SCHEMA_VERSION}")
    verdict = connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
    if verdict != "ok":
        raise IndexUnusableError(f"the index is damaged: {verdict}")
    if connection.execute(select(owner.c.household)).scalars().all() != [household]:
        raise IndexUnusableError("the index belongs to another household")


def open_recording_store(path: Path, household: bytes) -> "RecordingStore":
    """Open or create the index and check that it is whole.

    Raises:
        IndexUnusableError: another version or household, or quick_check found damage.
        sqlalchemy.exc.DatabaseError: so damaged that it does not open at all.
    """
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", set_pragmas)
    try:
        with engine.begin() as connection:
            _prepare(connection, household)
        path.chmod(0o600)
    except BaseException:
        engine.dispose()
        raise
    return RecordingStore(engine, household)


def _row(s: Segment) -> dict[str, Any]:
    return {
        "camera": s.camera, "stream": int(s.stream), "start_us": s.start_us, "writer": s.writer,
        "end_us": s.end_us, "epoch": s.epoch, "codec": s.codec, "width": s.width,
        "height": s.height, "size_bytes": s.size_bytes, "is_deleting": 0,
        "fragments": pack_fragments(s.fragments, s.start_us),
    }  # fmt: skip


def _segment(row: Row[Any]) -> Segment:
    return Segment(
        camera=row.camera, stream=Stream(row.stream), writer=row.writer, epoch=row.epoch,
        start_us=row.start_us, end_us=row.end_us, codec=row.codec, width=row.width,
        height=row.height, fragments=unpack_fragments(row.fragments, row.start_us),
    )  # fmt: skip


def _brief(row: Row[Any]) -> Segment:
    whole = FragmentRef(0, Kind.INIT, row.start_us, row.size_bytes - SEGMENT_HEADER_BYTES)
    return Segment(
        camera=row.camera, stream=Stream(row.stream), writer=row.writer, epoch=row.epoch,
        start_us=row.start_us, end_us=row.end_us, codec=row.codec, width=row.width,
        height=row.height, fragments=(whole,),
    )  # fmt: skip


def _of(table: Table, camera: bytes, stream: Stream) -> Any:
    return and_(table.c.camera == camera, table.c.stream == int(stream))


def _is(segment: Segment) -> Any:
    return and_(
        _of(segments, segment.camera, segment.stream),
        segments.c.start_us == segment.start_us,
        segments.c.writer == segment.writer,
    )


def _within(camera: bytes, stream: Stream, from_us: int, to_us: int) -> Any:
    return and_(
        _of(segments, camera, stream),
        segments.c.start_us.between(from_us - SEGMENT_US_MAX, to_us - 1),
        segments.c.end_us > from_us,
        segments.c.is_deleting == 0,
    )


class RecordingStore:
    """Synchronous; the caller chooses the thread."""

    def __init__(self, engine: Engine, household: bytes) -> None:
        self._engine = engine
        self._household = household

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _check(self, household: bytes) -> Engine:
        if household != self._household:
            raise ValueError("this index belongs to another household")
        return self._engine

    # Segments

    def add(self, household: bytes, added: Sequence[Segment]) -> None:
        """Commit rows; durable on return. A segment that has a row already is left alone."""
        for first in range(0, len(added), WRITERS_MAX):
            self._add(household, added[first : first + WRITERS_MAX])

    def _add(self, household: bytes, added: Sequence[Segment]) -> None:
        known = select(segments.c.writer).where(segments.c.writer.in_([s.writer for s in added]))
        with self._check(household).begin() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            there = set(connection.execute(known).scalars())
            fresh = [segment for segment in added if segment.writer not in there]
            if fresh:
                connection.execute(insert(segments), [_row(segment) for segment in fresh])
                self._count(connection, fresh, 1)

    def segments(
        self, household: bytes, camera: bytes, stream: Stream, from_us: int, to_us: int
    ) -> list[Segment]:
        """Segments that reach into from_us..to_us, by start; not those being deleted."""
        query = select(segments).where(_within(camera, stream, from_us, to_us))
        with self._check(household).connect() as connection:
            return [_segment(row) for row in connection.execute(query.order_by("start_us"))]

    def brief(
        self, household: bytes, camera: bytes, stream: Stream, from_us: int, to_us: int
    ) -> list[Segment]:
        """The same, but with one stand-in for all fragments: enough for times and sizes."""
        query = select(*_BRIEF).where(_within(camera, stream, from_us, to_us))
        with self._check(household).connect() as connection:
            return [_brief(row) for row in connection.execute(query.order_by("start_us"))]

    def find(self, household: bytes, writers: Sequence[bytes]) -> list[Segment]:
        """The segments with these writer ids, at most WRITERS_MAX; not those being deleted."""
        query = select(segments).where(
            segments.c.writer.in_(writers[:WRITERS_MAX]), segments.c.is_deleting == 0
        )
        with self._check(household).connect() as connection:
            return [_segment(row) for row in connection.execute(query)]

    def names(
        self, household: bytes, camera: bytes, stream: Stream, from_us: int, to_us: int
    ) -> dict[tuple[int, bytes], bool]:
        """(start_us, writer) of segments that start in the range; True if deletion began."""
        query = select(segments.c.start_us, segments.c.writer, segments.c.is_deleting).where(
            _of(segments, camera, stream), segments.c.start_us.between(from_us, to_us - 1)
        )
        with self._check(household).connect() as connection:
            return {(start, writer): bool(d) for start, writer, d in connection.execute(query)}

    def oldest(self, household: bytes, camera: bytes, stream: Stream, limit: int) -> list[Segment]:
        """The oldest segments of a stream, without their fragments; not those being deleted."""
        query = select(*_BRIEF).where(_of(segments, camera, stream), segments.c.is_deleting == 0)
        with self._check(household).connect() as connection:
            found = connection.execute(query.order_by("start_us").limit(limit))
            return [_brief(row) for row in found]

    def after(  # noqa: PLR0913, PLR0917 - a query's parts
        self, household: bytes, camera: bytes, stream: Stream, start_us: int, writer: bytes,
        limit: int, before_us: int = 1 << 62,
    ) -> list[Segment]:  # fmt: skip
        """The segments that follow one by start and writer, and start before, as in `oldest`."""
        follows = tuple_(segments.c.start_us, segments.c.writer) > (start_us, writer)
        query = select(*_BRIEF).where(
            _of(segments, camera, stream), follows, segments.c.start_us < before_us,
            segments.c.is_deleting == 0,
        )  # fmt: skip
        with self._check(household).connect() as connection:
            found = connection.execute(query.order_by("start_us", "writer").limit(limit))
            return [_brief(row) for row in found]

    def newest_end_us(self, household: bytes, camera: bytes, stream: Stream) -> int | None:
        """Where the newest recording of a stream ends, or None."""
        query = select(segments.c.end_us).where(_of(segments, camera, stream))
        newest = query.order_by(segments.c.start_us.desc()).limit(1)
        with self._check(household).connect() as connection:
            found = connection.execute(newest).scalar()
        return None if found is None else int(found)

    def deleting(self, household: bytes) -> list[Segment]:
        """Segments whose deletion was begun and not finished, without their fragments."""
        query = select(*_BRIEF).where(segments.c.is_deleting == 1)
        with self._check(household).connect() as connection:
            return [_brief(row) for row in connection.execute(query)]

    def mark_deleting(self, household: bytes, doomed: Sequence[Segment]) -> None:
        """Begin a deletion: from here on the segment is never offered again."""
        with self._check(household).begin() as connection:
            for segment in doomed:
                connection.execute(update(segments).where(_is(segment)).values(is_deleting=1))

    def remove(self, household: bytes, gone: Sequence[Segment]) -> None:
        """End a deletion: the files are unlinked."""
        with self._check(household).begin() as connection:
            for segment in gone:
                done = connection.execute(delete(segments).where(_is(segment)))
                if done.rowcount == 1:
                    self._count(connection, [segment], -1)

    @staticmethod
    def _count(connection: Connection, changed: Sequence[Segment], sign: int) -> None:
        """Add segments to their days (sign 1) or take them off (-1)."""
        sums: dict[tuple[bytes, int, int], list[int]] = {}
        for s in changed:
            each = sums.setdefault((s.camera, int(s.stream), s.start_us // _DAY_US), [0, 0])
            each[0] += s.size_bytes
            each[1] += s.end_us - s.start_us
        rows = [
            {
                "camera": camera, "stream": stream, "day": day,
                "recorded_bytes": size_bytes if sign > 0 else 0,
                "kept_bytes": sign * size_bytes, "kept_us": sign * length_us,
            }
            for (camera, stream, day), (size_bytes, length_us) in sums.items()
        ]  # fmt: skip
        connection.execute(_ADD_TO_DAYS, rows)

    # Sums

    def days(self, household: bytes, first_day: int, last_day: int) -> list[RecordedDay]:
        """Per stream and UTC day what was recorded and what is kept of it, by day."""
        query = select(days).where(days.c.day.between(first_day, last_day))
        with self._check(household).connect() as connection:
            return [
                RecordedDay(r.camera, Stream(r.stream), *r[2:])
                for r in connection.execute(query.order_by(days.c.day))
            ]

    def streams(self, household: bytes) -> dict[tuple[bytes, Stream], int]:
        """Bytes kept of each stream that ever recorded."""
        query = select(days.c.camera, days.c.stream, func.sum(days.c.kept_bytes))
        grouped = query.group_by(days.c.camera, days.c.stream)
        with self._check(household).connect() as connection:
            return {(c, Stream(s)): int(n) for c, s, n in connection.execute(grouped)}

    # Gaps

    def open_gap(self, household: bytes, camera: bytes, stream: Stream, gap: Gap) -> None:
        """Write a gap down; one with the same start is replaced."""
        row = {
            "camera": camera, "stream": int(stream), "start_us": gap.start_us,
            "end_us": gap.end_us, "reason": gap.reason.value,
        }  # fmt: skip
        with self._check(household).begin() as connection:
            connection.execute(insert(gaps).prefix_with("OR REPLACE"), row)

    def explain(self, household: bytes, gone: Sequence[Segment], reason: BreakReason) -> None:
        """Say why segments that follow each other go: gaps, joined to what lies before them."""
        with self._check(household).begin() as connection:
            for segment in gone:
                before = and_(
                    _of(gaps, segment.camera, segment.stream),
                    gaps.c.start_us.between(segment.start_us - _DAY_US, segment.start_us),
                    gaps.c.end_us >= segment.start_us - JOINT_US,
                    gaps.c.reason == reason.value,
                )
                end_us = func.max(gaps.c.end_us, segment.end_us)
                joined = update(gaps).where(before).values(end_us=end_us)
                if connection.execute(joined).rowcount == 0:
                    row = {
                        "camera": segment.camera, "stream": int(segment.stream),
                        "start_us": segment.start_us, "end_us": segment.end_us,
                        "reason": reason.value,
                    }  # fmt: skip
                    connection.execute(insert(gaps).prefix_with("OR REPLACE"), row)

    def close_gaps(self, household: bytes, camera: bytes, stream: Stream, end_us: int) -> None:
        """End what lasts. Where the clock went back, a gap ends where it began."""
        lasting = and_(_of(gaps, camera, stream), gaps.c.end_us.is_(None))
        end = func.max(gaps.c.start_us, end_us)
        with self._check(household).begin() as connection:
            connection.execute(update(gaps).where(lasting).values(end_us=end))

    def gaps(
        self, household: bytes, camera: bytes, stream: Stream, from_us: int, to_us: int
    ) -> list[Gap]:
        """Gaps that reach into from_us..to_us, by start."""
        query = select(gaps).where(
            _of(gaps, camera, stream),
            gaps.c.start_us < to_us,
            or_(gaps.c.end_us.is_(None), gaps.c.end_us > from_us),
        )
        with self._check(household).connect() as connection:
            return [
                Gap(row.start_us, row.end_us, BreakReason(row.reason))
                for row in connection.execute(query.order_by("start_us"))
            ]

    def forget(self, household: bytes, camera: bytes, stream: Stream, before_us: int) -> None:
        """Drop gaps that ended before and days of which nothing is kept any more."""
        old_gaps = and_(_of(gaps, camera, stream), gaps.c.end_us < before_us)
        old_days = and_(
            _of(days, camera, stream), days.c.day < before_us // _DAY_US, days.c.kept_bytes <= 0
        )
        with self._check(household).begin() as connection:
            connection.execute(delete(gaps).where(old_gaps))
            connection.execute(delete(days).where(old_days))

    def forget_stream(self, household: bytes, camera: bytes, stream: Stream) -> None:
        """Drop a stream's gaps and days; its segments were removed before."""
        with self._check(household).begin() as connection:
            for table in (gaps, days):
                connection.execute(delete(table).where(_of(table, camera, stream)))
