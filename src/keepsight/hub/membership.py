"""The hub's end of the membership log: keeping it, and noticing that an older one was put back.

The log is a file beside the keyring, appended to and synced before a change is believed: what the
database knows beyond it does not count. Its newest entry also lies outside the data directory,
beside the machine key where there is one, and devices show the newest one that they have seen. If
one of these is newer than the log, this directory was restored from an older backup: sessions end,
no key is released, and whoever was removed since stays out, until an owner accepts it.
"""

import asyncio
import base64
import itertools
import json
import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub.keyring import Keyring, write_private
from keepsight.hub.member import Device, Member
from keepsight.seal.membership import (
    GENESIS,
    Belonging,
    Entry,
    MembershipError,
    SignedEntry,
    key_hash,
    read_entry,
    read_state,
    sign_entry,
)

log = logging.getLogger(__name__)
FILE_NAME: Final = "membership.jsonl"
WITNESSED_NAME: Final = "membership.witnessed"
DAMAGED_NAME: Final = "membership.damaged"
RESTORED: Final = "restored"
"""Reason of the entry that accepts a restored backup."""
LINE_BYTES_MAX: Final = 2 * 1024 * 1024
ENTRIES_MAX: Final = 10_000
"""Kept; older ones are left out at a start."""


@dataclass(frozen=True, slots=True)
class Known:
    """An entry, its signature, and who belonged to the household from there on."""

    signed: SignedEntry
    entry: Entry
    state: Belonging

    def line(self) -> bytes:
        """As it is kept."""
        fields = {
            "entry": self.signed.text,
            "signature": base64.b64encode(self.signed.signature).decode(),
            "state": self.state.text(),
        }
        return json.dumps(fields).encode() + b"\n"


def read_known(identity: bytes, household: bytes, fields: Mapping[str, object]) -> Known:
    """What somebody kept, verified.

    Raises:
        MembershipError: this household did not sign it.
    """
    try:
        signature = base64.b64decode(str(fields["signature"]), validate=True)
        signed = SignedEntry(str(fields["entry"]), signature)
        state = str(fields["state"])
    except (KeyError, ValueError, TypeError) as error:
        raise MembershipError("not an entry of a membership log") from error
    entry = read_entry(identity, household, signed)
    return Known(signed, entry, read_state(state, entry))


def _read_line(identity: bytes, household: bytes, line: bytes) -> Known:
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise MembershipError("not an entry of a membership log") from error
    if not isinstance(fields, dict):
        raise MembershipError("not an entry of a membership log")
    return read_known(identity, household, fields)


def _read_file(path: Path, identity: bytes, household: bytes) -> Known | None:
    try:
        with path.open("rb") as file:
            return _read_line(identity, household, file.read(LINE_BYTES_MAX))
    except FileNotFoundError:
        return None
    except (OSError, MembershipError) as error:
        log.warning("%s cannot be used: %s", path.name, error)
        return None


