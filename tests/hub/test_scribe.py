"""Lines, tree and keys stay together whatever the disk does; on real files and a real full disk."""

import asyncio
import json
import sys
import textwrap

import pytest

from keepsight.hub.keyring import new_keyring
from keepsight.hub.scribe import SCAN_LINES_MAX, Dated, open_scribe
from keepsight.hub.store.ledger import LedgerFullError
from keepsight.seal import merkle
from keepsight.seal.ledger import LedgerError
from tests.hub.journals import HOUSEHOLD, keyring, verify

ANN, BEN = "aa" * 16, "bb" * 16


def dated(*entries):
    return [Dated({"type": "t", **entry}, 5, 6) for entry in entries]


@pytest.fixture
def scribe(tmp_path):
    made = open_scribe(tmp_path, keyring())
    yield made
    made.close()


def test_the_tree_is_that_of_the_leaves_after_every_append(scribe, tmp_path):
    leaves = []
    for count in range(1, 20):
        scribe.append(dated(*({"k": n} for n in range(count % 4 + 1))))
        rows = scribe.store.leaves_before(HOUSEHOLD, 1 << 62)
        leaves = [merkle.leaf_hash(leaf) for _n, leaf in rows][::-1]
        tree = {}
        for n, leaf in enumerate(leaves):
            found = merkle.completed(n, leaf, lambda level, index, t=tree: t[level, index])
            tree |= {(level, n >> level): value for level, value in enumerate(found)}
        expected = merkle.root(len(leaves), lambda level, index, t=tree: t[level, index])
        assert scribe.root() == scribe.root_at(scribe.size) == expected
    assert verify(tmp_path / "ledger.db").head == scribe.root().hex()


def test_it_goes_on_where_it_stopped(tmp_path):
    keys = keyring()
    for start in (0, 3, 6):
        scribe = open_scribe(tmp_path, keys)
        assert scribe.size == start
        scribe.append(dated({"member": ANN}, {"member": BEN}, {}))
        assert {line.get("member") for line in scribe.page(1 << 62, 9).lines} == {ANN, BEN, None}
        assert sorted(scribe.members()) == [bytes.fromhex(ANN), bytes.fromhex(BEN)]
        scribe.close()
    assert verify(tmp_path / "ledger.db").is_intact


def test_other_keys_do_not_open_it(tmp_path):
    keys = keyring()
    open_scribe(tmp_path, keys).close()
    with pytest.raises(LedgerError, match="another household"):
        open_scribe(tmp_path, keyring())
    other = new_keyring(HOUSEHOLD, "Home", 1)
    other.identity_seed = keys.identity_seed
    scribe = open_scribe(tmp_path, keys)
    scribe.append(dated({"member": ANN}))
    scribe.close()
    with pytest.raises(LedgerError, match="do not belong"):
        open_scribe(tmp_path, other)


def test_a_failed_commit_leaves_nothing_behind(scribe, tmp_path, monkeypatch):
    scribe.append(dated({"member": ANN}))
    before = scribe.root()

    def refuse(_household, _batch):
        raise LedgerError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(scribe.store, "append", refuse)
        with pytest.raises(LedgerError, match="I/O"):
            scribe.append(dated({"member": BEN, "member_name": "Ben"}))
    assert (scribe.size, scribe.root(), scribe.names()) == (1, before, {})
    assert not scribe.knows(bytes.fromhex(BEN))
    scribe.append(dated({"member": BEN, "member_name": "Ben"}))
    assert scribe.names() == {BEN: "Ben"}
    assert verify(tmp_path / "ledger.db").is_intact


def test_a_commit_that_failed_only_seemingly_is_built_upon(scribe, tmp_path, monkeypatch):
    """The rows are there although the commit said no, as after a failed fsync."""
    real = scribe.store.append

    def lie(household, batch):
        real(household, batch)
        raise LedgerError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(scribe.store, "append", lie)
        with pytest.raises(LedgerError):
            scribe.append(dated({}, {}))
    scribe.append(dated({}))
    assert scribe.size == 3
    assert verify(tmp_path / "ledger.db").is_intact


