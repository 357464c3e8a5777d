"""10,000 logs, each tampered with in one way, are all detected; and whole ones are never accused.

Method: a log as the hub writes it, in memory, with checkpoints every few lines and one remembered
by a device. Each tampering draws a kind and a place from a seed. Some attackers only change bytes;
the better ones hash everything anew, as somebody with the file and without the key can.
"""

import random
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keepsight.seal import keys, merkle
from keepsight.seal.audit import StoredLeaf, audit
from keepsight.seal.checkpoint import Checkpoint, sign_checkpoint
from keepsight.seal.ledger import Stamp, Subject, encode_leaf, read_leaf, span_of

HOUSEHOLD, SEED = b"\x5e" * 16, b"\x07" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
ANN = Subject(keys.new_id(), keys.new_key())
LINES, SIGNED_EVERY = 48, 12


def leaf(n, kind="release"):
    entry = {
        "type": kind, "camera": f"{n % 3:032x}", "stream": "main", "start_us": 60 * n,
        "end_us": 60 * n + 60, "member": "ab" * 16, "device": "d1" * 16,
    }  # fmt: skip
    return encode_leaf(entry, Stamp(n, n, n), lambda _member: ANN)


class Rows:
    """A whole ledger in memory: keepsight.seal.audit.LedgerRows."""

    household, public_key = HOUSEHOLD, PUBLIC

    def __init__(self, leaves, *, signs=True):
        self.rows, self.kept, self.index = [], [], []
        for encoded in leaves:
            self.add(encoded)
            if signs and len(self.rows) % SIGNED_EVERY == 0:
                self.kept.append((len(self.rows), self.sign()))

    def node(self, level, index):
        return self.rows[((index + 1) << level) - 1].hashes[32 * level : 32 * level + 32]

    def add(self, encoded):
        n = len(self.rows) + 1
        hashes = merkle.completed(n - 1, merkle.leaf_hash(encoded), self.node)
        self.rows.append(StoredLeaf(n, encoded, b"".join(hashes)))
        span = span_of(read_leaf(encoded))
        if span is not None:
            self.index.append((n, span))

    def root(self, size=None):
        return merkle.root(size or len(self.rows), self.node)

    def sign(self):
        return sign_checkpoint(HOUSEHOLD, Checkpoint(len(self.rows), self.root()), SEED)

    def copy(self):
        made = Rows([])
        made.rows, made.kept, made.index = list(self.rows), list(self.kept), list(self.index)
        return made

    def leaves(self):
        return iter(self.rows)

    def notes(self):
        return self.kept

    def spans(self):
        return iter(self.index)


LEAVES = [leaf(n, "release" if n % 4 else "sign_in") for n in range(1, LINES + 1)]
WHOLE = Rows(LEAVES)
REMEMBERED = WHOLE.sign()


def hashed_anew(leaves, whole):
    """What an attacker without the key can do: every hash right, the old checkpoints kept."""
    made = Rows(leaves, signs=False)
    made.kept = list(whole.kept)
    return made


def flip(data, chance):
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def flip_leaf(rows, chance):
    place = chance.randrange(LINES)
    rows.rows[place] = replace(rows.rows[place], leaf=flip(rows.rows[place].leaf, chance))
    return rows


def flip_hash(rows, chance):
    place = chance.randrange(LINES)
    rows.rows[place] = replace(rows.rows[place], hashes=flip(rows.rows[place].hashes, chance))
    return rows


def replace_node(rows, chance):
    place, other = chance.sample(range(LINES), 2)
    rows.rows[place] = replace(rows.rows[place], hashes=rows.rows[other].hashes)
    return rows


def remove_row(rows, chance):
    del rows.rows[chance.randrange(LINES)]
    return rows


def swap_rows(rows, chance):
    one, other = chance.sample(range(LINES), 2)
    a, b = rows.rows[one], rows.rows[other]
    rows.rows[one], rows.rows[other] = replace(a, leaf=b.leaf), replace(b, leaf=a.leaf)
    return rows


def swap_rows_whole(rows, chance):
    one, other = chance.sample(range(LINES), 2)
    a, b = rows.rows[one], rows.rows[other]
    rows.rows[one], rows.rows[other] = (
        replace(a, leaf=b.leaf, hashes=b.hashes), replace(b, leaf=a.leaf, hashes=a.hashes),
    )  # fmt: skip
    return rows


def repeat_row(rows, chance):
    rows.rows.insert(chance.randrange(LINES), chance.choice(rows.rows))
    return rows


def truncate(rows, chance):
    """The end and the checkpoints over it are cut off: only what a device remembers shows it."""
    size = chance.randrange(LINES)
    rows.rows = rows.rows[:size]
    rows.kept = [kept for kept in rows.kept if kept[0] <= size]
    rows.index = [row for row in rows.index if row[0] <= size]
    return rows


def rewrite(rows, chance):
    """A line is replaced by another that could stand there, and everything hashed anew."""
    leaves = list(LEAVES)
    place = chance.randrange(LINES)
    leaves[place] = leaf(place + 1, "release")
    return hashed_anew(leaves, rows)


