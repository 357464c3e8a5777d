"""The ledger: its lines, newest first; proofs about it; who could see what."""

import asyncio
import base64
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.policies import Owner, SignedIn
from keepsight.hub.exposure import (
    EXPOSURES_MAX,
    Person,
    TooManyExposuresError,
    Wanted,
    as_document,
    find_exposures,
)
from keepsight.hub.household import Household
from keepsight.hub.journal import Journal
from keepsight.hub.witness import Standing
from keepsight.seal.checkpoint import NOTE_BYTES_MAX, CheckpointError, verifier_key
from keepsight.seal.ledger import Entry

router = APIRouter()
LINES_MAX: Final = 200
TYPES_MAX: Final = 32
_NUMBER_MAX: Final = 1 << 62
Number = Annotated[int, Query(ge=1, lt=_NUMBER_MAX)]
Id = Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")]


class WitnessBody(BaseModel):
    """What a device remembers, and what it could not prove with it."""

    model_config = ConfigDict(extra="forbid")
    checkpoint: str = Field(max_length=NOTE_BYTES_MAX)
    problem: Literal["fork", "rollback", "bad_proof", "bad_signature", "bad_key"] | None = None


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _only_self(who: Caller, member: str | None) -> str | None:
    """Whose lines may be shown: an owner's choice, anybody else's own.

    Raises:
        ApiError: 403, somebody else's were asked for.
    """
    if who.is_owner or who.viewer is None:
        return member
    own = who.viewer.member.member_id.hex()
    if member not in (None, own):
        raise ApiError(403, "owner_only", "only an owner sees what the ledger says of others")
    return own


def _standing(journal: Journal) -> dict[str, Any]:
    """What is known of the whole without reading it: a full examination is asked for."""
    verdict = journal.verdict
    count, head = journal.head
    return {
        "intact": not journal.is_rolled_back and (verdict is None or verdict.is_intact),
        "broken_at": verdict.broken_at if verdict else None,
        "count": count,
        "head": head,
        "rolled_back": journal.is_rolled_back,
        "alarms": list(journal.alarms()),
    }


def _keeps(
    types: list[str] | None, camera: str | None, member: str | None
) -> Callable[[Entry], bool] | None:
    if not types and camera is None and member is None:
        return None

    def keep(entry: Entry) -> bool:
        return (
            (not types or entry["type"] in types)
            and camera in (None, entry.get("camera"))
            and member in (None, entry.get("member"), entry.get("by"))
        )

    return keep


@router.get("/ledger")
async def show_ledger(  # noqa: PLR0913 - the query's parts
    who: SignedIn,
    *,
    before: Annotated[int, Query(ge=0, le=_NUMBER_MAX)] = _NUMBER_MAX,
    limit: Annotated[int, Query(ge=1, le=LINES_MAX)] = 50,
    types: Annotated[list[str] | None, Query(alias="type", max_length=TYPES_MAX)] = None,
    camera: Id = None,
    member: Id = None,
) -> dict[str, Any]:
    """A page of lines before number `before`, and how the ledger stands.

    A page may be short although there is more: `next_before` says where to go on.
    """
    journal = who.household.journal
    keep = _keeps(types, camera, _only_self(who, member))
    page = await asyncio.to_thread(journal.reader.page, before, limit, keep)
    return {
        "lines": page.lines,
        "next_before": page.next_before,
        "names": await _names(who.household) if who.is_owner else {},
        **_standing(journal),
    }


async def _people(household: Household) -> dict[str, Person]:
    found: dict[str, Person] = {}
    names = household.journal.reader.names()
    for member_id in household.journal.reader.members():
        member = household.people.members.get(member_id)
        known = member_id.hex()
        found[known] = (
            Person(member.name, member.role.value, member.integration)
            if member
            else Person(names.get(known, ""), "", "")
        )
    return found


def _camera_names(household: Household) -> dict[str, str]:
    return {r.camera.camera_id.hex(): r.camera.name for r in household.roster.running()}


