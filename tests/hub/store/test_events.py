"""Events come back as they were stored, one household's only, and take their keys with them."""

from dataclasses import replace

import pytest
from sqlalchemy import text

from keepsight.hub.event import Event, EventPicture
from keepsight.hub.store.events import ENDLESS_US, EventStore, StoredPicture
from keepsight.hub.store.household import open_household_store

HOME, OTHER = b"h" * 16, b"o" * 16
HALL, ATTIC = b"c" * 16, b"a" * 16
NOON = 1_700_000_000_000_000
SECOND = 1_000_000
VISIT = Event(
    b"e" * 16, HALL, "person", NOON, NOON + 5 * SECOND, NOON + 6 * SECOND, 0.9, NOON + SECOND,
    (0.1, 0.2, 0.3, 0.4), ("Path", "Door"), ((0.0, 0.1, 0.2), (1.5, 0.3, 0.4)),
)  # fmt: skip
PICTURE = EventPicture(b"p" * 16, "picture", 3, b"w" * 60, 1000)
STRIP = EventPicture(b"s" * 16, "preview", 3, b"v" * 60, 2000, 4, 3, 10)


def stored(picture, event=VISIT):
    return StoredPicture(
        event.camera_id, event.event_id, "2023-11-14", event.start_us, event.last_us, picture
    )


def numbered(number, camera=HALL, **more):
    start_us = NOON + number * 60 * SECOND
    fields = {"last_us": start_us, "end_us": start_us + 10 * SECOND, "best_us": start_us, **more}
    event_id = number.to_bytes(15) + camera[:1]
    return replace(VISIT, event_id=event_id, camera_id=camera, start_us=start_us, **fields)


@pytest.fixture
def store(tmp_path):
    home = open_household_store(tmp_path / "household.db")
    yield EventStore(home.engine)
    home.close()


def test_every_field_comes_back(store):
    sound = replace(VISIT, event_id=b"f" * 16, best_box=None, zones=(), path=(), end_us=None)
    assert store.write(HOME, [VISIT, sound], []) == {VISIT.event_id, sound.event_id}
    assert store.put_picture(HOME, stored(STRIP)) is None
    assert store.put_picture(HOME, stored(PICTURE)) is None
    assert store.find(HOME, VISIT.event_id) == replace(VISIT, pictures=(PICTURE, STRIP))
    assert store.find(HOME, sound.event_id) == sound
    assert store.find(OTHER, VISIT.event_id) is None
    assert store.count(HOME) == 2
    assert store.cameras(HOME) == [HALL]


def test_changes_replace_what_was_known_but_not_whose_it_is(store):
    store.write(HOME, [VISIT], [])
    store.keep(HOME, VISIT.event_id, is_kept=True)
    later = replace(VISIT, last_us=NOON + 9 * SECOND, end_us=None, confidence=0.95, zones=("Door",))
    store.write(HOME, [], [later, replace(later, camera_id=ATTIC, kind="cat")])
    assert store.find(HOME, VISIT.event_id) == replace(later, is_kept=True)
    assert store.write(HOME, [replace(VISIT, kind="cat")], []) == set()
    assert store.find(HOME, VISIT.event_id).kind == "person"


def test_open_ones_end_when_noticed_last(store):
    open_one = replace(VISIT, event_id=b"f" * 16, end_us=None)
    store.write(HOME, [VISIT, open_one], [])
    store.write(OTHER, [open_one], [])
    assert store.end_open(HOME) == 1
    assert store.find(HOME, open_one.event_id).end_us == open_one.last_us
    assert store.find(OTHER, open_one.event_id).end_us is None