def drop_and_renumber(rows, chance):
    """A line is taken out, those after it are made again under new numbers, all hashed anew."""
    place = chance.randrange(LINES - 1)
    later = [leaf(n, "release") for n in range(place + 1, LINES)]
    return hashed_anew([*LEAVES[:place], *later], rows)


def insert_and_renumber(rows, chance):
    place = chance.randrange(LINES)
    later = [leaf(n, "release") for n in range(place + 1, LINES + 2)]
    return hashed_anew([*LEAVES[:place], *later], rows)


def rewrite_and_drop_checkpoints(rows, chance):
    made = rewrite(rows, chance)
    made.kept = []
    return made


def sign_with_another_key(rows, chance):
    made = rewrite(rows, chance)
    note = sign_checkpoint(HOUSEHOLD, Checkpoint(LINES, made.root()), b"\x08" * 32)
    made.kept = [(LINES, note)]
    return made


def flip_checkpoint(rows, chance):
    place = chance.randrange(len(rows.kept))
    size, note = rows.kept[place]
    at = chance.randrange(len(note) - 1)
    rows.kept[place] = (size, note[:at] + chr(ord(note[at]) ^ 1) + note[at + 1 :])
    return rows


def swap_checkpoints(rows, chance):
    (a, note_a), (b, note_b) = chance.sample(rows.kept, 2)
    rows.kept = [(a, note_b), (b, note_a)]
    return rows


def hide_from_index(rows, chance):
    del rows.index[chance.randrange(len(rows.index))]
    return rows


def point_index_elsewhere(rows, chance):
    place = chance.randrange(len(rows.index))
    n, span = rows.index[place]
    what = chance.choice(
        [{"camera": b"x" * 16}, {"subject": b"x" * 16}, {"start_us": span.start_us + 1},
         {"end_us": span.end_us - 1}]
    )  # fmt: skip
    rows.index[place] = (n, replace(span, **what))
    return rows


def add_to_index(rows, chance):
    rows.index.append((LINES + 1, rows.index[chance.randrange(len(rows.index))][1]))
    return rows


KINDS = (
    flip_leaf, flip_hash, replace_node, remove_row, swap_rows, swap_rows_whole, repeat_row,
    truncate, rewrite, drop_and_renumber, insert_and_renumber, rewrite_and_drop_checkpoints,
    sign_with_another_key, flip_checkpoint, swap_checkpoints, hide_from_index,
    point_index_elsewhere, add_to_index,
)  # fmt: skip


def test_a_whole_ledger_is_intact():
    for noted in ([], [REMEMBERED], [note for _size, note in WHOLE.kept]):
        verdict = audit(WHOLE, noted)
        assert (verdict.is_intact, verdict.lines, verdict.broken_at) == (True, LINES, None)
        assert verdict.head == WHOLE.root().hex()
        assert verdict.checkpoints == LINES // SIGNED_EVERY + len(noted)
    assert audit(Rows([])).is_intact


@pytest.mark.parametrize("size", range(1, 34))
def test_a_whole_ledger_of_any_size_is_intact(size):
    rows = Rows(LEAVES[:size])
    verdict = audit(rows, [rows.sign()])
    assert (verdict.is_intact, verdict.signed_lines) == (True, size)


def test_ten_thousand_tampered_ledgers_are_all_detected():
    missed = []
    for seed in range(10_000):
        chance = random.Random(seed)
        kind = KINDS[seed % len(KINDS)]
        if audit(kind(WHOLE.copy(), chance), [REMEMBERED]).is_intact:
            missed.append((kind.__name__, seed))
    assert not missed, missed[:10]


def test_it_says_which_line():
    for place in (0, 7, LINES - 1):
        rows = WHOLE.copy()
        changed = bytearray(rows.rows[place].leaf)
        changed[-1] ^= 1
        rows.rows[place] = replace(rows.rows[place], leaf=bytes(changed))
        verdict = audit(rows)
        assert (verdict.broken_at, verdict.lines) == (place + 1, place)
        assert f"line {place + 1}" in verdict.problem


def test_a_rewritten_past_is_told_from_a_cut_off_end():
    verdict = audit(rewrite(WHOLE.copy(), random.Random(3)))
    assert "not those that the household signed" in verdict.problem
    cut = WHOLE.copy()
    cut.rows, cut.index = cut.rows[:20], [row for row in cut.index if row[0] <= 20]
    verdict = audit(cut)
    assert (verdict.broken_at, "the end is gone" in verdict.problem) == (21, True)
    assert verdict.signed_lines == 12


def test_what_it_cannot_see_alone_needs_a_checkpoint_from_elsewhere():
    """The limit that the documents name: an end cut off with its checkpoints looks like the end."""
    cut = truncate(WHOLE.copy(), random.Random(1))
    assert audit(cut).is_intact
    assert not audit(cut, [REMEMBERED]).is_intact
