"""A ledger of the older form goes on in the new one with every line; on files as it wrote them."""

import hashlib
import json

import pytest

from tests.hub.journals import keyring, lines_of, running_journal, verify


def old_ledger(path, entries):
    """The bytes that the older form wrote."""
    prev, lines = "0" * 64, []
    for n, entry in enumerate(entries, 1):
        line = json.dumps(
            {**entry, "n": n, "prev": prev}, sort_keys=True, separators=(",", ":"),
            ensure_ascii=False,
        ).encode()  # fmt: skip
        prev = hashlib.sha256(line).hexdigest()
        lines.append(line + b"\n")
    path.write_bytes(b"".join(lines))
    return prev


OLD = [
    {"type": "member_added", "member": "aa" * 16, "role": "owner", "at_us": 1000},
    {"type": "release", "member": "aa" * 16, "device": "dd" * 16, "camera": "cc" * 16,
     "stream": "main", "start_us": 100, "end_us": 160, "at_us": 1001},
    {"type": "sign_in_failed", "name": "Zoë", "at_us": 1002},
]  # fmt: skip


async def test_every_line_is_taken_over_under_its_number(tmp_path):
    head = old_ledger(tmp_path / "ledger.jsonl", OLD)
    before = (tmp_path / "ledger.jsonl").read_bytes()
    keys = keyring()
    async with running_journal(tmp_path, keys=keys) as journal:
        lines = lines_of(journal)
        for old, new in zip(OLD, lines, strict=False):
            assert old.items() <= new.items()
        assert [line["n"] for line in lines] == [1, 2, 3, 4]
        closing = lines[3]
        assert (closing["type"], closing["lines"], closing["head"], closing["held"]) == (
            "ledger_taken_over", 3, head, True,
        )  # fmt: skip
        assert journal.reader.store.cameras(journal.reader.household) == [b"\xcc" * 16]
    assert (tmp_path / "ledger.jsonl.migrated").read_bytes() == before
    assert not (tmp_path / "ledger.jsonl").exists()
    assert verify(tmp_path / "ledger.db").is_intact
    async with running_journal(tmp_path, keys=keys) as journal:
        assert journal.head[0] == 4


async def test_a_crash_before_the_renaming_takes_nothing_over_twice(tmp_path):
    keys = keyring()
    old_ledger(tmp_path / "ledger.jsonl", OLD)
    async with running_journal(tmp_path, keys=keys):
        pass
    (tmp_path / "ledger.jsonl.migrated").rename(tmp_path / "ledger.jsonl")
    async with running_journal(tmp_path, keys=keys) as journal:
        assert journal.head[0] == 4
    assert not (tmp_path / "ledger.jsonl").exists()


@pytest.mark.parametrize("kind", ["changed", "garbage", "torn", "list"])
async def test_a_damaged_one_is_taken_over_and_said(tmp_path, kind):
    path = tmp_path / "ledger.jsonl"
    old_ledger(path, OLD)
    lines = path.read_bytes().splitlines()
    bad = {
        "changed": lines[1].replace(b"main", b"sub"), "garbage": b"\xff\xfe", "torn": lines[1][:40],
        "list": b"[1]",
    }[kind]  # fmt: skip
    path.write_bytes(b"\n".join([lines[0], bad, lines[2]]) + b"\n")
    async with running_journal(tmp_path) as journal:
        closing = lines_of(journal)[-1]
        assert closing["held"] is False
        assert closing["lines"] == (3 if kind == "changed" else 1)
    assert (tmp_path / "ledger.jsonl.migrated").exists()


async def test_what_the_old_file_says_of_a_member_goes_with_them(tmp_path):
    old_ledger(tmp_path / "ledger.jsonl", OLD)
    async with running_journal(tmp_path) as journal:
        await journal.erase_subject(b"\xaa" * 16, by="local")
    assert not (tmp_path / "ledger.jsonl.migrated").exists()