def test_the_reserve_is_given_up_once(scribe, monkeypatch):
    scribe._keep_reserve()
    assert (scribe._directory / "ledger.reserve").exists()
    real, calls = scribe.store.append, []

    def full_once(household, batch):
        calls.append(len(batch.leaves))
        if len(calls) == 1:
            raise LedgerFullError("database or disk is full")
        real(household, batch)

    monkeypatch.setattr(scribe.store, "append", full_once)
    scribe.append(dated({}))
    assert (calls, scribe.size) == ([1, 1], 1)
    assert not (scribe._directory / "ledger.reserve").exists()
    calls.clear()
    with pytest.raises(LedgerFullError):
        scribe.append(dated({}))
    assert (calls, scribe.size) == ([1], 1)


FULL_DISK = """
    import asyncio, json, pathlib, resource, sys
    from keepsight.core.clock import SystemClock
    from keepsight.hub.journal import open_journal
    from keepsight.hub.keyring import new_keyring
    from keepsight.seal.ledger import LedgerError

    async def main():
        directory = pathlib.Path(sys.argv[1])
        keys = new_keyring(b"\\x5e" * 16, "Home", 1)
        journal = open_journal(directory, keys, SystemClock())
        runner = asyncio.ensure_future(journal.run())
        acknowledged = refused = 0
        limit = 300 * 1024
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
        for n in range(3000):
            try:
                await journal.record([{"type": "release", "camera": "c1" * 16, "start_us": n}])
                acknowledged += 1
            except LedgerError:
                refused += 1
                if refused == 20:
                    break
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        after = 0
        for n in range(5):
            await journal.record([{"type": "release", "camera": "c1" * 16, "start_us": n}])
            after += 1
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
        journal.close()
        print(json.dumps([acknowledged, refused, after]))

    asyncio.run(main())
"""


async def test_a_full_disk_refuses_and_loses_nothing(tmp_path):
    """A real limit on file sizes (EFBIG): what was acknowledged is there, and nothing else."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", textwrap.dedent(FULL_DISK), str(tmp_path),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await child.communicate()
    assert child.returncode == 0, err.decode()
    acknowledged, refused, after = json.loads(out)
    assert acknowledged > 20
    assert (refused, after) == (20, 5)
    verdict = verify(tmp_path / "ledger.db")
    assert verdict.is_intact, verdict
    assert verdict.lines == acknowledged + after


def test_names_follow_the_last_line_and_go_with_their_subject(scribe):
    scribe.append(
        dated(
            {"type": "camera_added", "camera": "c1" * 16, "name": "Hall"},
            {"type": "member_added", "member": ANN, "name": "Ann"},
            {"type": "device_enrolled", "member": ANN, "device": "d1" * 16, "name": "Phone"},
            {"type": "sign_in_failed", "member": ANN, "name": "not her name"},
            {"type": "member_changed", "member": ANN, "name": "Anna"},
        )
    )
    assert scribe.names() == {"c1" * 16: "Hall", ANN: "Anna", "d1" * 16: "Phone"}
    assert scribe.erase(bytes.fromhex(ANN))
    assert scribe.names() == {"c1" * 16: "Hall"}


def test_a_page_says_where_to_go_on(scribe, monkeypatch):
    scribe.append(dated(*({"k": n} for n in range(10))))
    first = scribe.page(1 << 62, 4)
    assert [line["n"] for line in first.lines] == [10, 9, 8, 7]
    assert first.next_before == 7
    second = scribe.page(first.next_before, 40)
    assert ([line["n"] for line in second.lines], second.next_before) == ([6, 5, 4, 3, 2, 1], None)
    monkeypatch.setattr("keepsight.hub.scribe.SCAN_LINES_MAX", 3)
    rare = scribe.page(1 << 62, 4, lambda entry: entry["k"] == 0)
    assert (rare.lines, rare.next_before) == ([], 8)
    assert SCAN_LINES_MAX > 3
