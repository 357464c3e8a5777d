"""Signing in, step by step: who is it, what proves it, how often may they err. Read this first.

A passphrase is the first step; whoever has enrolled a passkey or one-time codes takes a second. A
passkey alone is both. Each step that proved something lately also serves what asks for a recent
proof (`is_recent`). Sessions themselves are the household's.
"""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from keepsight.core.secret import Secret
from keepsight.hub.keyring import KeyringFile
from keepsight.hub.mail import MailError
from keepsight.hub.member import Member, Role, Session
from keepsight.hub.outbox import Letter
from keepsight.hub.signin import email_pin, passkey, totp
from keepsight.hub.signin.email_pin import EmailPins
from keepsight.hub.signin.factors import Factors
from keepsight.hub.signin.openers import Openers, openers_path
from keepsight.hub.signin.passkey import Challenges, Passkey, PasskeyError, Site
from keepsight.hub.signin.pins import Pins
from keepsight.hub.signin.tickets import Tickets
from keepsight.hub.signin.words import pin_letter
from keepsight.hub.store.factors import FactorStore, StoredPin
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

RECENT_US: Final = 10 * 60 * 1_000_000
CONFIRMED_MAX: Final = 4096
STRANGER_LINES_PER_MINUTE: Final = 30
"""On the ledger: passkeys that prove nothing name nobody, so nobody's limit holds them back."""
_MINUTE_US: Final = 60 * 1_000_000
Kind = Literal["passkey", "totp", "recovery_code", "email_pin"]


