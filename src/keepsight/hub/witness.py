"""Checkpoints of the ledger: signing them, and hearing from devices what they remember.

A device remembers the newest checkpoint it saw and shows it at each contact. If this hub's own log
is shorter, or says something else, then its data were restored from an old backup: members that
were removed may be back in, and lines are missing. Nothing is released then until the owner has
looked at it and accepts. Only checkpoints with this household's signature count, so nobody can
stop a hub with made-up numbers.
"""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from keepsight.core.clock import Clock
from keepsight.hub.keyring import write_private
from keepsight.hub.scribe import Scribe
from keepsight.seal import merkle
from keepsight.seal.audit import Verdict
from keepsight.seal.checkpoint import (
    NOTE_BYTES_MAX,
    Checkpoint,
    CheckpointError,
    read_checkpoint,
)
from keepsight.seal.ledger import LedgerError, OpenedPart, open_parts, read_leaf

log = logging.getLogger(__name__)
Alarm = dict[str, Any]
CHECKPOINT_SECONDS: Final = 60
CHECKPOINT_LINES: Final = 1_000
_POLL_SECONDS_MIN: Final = 0.05
_DAY_US: Final = 86_400_000_000
_HOUR_US: Final = 3_600_000_000
_ROLLED_BACK: Final = "rolled_back"
_ALARM: Final = "alarm"


class Standing(StrEnum):
    """How a device's checkpoint stands to this hub's ledger."""

    HELD = "held"
    """The ledger goes on from it."""
    RESTORED = "restored"
    """It is from before a restored backup that the owner accepted."""
    ROLLED_BACK = "rolled_back"
    """The household signed it and the ledger does not hold it: restored from an old backup."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What proves that a line is in the log."""

    size: int
    leaf: bytes
    proof: list[bytes]
    opened: list[OpenedPart | None]


