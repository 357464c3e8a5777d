"""Movement is joined within its hour, so that nobody can fill the disk with it."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, func, select

from keepsight.hub.store.activity import HOUR_US, JOINT_US, ActivityStore
from keepsight.hub.store.events_schema import activity, metadata

HOME, HALL = b"h" * 16, b"c" * 16
SECOND = 1_000_000
START = 500_000 * HOUR_US


def open_store(path=""):
    engine = create_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    return ActivityStore(engine), engine


@pytest.fixture
def store(tmp_path):
    return open_store(tmp_path / "x.db")[0]


def at(*pairs):
    return [(START + begin * SECOND, START + end * SECOND) for begin, end in pairs]


def test_what_touches_is_one_stretch(store):
    store.add(HOME, HALL, at((0, 5), (100, 110)))
    store.add(HOME, HALL, at((12, 20), (95, 101)))
    assert store.spans(HOME, HALL, START, START + HOUR_US) == at((0, 20), (95, 110))
    assert store.spans(b"o" * 16, HALL, START, START + HOUR_US) == []
    assert store.cameras(HOME) == [HALL]


def test_a_stretch_goes_on_over_the_hour(store):
    store.add(HOME, HALL, at((3500, 7300)))
    assert store.spans(HOME, HALL, START, START + 3 * HOUR_US) == at((3500, 7300))
    assert store.spans(HOME, HALL, START + HOUR_US, START + HOUR_US + 1) == at((3500, 3600 * 2))


def test_a_time_can_be_forgotten(store):
    store.add(HOME, HALL, at((0, 5), (1000, 1010), (2000, 2010), (5000, 5010)))
    store.forget(HOME, HALL, START + 1005 * SECOND, START + 2001 * SECOND)
    assert store.spans(HOME, HALL, START, START + 2 * HOUR_US) == at((0, 5), (5000, 5010))
    store.forget(HOME, HALL, 0, START + HOUR_US)
    assert store.spans(HOME, HALL, START, START + 2 * HOUR_US) == at((5000, 5010))


@given(
    st.lists(
        st.tuples(st.integers(0, 2 * HOUR_US), st.integers(1, 60 * SECOND)),
        min_size=1,
        max_size=30,
    )
)
def test_stretches_never_touch_and_cover_all_that_was_said(spans):
    store, engine = open_store()
    said = [(START + begin, START + begin + length) for begin, length in spans]
    for span in said:
        store.add(HOME, HALL, [span])
    found = store.spans(HOME, HALL, START, START + 4 * HOUR_US)
    assert all(a[1] + JOINT_US < b[0] for a, b in pairwise(found))
    for begin, end in said:
        assert any(a <= begin and end <= b for a, b in found)
    with engine.connect() as connection:
        rows = connection.execute(select(func.count()).select_from(activity)).scalar_one()
    assert rows <= len(found) + 3