async def _names(household: Household) -> dict[str, str]:
    """Names by id: of those that are there, and the last known ones of those that are gone."""
    people = await _people(household)
    devices = {device.device_id.hex(): device.name for device in household.people.devices.values()}
    return {
        **household.journal.reader.names(),
        **devices,
        **{member: person.name for member, person in people.items() if person.name},
        **_camera_names(household),
    }


# Proofs


@router.get("/ledger/checkpoint")
async def show_checkpoint(who: SignedIn) -> dict[str, Any]:
    """The newest signed checkpoint: signed now, if the ledger has grown."""
    journal = who.household.journal
    note = await journal.in_thread(journal.witness.sign)
    store = journal.reader.store
    return {
        "checkpoint": note,
        "public_key": _b64(store.public_key),
        "verifier_key": verifier_key(store.household, store.public_key),
    }


@router.get("/ledger/proof")
async def prove_growth(
    who: SignedIn,
    first: Annotated[int, Query(alias="from", ge=1, lt=_NUMBER_MAX)],
    second: Annotated[int, Query(alias="to", ge=1, lt=_NUMBER_MAX)],
) -> dict[str, Any]:
    """That the log of `to` lines begins with that of `from` (RFC 9162, 2.1.4)."""
    witness = who.household.journal.witness
    try:
        proof = await asyncio.to_thread(witness.prove_growth, first, second)
    except ValueError as error:
        raise ApiError(422, "no_such_size", str(error)) from error
    return {"from": first, "to": second, "proof": [_b64(value) for value in proof]}


@router.get("/ledger/inclusion")
async def prove_line(
    who: Owner, n: Number, size: Annotated[int | None, Query(ge=1, lt=_NUMBER_MAX)] = None
) -> dict[str, Any]:
    """That line `n` is among the first `size`, with what is needed to read it."""
    witness = who.household.journal.witness
    try:
        found = await asyncio.to_thread(witness.prove_line, n, size)
    except ValueError as error:
        raise ApiError(422, "no_such_line", str(error)) from error
    return {
        "n": n,
        "size": found.size,
        "leaf": _b64(found.leaf),
        "proof": [_b64(value) for value in found.proof],
        "opened": [
            None if part is None else {"key": _b64(part.key), "content": _b64(part.content)}
            for part in found.opened
        ],
    }


@router.post("/ledger/witness")
async def hear_witness(body: WitnessBody, who: SignedIn) -> dict[str, Any]:
    """Compare what a device remembers with the ledger; write down what it could not prove."""
    journal = who.household.journal
    witness = journal.witness
    by = who.viewer.device.device_id.hex() if who.viewer else "local"
    about = {"device": by, "member": who.name}
    was_rolled_back = journal.is_rolled_back
    try:
        standing = await journal.in_thread(lambda: witness.judge(body.checkpoint, by=by))
    except CheckpointError as error:
        raise ApiError(422, "bad_checkpoint", str(error)) from error
    if journal.is_rolled_back and not was_rolled_back:
        await journal.record([{"type": "rolled_back", **about}])
        await who.household.people.end_every_session()
    elif (
        # What it remembers holds here, and yet it was shown something else on its way.
        body.problem is not None
        and standing is Standing.HELD
        and await journal.in_thread(witness.raise_alarm, body.problem, by)
    ):
        await journal.record([{"type": "ledger_alarm", "problem": body.problem, **about}])
    return {"standing": standing.value, "size": journal.head[0]}


@router.post("/ledger/accept")
async def accept(who: Owner) -> dict[str, Any]:
    """The owner has looked into a restored backup or an alarm, and goes on from here."""
    journal = who.household.journal
    was_rolled_back = journal.is_rolled_back
    accepted = await journal.in_thread(journal.witness.accept_restore)
    await journal.in_thread(journal.witness.clear_alarm)
    if was_rolled_back:
        line = {"type": "restore_accepted", "by": who.name}
        if accepted is not None:
            line["known_size"] = accepted["known_size"]
    else:
        line = {"type": "alarm_cleared", "by": who.name}
    await journal.record([line])
    if was_rolled_back:
        await who.household.accept_restore(by=who.name)
    return {"accepted_restore": was_rolled_back, **_standing(journal)}


