"""The chain holds, and every kind of damage is noticed; by making each kind."""

import json

import pytest

from keepsight.seal.ledger import FIRST_PREV, Ledger, LedgerError, read_lines, verify


@pytest.fixture
def path(tmp_path):
    ledger = Ledger(tmp_path / "ledger.jsonl")
    for number in range(5):
        ledger.append([{"type": "test", "value": number}, {"type": "test", "value": "ü"}])
    ledger.close()
    return tmp_path / "ledger.jsonl"


def test_a_new_ledger_is_intact(path):
    verdict = verify(path)
    assert (verdict.lines, verdict.is_intact, verdict.broken_at) == (10, True, None)
    assert path.stat().st_mode & 0o777 == 0o600
    first = next(read_lines(path))[0]
    assert (first["n"], first["prev"]) == (1, FIRST_PREV)


def test_it_goes_on_after_a_restart(path):
    ledger = Ledger(path)
    assert ledger.count == 10
    ledger.append([{"type": "test"}])
    assert verify(path).lines == 11
    assert verify(path).head == ledger.head
    ledger.close()


def test_a_torn_last_line_is_cut(path):
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"n":11,"prev":"')
    ledger = Ledger(path)
    ledger.append([{"type": "after"}])
    ledger.close()
    assert verify(path).is_intact
    assert verify(path).lines == 11


def damage_change(lines):
    return [*lines[:3], lines[3].replace(b'"value":', b'"walue":'), *lines[4:]]


def damage_remove(lines):
    return [*lines[:3], *lines[4:]]


def damage_swap(lines):
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def damage_insert(lines):
    return [*lines[:3], lines[3], lines[3], *lines[4:]]


def damage_reformat(lines):
    return [*lines[:3], json.dumps(json.loads(lines[3])).encode(), *lines[4:]]


def damage_garbage(lines):
    return [*lines[:3], b"\xff\xfe garbage", *lines[4:]]


@pytest.mark.parametrize(
    "damage",
    [
        damage_change,
        damage_remove,
        damage_swap,
        damage_insert,
        damage_reformat,
        damage_garbage,
    ],
)
def test_every_damage_is_noticed_where_it_is(path, damage):
    path.write_bytes(b"\n".join(damage(path.read_bytes().splitlines())) + b"\n")
    verdict = verify(path)
    assert not verdict.is_intact
    assert verdict.broken_at in (4, 5)


def test_a_cut_end_is_seen_by_its_head(path):
    head = verify(path).head
    path.write_bytes(b"\n".join(path.read_bytes().splitlines()[:-1]) + b"\n")
    assert verify(path).is_intact
    assert verify(path).head != head


def test_a_damaged_last_line_is_not_built_upon(path):
    path.write_bytes(path.read_bytes() + b"not json\n")
    with pytest.raises(LedgerError, match="damaged"):
        Ledger(path)


def test_a_refused_write_leaves_no_half_line(path, monkeypatch):
    ledger = Ledger(path)
    size = path.stat().st_size

    def fail(_descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("keepsight.seal.ledger.os.fdatasync", fail)
    with pytest.raises(LedgerError, match="cannot be written"):
        ledger.append([{"type": "lost"}])
    assert path.stat().st_size == size
    assert ledger.count == 10
    ledger.close()


def test_lines_are_bounded(path):
    ledger = Ledger(path)
    with pytest.raises(LedgerError, match="at most"):
        ledger.append([{"type": "x" * 70_000}])
    ledger.close()


def test_a_directory_in_its_place_is_an_error(tmp_path):
    (tmp_path / "ledger.jsonl").mkdir()
    with pytest.raises(LedgerError, match="cannot be opened"):
        Ledger(tmp_path / "ledger.jsonl")
