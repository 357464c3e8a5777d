"""What each member has enrolled beside a passphrase, in memory; changes go through the store.

Owns no rule about who may change what: routes ask for a recent proof first.
"""

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from keepsight.core.secret import Secret
from keepsight.hub.signin import recovery_codes, totp
from keepsight.hub.signin.passkey import PASSKEYS_MAX, Passkey, PasskeyError
from keepsight.hub.store.factors import FactorStore, StoredTotp
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

NAME_CHARACTERS_MAX: Final = 100
_TOTP_PLACE: Final = b"totp secret 1"


class Factors:
    """The enrolled factors of one household's members."""

    def __init__(self, household: "Household", store: FactorStore) -> None:
        self._household = household
        self._store = store
        self._passkeys: dict[bytes, Passkey] = {}
        self._totp: dict[bytes, StoredTotp] = {}
        self._codes_left: dict[bytes, int] = {}

    async def load(self) -> None:
        """Read what is stored."""
        place = self._household.household_id
        sql = self._household.sql
        passkeys = await sql(self._store.list_passkeys, place)
        self._passkeys = {passkey.credential_id: passkey for passkey in passkeys}
        self._totp = {t.member_id: t for t in await sql(self._store.list_totp, place)}
        self._codes_left = await sql(self._store.codes_left, place)

    # What there is

    def passkeys(self, member: bytes) -> list[Passkey]:
        """A member's passkeys, oldest first."""
        return [passkey for passkey in self._passkeys.values() if passkey.member_id == member]

    def passkey(self, credential: bytes) -> Passkey | None:
        """The passkey of this credential id, whoever's it is."""
        return self._passkeys.get(credential)

    def has_totp(self, member: bytes) -> bool:
        """Whether this member has an authenticator program."""
        return member in self._totp

    def totp_since_us(self, member: bytes) -> int | None:
        """Since when."""
        stored = self._totp.get(member)
        return stored.created_us if stored else None

    def codes_left(self, member: bytes) -> int:
        """How many unused recovery codes this member has."""
        return self._codes_left.get(member, 0)

    def is_enrolled(self, member: bytes) -> bool:
        """Whether signing in takes more than the passphrase: a passkey or one-time codes."""
        return self.has_totp(member) or bool(self.passkeys(member))

    def strong_count(self, member: bytes) -> int:
        """How many passkeys and authenticator programs."""
        return len(self.passkeys(member)) + self.has_totp(member)

    # Changes

    async def _note(self, what: str, member: bytes, **more: object) -> None:
        await self._household.journal.record([{"type": what, "member": member.hex(), **more}])

    async def add_passkey(self, passkey: Passkey) -> None:
        """Enrol a passkey, after the ledger has it.

        Raises:
            PasskeyError: too many, or it is enrolled already.
        """
        if len(self.passkeys(passkey.member_id)) >= PASSKEYS_MAX:
            raise PasskeyError("too_many_passkeys", "remove a passkey first")
        if passkey.credential_id in self._passkeys:
            raise PasskeyError("bad_passkey", "this passkey is enrolled already")
        await self._note("factor_added", passkey.member_id, kind="passkey", name=passkey.name)
        await self._put(passkey)

    async def _put(self, passkey: Passkey) -> None:
        household = self._household
        await household.sql(self._store.put_passkey, household.household_id, passkey)
        self._passkeys[passkey.credential_id] = passkey

    async def used_passkey(self, passkey: Passkey, sign_count: int) -> None:
        """Remember the count of signatures."""
        now_us = self._household.clock.wall_us()
        await self._put(replace(passkey, sign_count=sign_count, last_used_us=now_us))

    async def rename_passkey(self, passkey: Passkey, name: str) -> None:
        """Give a passkey another name."""
        await self._put(replace(passkey, name=name[:NAME_CHARACTERS_MAX]))

    async def remove_passkey(self, passkey: Passkey) -> None:
        """Forget a passkey."""
        await self._note("factor_removed", passkey.member_id, kind="passkey", name=passkey.name)
        household = self._household
        await household.sql(
            self._store.remove_passkey, household.household_id, passkey.credential_id
        )
        self._passkeys.pop(passkey.credential_id, None)

    def _totp_key(self, member: bytes) -> bytes:
        return keys.expand(self._household.keyring.root, b"totp 1", member)

    async def add_totp(self, member: bytes, secret: Secret, step: int) -> None:
        """Enrol an authenticator program that has just shown a right code.

        Args:
            member: whose.
            secret: base32.
            step: of that code; it is used up.
        """
        await self._note("factor_added", member, kind="totp")
        sealed = keys.wrap(self._totp_key(member), secret.reveal().encode(), _TOTP_PLACE)
        household = self._household
        stored = StoredTotp(member, sealed, step, household.clock.wall_us())
        await household.sql(self._store.put_totp, household.household_id, stored)
        self._totp[member] = stored

    async def use_totp(self, member: bytes, code: str) -> bool:
        """Whether this is a member's one-time code of now; a right one is used up."""
        stored = self._totp.get(member)
        if stored is None:
            return False
        household = self._household
        opened = keys.unwrap(self._totp_key(member), stored.sealed_secret, _TOTP_PLACE)
        secret = Secret(opened.decode())
        step = totp.used_step(secret, code, household.clock.wall_us(), stored.last_step)
        if step is None:
            return False
        # The store decides, so that two browsers with the same code cannot both be first.
        if not await household.sql(self._store.use_totp_step, household.household_id, member, step):
            return False
        self._totp[member] = replace(stored, last_step=step)
        return True

    async def remove_totp(self, member: bytes) -> None:
        """Forget an authenticator program."""
        await self._note("factor_removed", member, kind="totp")
        household = self._household
        await household.sql(self._store.remove_totp, household.household_id, member)
        self._totp.pop(member, None)

    async def renew_codes(self, member: bytes) -> list[Secret]:
        """Ten fresh recovery codes, to be shown once; older ones are no longer good."""
        codes = recovery_codes.new_codes()
        root = self._household.keyring.root
        hashes = [recovery_codes.hash_code(root, member, code) for code in codes]
        await self._note("factor_added", member, kind="recovery_codes")
        household = self._household
        await household.sql(self._store.replace_codes, household.household_id, member, hashes)
        self._codes_left[member] = len(codes)
        return codes

    async def use_code(self, member: bytes, code: Secret) -> bool:
        """Whether this is an unused recovery code of this member; a right one is used up."""
        household = self._household
        code_hash = recovery_codes.hash_code(household.keyring.root, member, code)
        is_used = await household.sql(
            self._store.use_code,
            household.household_id,
            member,
            code_hash,
            household.clock.wall_us(),
        )
        if is_used:
            self._codes_left[member] = max(0, self.codes_left(member) - 1)
            await self._note("recovery_code_used", member, left=self.codes_left(member))
        return is_used

    async def forget_member(self, member: bytes) -> None:
        """A member is removed: nothing of theirs signs in."""
        household = self._household
        await household.sql(self._store.forget_member, household.household_id, member)
        self._totp.pop(member, None)
        self._codes_left.pop(member, None)
        for passkey in self.passkeys(member):
            del self._passkeys[passkey.credential_id]