@router.post("/ledger/verify")
async def examine(who: Owner) -> dict[str, Any]:
    """Read the whole ledger again. One at a time; it takes about 20 s a million lines."""
    journal = who.household.journal
    verdict = await journal.examine()
    return {
        "lines": verdict.lines,
        "problem": verdict.problem,
        "checkpoints": verdict.checkpoints,
        "signed_lines": verdict.signed_lines,
        **_standing(journal),
    }


# Who could see what


@router.get("/ledger/people")
async def show_people(who: SignedIn) -> list[dict[str, Any]]:
    """Everybody whom the ledger knows, also those who are gone: for choosing one."""
    people = await _people(who.household)
    own = _only_self(who, None)
    return [
        {
            "member_id": member,
            "name": person.name,
            "role": person.role,
            "integration": person.integration,
        }
        for member, person in people.items()
        # Whoever has no name was invited and has not come.
        if member != who.household.household_id.hex() and own in (None, member) and person.name
    ]


async def _anchor(journal: Journal) -> tuple[dict[str, Any], int]:
    """The checkpoint that a list is of: signed, unless the ledger was rolled back."""
    if journal.is_rolled_back:
        size, head = journal.head
        return {"size": size, "root": _b64(bytes.fromhex(head)), "note": ""}, size
    note = await journal.in_thread(journal.witness.sign)
    size_text, root = note.split("\n")[1:3]
    return {"size": int(size_text), "root": root, "note": note}, int(size_text)


@router.get("/ledger/cameras")
async def show_cameras(who: SignedIn) -> list[dict[str, str]]:
    """Every camera that is there or of which something was ever exposed, as far as granted."""
    household = who.household
    reader = household.journal.reader
    exposed = await asyncio.to_thread(reader.store.cameras, reader.household)
    present = _camera_names(household)
    names = reader.names() | present
    known = {**present, **{camera.hex(): "" for camera in exposed}}
    return [
        {"camera_id": camera, "name": names.get(camera, "")}
        for camera in known
        if who.granted(bytes.fromhex(camera))
    ]


@router.get("/ledger/exposed")
async def show_exposed(  # noqa: PLR0913 - the query's parts
    who: SignedIn,
    *,
    from_us: Annotated[int, Query(alias="from", ge=0, lt=_NUMBER_MAX)],
    to_us: Annotated[int, Query(alias="to", ge=0, lt=_NUMBER_MAX)],
    camera: Id = None,
    member: Id = None,
    integration: Annotated[str | None, Query(max_length=200)] = None,
    brief: bool = False,
) -> dict[str, Any]:
    """The exact list of who was given which keys; with `brief` joined stretches only."""
    household = who.household
    journal = household.journal
    member = _only_self(who, member)
    wanted = Wanted(
        from_us=from_us,
        to_us=to_us,
        camera=parse_id(camera, "camera") if camera else None,
        member=parse_id(member, "member") if member else None,
        integration=integration,
    )
    checkpoint, size = await _anchor(journal)
    people = await _people(household)
    unknown = Person("", "", "")
    try:
        found = await asyncio.to_thread(
            find_exposures, journal.reader, wanted, size,
            lambda known: people.get(known, unknown), await _names(household),
        )  # fmt: skip
    except TooManyExposuresError as error:
        raise ApiError(
            413, "too_many_exposures", f"more than {EXPOSURES_MAX} lines: ask for less time at once"
        ) from error
    document = as_document(found, wanted, household.household_id.hex(), checkpoint)
    if brief:
        del document["exposures"]
    return document
