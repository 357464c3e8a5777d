"""Goal: an event knows its pictures. Method: small examples."""

from keepsight.hub.event import HEARD_KINDS, SEEN_KINDS, Event, EventPicture


def test_a_picture_is_found_by_its_use():
    small = EventPicture(b"p" * 16, "preview", 1, b"w", 9, columns=4, rows=2, count=7)
    event = Event(b"e" * 16, b"c" * 16, "person", 1, 2, None, 0.9, 1, pictures=(small,))
    assert event.picture("preview") is small
    assert event.picture("picture") is None


def test_what_is_seen_and_what_is_heard_differ():
    assert not set(SEEN_KINDS) & set(HEARD_KINDS)