class Witness:
    """What signs, proves and compares."""

    def __init__(self, scribe: Scribe, clock: Clock) -> None:
        self._scribe = scribe
        self._clock = clock
        self._mark: Path | None = None
        newest = scribe.store.newest_checkpoint(scribe.household)
        self._signed_size = newest[0] if newest else 0
        self._note = newest[2] if newest else ""
        self._signed_mono_us = clock.monotonic_us()
        self._rolled_back = self._read_state(_ROLLED_BACK)
        self._alarm = self._read_state(_ALARM)

    # Signing

    def is_due(self) -> bool:
        """Whether a checkpoint should be signed now."""
        new = self._scribe.size - self._signed_size
        age_us = self._clock.monotonic_us() - self._signed_mono_us
        return new >= CHECKPOINT_LINES or (new > 0 and age_us >= CHECKPOINT_SECONDS * 1_000_000)

    def due_seconds(self) -> float | None:
        """How long until one is due if nothing else happens; None: never."""
        if self._scribe.size == self._signed_size:
            return None
        age_us = self._clock.monotonic_us() - self._signed_mono_us
        return max(_POLL_SECONDS_MIN, CHECKPOINT_SECONDS - age_us / 1e6)

    def sign(self) -> str:
        """The newest checkpoint, signed now if the ledger grew. In the journal's thread.

        Raises:
            LedgerError: the disk refused.
        """
        self._signed_mono_us = self._clock.monotonic_us()
        if (self._scribe.size == self._signed_size and self._note) or self.is_rolled_back:
            # A ledger that lost lines signs nothing: that would be a second history.
            return self._note
        at_us = self._clock.wall_us()
        self._note = self._scribe.sign(at_us)
        self._signed_size = self._scribe.size
        store, household = self._scribe.store, self._scribe.household
        store.thin_checkpoints(household, at_us - _DAY_US, _HOUR_US)
        if self._mark is not None:
            self._write_mark(self._mark)
        return self._note

    def _write_mark(self, mark: Path) -> None:
        if not mark.with_suffix(".key").exists():
            return
        try:
            write_private(mark, self._note.encode())
        except OSError as error:
            log.info("the newest checkpoint is not kept outside the data directory: %s", error)

    def compare_with_mark(self, mark: Path | None) -> None:
        """Notice a restored data directory by the checkpoint kept outside it; keep it there."""
        self._mark = mark
        if mark is None:
            return
        try:
            note = mark.read_text()[:NOTE_BYTES_MAX]
        except (OSError, ValueError):
            return
        try:
            self.judge(note, by="local")
        except CheckpointError as error:
            log.warning("%s: %s", mark, error)

    # Proving

    def prove_growth(self, first: int, second: int) -> list[bytes]:
        """That the log of `second` lines begins with that of `first`.

        Raises:
            ValueError: there are not so many lines.
            LedgerError: a hash is missing.
        """
        if second > self._scribe.size:
            raise ValueError("there are not so many lines")
        return merkle.consistency_proof(first, second, self._scribe.node)

    def prove_line(self, n: int, size: int | None) -> Inclusion:
        """That line `n` is among the first `size` (default: of the newest checkpoint).

        Raises:
            ValueError: there is no such line.
            LedgerError: it cannot be read.
        """
        size = self._signed_size if size is None else size
        leaf = self._scribe.store.leaf(self._scribe.household, n)
        if size > self._scribe.size or leaf is None:
            raise ValueError("there is no such line in a log of this size")
        proof = merkle.inclusion_proof(n - 1, size, self._scribe.node)
        opened = open_parts(read_leaf(leaf), self._scribe.find_key)
        return Inclusion(size, leaf, proof, opened)

    # Comparing

    @property
    def is_rolled_back(self) -> bool:
        """Whether a checkpoint showed that lines are gone, and nobody accepted that yet."""
        return self._rolled_back is not None

    def judge(self, note: str, *, by: str) -> Standing:
        """Compare a checkpoint that a device remembers with the ledger. In the journal's thread.

        Args:
            note: the signed note.
            by: device id, hex, or `local`.

        Raises:
            CheckpointError: it is not one of this household; it says nothing then.
            LedgerError: the ledger cannot be read.
        """
        scribe = self._scribe
        found = read_checkpoint(scribe.household, note, scribe.store.public_key)
        if found.generation < scribe.generation:
            return Standing.RESTORED
        is_known = found.generation == scribe.generation and found.size <= scribe.size
        if is_known and scribe.root_at(found.size) == found.root:
            return Standing.HELD
        if self._rolled_back is None or found.generation > self._rolled_back["generation"]:
            self._roll_back(found, by)
        return Standing.ROLLED_BACK

    def _roll_back(self, found: Checkpoint, by: str) -> None:
        log.error(
            "this ledger has %d lines, but the household signed one of %d that it does not hold: "
            "it was restored from an old backup; no key is released until the owner accepts it",
            self._scribe.size, found.size,
        )  # fmt: skip
        self._rolled_back = {
            "at_us": self._clock.wall_us(), "by": by, "size": self._scribe.size,
            "known_size": found.size, "generation": found.generation, "root": found.root.hex(),
        }  # fmt: skip
        self._write_state(_ROLLED_BACK, self._rolled_back)

    def accept_restore(self) -> Alarm | None:
        """The owner knows about the restored backup: go on from here, in a new generation.

        In the journal's thread; the caller writes the line. None if there was nothing to accept.

        Raises:
            LedgerError: the disk refused.
        """
        accepted = self._rolled_back
        if accepted is None:
            return None
        generation = max(self._scribe.generation, int(accepted["generation"])) + 1
        self._scribe.store.put_state(self._scribe.household, "generation", str(generation))
        self._scribe.generation = generation
        self._write_state(_ROLLED_BACK, None)
        self._rolled_back = None
        self._note = ""
        return accepted

    def raise_alarm(self, problem: str, by: str) -> bool:
        """Remember that a device could not prove something; whether that is news."""
        if self._alarm is not None and self._alarm["problem"] == problem:
            return False
        self._alarm = {"at_us": self._clock.wall_us(), "problem": problem, "by": by}
        self._write_state(_ALARM, self._alarm)
        return True

    def clear_alarm(self) -> None:
        """The owner has looked into it."""
        self._alarm = None
        self._write_state(_ALARM, None)

    def alarms(self, verdict: Verdict | None) -> Sequence[Alarm]:
        """For the status document: code, sentence, since when."""
        found = []
        if self._rolled_back is not None:
            text = (
                f"the ledger was restored from an old backup: it has {self._rolled_back['size']} "
                f"lines, but the household signed {self._rolled_back['known_size']}. No key is "
                "released until the owner accepts it (`keepsight ledger accept-restore`); check "
                "first that no removed member or device is back"
            )
            since_us = self._rolled_back["at_us"]
            found.append({"code": "rolled_back", "text": text, "since_us": since_us})
        if self._alarm is not None:
            text = (
                f"a device could not verify the ledger ({self._alarm['problem']}): run `keepsight "
                "ledger verify`, and accept it only if you know why"
            )
            since_us = self._alarm["at_us"]
            found.append({"code": "ledger_alarm", "text": text, "since_us": since_us})
        if verdict is not None and not verdict.is_intact:
            text = f"the ledger was changed: {verdict.problem}"
            found.append({"code": "ledger_changed", "text": text, "since_us": None})
        return found

    # State over restarts

    def _read_state(self, name: str) -> Alarm | None:
        text = self._scribe.store.state(self._scribe.household, name)
        try:
            found = json.loads(text) if text else None
        except ValueError as error:
            raise LedgerError("the state of the ledger is damaged") from error
        return found if isinstance(found, dict) else None

    def _write_state(self, name: str, value: Alarm | None) -> None:
        text = None if value is None else json.dumps(value)
        self._scribe.store.put_state(self._scribe.household, name, text)
