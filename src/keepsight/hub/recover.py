"""The recovery kit at work: keys on new hardware, or a new passphrase where the old one is lost."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import pyrage

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub import sockets
from keepsight.hub.access import Access
from keepsight.hub.keyring import (
    Keyring,
    KeyringError,
    KeyringFile,
    keyring_from_recovery,
    write_private,
)
from keepsight.hub.machine_key import machine_key_path
from keepsight.hub.member import Member, Role
from keepsight.hub.membership import Membership
from keepsight.hub.scribe import Dated, open_scribe
from keepsight.hub.signin.passphrase import judge_passphrase
from keepsight.hub.store.household import open_household_store
from keepsight.hub.store.people import PeopleStore
from keepsight.hub.takeover import take_over
from keepsight.seal import keys

KIT_BYTES_MAX = 1 << 20


class RecoveryError(Exception):
    """The kit cannot be used, with what to do."""


@dataclass(frozen=True, slots=True)
class NewOwner:
    """Who signs in afterwards, and with what."""

    name: str
    passphrase: Secret
    starts_unattended: bool


def new_printed_key() -> tuple[Secret, str]:
    """An age identity to print, and its recipient, which is all that is kept of it."""
    identity = pyrage.x25519.Identity.generate()
    return Secret(str(identity)), str(identity.to_public())


def seal_kit(keyring: Keyring, *more_recipients: str) -> bytes:
    """The recovery kit of these keys, for whoever holds the printed key.

    Raises:
        RecoveryError: no printed key is known to this household.
    """
    texts = [text for text in (keyring.recovery_recipient, *more_recipients) if text]
    if not texts:
        raise RecoveryError("make a new recovery kit first: this household knows no printed key")
    recipients = [pyrage.x25519.Recipient.from_str(text) for text in texts]
    kit: bytes = pyrage.encrypt(keyring.recovery_document(), recipients)
    return kit


def open_kit(kit: bytes, printed_key: Secret) -> Keyring:
    """The keys inside a recovery kit.

    Args:
        kit: the content of `recovery.age`.
        printed_key: AGE-SECRET-KEY-1…, with or without spaces.

    Raises:
        RecoveryError: the key is mistyped, or does not open this file.
    """
    text = "".join(printed_key.reveal().split()).upper()
    try:
        identity = pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError as error:
        raise RecoveryError(
            "this is not a whole recovery key: compare it with the print"
        ) from error
    try:
        document = pyrage.decrypt(kit, [identity])
    except pyrage.DecryptError as error:
        raise RecoveryError(
            "this key does not open this file: is it another household's?"
        ) from error
    keyring = keyring_from_recovery(document)
    # Kits of the first form do not name it; from here on the kit follows the epochs.
    keyring.recovery_recipient = str(identity.to_public())
    return keyring


def recover_household(directory: Path, keyring: Keyring, owner: NewOwner, clock: Clock) -> None:
    """Give the household's directory its keys again and the owner a new passphrase.

    Recordings, cameras and the ledger stay as they are where they exist; all sessions end.

    Raises:
        RecoveryError: the passphrase is too weak.
        keepsight.hub.sockets.AlreadyRunningError: a hub is running on the directory.
    """
    verdict = judge_passphrase(owner.passphrase, (keyring.name, owner.name))
    if not verdict.is_accepted:
        raise RecoveryError(f"choose another passphrase: {', '.join(verdict.reasons)}")
    lock = sockets.lock_directory(directory)
    try:
        file = KeyringFile(
            directory / "keys" / "keyring.json", machine_key_path(directory, dict(os.environ))
        )
        keyring = _with_newer_epochs(keyring, file)
        write_private(directory / "recovery.age", seal_kit(keyring))
        file.write(keyring, owner.passphrase, starts_unattended=owner.starts_unattended)
        membership = Membership(
            directory / "keys", file.beside_machine_key(".members"), keyring, clock
        )
        _set_owner(directory, membership, keyring.household, owner, clock)
        scribe = open_scribe(directory, keyring)
        take_over(directory, scribe, clock)
        entry = {"type": "recovered", "name": owner.name}
        scribe.append([Dated(entry, clock.wall_us(), clock.monotonic_us())])
        scribe.close()
    finally:
        os.close(lock)


def _with_newer_epochs(keyring: Keyring, file: KeyringFile) -> Keyring:
    """The kit may be older than the keys that lie here: none of those may be lost."""
    if not file.exists():
        return keyring
    try:
        stored = file.open_with_root(keyring.root)
    except KeyringError:
        return keyring  # damaged, which is why somebody needs the kit
    known = {epoch.number: epoch for epoch in (*stored.epochs, *keyring.epochs)}
    return replace(keyring, epochs=[known[number] for number in sorted(known)])


def _set_owner(
    directory: Path, membership: Membership, household: bytes, owner: NewOwner, clock: Clock
) -> None:
    store = open_household_store(directory / "household.db")
    try:
        people = PeopleStore(store.engine)
        membership.open(people.list_members(household), people.list_devices(household))
        passphrase_hash = Access(household, people, clock).hash_passphrase(owner.passphrase)
        member = people.member_by_name(household, owner.name)
        if member is None:
            member = Member(keys.new_id(), owner.name, Role.OWNER, passphrase_hash, clock.wall_us())
            membership.change("recovered", members={member.member_id: Role.OWNER.value})
            people.add_member(household, member)
        elif member.role is not Role.OWNER or member.member_id in membership.barred:
            raise RecoveryError(f"{owner.name} is no owner of this household: give another name")
        else:
            people.set_passphrase(household, member.member_id, passphrase_hash)
        for session in people.list_sessions(household, clock.wall_us()):
            people.end_session(household, session.token_hash)
    finally:
        store.close()
