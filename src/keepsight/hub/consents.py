"""Asking, giving and taking back consent. Nothing said means no."""

from typing import TYPE_CHECKING

from keepsight.hub.consent import PURPOSES, Consent
from keepsight.hub.store.consents import ConsentStore

if TYPE_CHECKING:
    from keepsight.hub.household import Household


class Consents:
    """Everybody's last words. Lives in the event loop's thread."""

    def __init__(self, household: "Household", store: ConsentStore) -> None:
        self._household = household
        self._store = store
        self._said: dict[tuple[bytes, str], Consent] = {}

    async def load(self) -> None:
        """Read everybody's."""
        found = await self._household.sql(self._store.list, self._household.household_id)
        self._said = {(one.member_id, one.purpose): one for one in found}

    def said(self, member_id: bytes, purpose: str) -> Consent | None:
        """A member's last word; None: never asked."""
        return self._said.get((member_id, purpose))

    def is_given(self, member_id: bytes, purpose: str) -> bool:
        """Whether the member has agreed and not taken it back."""
        said = self.said(member_id, purpose)
        return said is not None and said.is_given

    async def say(self, member_id: bytes, purpose: str, *, is_given: bool, by: str) -> Consent:
        """Give or take back, on the ledger first.

        Raises:
            ValueError: there is no such purpose.
            keepsight.seal.ledger.LedgerError: the ledger could not be written; nothing changed.
        """
        if purpose not in PURPOSES:
            raise ValueError(f"purposes: {', '.join(PURPOSES)}")
        household = self._household
        kind = "consent_given" if is_given else "consent_withdrawn"
        line = {"type": kind, "member": member_id.hex(), "purpose": purpose, "by": by}
        await household.journal.record([line])
        consent = Consent(member_id, purpose, is_given, household.clock.wall_us())
        await household.sql(self._store.put, household.household_id, consent)
        self._said[member_id, purpose] = consent
        return consent

    async def forget(self, member_id: bytes) -> None:
        """The member is gone."""
        await self._household.sql(self._store.forget, self._household.household_id, member_id)
        self._said = {key: one for key, one in self._said.items() if key[0] != member_id}
