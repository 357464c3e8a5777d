"""Takes a ledger of the older form over: `ledger.jsonl`, a chain of hashes, one JSON line each.

Its lines become the first leaves under their old numbers; the first new line names the head of the
old chain and whether it held; the file is kept beside it as `ledger.jsonl.migrated`.
"""

import hashlib
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.core.clock import Clock
from keepsight.hub.scribe import OLD_FILE_KEPT, Dated, Scribe
from keepsight.seal.ledger import LEAF_BYTES_MAX, LedgerError

log = logging.getLogger(__name__)
OLD_FILE: Final = "ledger.jsonl"
_FIRST_PREV: Final = "0" * 64


@dataclass(frozen=True, slots=True)
class OldChain:
    """What the old file holds."""

    entries: list[dict[str, Any]]
    head: str
    is_intact: bool


def read_chain(path: Path) -> OldChain:
    """Lines as far as they can be read, and whether each follows from the one before.

    Raises:
        LedgerError: the file cannot be read at all.
    """
    entries: list[dict[str, Any]] = []
    head, is_intact = _FIRST_PREV, True
    try:
        with path.open("rb") as file:
            for raw in file:
                line = raw.rstrip(b"\n")
                entry = json.loads(line) if len(line) <= LEAF_BYTES_MAX else None
                if not isinstance(entry, dict):
                    return OldChain(entries, head, is_intact=False)
                is_intact = is_intact and entry.get("prev") == head
                is_intact = is_intact and entry.get("n") == len(entries) + 1
                entries.append(entry)
                head = hashlib.sha256(line).hexdigest()
    except ValueError:
        is_intact = False
    except OSError as error:
        raise LedgerError(f"{path.name} cannot be read: {error.strerror}") from error
    return OldChain(entries, head, is_intact)


def take_over(directory: Path, scribe: Scribe, clock: Clock) -> bool:
    """Take `ledger.jsonl` over if it is there; whether it was.

    Raises:
        LedgerError: it cannot be read, or the new ledger cannot be written. Nothing has changed.
    """
    path = directory / OLD_FILE
    if not path.exists():
        return False
    if scribe.size == 0:
        chain = read_chain(path)
        mono_us = clock.monotonic_us()
        dated = [Dated(_entry(old), _time(old), 0) for old in chain.entries]
        closing = {
            "type": "ledger_taken_over", "lines": len(chain.entries), "head": chain.head,
            "held": chain.is_intact,
        }  # fmt: skip
        scribe.append([*dated, Dated(closing, clock.wall_us(), mono_us)])
        if not chain.is_intact:
            log.error("%s did not hold when it was taken over; it is kept", OLD_FILE)
    # Renamed after the commit: a crash in between finds the lines there and comes here again.
    path.rename(directory / OLD_FILE_KEPT)
    return True


def _entry(old: dict[str, Any]) -> dict[str, Any]:
    entry = {name: value for name, value in old.items() if name not in ("n", "prev", "at_us")}
    return {**entry, "type": str(entry.get("type", "unknown"))}


def _time(old: dict[str, Any]) -> int:
    at_us = old.get("at_us")
    return at_us if isinstance(at_us, int) and 0 <= at_us < 1 << 62 else 0
