"""Members: who belongs to the household, as what, and what they may see."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.grants import GRANTS_PER_REQUEST_MAX, GrantBody, read_grants
from keepsight.hub.api.policies import Owner, SignedIn
from keepsight.hub.api.recent import recent
from keepsight.hub.grant import as_fields
from keepsight.hub.member import Member, Role, TooManyOwnersError
from keepsight.hub.people import LastOwnerError
from keepsight.hub.store.people import NameTakenError
from keepsight.hub.subject import erase as erase_member

router = APIRouter()
Name = Annotated[str, Field(min_length=1, max_length=100)]
LAST_OWNER = ApiError(
    409,
    "last_owner",
    "a household needs an owner: make somebody else one first",
)


class ChangeBody(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    name: Name | None = None
    role: Role | None = None
    integration: Annotated[str, Field(max_length=100)] | None = None


class GrantsBody(BaseModel):
    """All grants of a member from now on."""

    model_config = ConfigDict(extra="forbid")
    grants: list[GrantBody] = Field(max_length=GRANTS_PER_REQUEST_MAX)


def member_document(who: Caller, member: Member) -> dict[str, Any]:
    """A member as the API shows them."""
    people, rights = who.household.people, who.household.rights
    now_us = who.household.clock.wall_us()
    devices = [d for d in people.devices.values() if d.member_id == member.member_id]
    signed_in = {s.device_id for s in people.sessions.values() if now_us < s.expires_us}
    return {
        "id": member.member_id.hex(),
        "name": member.name,
        "role": member.role.value,
        "integration": member.integration,
        "created_us": member.created_us,
        "this": member.member_id == who.member_id,
        "last_seen_us": max((d.last_seen_us for d in devices), default=None),
        "grants": [
            {
                **as_fields(grant),
                "id": grant.grant_id.hex(),
                "holds": rights.holds(grant),
                "granted_by": grant.granted_by.hex(),
            }
            for grant in rights.of(member.member_id)
        ],
        "devices": [
            {
                "id": device.device_id.hex(),
                "name": device.name,
                "enrolled_us": device.enrolled_us,
                "last_seen_us": device.last_seen_us,
                "signed_in": device.device_id in signed_in,
            }
            for device in devices
        ],
    }


def _find(who: Caller, text: str) -> Member:
    member = who.household.people.members.get(parse_id(text, "member"))
    if member is None or not (who.is_owner or member.member_id == who.member_id):
        raise ApiError(404, "no_such_member", "there is no such member")
    return member


@router.get("/members")
async def list_members(who: SignedIn) -> list[dict[str, Any]]:
    """Everybody, for owners; oneself, for everybody else."""
    members = who.household.people.members.values()
    return [
        member_document(who, member)
        for member in members
        if who.is_owner or member.member_id == who.member_id
    ]


@router.get("/members/{member}")
async def show_member(member: str, who: SignedIn) -> dict[str, Any]:
    """One member: any for owners, oneself for everybody else."""
    return member_document(who, _find(who, member))


@router.patch("/members/{member}", dependencies=[Depends(recent)])
async def change_member(member: str, body: ChangeBody, who: Owner) -> dict[str, Any]:
    """Give a member another name or role."""
    before = _find(who, member)
    name = body.name.strip() if body.name is not None else before.name
    if not name:
        raise ApiError(422, "no_name", "give the member a name")
    after = replace(
        before,
        name=name,
        role=body.role or before.role,
        integration=before.integration if body.integration is None else body.integration.strip(),
    )
    if after.role is not Role.DISPLAY and not after.passphrase_hash:
        raise ApiError(409, "no_passphrase", "a display has no passphrase: invite a person instead")
    try:
        after = await who.household.people.change_member(after, by=who.name, was=before)
    except LastOwnerError as error:
        raise LAST_OWNER from error
    except TooManyOwnersError as error:
        raise ApiError(409, "too_many_owners", str(error)) from error
    except NameTakenError as error:
        raise ApiError(409, "name_in_use", "another member has this name") from error
    return member_document(who, after)


@router.put("/members/{member}/grants")
async def replace_grants(member: str, body: GrantsBody, who: Owner) -> dict[str, Any]:
    """Give a member these grants and no others; what ends, ends within seconds."""
    found = _find(who, member)
    if found.role is Role.OWNER:
        raise ApiError(409, "owner_needs_no_grant", "an owner may do everything already")
    await who.household.rights.replace(found, read_grants(body.grants, who), by=who.name)
    return member_document(who, found)


@router.delete("/members/{member}", status_code=204, dependencies=[Depends(recent)])
async def remove_member(
    member: str,
    who: Owner,
    *,
    erase: bool = False,
) -> None:
    """Remove a member: their sessions end now, and no key of theirs opens what is sealed next.

    With `erase` nobody can read any more that lines of the ledger were about them.
    """
    found, household = _find(who, member), who.household
    try:
        if erase:
            await erase_member(household, found, by=who.name)
        else:
            await household.people.remove_member(found, by=who.name)
    except LastOwnerError as error:
        raise LAST_OWNER from error
