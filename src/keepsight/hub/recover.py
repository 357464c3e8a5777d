"""The recovery kit at work: keys on new hardware, or a new passphrase where the old one is lost."""

import os
from dataclasses import dataclass
from pathlib import Path

import pyrage

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub import sockets
from keepsight.hub.access import Access, judge_passphrase
from keepsight.hub.keyring import (
    Keyring,
    KeyringFile,
    keyring_from_recovery,
    machine_key_path,
    write_private,
)
from keepsight.hub.member import Member, Role
from keepsight.hub.scribe import Dated, open_scribe
from keepsight.hub.store.household import open_household_store
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
    return keyring_from_recovery(document)


def recover_household(
    directory: Path, keyring: Keyring, kit: bytes, owner: NewOwner, clock: Clock
) -> None:
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
        file.write(keyring, owner.passphrase, starts_unattended=owner.starts_unattended)
        write_private(directory / "recovery.age", kit)
        _set_owner(directory, keyring, owner, clock)
        scribe = open_scribe(directory, keyring)
        take_over(directory, scribe, clock)
        entry = {"type": "recovered", "name": owner.name}
        scribe.append([Dated(entry, clock.wall_us(), clock.monotonic_us())])
        scribe.close()
    finally:
        os.close(lock)


def _set_owner(directory: Path, keyring: Keyring, owner: NewOwner, clock: Clock) -> None:
    store = open_household_store(directory / "household.db")
    try:
        passphrase_hash = Access(keyring.household, store, clock).hash_passphrase(owner.passphrase)
        member = store.member_by_name(keyring.household, owner.name)
        if member is None:
            store.add_member(
                keyring.household,
                Member(keys.new_id(), owner.name, Role.OWNER, passphrase_hash, clock.wall_us()),
            )
        else:
            store.set_passphrase(keyring.household, member.member_id, passphrase_hash)
    finally:
        store.close()
