"""The tables keep what they were given, are one household's, and are found by time; on files."""

import os

import pytest
from sqlalchemy import create_engine, text

from keepsight.hub.store.ledger import open_ledger_store, read_ledger_store
from keepsight.hub.store.ledger_schema import Batch, KeyRow, NameRow
from keepsight.seal.audit import StoredLeaf
from keepsight.seal.ledger import OPEN_END_US, LedgerError, Span
from tests.hub.journals import damage

HOUSEHOLD, PUBLIC = b"\x5e" * 16, b"\x01" * 32
HALL, YARD = b"h" * 16, b"y" * 16
ANN, BEN = b"a" * 16, b"b" * 16


@pytest.fixture
def store(tmp_path):
    made = open_ledger_store(tmp_path / "ledger.db", HOUSEHOLD, PUBLIC)
    yield made
    made.close()


def fill(store, spans):
    leaves = [
        StoredLeaf(n, b"leaf %d" % n, bytes([n % 256]) * 32) for n in range(1, len(spans) + 1)
    ]
    store.append(HOUSEHOLD, Batch(leaves, list(enumerate(spans, 1))))


def test_rows_come_back(store, tmp_path):
    fill(store, [Span(HALL, 0, 60, ANN)] * 3)
    assert store.size(HOUSEHOLD) == 3
    assert store.leaf(HOUSEHOLD, 2) == b"leaf 2"
    assert store.leaf(HOUSEHOLD, 4) is None
    assert [n for n, _leaf in store.leaves_before(HOUSEHOLD, 3)] == [2, 1]
    assert store.node(HOUSEHOLD, 0, 1) == b"\x02" * 32
    with pytest.raises(LedgerError, match="missing"):
        store.node(HOUSEHOLD, 1, 0)
    assert (tmp_path / "ledger.db").stat().st_mode & 0o777 == 0o600


def test_another_household_gets_nothing(store, tmp_path):
    fill(store, [Span(HALL, 0, 60, ANN)])
    for ask in (store.size, store.keys, store.names, store.cameras, store.newest_checkpoint):
        with pytest.raises(ValueError, match="another household"):
            ask(b"\x5f" * 16)
    with pytest.raises(ValueError, match="another household"):
        list(store.leaves_before(b"\x5f" * 16, 9))
    for household, key in ((b"\x5f" * 16, PUBLIC), (HOUSEHOLD, b"\x02" * 32)):
        with pytest.raises(LedgerError, match="another household"):
            open_ledger_store(tmp_path / "ledger.db", household, key)


def found(store, from_us, to_us, cameras=(HALL,), subject=None):
    return [n for n, _leaf, _who in store.exposing(HOUSEHOLD, cameras, from_us, to_us, subject)]


def test_spans_are_found_as_by_looking_at_each(store):
    """Every length from none to endless, against a plain scan."""
    spans = [
        Span(camera, start, end, ANN if start % 3 else BEN)
        for camera in (HALL, YARD)
        for start in range(0, 400, 7)
        for end in (start, start + 1, start + 59, start + 700, OPEN_END_US)
    ]
    fill(store, spans)
    for from_us, to_us in ((0, 1), (0, 400), (100, 160), (399, 401), (398, 5000), (7, 8), (5, 7)):
        for cameras in ([HALL], [HALL, YARD], []):
            for subject in (None, BEN):
                expected = [
                    n
                    for n, span in enumerate(spans, 1)
                    if span.camera in cameras
                    and span.start_us < to_us
                    and span.end_us > from_us
                    and subject in (None, span.subject)
                ]
                assert sorted(found(store, from_us, to_us, cameras, subject)) == expected
    assert store.cameras(HOUSEHOLD) == [HALL, YARD]


def test_a_batch_is_all_or_nothing(store):
    fill(store, [Span(HALL, 0, 60, ANN)])
    twice = [StoredLeaf(2, b"x", b"h" * 32), StoredLeaf(2, b"y", b"h" * 32)]
    with pytest.raises(LedgerError):
        store.append(HOUSEHOLD, Batch(twice, [(2, Span(YARD, 0, 1, BEN))]))
    assert store.size(HOUSEHOLD) == 1
    assert store.cameras(HOUSEHOLD) == [HALL]