class Membership:
    """One household's membership log. Lives in the event loop's thread."""

    def __init__(
        self, directory: Path, anchor: Path | None, keyring: Keyring, clock: Clock
    ) -> None:
        """Call `open` before anything else.

        Args:
            directory: where the keyring lies.
            anchor: outside the data directory; None where nothing may lie there.
            keyring: signs the entries.
            clock: dates them.
        """
        self._path = directory / FILE_NAME
        self._witnessed = directory / WITNESSED_NAME
        self._damaged = directory / DAMAGED_NAME
        self._anchor = anchor
        self._keyring = keyring
        self._clock = clock
        self._changing = asyncio.Lock()
        self._signed: dict[int, SignedEntry] = {}
        """By version; a version that is missing was skipped by an accepted restore."""
        self._newest: Known | None = None
        self._accepted = 0
        """Version of the entry with which an owner accepted a restored backup; 0: never."""
        self.setback: Known | None = None
        """The newest entry that somebody else knows and this log does not hold; nothing is
        released before an owner has accepted that."""
        self.barred: frozenset[bytes] = frozenset()
        """Members and devices of the database that the newest known entry does not name."""

    @property
    def newest(self) -> Known:
        """The last entry."""
        assert self._newest is not None  # noqa: S101 - `open` makes the first one
        return self._newest

    @property
    def is_rolled_back(self) -> bool:
        """Whether an older or changed state was put back and nobody accepted it yet."""
        return self.setback is not None or self._damaged.exists()

    @property
    def roles(self) -> Mapping[bytes, str]:
        """Of every member, whatever the database says."""
        return (self.setback or self.newest).state.members

    def after(self, version: int) -> Sequence[SignedEntry]:
        """The entries above a version, at most ENTRIES_MAX."""
        return [signed for number, signed in self._signed.items() if number > version]

    # Opening

    def open(self, members: Sequence[Member], devices: Sequence[Device]) -> None:
        """Read the log, or begin one; compare it with what others know and with the database.

        A log that nobody signed like this is set aside, and held back until an owner accepts.

        Raises:
            OSError: the disk refused.
        """
        try:
            self._read()
        except MembershipError:
            log.exception("the membership log was changed: no key is released until it is accepted")
            self._path.replace(self._damaged)
        found = _belonging(members, devices)
        if self._newest is None:
            self._append("begun", found)
        identity, household = self._keyring.identity_public, self._keyring.household
        for path in (self._anchor, self._witnessed):
            known = _read_file(path, identity, household) if path else None
            if known is not None and self._is_news(known):
                self._hold_back(known)
        self._compare(found)
        self._write_anchor()

    def _read(self) -> None:
        identity, household = self._keyring.identity_public, self._keyring.household
        try:
            lines = self._path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return
        if lines.pop():
            log.warning("%s ends in a torn line, which was never believed", self._path.name)
            write_private(self._path, b"".join(line + b"\n" for line in lines))
        known = [_read_line(identity, household, line) for line in lines[-ENTRIES_MAX:]]
        for before, after in itertools.pairwise(known):
            if after.entry.previous != before.signed.digest():
                raise MembershipError(f"entry {after.entry.version} does not follow the one before")
            if after.entry.version <= before.entry.version:
                raise MembershipError(f"entry {after.entry.version} is out of order")
        if len(lines) > ENTRIES_MAX:
            write_private(self._path, b"".join(one.line() for one in known))
        self._signed = {one.entry.version: one.signed for one in known}
        self._newest = known[-1] if known else None
        accepted = [one.entry.version for one in known if one.entry.reason == RESTORED]
        self._accepted = max(accepted, default=0)

    def _compare(self, found: Belonging) -> None:
        """What the database has and the log has not is not believed; the reverse is caught up."""
        believed = (self.setback or self.newest).state
        strangers = {m for m in found.members if m not in believed.members}
        strangers |= {d for d, facts in found.devices.items() if believed.devices.get(d) != facts}
        self.barred = frozenset(strangers)
        if strangers:
            log.error("%d members or devices are not on the signed log: barred", len(strangers))
        if self.setback is None:
            left = Belonging(
                {m: role for m, role in believed.members.items() if m in found.members},
                {d: facts for d, facts in found.devices.items() if d not in strangers},
            )
            if left != self.newest.state:
                self._append("reconciled", left)

    # Changing

    async def changed(
        self,
        reason: str,
        *,
        members: Mapping[bytes, str] | None = None,
        devices: Sequence[Device] = (),
        gone: Sequence[bytes] = (),
    ) -> None:
        """Write a change down before it is believed.

        Args:
            reason: a code, such as member_added.
            members: ids of new or changed members with their roles.
            devices: new ones.
            gone: ids of members (with all their devices) or devices.

        Raises:
            OSError: the disk refused; nothing has changed.
        """
        async with self._changing:
            await asyncio.to_thread(
                self.change, reason, members=members or {}, devices=devices, gone=gone
            )

    def change(
        self,
        reason: str,
        *,
        members: Mapping[bytes, str],
        devices: Sequence[Device] = (),
        gone: Sequence[bytes] = (),
    ) -> None:
        """`changed` for who has the household for themselves: a command without a hub.

        Raises:
            OSError: the disk refused; nothing has changed.
        """
        state = self.newest.state
        left = {d: f for d, f in state.devices.items() if d not in gone and f[0] not in gone}
        enrolled = {d.device_id: (d.member_id, key_hash(d.public_key)) for d in devices}
        roles = {m: role for m, role in state.members.items() if m not in gone}
        self._append(reason, Belonging({**roles, **members}, {**left, **enrolled}))
        self._write_anchor()

    def _append(
        self, reason: str, state: Belonging, *, version_min: int = 0, epoch_min: int = 0
    ) -> None:
        newest = self._newest
        entry = Entry(
            household=self._keyring.household,
            version=max(newest.entry.version if newest else 0, version_min) + 1,
            previous=newest.signed.digest() if newest else GENESIS,
            epoch=max(self._keyring.epoch, epoch_min),
            at_us=self._clock.wall_us(),
            reason=reason,
            state=state.digest(),
        )
        known = Known(sign_entry(self._keyring.identity_seed, entry), entry, state)
        _append_durably(self._path, known.line())
        self._signed[entry.version] = known.signed
        self._newest = known

    def _write_anchor(self) -> None:
        if self._anchor is None or self.is_rolled_back:
            return
        try:
            write_private(self._anchor, self.newest.line())
        except OSError as error:
            log.info("the newest members are not kept outside the data directory: %s", error)

    # Restored backups

    async def witness(self, fields: Mapping[str, object]) -> bool:
        """A device shows the newest entry it has seen; whether this log lacks it.

        Raises:
            MembershipError: this household did not sign it.
            OSError: the disk refused.
        """
        known = read_known(self._keyring.identity_public, self._keyring.household, fields)
        if not self._is_news(known):
            return False
        await asyncio.to_thread(write_private, self._witnessed, known.line())
        self._hold_back(known)
        self._compare(self.newest.state)
        return True

    def _is_news(self, known: Known) -> bool:
        if self.setback is not None:
            # What was written since is of this history; only what is known elsewhere counts.
            return known.entry.version > self.setback.entry.version
        newest, mine = self.newest, self._signed.get(known.entry.version)
        return (
            known.entry.version > newest.entry.version
            or known.entry.epoch > max(self._keyring.epoch, newest.entry.epoch)
            # The same version with another content: two histories, unless an owner accepted that.
            or (
                mine is not None
                and known.entry.version > self._accepted
                and mine.digest() != known.signed.digest()
            )
        )

    def _hold_back(self, known: Known) -> None:
        log.error(
            "this household's members are of version %d, but it signed version %d: an older "
            "backup was put back; no key is released until the owner accepts it",
            self.newest.entry.version, known.entry.version,
        )  # fmt: skip
        self.setback = known

    async def accept(self) -> int | None:
        """An owner knows about the restored backup: go on without whoever was removed since.

        Returns:
            The number above which the next epoch's must be. None if there was nothing to accept.

        Raises:
            OSError: the disk refused; nothing has changed.
        """
        async with self._changing:
            if not self.is_rolled_back:
                return None
            known = (self.setback or self.newest).entry
            state = self.newest.state
            kept = Belonging(
                {m: role for m, role in state.members.items() if m not in self.barred},
                {d: facts for d, facts in state.devices.items() if d not in self.barred},
            )
            await asyncio.to_thread(
                self._append, RESTORED, kept, version_min=known.version, epoch_min=known.epoch
            )
            self.setback, self._accepted = None, self.newest.entry.version
            for path in (self._witnessed, self._damaged):
                await asyncio.to_thread(path.unlink, missing_ok=True)
            await asyncio.to_thread(self._write_anchor)
            return known.epoch


def _belonging(members: Sequence[Member], devices: Sequence[Device]) -> Belonging:
    return Belonging(
        {member.member_id: member.role.value for member in members},
        {d.device_id: (d.member_id, key_hash(d.public_key)) for d in devices},
    )


def _append_durably(path: Path, line: bytes) -> None:
    is_new = not path.exists()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        size_bytes = os.fstat(descriptor).st_size
        try:
            left = memoryview(line)
            while left:  # a disk that is nearly full takes a part first, and refuses the next
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        except OSError:
            os.ftruncate(descriptor, size_bytes)
            raise
    finally:
        os.close(descriptor)
    if is_new:
        directory = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