def test_spans_are_those_that_reach_into_a_time(store):
    store.write(HOME, [numbered(n) for n in range(5)], [])
    store.write(HOME, [numbered(7, end_us=None), numbered(2, ATTIC)], [])
    store.keep(HOME, numbered(1).event_id, is_kept=True)
    one, seven = numbered(1), numbered(7)
    assert store.spans(HOME, HALL, one.start_us + SECOND, numbered(2).start_us) == [
        (one.start_us, one.end_us, True)
    ]
    assert store.spans(HOME, HALL, one.end_us, one.end_us + 1) == [(one.start_us, one.end_us, True)]
    assert store.spans(HOME, HALL, one.end_us + 1, one.end_us + 2) == []
    assert store.spans(HOME, HALL, NOON + 10_000 * SECOND, NOON + 10_001 * SECOND) == [
        (seven.start_us, None, False)
    ]
    assert store.spans(OTHER, HALL, 0, ENDLESS_US) == []


def test_a_picture_replaces_the_one_with_its_role(store):
    store.write(HOME, [VISIT], [])
    store.put_picture(HOME, stored(PICTURE))
    store.put_picture(HOME, stored(STRIP))
    better = replace(PICTURE, picture_id=b"q" * 16, wrapped_secret=b"x" * 60)
    assert store.put_picture(HOME, stored(better)) == stored(PICTURE)
    assert store.find(HOME, VISIT.event_id).pictures == (better, STRIP)
    assert store.find_pictures(HOME, None, [PICTURE.picture_id]) == []
    found = store.find_pictures(HOME, HALL, [better.picture_id, STRIP.picture_id, b"?" * 16])
    assert {one.picture.picture_id for one in found} == {better.picture_id, STRIP.picture_id}
    assert store.find_pictures(HOME, ATTIC, [STRIP.picture_id]) == []
    assert store.pictures_of_day(HOME, HALL, "2023-11-14") == {b"q" * 16, b"s" * 16}


def test_what_is_gone_gets_no_picture(store):
    with pytest.raises(LookupError):
        store.put_picture(HOME, stored(PICTURE))
    store.write(HOME, [VISIT], [])
    with pytest.raises(LookupError):
        store.put_picture(OTHER, stored(PICTURE))


def test_deleting_leaves_no_key_in_the_files(store, tmp_path):
    secret = bytes(range(100, 160))
    store.write(HOME, [VISIT, numbered(1)], [])
    store.put_picture(HOME, stored(replace(PICTURE, wrapped_secret=secret)))

    def is_on_disk():
        store.scrub()
        return any(secret in path.read_bytes() for path in tmp_path.iterdir())

    assert is_on_disk()
    (gone,) = store.delete(HOME, [VISIT.event_id])
    assert gone.picture.picture_id == PICTURE.picture_id
    assert not is_on_disk()
    assert store.find(HOME, VISIT.event_id) is None
    assert store.count(HOME) == 1


def test_scrubbing_waits_for_no_reader(store):
    store.write(HOME, [VISIT], [])
    with store.engine.connect() as reader:
        reader.execute(text("BEGIN"))
        reader.execute(text("SELECT count(*) FROM events")).scalar_one()
        store.write(HOME, [numbered(1)], [])
        store.scrub()  # would wait five seconds, and fail
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA busy_timeout")).scalar_one() == 5000


def test_which_are_old_which_overlap_and_which_are_a_cameras(store):
    many = [numbered(n) for n in range(6)]
    store.write(HOME, [*many, numbered(0, ATTIC), numbered(9, end_us=None)], [])
    store.keep(HOME, many[1].event_id, is_kept=True)
    ids = [event.event_id for event in many]
    assert store.before(HOME, HALL, many[3].start_us) == [ids[0], ids[2]]
    assert store.before(HOME, HALL, ENDLESS_US) == [ids[0], *ids[2:]]
    reached = store.between(HOME, HALL, many[1].start_us + SECOND, many[3].start_us)
    assert reached == [ids[1], ids[2]]
    assert numbered(9).event_id in store.between(HOME, HALL, many[5].end_us + 1, ENDLESS_US)
    assert len(store.of_camera(HOME, HALL)) == 7
    assert store.oldest(HOME, 2) == [numbered(0, ATTIC).event_id, ids[0]]
