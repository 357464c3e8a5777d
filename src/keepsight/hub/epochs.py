"""The periods of the household's master key: when a new one begins, and how.

A roll is ledger line, recovery kit, keyring file, memory, in this order. The kit may know a key
that was never used and never lacks one that was; the keyring file is replaced in one step, so a
crash leaves either the old epoch or the new one. Nothing is sealed under a key that is not durable.
"""

import asyncio
import logging
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from keepsight.core.secret import Secret
from keepsight.hub.keyring import Epoch, KeyringFile, write_private
from keepsight.hub.recover import new_printed_key, seal_kit
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
EPOCH_US: Final = 30 * 24 * 3600 * 1_000_000
"""A master key is used for at most this long."""
CHECK_SECONDS: Final = 60.0
KIT_FILE: Final = "recovery.age"


class RollReason(StrEnum):
    """Why a new epoch began; the words of the ledger line."""

    MEMBER_REMOVED = "member_removed"
    DEVICE_REMOVED = "device_removed"
    SUSPECTED_LOSS = "suspected_loss"
    """The owner asked for it."""
    SCHEDULED = "scheduled"
    RESTORED = "restored"
    """An older backup was put back, and the owner accepted it."""


OWING: Final = (RollReason.MEMBER_REMOVED, RollReason.DEVICE_REMOVED)
"""After these the household owes itself a new epoch, whatever happened to the first try."""


class Epochs:
    """Begins new epochs of one household. Lives in the event loop's thread."""

    def __init__(self, household: "Household", keyring_file: KeyringFile) -> None:
        self._household = household
        self._keyring_file = keyring_file
        self._rolling = asyncio.Lock()
        self.number_min = 0
        """A new epoch's number is above this one too: of an epoch known from elsewhere."""
        self._owed: RollReason | None = None

    @property
    def current(self) -> Epoch:
        """The newest one."""
        return self._household.keyring.epochs[-1]

    @property
    def due_us(self) -> int:
        """Wall time at which the current one has lasted long enough."""
        return self.current.started_us + EPOCH_US

    @property
    def kit_follows(self) -> bool:
        """Whether the recovery kit can be kept current; not so in households of the first form."""
        return bool(self._household.keyring.recovery_recipient)

    async def roll(self, reason: RollReason, *, by: str) -> Epoch:
        """Begin a new epoch: new master key, windows and names for the door.

        Args:
            reason: for the ledger.
            by: a member id in hex, "local" or "hub".

        Raises:
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
            OSError: the disk refused; the epoch is still the old one.
        """
        household = self._household
        # Owed from here on, so that a disk that fails now does not leave it at the old epoch.
        self._owed = reason if reason in OWING else self._owed
        async with self._rolling:
            number = max(household.keyring.epoch, self.number_min) + 1
            new = Epoch(number, keys.new_key(), household.clock.wall_us())
            await household.journal.record(
                [{"type": "epoch", "epoch": number, "reason": reason.value, "by": by}]
            )
            await asyncio.to_thread(self._store, new)
            household.keyring.epochs.append(new)
            household.roster.renew()
            household.archive.recordings.roll()
            await household.membership.changed("epoch")
            self._owed = None
        log.info("epoch %d has begun: %s", number, reason.value)
        return new

    def _store(self, new: Epoch) -> None:
        keyring = self._household.keyring
        later = keyring.with_epoch(new)
        if keyring.recovery_recipient:
            write_private(self._household.directory / KIT_FILE, seal_kit(later))
        self._keyring_file.rewrite(later)

    async def replace_kit(self, *, by: str) -> tuple[Secret, bytes]:
        """A new printed key and its kit; the old printed key opens no kit written from now on.

        Returns:
            The age identity to print, kept nowhere, and the kit.

        Raises:
            keepsight.seal.ledger.LedgerError, OSError: nothing has changed.
        """
        household = self._household
        async with self._rolling:
            await household.journal.record([{"type": "recovery_kit", "by": by}])
            identity, kit = await asyncio.to_thread(self._store_kit)
        return identity, kit

    def _store_kit(self) -> tuple[Secret, bytes]:
        keyring, path = self._household.keyring, self._household.directory / KIT_FILE
        identity, recipient = new_printed_key()
        before, keyring.recovery_recipient = keyring.recovery_recipient, recipient
        try:
            # Both printed keys open it until the new one is sure: a crash locks nobody out.
            write_private(path, seal_kit(keyring, before))
            self._keyring_file.rewrite(keyring)
        except BaseException:
            keyring.recovery_recipient = before
            raise
        kit = seal_kit(keyring)
        write_private(path, kit)
        return identity, kit

    def is_due(self) -> bool:
        """Whether the current one has lasted long enough, by a clock that may have jumped."""
        age_us = self._household.clock.wall_us() - self.current.started_us
        # Either way: a clock that was far ahead must not keep one key for ever.
        return abs(age_us) >= EPOCH_US

    def owed(self) -> RollReason | None:
        """Why a new epoch should have begun already: also after a stop between removal and roll."""
        last = self._household.membership.newest.entry.reason
        return self._owed or next((reason for reason in OWING if reason.value == last), None)

    async def run(self) -> None:
        """Roll when an epoch has lasted long enough or is owed, until cancelled."""
        while True:
            reason = self.owed() or (RollReason.SCHEDULED if self.is_due() else None)
            if reason is not None and not self._rolling.locked():
                try:
                    await self.roll(reason, by="hub")
                except Exception:
                    log.exception("the epoch could not be changed; it is tried again in a minute")
            await asyncio.sleep(CHECK_SECONDS)
