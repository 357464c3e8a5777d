"""Writes membership.json, which Python and the browser both read: a household's log and its end.

Run it as `python -m tests.vectors.make_membership_vectors` after a change of the format. Ed25519 is
deterministic, so a second run writes the same file.
"""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keepsight.seal.membership import GENESIS, Belonging, Entry, SignedEntry, key_hash, sign_entry
from tests.vectors.make_seal_vectors import fixed

PATH: Final = Path(__file__).with_name("membership.json")
SEED: Final = fixed("household identity", 32)
HOME: Final = fixed("home")
ANN, BOB = fixed("ann"), fixed("bob")
PHONE, TABLET = fixed("phone"), fixed("tablet")
PUBLIC: Final = fixed("phone key", 32)
AT_US: Final = 1_790_000_000_000_000


def _fields(signed: SignedEntry) -> dict[str, str]:
    return {"entry": signed.text, "signature": b64encode(signed.signature).decode()}


def log(
    steps: list[tuple[str, Belonging, int]], seed: bytes = SEED, household: bytes = HOME
) -> list[dict[str, str]]:
    """Signed entries, one a step: reason, state from there on, epoch."""
    made, previous = [], GENESIS
    for version, (reason, state, epoch) in enumerate(steps, 1):
        entry = Entry(household, version, previous, epoch, AT_US + version, reason, state.digest())
        signed = sign_entry(seed, entry)
        made.append(_fields(signed))
        previous = signed.digest()
    return made


def document() -> dict[str, Any]:
    """The whole file."""
    alone = Belonging({ANN: "owner"}, {PHONE: (ANN, key_hash(PUBLIC))})
    both = Belonging(
        {**alone.members, BOB: "member"},
        {**alone.devices, TABLET: (BOB, key_hash(fixed("tablet key", 32)))},
    )
    steps = [("begun", alone, 1), ("member_added", both, 1), ("member_removed", alone, 1)]
    steps.append(("epoch", alone, 2))
    public = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
    other = fixed("another identity", 32)
    return {
        "made_by": "tests/vectors/make_membership_vectors.py",
        "household": HOME.hex(),
        "identity": b64encode(public).decode(),
        "device": {"id": PHONE.hex(), "public_key": b64encode(PUBLIC).decode()},
        "entries": log(steps),
        "states": [state.text() for _, state, _ in steps],
        "forked": log([*steps[:2], ("device_enrolled", both, 1), ("epoch", both, 2)]),
        "forked_state": both.text(),
        "forged": log(steps, seed=other),
        "foreign": log(steps, household=fixed("next door")),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(document(), indent=1) + "\n")
