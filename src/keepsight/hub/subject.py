"""What is stored about one member, function by function, and how it goes.

Rights of the person behind a member (GDPR art. 15 to 20): to know, to have a copy, to correct, to
have it deleted. Nothing here looks into pictures: the system does not know who is in them.
"""

import asyncio
import base64
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Final

from keepsight.hub.consent import PURPOSES
from keepsight.hub.grant import as_fields
from keepsight.hub.member import Member
from keepsight.hub.proof import session_name
from keepsight.seal.ledger import Entry

if TYPE_CHECKING:
    from keepsight.hub.household import Household

ABOUT: Final = {
    "account": "Name, role and mail address. Kept until you delete your account.",
    "factors": (
        "What you prove yourself with. Of secrets only what checks them is kept. Kept until you "
        "remove it or delete your account."
    ),
    "devices": "Browsers that hold a key of yours. Kept until you sign out there or remove them.",
    "sessions": "Where you are signed in. Kept until the session ends.",
    "grants": "What an owner allowed you. Kept until an owner changes it or you leave.",
    "invites": "Invites that you made and nobody has used yet. Kept for a week at most.",
    "exports": "Files that you had made, locked, in memory. Gone when the hub restarts.",
    "events": (
        "Which events you have marked as seen. Gone with the event, and when you delete your "
        "account."
    ),
    "suspensions": "What you switched off. Your number stays in the history, without your name.",
    "consents": "What you agreed to or took back, and when. Kept until you delete your account.",
    "notices": (
        "What you want to be told, and the address at which each of your browsers is woken. Kept "
        "until you switch it off there, sign out there or delete your account."
    ),
    "ledger": (
        "Sign-ins, keys that your devices got, and changes. It shows who could see what. When you "
        "delete your account the lines stay and what is personal in them cannot be read any more."
    ),
    "membership": (
        "The signed list of members names your number, your role and your devices' public keys, "
        "without your name. It stays, because every device checks that it was never changed."
    ),
    "pictures": (
        "Cameras may have recorded you. The system does not know who is in a picture and cannot "
        "look for you; recordings end after the days that the statement names. An owner can "
        "delete a stretch of time."
    ),
}
"""What each function keeps, how long, and what becomes of it. The pages have the same in two
languages."""
_ALWAYS: Final = ("n", "type", "at_us", "camera")


def _devices(household: "Household", member: Member) -> list[dict[str, Any]]:
    return [
        {
            "id": device.device_id.hex(),
            "name": device.name,
            "enrolled_us": device.enrolled_us,
            "last_seen_us": device.last_seen_us,
            "public_key": base64.b64encode(device.public_key).decode(),
        }
        for device in household.people.devices.values()
        if device.member_id == member.member_id
    ]


def _sessions(household: "Household", member: Member) -> list[dict[str, Any]]:
    return [
        {
            "id": session_name(session.token_hash),
            "device": session.device_id.hex(),
            "factor": session.factor,
            "path": session.path,
            "created_us": session.created_us,
            "last_seen_us": session.last_seen_us,
            "expires_us": session.expires_us,
        }
        for session in household.people.sessions.values()
        if session.member_id == member.member_id
    ]


def _factors(household: "Household", member: Member) -> list[dict[str, Any]]:
    factors, mine = household.signin.factors, member.member_id
    found: list[dict[str, Any]] = []
    if member.passphrase_hash:
        found.append({"kind": "passphrase"})
    found += [
        {
            "kind": "passkey",
            "name": key.name,
            "rp_id": key.rp_id,
            "created_us": key.created_us,
            "last_used_us": key.last_used_us,
        }
        for key in factors.passkeys(mine)
    ]
    if factors.has_totp(mine):
        found.append({"kind": "totp", "created_us": factors.totp_since_us(mine)})
    if factors.codes_left(mine):
        found.append({"kind": "recovery_codes", "left": factors.codes_left(mine)})
    return found


def consents_of(household: "Household", member_id: bytes) -> list[dict[str, Any]]:
    """Each purpose with the member's last word."""
    found = []
    for purpose in PURPOSES:
        said = household.consents.said(member_id, purpose)
        given = said is not None and said.is_given
        at_us = said.at_us if said else None
        found.append({"purpose": purpose, "given": given, "at_us": at_us})
    return found