@dataclass(frozen=True, slots=True)
class HalfSignedIn:
    """A member who gave the right passphrase and owes a second factor."""

    member: Member
    device: Any
    """What the browser wants to enrol; bound to the ticket from the first step on."""
    is_shared: bool


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Somebody who says a passphrase is forgotten."""

    name: str
    member: Member | None
    """None where there is no such member; nobody is told."""


class SignIn:
    """The steps of one household's sign-ins. Lives in the event loop's thread."""

    def __init__(
        self, household: "Household", store: FactorStore, keyring_file: KeyringFile
    ) -> None:
        self._household = household
        self._store = store
        self._keyring_file = keyring_file
        self.openers = Openers(openers_path(household.directory))
        clock = household.clock
        self.factors = Factors(household, store)
        self.challenges = Challenges(clock)
        self.email_pins = EmailPins(clock)
        self.half: Tickets[HalfSignedIn] = Tickets(clock)
        self.forgotten: Tickets[Forgotten] = Tickets(clock)
        self.pins = Pins(clock, [])
        self._strangers: deque[int] = deque(maxlen=STRANGER_LINES_PER_MINUTE)
        self._confirmed: OrderedDict[bytes, int] = OrderedDict()
        self._new_totp: OrderedDict[bytes, Secret] = OrderedDict()
        self._new_email: OrderedDict[bytes, str] = OrderedDict()

    async def load(self) -> None:
        """Read what is stored."""
        household = self._household
        await self.factors.load()
        stored = await household.sql(self._store.list_pins, household.household_id)
        self.pins = Pins(household.clock, stored)

    # Second factors

    def kinds(self, member: Member, site: Site) -> list[Kind]:
        """What this member may use as a second factor in this place, the best first.

        Empty: the passphrase is enough.
        """
        factors = self.factors
        if not factors.is_enrolled(member.member_id):
            return []
        mine = factors.passkeys(member.member_id)
        found: list[tuple[Kind, bool]] = [
            ("passkey", any(key.rp_id == site.rp_id for key in mine)),
            ("totp", factors.has_totp(member.member_id)),
            ("recovery_code", factors.codes_left(member.member_id) > 0),
            ("email_pin", bool(member.email and self._household.outbox.server)),
        ]
        # Never empty for who has enrolled something, or the passphrase alone would do here.
        return [kind for kind, is_there in found if is_there] or ["passkey"]

    async def check_code(self, kind: Kind, member: Member, ticket: str, code: Secret) -> bool:
        """Whether a typed second factor is right; a right one is used up."""
        if kind == "totp":
            return await self.factors.use_totp(member.member_id, code.reveal())
        if kind == "recovery_code":
            return await self.factors.use_code(member.member_id, code)
        if kind == "email_pin":
            return self.email_pins.use(ticket, member.member_id, code)
        return False

    # Passkeys

    def ask_passkey(
        self, purpose: str, bound_to: bytes, site: Site, member: Member | None
    ) -> dict[str, Any]:
        """A challenge for the browser: `{"challenge", "options"}`.

        Args:
            purpose: sign_in, factor or confirm.
            bound_to: ticket or session that the answer must come back with.
            site: how the browser reached us.
            member: whose passkeys will do; None: anybody's.

        Raises:
            PasskeyError: no_passkeys_here.
        """
        name, challenge = self.challenges.make(purpose, bound_to, site)
        allowed = self.factors.passkeys(member.member_id) if member else []
        return {
            "challenge": name,
            "options": passkey.sign_in_options(site, challenge, allowed),
        }

    async def check_passkey(
        self, purpose: str, bound_to: bytes, site: Site, name: str, answer: dict[str, Any]
    ) -> Passkey:
        """The passkey that signed the challenge of this name.

        Raises:
            PasskeyError: stale_challenge or bad_passkey.
        """
        challenge = self.challenges.take(name, purpose, bound_to, site)
        found = self.factors.passkey(passkey.credential_id(answer))
        if found is None:
            raise PasskeyError("bad_passkey", "this passkey does not sign in here")
        count = passkey.verify_answer(answer, site, challenge, found)
        await self.factors.used_passkey(found, count)
        return found

    def may_note_stranger(self) -> bool:
        """Whether one more unknown passkey is written down: the ledger is not for filling disks."""
        now_us, seen = self._household.clock.monotonic_us(), self._strangers
        if len(seen) == STRANGER_LINES_PER_MINUTE and now_us - seen[0] < _MINUTE_US:
            return False
        seen.append(now_us)
        return True

    # PINs by e-mail

    async def mail_pin(self, ticket: str, member: Member) -> str:
        """Send a second factor of last resort now; a hint at the address.

        Raises:
            MailError: no_mail_server, no_email, too_many_mails, or why it was not sent.
        """
        if not member.email:
            raise MailError("no_email", "no mail address is set for this member")
        pin = self.email_pins.make(ticket, member.member_id)
        if pin is None:
            raise MailError("too_many_mails", "wait an hour before the next PIN")
        await self._household.outbox.send(self._letter(member.email, pin))
        return address_hint(member.email)

    def mail_forgotten(self, ticket: str, forgotten: Forgotten) -> None:
        """Send a recovery PIN, if there is anybody to send it to. Tells the caller nothing."""
        member, outbox = forgotten.member, self._household.outbox
        if member is None or not member.email or outbox.server is None:
            return
        pin = self.email_pins.make(ticket, member.member_id)
        if pin is not None:
            outbox.send_later(self._letter(member.email, pin))

    def _letter(self, to: str, pin: Secret) -> Letter:
        minutes = email_pin.PIN_US // 60_000_000
        return pin_letter(to, pin, minutes, self._household.settings.language)

    # Forgotten passphrases

    async def check_forgotten(
        self, kind: Kind, ticket: str, forgotten: Forgotten, code: Secret
    ) -> bool:
        """Whether this lets somebody choose a new passphrase; a right code is used up."""
        if forgotten.member is None:
            # The same work for a name that is nobody's.
            nobody = keys.new_id()
            if kind == "recovery_code":
                await self.factors.use_code(nobody, code)
            return False
        if kind not in ("recovery_code", "email_pin"):
            return False
        return await self.check_code(kind, forgotten.member, ticket, code)

    # What an owner's passphrase opens

    def _is_founder(self, member: Member) -> bool:
        owners = [m for m in self._household.people.members.values() if m.role is Role.OWNER]
        first = min(owners, key=lambda owner: owner.created_us, default=member)
        return first.member_id == member.member_id

    async def open_with(self, owner: Member, passphrase: Secret) -> None:
        """Let this passphrase of an owner unlock the household, and no older one of theirs.

        Raises:
            keepsight.hub.keyring.KeyringError: a file of keys is damaged; nothing has changed.
            OSError: the disk refused; nothing has changed.
        """
        root = self._household.keyring.root
        if self._is_founder(owner):
            await asyncio.to_thread(self._keyring_file.rewrap, passphrase, root)
        else:
            await asyncio.to_thread(self.openers.put, owner.member_id, passphrase, root)

    async def close_to(self, member: Member) -> None:
        """A member is removed: nothing of theirs unlocks or proves anything."""
        await self.close_keys_to(member)
        await self.factors.forget_member(member.member_id)
        self.pins.remove(member.member_id)

    async def close_keys_to(self, member: Member) -> None:
        """An owner is one no longer: their passphrase unlocks no keys.

        Of a founder the keyring's own wrap is replaced by one that no passphrase opens, so that
        another owner, or the key file, has to be there.
        """
        if member.role is Role.OWNER and self._is_founder(member):
            nobody = Secret(keys.new_key().hex())
            await asyncio.to_thread(self._keyring_file.rewrap, nobody, self._household.keyring.root)
        await asyncio.to_thread(self.openers.remove, member.member_id)

    # Enrolling in two steps

    def begin_totp(self, token_hash: bytes, secret: Secret) -> None:
        """Remember a secret until its first right code."""
        self._new_totp[token_hash] = secret
        while len(self._new_totp) > CONFIRMED_MAX:
            self._new_totp.popitem(last=False)

    async def confirm_totp(self, token_hash: bytes, member: Member, code: str) -> bool:
        """Enrol the secret of this session, if the code is right."""
        secret = self._new_totp.get(token_hash)
        if secret is None:
            return False
        step = totp.used_step(secret, code, self._household.clock.wall_us(), 0)
        if step is None:
            return False
        del self._new_totp[token_hash]
        await self.factors.add_totp(member.member_id, secret, step)
        return True

    async def begin_email(self, token_hash: bytes, member: Member, email: str) -> None:
        """Send a PIN to an address that is to become this member's.

        Raises:
            MailError: too_many_mails, or why it was not sent.
        """
        pin = self.email_pins.make(token_hash.hex(), member.member_id)
        if pin is None:
            raise MailError("too_many_mails", "wait an hour before the next PIN")
        self._new_email[token_hash] = email
        while len(self._new_email) > CONFIRMED_MAX:
            self._new_email.popitem(last=False)
        await self._household.outbox.send(self._letter(email, pin))

    async def confirm_email(self, token_hash: bytes, member: Member, pin: Secret) -> bool:
        """Use the address of this session from now on, if the PIN is right."""
        email = self._new_email.get(token_hash)
        if email is None or not self.email_pins.use(token_hash.hex(), member.member_id, pin):
            return False
        del self._new_email[token_hash]
        await self._household.people.set_email(member, email, by=member.member_id.hex())
        return True

    # PINs of cameras and displays

    async def set_pin(self, pin: StoredPin) -> None:
        """Ask for this PIN from now on."""
        household = self._household
        await household.sql(self._store.put_pin, household.household_id, pin)
        self.pins.put(pin)

    async def remove_pin(self, subject: bytes) -> None:
        """Ask for none any more."""
        household = self._household
        await household.sql(self._store.remove_pin, household.household_id, subject)
        self.pins.remove(subject)

    def needs_pin(self, session: Session, subject: bytes) -> bool:
        """Whether this session has to give a PIN before it gets keys of this camera.

        A display is always a shared device.
        """
        member = self._household.people.members.get(session.member_id)
        is_shared = session.is_shared or (member is not None and member.role is Role.DISPLAY)
        return self.pins.must_ask(session.token_hash, subject, is_shared=is_shared)

    # Recent proof

    def confirm(self, token_hash: bytes) -> None:
        """This session's person has just proved who they are."""
        self._confirmed[token_hash] = self._household.clock.monotonic_us()
        self._confirmed.move_to_end(token_hash)
        while len(self._confirmed) > CONFIRMED_MAX:
            self._confirmed.popitem(last=False)

    def is_recent(self, token_hash: bytes) -> bool:
        """Whether that was within the last ten minutes. A restart forgets it."""
        at_us = self._confirmed.get(token_hash)
        return at_us is not None and self._household.clock.monotonic_us() - at_us < RECENT_US

    def end_session(self, token_hash: bytes) -> None:
        """A session ended: nothing of it holds any more."""
        for kept in (self._confirmed, self._new_totp, self._new_email):
            kept.pop(token_hash, None)
        self.pins.end_session(token_hash)

    def member_named(self, name: str) -> Member | None:
        """The member of this name, compared without regard to case."""
        wanted = name.casefold()
        members = self._household.people.members.values()
        return next((m for m in members if m.name.casefold() == wanted), None)

    async def verify_passphrase(self, name: str, passphrase: Secret) -> Member | None:
        """The member of this name, if this is their passphrase. Limits are the caller's."""
        return await asyncio.to_thread(self._household.access.sign_in, name, passphrase)


def address_hint(address: str) -> str:
    """Enough of a mail address to know which mailbox to look into: a…@e….org."""
    local, _, domain = address.rpartition("@")
    name, dot, ending = domain.rpartition(".")
    return f"{local[:1]}…@{(name or domain)[:1]}…{dot}{ending if name else ''}"
