"""What a household with 100,000 events waits for, against reading the same rows one by one.

Twenty cameras, a year of events, each with a picture's row. A list page, with and without filters;
how many are new; the events around a recorded minute, which decide whether it is kept; the numbers
of a month of days. The floor of a page is the same rows read by their primary key, which any list
has to do; the others are counted from an index alone, with a thousand reads by key beside them.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure
from keepsight.hub.event import Event, EventPicture
from keepsight.hub.store.event_list import Cursor, EventFilter, EventList, ListReader
from keepsight.hub.store.events import EventStore, StoredPicture
from keepsight.hub.store.household import open_household_store

EVENTS: Final = 100_000
CAMERAS: Final = 20
PAGE: Final = 100
TIMES: Final = 15
HOUSEHOLD: Final = b"\x5e" * 16
KINDS: Final = ("person", "person", "person", "vehicle", "cat", "package")
START_US: Final = 1_790_000_000_000_000
STEP_US: Final = 365 * 86_400_000_000 // EVENTS
DAY_US: Final = 86_400_000_000
END_US: Final = START_US + EVENTS * STEP_US
PAGE_MS_GOAL: Final = 50.0
SPANS_MS_GOAL: Final = 2.0
_PATH: Final = tuple((n / 2, 0.1 + n / 100, 0.5) for n in range(30))


def _camera(number: int) -> bytes:
    return (number % CAMERAS + 1).to_bytes(16)


def _event(number: int) -> Event:
    start_us = START_US + number * STEP_US
    return Event(
        number.to_bytes(16), _camera(number), KINDS[number % len(KINDS)], start_us,
        start_us + 8_000_000, start_us + 9_000_000, 0.8, start_us + 2_000_000,
        (0.1, 0.2, 0.3, 0.4), ("Gate",) if number % 7 == 0 else (), _PATH,
    )  # fmt: skip


def _fill(store: EventStore) -> None:
    for first in range(0, EVENTS, 5000):
        many = [_event(number) for number in range(first, first + 5000)]
        store.write(HOUSEHOLD, many, [])
    # The pictures of the newest page only: a row each is all the same to the others.
    for number in range(EVENTS - 2 * PAGE, EVENTS):
        event = _event(number)
        picture = EventPicture(event.event_id, "picture", 1, bytes(60), 40_000)
        stored = StoredPicture(
            event.camera_id, event.event_id, "2026-09-21", event.start_us, event.last_us, picture
        )
        store.put_picture(HOUSEHOLD, stored)


@contextmanager
def _household() -> Iterator[tuple[EventStore, EventList]]:
    with tempfile.TemporaryDirectory() as folder:
        home = open_household_store(Path(folder) / "household.db")
        try:
            _fill(EventStore(home.engine))
            yield EventStore(home.engine), EventList(home.engine)
        finally:
            home.close()


def _milliseconds(ask: Callable[[], object]) -> float:
    ask()
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        ask()
        taken.append(time.perf_counter() - began)
    return min(taken) * 1000  # what else runs on the machine only adds to it


def _by_key(store: EventStore, count: int) -> float:
    """Rows with their pictures, by SQLite's own module and one prepared statement."""
    ids = [number.to_bytes(16) for number in range(EVENTS - count, EVENTS)]
    rows = "SELECT * FROM events WHERE household = ? AND event = ?"
    pictures = "SELECT * FROM event_pictures WHERE household = ? AND event = ?"
    connection = store.engine.raw_connection()
    try:
        cursor = connection.cursor()

        def read() -> None:
            for one in ids:
                cursor.execute(rows, (HOUSEHOLD, one)).fetchall()
                cursor.execute(pictures, (HOUSEHOLD, one)).fetchall()

        return _milliseconds(read)
    finally:
        connection.close()


def run() -> list[Figure]:
    """Every figure; about a minute."""
    ann = ListReader(b"n" * 16, 0)
    everywhere = tuple(_camera(number) for number in range(CAMERAS))
    every = EventFilter(everywhere)
    old = Cursor(START_US + 100 * STEP_US, b"")
    with _household() as (store, events):
        pages = {
            "page": every,
            "page_old": EventFilter(everywhere, before=old),
            "page_camera": EventFilter(everywhere[:1]),
            "page_kind_zone": EventFilter(everywhere, kinds=("package",), zone="Gate"),
            "page_unseen": EventFilter(everywhere, is_seen=False),
            "page_no_kind": EventFilter(everywhere, kinds=("dog",)),
            "page_no_zone": EventFilter(everywhere, zone="Nowhere"),
        }
        floor = _by_key(store, PAGE)
        figures = []
        for name, wanted in pages.items():
            value = _milliseconds(lambda one=wanted: events.page(HOUSEHOLD, ann, one, PAGE))
            figures.append(
                Figure(
                    f"events.{name}",
                    value,
                    "ms",
                    f"{PAGE} rows by key",
                    floor,
                    f"<= {PAGE_MS_GOAL:.0f} ms",
                    met=value <= PAGE_MS_GOAL,
                )
            )
        figures += _counts(store, events, ann, everywhere)
    return figures


def _counts(
    store: EventStore, events: EventList, ann: ListReader, everywhere: tuple[bytes, ...]
) -> list[Figure]:
    edges = [END_US - day * DAY_US for day in range(31, -1, -1)]
    middle_us = START_US + EVENTS // 2 * STEP_US
    spans = _milliseconds(
        lambda: store.spans(HOUSEHOLD, everywhere[0], middle_us, middle_us + 60_000_000)
    )
    unseen = _milliseconds(lambda: events.unseen(HOUSEHOLD, ann, everywhere))
    days = _milliseconds(lambda: events.days(HOUSEHOLD, everywhere, edges))
    events.mark_until(HOUSEHOLD, ann, everywhere, END_US - DAY_US)
    unseen_few = _milliseconds(lambda: events.unseen(HOUSEHOLD, ann, everywhere))
    one, many = _by_key(store, 1), _by_key(store, 1000)
    goal = f"<= {PAGE_MS_GOAL:.0f} ms"
    return [
        Figure(
            "events.spans", spans, "ms", "1 row by key", one, f"<= {SPANS_MS_GOAL:.0f} ms",
            met=spans <= SPANS_MS_GOAL, note="the events that reach into one recorded minute",
        ),
        Figure(
            "events.unseen", unseen, "ms", "1,000 rows by key", many, goal,
            met=unseen <= PAGE_MS_GOAL, note="nothing is seen: counted up to 1,000",
        ),
        Figure(
            "events.unseen_few", unseen_few, "ms", "1,000 rows by key", many, goal,
            met=unseen_few <= PAGE_MS_GOAL, note="all but a day's are seen",
        ),
        Figure(
            "events.days", days, "ms", "1,000 rows by key", many, goal,
            met=days <= PAGE_MS_GOAL, note="31 days by kind",
        ),
    ]  # fmt: skip