def _stored(household: "Household", member: Member) -> dict[str, list[dict[str, Any]]]:
    mine = member.member_id
    account = {
        "id": mine.hex(),
        "name": member.name,
        "role": member.role.value,
        "email": member.email,
        "integration": member.integration,
        "created_us": member.created_us,
    }
    return {
        "account": [account],
        "factors": _factors(household, member),
        "devices": _devices(household, member),
        "sessions": _sessions(household, member),
        "grants": [as_fields(grant) for grant in household.rights.of(mine)],
        "invites": [
            {"name": one.name, "role": one.role.value, "expires_us": one.expires_us}
            for one in household.invites.open
            if one.by == mine
        ],
        "exports": [
            {"file_name": job.file_name, "start_us": job.start_us, "end_us": job.end_us}
            for job in household.exports.jobs()
            if job.by == mine.hex()
        ],
        "suspensions": [
            {"reason": one.reason, "since_us": one.since_us, "until_us": one.until_us}
            for one in household.suspensions.in_force
            if one.by == mine
        ],
        "consents": consents_of(household, mine),
        "notices": household.notices.stored(mine),
    }


def _ledger_extent(household: "Household", member: Member) -> dict[str, Any]:
    reader = household.journal.reader
    subject = reader.subject_of(member.member_id)
    if subject is None:
        return {"count": 0, "first_us": None, "last_us": None}
    count, first, last = reader.store.extent(household.household_id, subject)
    times = [
        reader.decode(leaf)["at_us"] if leaf else None
        for leaf in (reader.store.leaf(household.household_id, n) for n in (first, last))
    ]
    return {"count": count, "first_us": times[0], "last_us": times[1]}


async def describe(household: "Household", member: Member) -> dict[str, Any]:
    """What is stored about a member, by function, with what becomes of it.

    Raises:
        keepsight.seal.ledger.LedgerError: a line cannot be read.
    """
    stored = _stored(household, member)
    stored["events"] = await household.events.marks(member.member_id)
    extent = await asyncio.to_thread(_ledger_extent, household, member)
    functions: list[dict[str, Any]] = [
        {"name": name, "about": about, "count": len(stored.get(name, ())), "entries": stored[name]}
        if name in stored
        else {"name": name, "about": about, "count": None, "entries": []}
        for name, about in ABOUT.items()
    ]
    for function in functions:
        if function["name"] == "ledger":
            function |= {"count": extent["count"], "entries": [extent]}
    return {"member": stored["account"][0], "functions": functions}


def as_told(entry: Entry, member: str) -> Entry:
    """A line as the member may have it: what it says of somebody else is left out."""
    if entry.get("member") in (None, member):
        return entry
    return {name: entry[name] for name in _ALWAYS if name in entry}


def export_pieces(
    household: "Household", member: Member, described: dict[str, Any]
) -> Iterator[str]:
    """One JSON document, in pieces: everything stored, then every ledger line about the member.

    For a thread: it reads the ledger as the pieces are taken.
    """
    head = json.dumps({"household": household.keyring.name, **described}, indent=1)
    yield head.rstrip().removesuffix("}") + ', "ledger": ['
    reader = household.journal.reader
    subject = reader.subject_of(member.member_id)
    comma = ""
    if subject is not None:
        for leaf in reader.store.about(household.household_id, subject):
            line = as_told(reader.decode(leaf), member.member_id.hex())
            yield f"{comma}\n{json.dumps(line)}"
            comma = ","
    yield "]}\n"


async def erase(household: "Household", member: Member, *, by: str) -> None:
    """Delete an account: nothing of it signs in, and its lines on the ledger name nobody.

    Raises:
        keepsight.hub.people.LastOwnerError: nobody could decide for the household any more.
        keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed, or the member
            is gone and their lines can still be read.
    """
    await household.people.remove_member(member, by=by)
    for job in household.exports.jobs():
        if job.by == member.member_id.hex():
            await household.exports.drop(job.writer)
    await household.journal.erase_subject(member.member_id, by=by)


def contacts(household: "Household") -> list[dict[str, Any]]:
    """Every host outside that the hub may reach or did reach."""
    return [asdict(contact) for contact in household.egress.contacts()]
