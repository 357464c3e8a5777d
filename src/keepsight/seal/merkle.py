"""A SHA-256 Merkle tree over an append-only log, as RFC 9162 (Certificate Transparency) has it.

Leaves are numbered from 0. The hash over leaves [k * 2^level, (k + 1) * 2^level) is the complete
subtree (level, k); it never changes once its last leaf is there. Whoever keeps all of those can
give any root and any proof of the log with a number of reads that grows with its logarithm.

Pure: where subtree hashes are kept is the caller's, who gives a function that reads them.
"""

import hashlib
from collections.abc import Callable, Sequence
from typing import Final

HASH_BYTES: Final = 32
PROOF_HASHES_MAX: Final = 128
"""More than any proof over 2^63 leaves has."""
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()
Read = Callable[[int, int], bytes]
"""The hash of a complete subtree by level and index."""


def leaf_hash(leaf: bytes) -> bytes:
    """Hash of one leaf: RFC 9162, 2.1.1."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two subtrees side by side."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed(index: int, leaf: bytes, read: Read) -> list[bytes]:
    """The hashes that are final once leaf `index` is there: its own and each subtree it ends.

    Args:
        index: number of the leaf, from 0.
        leaf: its hash.
        read: gives complete subtrees to the left of it.
    """
    found, place = [leaf], index
    while place & 1:
        level = len(found) - 1
        found.append(node_hash(read(level, place - 1), found[-1]))
        place >>= 1
    return found


def _span(start: int, end: int, read: Read) -> bytes:
    """Hash over leaves start..end-1, where start is a multiple of the largest power of 2 below."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return read(level, start >> level)
    middle = start + (1 << ((size - 1).bit_length() - 1))
    return node_hash(_span(start, middle, read), _span(middle, end, read))


def root(size: int, read: Read) -> bytes:
    """The root over the first `size` leaves."""
    return _span(0, size, read) if size else EMPTY_ROOT


def inclusion_proof(index: int, size: int, read: Read) -> list[bytes]:
    """What proves that leaf `index` is under the root over `size` leaves: RFC 9162, 2.1.3.1.

    Raises:
        ValueError: there is no such leaf in a log of this size.
    """
    if not 0 <= index < size:
        raise ValueError("there is no such leaf in a log of this size")
    proof, start, end = [], 0, size
    while end - start > 1:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if index < middle:
            proof.append(_span(middle, end, read))
            end = middle
        else:
            proof.append(_span(start, middle, read))
            start = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, read: Read) -> list[bytes]:
    """What proves that a log of `second` leaves begins with that of `first`: RFC 9162, 2.1.4.1.

    Raises:
        ValueError: the sizes are not 0 < first <= second.
    """
    if not 0 < first <= second:
        raise ValueError("a consistency proof leads from a smaller size above 0 to a larger")
    proof, start, end, is_whole = [], 0, second, True
    while first != end:
        middle = start + (1 << ((end - start - 1).bit_length() - 1))
        if first <= middle:
            proof.append(_span(middle, end, read))
            end = middle
        else:
            proof.append(_span(start, middle, read))
            start, is_whole = middle, False
    if not is_whole:
        proof.append(_span(start, end, read))
    return proof[::-1]


def is_included(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Check an inclusion proof: RFC 9162, 2.1.3.2.

    Args:
        leaf: hash of the leaf.
        index: its number, from 0.
        size: leaves under the root.
        proof: hashes, nearest the leaf first.
        expected_root: what they must lead to.
    """
    if not 0 <= index < size or len(proof) > PROOF_HASHES_MAX:
        return False
    place, last, found = index, size - 1, leaf
    for other in proof:
        if last == 0:
            return False
        if place & 1 or place == last:
            found = node_hash(other, found)
            while not place & 1 and place != 0:
                place >>= 1
                last >>= 1
        else:
            found = node_hash(found, other)
        place >>= 1
        last >>= 1
    return last == 0 and found == expected_root


def is_consistent(
    first: int, second: int, first_root: bytes, second_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Check that the log under `second_root` begins with the one under first_root: 2.1.4.2."""
    if not 0 <= first <= second or len(proof) > PROOF_HASHES_MAX:
        return False
    if first in (0, second):
        # Every log begins with the empty one; one of the same size must be the same.
        return not proof and first_root == (second_root if first else EMPTY_ROOT)
    path = list(proof)
    if first & (first - 1) == 0:
        path.insert(0, first_root)
    if not path:
        return False
    place, last = first - 1, second - 1
    while place & 1:
        place >>= 1
        last >>= 1
    old = new = path[0]
    for other in path[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            old, new = node_hash(other, old), node_hash(other, new)
            while not place & 1 and place != 0:
                place >>= 1
                last >>= 1
        else:
            new = node_hash(new, other)
        place >>= 1
        last >>= 1
    return last == 0 and old == first_root and new == second_root
