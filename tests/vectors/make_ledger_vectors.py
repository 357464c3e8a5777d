"""Writes ledger.json, which Python and the browser both read.

Run it as `python -m tests.vectors.make_ledger_vectors` after a change of the format. Salts are
random by nature, so a second run writes another file that says the same.
"""

import json
from base64 import b64encode
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keepsight.seal import merkle
from keepsight.seal.checkpoint import Checkpoint, sign_checkpoint
from keepsight.seal.ledger import Stamp, Subject, encode_leaf, open_parts, read_leaf

PATH: Final = Path(__file__).with_name("ledger.json")
HOUSEHOLD, SEED = b"\x5e" * 16, b"\x07" * 32
ANN, BEN = Subject(b"\xa1" * 16, b"\xa2" * 32), Subject(b"\xb1" * 16, b"\xb2" * 32)
NOBODY = Subject(b"\x01" * 16, b"\x02" * 32)
SUBJECTS = {b"\xaa" * 16: ANN, b"\xbb" * 16: BEN, None: NOBODY}
LINES: Final = 21
SIZES: Final = (1, 2, 7, 8, 13, 21)
AT_US: Final = 1_790_000_000_000_000


def entry(n: int) -> dict[str, object]:
    """Lines of several shapes: with one person, two, none; with nested, empty and odd values."""
    if n % 5 == 0:
        return {"type": "settings", "values": {"retention_days": 30, "x": [1.5, -7, None, True]},
                "by": "bb" * 16}  # fmt: skip
    if n % 7 == 0:
        return {"type": "device_enrolled", "member": "bb" * 16, "device": "dd" * 16,
                "name": "Zoë's Gerät \U0001f4f1", "by": "aa" * 16}  # fmt: skip
    if n % 3 == 0:
        return {"type": "started"}
    return {
        "type": "release", "purpose": "live", "camera": "c1" * 16, "stream": "main",
        "epoch": 70_000, "writer": f"{n:032x}", "start_us": AT_US + n,
        "end_us": None if n == 4 else AT_US + n + 60,
        "member": "aa" * 16, "device": "dd" * 16,
    }  # fmt: skip


def b64(data: bytes) -> str:
    """Base64 text."""
    return b64encode(data).decode()


def make() -> dict[str, object]:
    """The whole document."""
    tree: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        return tree[level, index]

    keys = {subject.subject_id: subject.key for subject in (ANN, NOBODY)}
    lines: list[dict[str, object]] = []
    for n in range(1, LINES + 1):
        leaf = encode_leaf(entry(n), Stamp(n, AT_US + n, n), lambda member: SUBJECTS[member])
        for level, value in enumerate(merkle.completed(n - 1, merkle.leaf_hash(leaf), node)):
            tree[level, (n - 1) >> level] = value
        opened = open_parts(read_leaf(leaf), keys.get)
        parts = [part and {"key": b64(part.key), "content": b64(part.content)} for part in opened]
        lines.append({"leaf": b64(leaf), "entry": entry(n), "opened": parts})
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    return {
        "household": HOUSEHOLD.hex(),
        "public_key": b64(public),
        "lines": lines,
        "checkpoints": [
            {
                "size": size,
                "root": b64(merkle.root(size, node)),
                "generation": generation,
                "note": sign_checkpoint(
                    HOUSEHOLD, Checkpoint(size, merkle.root(size, node), generation), SEED
                ),
            }
            for size, generation in zip(SIZES, (1, 1, 1, 1, 1, 2), strict=True)
        ],
        "consistency": [
            {
                "from": first, "to": second,
                "proof": [b64(h) for h in merkle.consistency_proof(first, second, node)],
            }
            for first in range(1, LINES + 1)
            for second in SIZES
            if first <= second
        ],
        "inclusion": [
            {"n": n, "size": size,
             "proof": [b64(h) for h in merkle.inclusion_proof(n - 1, size, node)]}
            for size in SIZES
            for n in range(1, size + 1)
        ],
        "roots": [b64(merkle.root(size, node)) for size in range(1, LINES + 1)],
    }  # fmt: skip


if __name__ == "__main__":
    PATH.write_text(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
