"""Lists show what was asked for, in order, whole; what somebody has seen is theirs alone."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from keepsight.hub.store.event_list import (
    UNSEEN_MAX,
    Cursor,
    EventFilter,
    EventList,
    ListReader,
    page_query,
)
from keepsight.hub.store.events import EventStore
from keepsight.hub.store.events_schema import events as event_rows
from keepsight.hub.store.events_schema import metadata
from keepsight.hub.store.household import open_household_store
from tests.hub.store.test_events import ATTIC, HALL, HOME, NOON, OTHER, PICTURE, numbered, stored

ANN, BEN = ListReader(b"n" * 16, 0), ListReader(b"b" * 16, 0)
BOTH = (HALL, ATTIC)
ALL = EventFilter(BOTH)


@pytest.fixture
def place(tmp_path):
    home = open_household_store(tmp_path / "household.db")
    yield EventStore(home.engine), EventList(home.engine)
    home.close()


def names(found):
    return [int.from_bytes(one.event.event_id[:15]) for one in found]


def fill(store, *many):
    store.write(HOME, many, [])


def test_newest_first_page_by_page(place):
    store, events = place
    fill(store, *(numbered(n, (HALL, ATTIC)[n % 2]) for n in range(10)))
    store.put_picture(HOME, stored(PICTURE, numbered(8)))
    first = events.page(HOME, ANN, ALL, 4)
    assert names(first) == [9, 8, 7, 6]
    assert first[1].event.pictures == (PICTURE,)
    last = first[-1].event
    rest = events.page(HOME, ANN, replace(ALL, before=Cursor(last.start_us, last.event_id)), 100)
    assert names(rest) == [5, 4, 3, 2, 1, 0]
    assert events.page(OTHER, ANN, ALL, 10) == []
    assert events.page(HOME, ANN, EventFilter(()), 10) == []


def test_events_of_one_moment_are_neither_lost_nor_repeated(place):
    store, events = place
    same = [replace(numbered(n), start_us=NOON) for n in range(5)]
    fill(store, *same)
    seen, wanted = [], ALL
    while page := events.page(HOME, ANN, wanted, 2):
        seen += names(page)
        wanted = replace(ALL, before=Cursor(NOON, page[-1].event.event_id))
    assert seen == [4, 3, 2, 1, 0]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (EventFilter((HALL,)), [4, 2, 0]),
        (EventFilter((ATTIC,)), [3, 1]),
        (replace(ALL, kinds=("cat",)), [1, 0]),
        (replace(ALL, kinds=("cat", "dog")), [2, 1, 0]),
        (replace(ALL, zone="Gate"), [3]),
        (replace(ALL, zone="Gat"), []),
        (replace(ALL, zone="' OR 1=1 --"), []),
        (replace(ALL, is_kept=True), [2]),
        (replace(ALL, is_kept=False), [4, 3, 1, 0]),
        (replace(ALL, is_seen=True), [4]),
        (replace(ALL, is_seen=False), [3, 2, 1, 0]),
        (replace(ALL, from_us=numbered(1).start_us, to_us=numbered(3).start_us), [2, 1]),
    ],
)
def test_each_filter(place, wanted, expected):
    store, events = place
    fill(
        store,
        numbered(0, kind="cat"),
        numbered(1, ATTIC, kind="cat"),
        numbered(2, kind="dog"),
        numbered(3, ATTIC, zones=("Door", "Gate")),
        numbered(4),
    )
    store.keep(HOME, numbered(2).event_id, is_kept=True)
    events.mark(HOME, ANN.member, [numbered(4).event_id], is_seen=True)
    assert names(events.page(HOME, ANN, wanted, 10)) == expected


def test_days_are_counted_between_edges(place):
    store, events = place
    fill(store, *(numbered(n, kind=("cat", "person")[n % 2]) for n in range(6)))
    edges = [NOON, numbered(2).start_us, numbered(3).start_us, numbered(3).start_us + 1]
    assert events.days(HOME, BOTH, edges) == [
        (0, "cat", 1),
        (0, "person", 1),
        (1, "cat", 1),
        (2, "person", 1),
    ]
    assert events.days(HOME, (ATTIC,), edges) == []
    assert events.days(HOME, (), edges) == []


def test_what_is_seen_is_each_members_own(place):
    store, events = place
    many = [numbered(n, (HALL, ATTIC)[n % 2]) for n in range(6)]
    fill(store, *many)
    assert events.unseen(HOME, ANN, BOTH) == 6
    events.mark(HOME, ANN.member, [many[5].event_id], is_seen=True)
    events.mark_until(HOME, ANN, (HALL,), many[2].start_us)
    assert events.unseen(HOME, ANN, BOTH) == 3
    assert events.unseen(HOME, ANN, (HALL,)) == 1
    assert events.unseen(HOME, BEN, BOTH) == 6
    assert names(events.page(HOME, ANN, replace(ALL, is_seen=False), 10)) == [4, 3, 1]
    # Once more: it is new again, although everything of its time was seen.
    events.mark(HOME, ANN.member, [many[0].event_id], is_seen=False)
    assert events.unseen(HOME, ANN, BOTH) == 4
    assert events.unseen(HOME, ANN, (ATTIC,)) == 2
    assert not events.find(HOME, ANN, many[0].event_id).is_seen
    assert events.find(HOME, ANN, many[2].event_id).is_seen
    events.mark_until(HOME, ANN, BOTH, many[5].start_us)
    assert events.unseen(HOME, ANN, BOTH) == 0
    assert len(events.marks(HOME, ANN.member)) == 2  # a time for each camera, no single marks
    events.mark_until(HOME, ANN, BOTH, 1)
    assert events.unseen(HOME, ANN, BOTH) == 0, "it never goes back"


def test_what_was_before_somebody_came_is_not_new_to_them(place):
    store, events = place
    fill(store, *(numbered(n) for n in range(4)))
    late = ListReader(b"l" * 16, numbered(2).start_us)
    assert events.unseen(HOME, late, BOTH) == 1
    assert names(events.page(HOME, late, replace(ALL, is_seen=True), 10)) == [2, 1, 0]


def test_marks_go_with_their_member_and_their_event(place):
    store, events = place
    fill(store, numbered(0), numbered(1))
    for who in (ANN, BEN):
        events.mark(HOME, who.member, [numbered(0).event_id], is_seen=True)
        events.mark_until(HOME, who, (ATTIC,), NOON)
    events.forget_member(HOME, ANN.member)
    assert events.marks(HOME, ANN.member) == []
    assert events.marks(HOME, BEN.member) == [
        {"camera": ATTIC.hex(), "until_us": NOON},
        {"event": numbered(0).event_id.hex(), "seen": True},
    ]
    store.delete(HOME, [numbered(0).event_id])
    assert len(events.marks(HOME, BEN.member)) == 1
    store.forget_camera(HOME, ATTIC)
    assert events.marks(HOME, BEN.member) == []


def test_counting_stops_where_nobody_reads_further(place):
    store, events = place
    fill(store, *(numbered(n, (HALL, ATTIC)[n % 2]) for n in range(UNSEEN_MAX + 50)))
    assert events.unseen(HOME, ANN, BOTH) == UNSEEN_MAX


def test_lists_walk_an_index_and_sort_nothing(place):
    store, _events = place
    plans = []
    with store.engine.connect() as connection:
        for wanted in (ALL, EventFilter((HALL,)), replace(ALL, kinds=("cat",))):
            sql = page_query(HOME, ANN, wanted).compile(
                store.engine, compile_kwargs={"render_postcompile": True}
            )
            rows = connection.exec_driver_sql(
                f"EXPLAIN QUERY PLAN {sql}", tuple(sql.params[n] for n in sql.positiontup)
            )
            plans.append(" ".join(row[3] for row in rows))
    assert all("TEMP B-TREE" not in plan for plan in plans), plans
    assert ["events_by_time" in plan for plan in plans] == [True, False, True], plans
    assert "events_by_camera" in plans[1]


@pytest.mark.parametrize("cameras", [BOTH, (HALL,)])
def test_a_zone_where_nothing_was_noticed_reads_no_event(place, cameras):
    """What a list is filtered by stands in the index that it walks."""
    store, events = place
    fill(store, *(replace(numbered(n), zones=("Gate",)) for n in range(9)))
    wanted = replace(ALL, cameras=cameras, zone="Door")
    assert events.page(HOME, ANN, wanted, 9) == []
    query = page_query(HOME, ANN, wanted).with_only_columns(event_rows.c.event)
    sql = query.compile(store.engine, compile_kwargs={"render_postcompile": True})
    with store.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            f"EXPLAIN QUERY PLAN {sql}", tuple(sql.params[n] for n in sql.positiontup)
        ).all()
    assert "USING COVERING INDEX events_by" in rows[0][3], rows


def test_zones_with_odd_names_are_told_apart(place):
    """Names that look like a piece of the list in which they are stored."""
    store, events = place
    odd = ('", "', "Gate", 'Ga"te', "Gärten", "\\u00e4", "gate", "G", "]", "[")
    fill(store, *(replace(numbered(n), zones=(name, "End")) for n, name in enumerate(odd)))
    for n, name in enumerate(odd):
        found = events.page(HOME, ANN, replace(ALL, zone=name), 99)
        assert [one.event.event_id for one in found] == [numbered(n).event_id], name
    assert len(events.page(HOME, ANN, replace(ALL, zone="End"), 99)) == len(odd)


@given(st.data())
def test_the_number_of_new_ones_is_that_of_the_list(data):
    engine = create_engine("sqlite://")
    metadata.create_all(engine)
    store, events = EventStore(engine), EventList(engine)
    count = data.draw(st.integers(0, 12))
    many = [numbered(n, data.draw(st.sampled_from(BOTH))) for n in range(count)]
    fill(store, *many)
    for _ in range(data.draw(st.integers(0, 8))):
        if many and data.draw(st.booleans()):
            some = data.draw(st.lists(st.sampled_from(many), max_size=4))
            ids = [event.event_id for event in some]
            events.mark(HOME, ANN.member, ids, is_seen=data.draw(st.booleans()))
        else:
            until_us = NOON + data.draw(st.integers(-1, 12)) * 60_000_000
            cameras = data.draw(st.sampled_from([(HALL,), (ATTIC,), BOTH]))
            events.mark_until(HOME, ANN, cameras, until_us)
    for cameras in ((HALL,), (ATTIC,), BOTH):
        page = events.page(HOME, ANN, EventFilter(cameras, is_seen=False), 100)
        assert events.unseen(HOME, ANN, cameras) == len(page)
    with engine.connect() as connection:
        assert connection.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