def test_keys_and_names_go_together(store, tmp_path):
    secret = b"sealed key of ann, long enough to be found"
    keys = [KeyRow(ANN, b"m" * 16, secret), KeyRow(BEN, b"n" * 16, b"other")]
    names = [NameRow(b"d" * 16, ANN, b"sealed name of ann"), NameRow(b"e" * 16, BEN, b"name")]
    store.append(HOUSEHOLD, Batch([StoredLeaf(1, b"l", b"h" * 32)], (), keys, names))
    store.erase_subject(HOUSEHOLD, ANN)
    assert [row.subject for row in store.keys(HOUSEHOLD)] == [BEN]
    assert [row.id for row in store.names(HOUSEHOLD)] == [b"e" * 16]
    for path in tmp_path.iterdir():
        assert secret not in path.read_bytes(), path
        assert b"sealed name of ann" not in path.read_bytes(), path


def test_old_checkpoints_are_thinned_to_the_last_of_each_hour(store):
    for size in range(1, 11):
        store.add_checkpoint(HOUSEHOLD, size, size * 20, f"note {size}")
    store.thin_checkpoints(HOUSEHOLD, 121, 60)
    with store.rows(HOUSEHOLD) as rows:
        assert [size for size, _note in rows.notes()] == [2, 5, 6, 7, 8, 9, 10]
    assert store.newest_checkpoint(HOUSEHOLD) == (10, 200, "note 10")


def test_state_is_kept_and_forgotten(store):
    assert store.state(HOUSEHOLD, "x") is None
    store.put_state(HOUSEHOLD, "x", "1")
    store.put_state(HOUSEHOLD, "x", "2")
    assert store.state(HOUSEHOLD, "x") == "2"
    store.put_state(HOUSEHOLD, "x", None)
    assert store.state(HOUSEHOLD, "x") is None


def test_an_examination_sees_one_moment(store):
    fill(store, [Span(HALL, 0, 60, ANN)] * 3)
    with store.rows(HOUSEHOLD) as rows:
        leaves = rows.leaves()
        next(leaves)
        more = StoredLeaf(4, b"later", b"h" * 32)
        store.append(HOUSEHOLD, Batch([more], [(4, Span(HALL, 0, 60, ANN))]))
        assert [n for n, _span in rows.spans()] == [1, 2, 3]
        assert [row.n for row in leaves] == [2, 3]
    assert store.size(HOUSEHOLD) == 4


def test_it_is_read_without_writing(store, tmp_path):
    fill(store, [Span(HALL, 0, 60, ANN)])
    store.close()
    with pytest.raises(LedgerError, match="no ledger yet"):
        read_ledger_store(tmp_path / "other.db")
    before = (tmp_path / "ledger.db").read_bytes()
    reader = read_ledger_store(tmp_path / "ledger.db")
    assert reader.size(HOUSEHOLD) == 1
    with pytest.raises(LedgerError):
        reader.put_state(HOUSEHOLD, "x", "1")
    reader.close()
    assert (tmp_path / "ledger.db").read_bytes() == before


def test_the_lines_about_a_subject_are_found_by_its_name(store):
    leaves = [
        StoredLeaf(n, b"x" + (ANN if n in (2, 5) else b"o" * 16) + b"y", b"h" * 32)
        for n in range(1, 7)
    ]
    store.append(HOUSEHOLD, Batch(leaves, []))
    assert store.extent(HOUSEHOLD, ANN) == (2, 2, 5)
    assert list(store.about(HOUSEHOLD, ANN)) == [leaves[1].leaf, leaves[4].leaf]
    assert store.extent(HOUSEHOLD, b"n" * 16) == (0, 0, 0)


def test_it_is_read_from_a_medium_that_cannot_be_written(store, tmp_path):
    fill(store, [Span(HALL, 0, 60, ANN)])
    store.close()
    if os.geteuid() == 0:
        pytest.skip("root may write everywhere")
    tmp_path.chmod(0o500)
    try:
        reader = read_ledger_store(tmp_path / "ledger.db")
        assert reader.size(HOUSEHOLD) == 1
        reader.close()
    finally:
        tmp_path.chmod(0o700)


def test_damage_is_an_error_of_the_ledger(store, tmp_path):
    store.close()
    path = tmp_path / "ledger.db"
    damage(path, "UPDATE owner SET household = :other", other=b"\x5f" * 16)
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(text("PRAGMA user_version=9"))
    engine.dispose()
    with pytest.raises(LedgerError, match="version 9"):
        read_ledger_store(path)
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(LedgerError, match="cannot be used"):
        read_ledger_store(path)
    with pytest.raises(LedgerError):
        open_ledger_store(path, HOUSEHOLD, PUBLIC)
