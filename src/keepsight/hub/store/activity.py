"""Movement that was nobody's: stretches of time by camera, in `household.db`.

Every function takes the household first. Stretches are joined within their hour, so that there are
never more than 360 of a camera in an hour, whoever sends them.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from sqlalchemy import Engine, and_, delete, insert, select, text

from keepsight.hub.store.events_schema import activity

JOINT_US: Final = 10_000_000
"""Movement with a shorter pause is one stretch."""
HOUR_US: Final = 3_600_000_000
SPANS_MAX: Final = 20_000
"""Of one camera, in one answer."""


def _by_hour(start_us: int, end_us: int) -> Iterator[tuple[int, int]]:
    while start_us < end_us:
        next_us = min(end_us, (start_us // HOUR_US + 1) * HOUR_US)
        yield start_us, next_us
        start_us = next_us


class ActivityStore:
    """The caller chooses the thread."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def add(self, household: bytes, camera: bytes, spans: Sequence[tuple[int, int]]) -> None:
        """Add movement, joined with what it touches; durable on return."""
        mine = and_(activity.c.household == household, activity.c.camera == camera)
        pieces = [piece for span in spans for piece in _by_hour(*span)]
        with self._engine.begin() as connection:
            connection.execute(text("BEGIN IMMEDIATE"))
            for begin_us, until_us in pieces:
                hour_us = begin_us // HOUR_US * HOUR_US
                last_us = min(until_us + JOINT_US, hour_us + HOUR_US - 1)
                touching = and_(
                    mine,
                    activity.c.start_us.between(hour_us, last_us),
                    activity.c.end_us >= begin_us - JOINT_US,
                )
                found = connection.execute(select(activity).where(touching)).all()
                connection.execute(delete(activity).where(touching))
                connection.execute(
                    insert(activity).values(
                        household=household,
                        camera=camera,
                        start_us=min([begin_us, *(row.start_us for row in found)]),
                        end_us=max([until_us, *(row.end_us for row in found)]),
                    )
                )

    def spans(
        self, household: bytes, camera: bytes, from_us: int, to_us: int
    ) -> list[tuple[int, int]]:
        """Stretches that reach into from_us..to_us, by time, at most SPANS_MAX."""
        query = select(activity.c.start_us, activity.c.end_us).where(
            activity.c.household == household,
            activity.c.camera == camera,
            activity.c.start_us.between(from_us - HOUR_US, to_us - 1),
            activity.c.end_us >= from_us,
        )
        joined: list[tuple[int, int]] = []
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(activity.c.start_us).limit(SPANS_MAX))
            for start_us, end_us in rows:
                if joined and start_us <= joined[-1][1] + JOINT_US:
                    joined[-1] = (joined[-1][0], end_us)
                else:
                    joined.append((start_us, end_us))
        return joined

    def cameras(self, household: bytes) -> list[bytes]:
        """Every camera of which there is any, those that were removed too."""
        query = select(activity.c.camera).where(activity.c.household == household).distinct()
        with self._engine.connect() as connection:
            return sorted(connection.execute(query).scalars())

    def forget(self, household: bytes, camera: bytes, from_us: int, before_us: int) -> None:
        """Forget what lies between two times, as a whole or with its end or beginning."""
        mine = and_(
            activity.c.household == household,
            activity.c.camera == camera,
            activity.c.start_us.between(from_us - HOUR_US, before_us - 1),
            activity.c.end_us > from_us,
        )
        with self._engine.begin() as connection:
            connection.execute(delete(activity).where(mine))
