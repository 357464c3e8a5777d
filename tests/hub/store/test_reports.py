"""Checks and reports in a real database: what is put is found, and one household sees its own."""

import pytest

from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.reports import ReportStore, StoredCheck

HOME, OTHER = b"h" * 16, b"o" * 16
FIRST = StoredCheck(b"1" * 16, 10, "receiving", None, b"sealed")
SECOND = StoredCheck(b"2" * 16, 5, "done", b"c" * 16, b"sealed too")


@pytest.fixture
def store(tmp_path):
    household_store = open_household_store(tmp_path / "household.db")
    yield ReportStore(household_store.engine)
    household_store.close()


def test_checks_come_oldest_first_and_can_be_replaced(store):
    store.put(HOME, FIRST)
    store.put(HOME, SECOND)
    assert store.list_all(HOME) == [SECOND, FIRST]
    changed = StoredCheck(FIRST.check_id, 10, "done", b"c" * 16, b"other")
    store.put(HOME, changed, {"json": b"J", "html": b"H"})
    assert store.list_all(HOME)[1] == changed
    assert store.report(HOME, FIRST.check_id, "json") == b"J"
    assert store.report(HOME, FIRST.check_id, "sarif") is None


def test_another_household_sees_and_removes_nothing(store):
    store.put(HOME, FIRST, {"json": b"J"})
    assert store.list_all(OTHER) == []
    assert store.report(OTHER, FIRST.check_id, "json") is None
    store.remove(OTHER, FIRST.check_id)
    assert store.report(HOME, FIRST.check_id, "json") == b"J"


def test_removing_takes_the_reports_too(store):
    store.put(HOME, FIRST, {"json": b"J"})
    store.remove(HOME, FIRST.check_id)
    assert store.list_all(HOME) == []
    assert store.report(HOME, FIRST.check_id, "json") is None
