"""Python reads the vectors of the ledger as the browser does (web/tests/seal/ledger.test.ts)."""

import json
from base64 import b64decode

from keepsight.seal import merkle
from keepsight.seal.checkpoint import Checkpoint, read_checkpoint
from keepsight.seal.ledger import decode_leaf, read_leaf
from tests.vectors.make_ledger_vectors import ANN, LINES, NOBODY, PATH, entry, make

VECTORS = json.loads(PATH.read_text())
ROOTS = [b64decode(text) for text in VECTORS["roots"]]


def test_lines_say_what_they_said():
    keys = {subject.subject_id: subject.key for subject in (ANN, NOBODY)}
    for n, line in enumerate(VECTORS["lines"], 1):
        found = decode_leaf(b64decode(line["leaf"]), keys.get)
        given = line["entry"]
        assert given == entry(n)
        about_ben = {"member", "device", "name"} if given.get("member") == "bb" * 16 else set()
        about_ben |= {"by"} if given.get("by") == "bb" * 16 else set()
        assert found.get("erased", False) == bool(about_ben)
        assert {k: v for k, v in given.items() if k not in about_ben}.items() <= found.items()


def test_roots_and_proofs_are_those_of_the_leaves():
    leaves = [merkle.leaf_hash(b64decode(line["leaf"])) for line in VECTORS["lines"]]
    for case in VECTORS["inclusion"]:
        proof = [b64decode(text) for text in case["proof"]]
        root = ROOTS[case["size"] - 1]
        assert merkle.is_included(leaves[case["n"] - 1], case["n"] - 1, case["size"], proof, root)
    for case in VECTORS["consistency"]:
        proof = [b64decode(text) for text in case["proof"]]
        first, second = case["from"], case["to"]
        assert merkle.is_consistent(first, second, ROOTS[first - 1], ROOTS[second - 1], proof)


def test_checkpoints_are_signed():
    for case in VECTORS["checkpoints"]:
        found = read_checkpoint(
            bytes.fromhex(VECTORS["household"]), case["note"], b64decode(VECTORS["public_key"])
        )
        assert found == Checkpoint(case["size"], b64decode(case["root"]), case["generation"])


def test_the_maker_still_makes_them():
    made = make()
    assert made.keys() == VECTORS.keys()
    assert len(made["lines"]) == LINES
    for old, new in zip(VECTORS["lines"], made["lines"], strict=True):
        old_leaf, new_leaf = (read_leaf(b64decode(line["leaf"])) for line in (old, new))
        assert old_leaf.keys() == new_leaf.keys()
        assert len(old["leaf"]) == len(new["leaf"])
