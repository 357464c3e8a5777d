"""Visits: goal: one visit, one event, with its best picture; method: tracks by hand."""

from types import SimpleNamespace

from keepsight.detect.event import Phase, as_document
from keepsight.detect.events import EventBook
from keepsight.detect.sight import Box, Detection
from keepsight.detect.tracker import Followed, Track
from keepsight.detect.zones import Rules, Zone, read_rules


def picture(second):
    return SimpleNamespace(media_us=int(second * 1e6), wall_us=int(second * 1e6) + 10**15)


def track(number, second, *, kind="person", left=0.4, size=0.1):
    box = Box(left, 0.4, left + size, 0.4 + 2 * size)
    us = int(second * 1e6)
    return Track(number, kind, box, 0.8, us, us, path=[(us, box)])


def sight(one, confidence=0.8):
    return one, Detection(one.kind, confidence, one.box)


def ids():
    numbers = iter(range(1, 100))
    return lambda: f"{next(numbers):032x}"


def phases(told):
    return [(each.event.phase, each.event.id[-1], each.event.kind) for each in told]


def test_a_visit_begins_goes_on_and_ends_once():
    book, one = EventBook(Rules(), ids()), track(1, 10)
    told = book.take(picture(10.5), Followed(seen=(sight(one),)))
    assert phases(told) == [(Phase.START, "1", "person")]
    assert told[0].is_new_best
    event = told[0].event
    assert (event.start_us, event.noticed_us) == (10_000_000, 10_500_000)
    assert event.start_wall_us == 10_000_000 + 10**15
    assert book.take(picture(11.5), Followed(seen=(sight(one),))) == []
    assert phases(book.take(picture(16), Followed(seen=(sight(one),)))) == [
        (Phase.UPDATE, "1", "person")
    ]
    told = book.take(picture(19), Followed(left=(one,)))
    assert phases(told) == [(Phase.END, "1", "person")]
    assert told[0].event.end_us == 16_000_000
    assert not book.is_open


def test_companions_are_one_visit_and_are_counted():
    book, one, two = EventBook(Rules(), ids()), track(1, 0), track(2, 5, left=0.7)
    book.take(picture(0), Followed(seen=(sight(one),)))
    book.take(picture(5), Followed(seen=(sight(one), sight(two))))
    assert book.take(picture(8), Followed(left=(one,))) == []
    told = book.take(picture(9), Followed(left=(two,)))
    assert told[0].event.count == 2


def test_a_stranger_who_comes_while_the_gardener_works_is_told():
    book, gardener, stranger = EventBook(Rules(), ids()), track(1, 0), track(2, 100, left=0.8)
    for second in range(0, 100, 5):
        book.take(picture(second), Followed(seen=(sight(gardener),)))
    told = book.take(picture(100), Followed(seen=(sight(gardener), sight(stranger))))
    assert (Phase.START, "2", "person") in phases(told)


def test_a_track_that_was_lost_and_found_stays_the_same_visit():
    book, one, again = EventBook(Rules(), ids()), track(1, 0), track(2, 61)
    for second in range(0, 60, 5):
        book.take(picture(second), Followed(seen=(sight(one),)))
    told = book.take(picture(61), Followed(seen=(sight(again),)))
    assert Phase.START not in [each.event.phase for each in told]
    assert book.take(picture(62), Followed(left=(one,))) == []


def test_kinds_are_visits_of_their_own():
    book, one, dog = EventBook(Rules(), ids()), track(1, 0), track(2, 0, kind="dog")
    told = book.take(picture(0), Followed(seen=(sight(one), sight(dog))))
    assert phases(told) == [(Phase.START, "1", "person"), (Phase.START, "2", "dog")]
    assert [each.event.kind for each in book.close()] == ["person", "dog"]


def test_a_better_picture_replaces_the_best():
    book, one = EventBook(Rules(), ids()), track(1, 0)
    book.take(picture(0), Followed(seen=(sight(one, 0.6),)))
    near = track(1, 0, size=0.3)
    told = book.take(picture(3), Followed(seen=((one, Detection("person", 0.9, near.box)),)))
    assert told[0].is_new_best
    assert told[0].event.best_us == 3_000_000
    assert told[0].event.best_box == near.box


def test_with_zones_only_who_enters_one_is_a_visit_and_the_order_is_kept():
    gate, door = (
        Zone(name, ((low, 0), (high, 0), (high, 1), (low, 1)))
        for name, low, high in (("gate", 0.5, 0.7), ("door", 0.7, 1.0))
    )
    book = EventBook(Rules(zones=(gate, door)), ids())
    outside, one = track(1, 0, left=0.2), track(1, 0, left=0.55)
    assert book.take(picture(0), Followed(seen=(sight(outside),))) == []
    told = book.take(picture(1), Followed(seen=(sight(one),)))
    assert told[0].event.zones == ("gate",)
    inside = track(1, 0, left=0.8)
    told = book.take(picture(2), Followed(seen=((one, Detection("person", 0.8, inside.box)),)))
    assert told[0].event.zones == ("gate", "door")


def test_cooldown_and_schedule_hold_visits_back():
    book = EventBook(read_rules({"cooldown_seconds": 60}), ids())
    book.take(picture(0), Followed(seen=(sight(track(1, 0)),)))
    book.take(picture(5), Followed(left=(track(1, 0),)))
    assert book.take(picture(30), Followed(seen=(sight(track(2, 30)),))) == []
    assert book.take(picture(70), Followed(seen=(sight(track(3, 70)),)))
    never = EventBook(read_rules({"schedule": [{"days": []}]}), ids())
    assert never.take(picture(0), Followed(seen=(sight(track(1, 0)),))) == []


def test_the_document_has_wall_times_and_shares():
    book, one = EventBook(Rules()), track(1, 10)
    document = as_document(book.take(picture(10.5), Followed(seen=(sight(one),)))[0].event)
    assert len(bytes.fromhex(document["id"])) == 16
    assert document["start_us"] == 10_000_000 + 10**15
    assert document["best_box"] == [0.4, 0.4, 0.5, 0.6]
    assert document["delay_us"] == 500_000
    assert document["path"] == [[0.0, 0.45, 0.6]]
