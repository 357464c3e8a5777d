"""Invites of an open household: made by an owner, used once, gone when they expire.

The secret leaves the hub once, in the answer that makes it; what is kept is its hash.
"""

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from keepsight.hub.grant import as_fields
from keepsight.hub.invite import Invite, hash_secret, new_secret
from keepsight.hub.member import Member, Role, check_owner_fits
from keepsight.hub.rights import LOCAL
from keepsight.hub.store.invites import InviteStore
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

OPEN_MAX: Final = 50
FINGERPRINT_BYTES: Final = 16


class InviteError(ValueError):
    """An invite cannot be made or used; `code` is one of the API's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def fingerprint(public_key: bytes) -> str:
    """Of the household's ledger key: 32 hex digits by which an invited browser knows it again."""
    return hashlib.sha256(public_key).digest()[:FINGERPRINT_BYTES].hex()


class Invites:
    """Lives in the event loop's thread."""

    def __init__(self, household: "Household", store: InviteStore) -> None:
        self._household = household
        self._store = store
        self._open: dict[bytes, Invite] = {}

    async def load(self) -> None:
        """Read those that nobody has used."""
        household = self._household
        found = await household.sql(
            self._store.list_open, household.household_id, household.clock.wall_us()
        )
        self._open = {invite.invite_id: invite for invite in found}

    @property
    def open(self) -> list[Invite]:
        """Those that can be used now, the newest first.

        An invite ends with its maker's right to make it: a removed owner keeps no way back in.
        """
        now_us = self._household.clock.wall_us()
        self._open = {
            i: one
            for i, one in self._open.items()
            if now_us < one.expires_us and self._is_owner(one.by)
        }
        return sorted(self._open.values(), key=lambda one: one.created_us, reverse=True)

    def _is_owner(self, member_id: bytes) -> bool:
        member = self._household.people.members.get(member_id)
        return member_id == LOCAL or (member is not None and member.role is Role.OWNER)

    def find(self, secret: str) -> Invite | None:
        """The invite of a secret, if it can be used."""
        wanted = hash_secret(secret)
        return next((one for one in self.open if one.secret_hash == wanted), None)

    async def make(self, wanted: Invite) -> tuple[Invite, str]:
        """Make an invite.

        Args:
            wanted: its id and hash are set here.

        Returns:
            The invite and its secret, which is kept nowhere.

        Raises:
            InviteError: too_many_invites or name_in_use.
            keepsight.hub.member.TooManyOwnersError: it is for an owner and there are enough.
        """
        household = self._household
        if len(self.open) >= OPEN_MAX:
            raise InviteError("too_many_invites", f"revoke some of the {OPEN_MAX} open invites")
        if wanted.role is Role.OWNER:
            check_owner_fits(household.people.members.values())
        names = [one.name.casefold() for one in household.people.members.values()]
        if wanted.name.casefold() in names:
            raise InviteError("name_in_use", f"there is a member named {wanted.name}")
        secret = new_secret()
        invite = replace(wanted, invite_id=keys.new_id(), secret_hash=hash_secret(secret))
        # They join under the invite's id: so the name is sealed for them, and goes when they do.
        named = invite.invite_id.hex()
        line = {"type": "invited", "invite": named, "member": named, "by": invite.by.hex()}
        about = {"name": invite.name, "role": invite.role.value, "expires_us": invite.expires_us}
        grants = [as_fields(grant) for grant in invite.grants]
        await household.journal.record([{**line, **about, "grants": grants}])
        await household.sql(self._store.add, household.household_id, invite)
        self._open[invite.invite_id] = invite
        return invite, secret

    async def revoke(self, invite_id: bytes, *, by: str) -> bool:
        """Take an invite back; False if it is not open."""
        household = self._household
        if invite_id not in self._open:
            return False
        await household.journal.record(
            [{"type": "invite_revoked", "invite": invite_id.hex(), "by": by}]
        )
        self._open.pop(invite_id, None)
        return await household.sql(self._store.take, household.household_id, invite_id)

    async def use(self, invite: Invite, passphrase_hash: str) -> Member:
        """Take the invited person in. The invite is used up, whatever happens afterwards.

        Raises:
            InviteError: no_such_invite, somebody was faster.
            keepsight.hub.member.TooManyOwnersError: others became owners since; it stays open.
            keepsight.hub.store.people.NameTakenError: somebody of this name has joined since.
        """
        household = self._household
        if invite.role is Role.OWNER:
            check_owner_fits(household.people.members.values())
        # The store decides, so that two browsers with the same secret cannot both be first.
        is_mine = await household.sql(self._store.take, household.household_id, invite.invite_id)
        self._open.pop(invite.invite_id, None)
        if not is_mine:
            raise InviteError("no_such_invite", "this invite was used or has expired")
        member = Member(
            member_id=invite.invite_id,
            name=invite.name,
            role=invite.role,
            passphrase_hash=passphrase_hash,
            created_us=household.clock.wall_us(),
            integration=invite.integration,
        )
        await household.journal.record(
            [
                {
                    "type": "invite_used",
                    "invite": invite.invite_id.hex(),
                    "member": member.member_id.hex(),
                }
            ]
        )
        await household.people.add_member(member, by=invite.by.hex())
        await household.rights.replace(member, invite.grants, by=invite.by.hex())
        return member
