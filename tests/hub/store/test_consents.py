"""The last word of each member and purpose comes back, for their household only."""

from dataclasses import replace

import pytest

from keepsight.hub.consent import Consent
from keepsight.hub.store.consents import ConsentStore
from keepsight.hub.store.household import open_household_store

HOME, OTHER = b"h" * 16, b"o" * 16
YES = Consent(b"a" * 16, "mail", is_given=True, at_us=5)


@pytest.fixture
def store(tmp_path):
    opened = open_household_store(tmp_path / "household.db")
    yield ConsentStore(opened.engine)
    opened.close()


def test_the_last_word_counts(store):
    store.put(HOME, YES)
    no = replace(YES, is_given=False, at_us=9)
    store.put(HOME, no)
    assert store.list(HOME) == [no]
    assert store.list(OTHER) == []


def test_a_member_is_forgotten_alone(store):
    other = replace(YES, member_id=b"b" * 16)
    for one in (YES, other):
        store.put(HOME, one)
    store.forget(OTHER, YES.member_id)
    store.forget(HOME, YES.member_id)
    assert store.list(HOME) == [other]
