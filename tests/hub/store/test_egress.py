"""The table of hosts outside keeps what was said, for its household only; a real database."""

from keepsight.hub.egress import Contact
from keepsight.hub.store.egress import EgressStore
from keepsight.hub.store.household import open_household_store

HOME, NEXT_DOOR = b"h" * 16, b"n" * 16


def test_contacts(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    store = EgressStore(opened.engine)
    first = Contact("mail", "mail.example", 465, is_allowed=True)
    store.put(HOME, first)
    assert store.list(HOME) == [first]
    assert store.list(NEXT_DOOR) == []
    reached = Contact("mail", "mail.example", 465, is_allowed=False, first_us=1, last_us=2, count=3)
    store.put(HOME, reached)
    assert store.list(HOME) == [reached]
    opened.close()
