"""The tree agrees with the definition in the RFC, written down naively here, and with the vectors
that Certificate Transparency implementations share; and no changed proof passes.

Method: every size up to 130 against the recursion of RFC 9162, 2.1; property tests above that.
"""

import hashlib
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.seal import merkle

# The eight leaves and the roots over the first 1..8 of them that CT implementations test with.
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


class Log:
    """Keeps complete subtrees in a dictionary; counts what is read."""

    def __init__(self, leaves=()):
        self.nodes, self.size, self.reads = {}, 0, 0
        for leaf in leaves:
            self.append(leaf)

    def read(self, level, index):
        self.reads += 1
        return self.nodes[level, index]

    def append(self, leaf):
        hashes = merkle.completed(self.size, merkle.leaf_hash(leaf), self.read)
        for level, value in enumerate(hashes):
            self.nodes[level, self.size >> level] = value
        self.size += 1


def split(count):
    return 1 << ((count - 1).bit_length() - 1)


def naive_root(leaves):
    """MTH of RFC 9162, 2.1.1, to the letter."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + naive_root(leaves[:k]) + naive_root(leaves[k:])).digest()


def naive_path(index, leaves):
    """PATH of RFC 9162, 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*naive_path(index, leaves[:k]), naive_root(leaves[k:])]
    return [*naive_path(index - k, leaves[k:]), naive_root(leaves[:k])]


def naive_subproof(first, leaves, *, is_whole):
    """SUBPROOF of RFC 9162, 2.1.4.1."""
    if first == len(leaves):
        return [] if is_whole else [naive_root(leaves)]
    k = split(len(leaves))
    if first <= k:
        inner = naive_subproof(first, leaves[:k], is_whole=is_whole)
        return [*inner, naive_root(leaves[k:])]
    inner = naive_subproof(first - k, leaves[k:], is_whole=False)
    return [*inner, naive_root(leaves[:k])]


LEAVES = [bytes([n % 251]) * (n % 7) + str(n).encode() for n in range(130)]


def test_the_shared_vectors():
    log = Log()
    for count, (leaf, root) in enumerate(zip(CT_LEAVES, CT_ROOTS, strict=True), 1):
        log.append(leaf)
        assert merkle.root(count, log.read).hex() == root
    assert merkle.root(0, log.read) == naive_root([])


@pytest.mark.parametrize("size", [*range(1, 34), 63, 64, 65, 100, 127, 128, 129, 130])
def test_roots_and_proofs_are_those_of_the_definition(size):
    log = Log(LEAVES)
    root = merkle.root(size, log.read)
    assert root == naive_root(LEAVES[:size])
    for index in range(size):
        proof = merkle.inclusion_proof(index, size, log.read)
        assert proof == naive_path(index, LEAVES[:size])
        assert merkle.is_included(merkle.leaf_hash(LEAVES[index]), index, size, proof, root)
    for first in range(1, size + 1):
        proof = merkle.consistency_proof(first, size, log.read)
        assert proof == naive_subproof(first, LEAVES[:size], is_whole=True)
        assert merkle.is_consistent(first, size, naive_root(LEAVES[:first]), root, proof)


@given(st.integers(2, 130), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_no_changed_proof_passes(size, chance):
    log = Log(LEAVES[:size])
    root, index, first = merkle.root(size, log.read), chance.randrange(size), None
    leaf = merkle.leaf_hash(LEAVES[index])
    proof = merkle.inclusion_proof(index, size, log.read)
    assert not merkle.is_included(merkle.leaf_hash(b"other"), index, size, proof, root)
    assert not merkle.is_included(leaf, index, size, [*proof, root], root)
    assert not merkle.is_included(leaf, index, size, proof[:-1], root)
    assert not merkle.is_included(leaf, size, size, proof, root)
    other = (index + 1) % size
    assert not merkle.is_included(leaf, other, size, proof, root)
    first = chance.randrange(1, size)
    old = merkle.root(first, log.read)
    proof = merkle.consistency_proof(first, size, log.read)
    place = chance.randrange(len(proof))
    changed = bytearray(proof[place])
    changed[chance.randrange(32)] ^= 1 << chance.randrange(8)
    spoilt = [*proof[:place], bytes(changed), *proof[place + 1 :]]
    assert not merkle.is_consistent(first, size, old, root, spoilt)
    assert not merkle.is_consistent(first, size, old, root, proof[:-1])
    assert not merkle.is_consistent(first, size, old, root, [*proof, root])
    assert not merkle.is_consistent(first, size, root, root, proof)
    assert not merkle.is_consistent(first, size, old, old, proof)


def test_a_rewritten_log_is_not_consistent_with_the_old_one():
    chance = random.Random(5)
    for _ in range(200):
        first, more = chance.randrange(1, 60), chance.randrange(0, 60)
        old = Log(LEAVES[:first])
        changed = list(LEAVES[: first + more])
        changed[chance.randrange(first)] = b"rewritten"
        new = Log(changed)
        proof = merkle.consistency_proof(first, first + more, new.read)
        roots = merkle.root(first, old.read), merkle.root(first + more, new.read)
        assert not merkle.is_consistent(first, first + more, *roots, proof)


def test_edges():
    log = Log(LEAVES[:5])
    root = merkle.root(5, log.read)
    assert merkle.is_consistent(0, 5, merkle.EMPTY_ROOT, root, [])
    assert merkle.is_consistent(0, 0, merkle.EMPTY_ROOT, merkle.EMPTY_ROOT, [])
    assert merkle.is_consistent(5, 5, root, root, [])
    assert not merkle.is_consistent(5, 5, root, merkle.EMPTY_ROOT, [])
    assert not merkle.is_consistent(6, 5, root, root, [])
    assert not merkle.is_included(root, 0, 5, [root] * 200, root)
    for bad in ((5, 5), (-1, 5), (0, 0)):
        with pytest.raises(ValueError):
            merkle.inclusion_proof(*bad, log.read)
    for bad in ((0, 5), (6, 5)):
        with pytest.raises(ValueError):
            merkle.consistency_proof(*bad, log.read)


def test_a_proof_over_many_leaves_reads_few_hashes():
    log = Log(str(n).encode() for n in range(10_000))
    log.reads = 0
    merkle.root(9_999, log.read)
    merkle.inclusion_proof(4_321, 9_999, log.read)
    merkle.consistency_proof(4_321, 9_999, log.read)
    assert log.reads < 200
