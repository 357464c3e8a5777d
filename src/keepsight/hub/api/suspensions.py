"""What is switched off: to see it, to do it, to lift it, to bring back all but one thing."""

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.grants import Time
from keepsight.hub.api.policies import Owner, SignedIn
from keepsight.hub.grant import Capability
from keepsight.hub.suspension import Suspension
from keepsight.hub.suspensions import SuspensionError, as_fields

router = APIRouter()
Name = Annotated[str, Field(min_length=1, max_length=200)]
Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class SuspensionBody(BaseModel):
    """What to switch off. Every field that is given must match."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    integration: Name | None = None
    vendor: Name | None = None
    model: Name | None = None
    camera: Id | None = None
    device: Id | None = None
    path: Name | None = None
    capabilities: list[Capability] = Field(default_factory=list, max_length=len(Capability))
    until_us: Time | None = None


class NarrowBody(BaseModel):
    """What stays off."""

    model_config = ConfigDict(extra="forbid")
    capabilities: list[Capability] = Field(min_length=1, max_length=len(Capability))


def _found(who: Caller, text: str) -> Suspension:
    suspension = who.household.suspensions.get(parse_id(text, "suspension"))
    if suspension is None:
        raise ApiError(404, "no_such_suspension", "there is no such suspension in force")
    return suspension


@router.get("/suspensions")
async def list_suspensions(who: SignedIn) -> dict[str, Any]:
    """For owners all, the past ones too; for others those of what is granted to them."""
    suspensions = who.household.suspensions
    past = await suspensions.past() if who.is_owner else []
    if who.is_owner or who.viewer is None:
        in_force = suspensions.in_force
    else:
        in_force = who.household.rights.concerning(who.viewer, who.path)
    return {
        "in_force": [as_fields(suspension) for suspension in in_force],
        "past": [
            {
                **as_fields(entry.suspension),
                "lifted_us": entry.lifted_us,
                "lifted_by": entry.lifted_by.hex(),
            }
            for entry in past
        ],
    }


@router.post("/suspensions", status_code=201)
async def place_suspension(body: SuspensionBody, who: Owner) -> dict[str, Any]:
    """Switch something off; what is open ends within a second."""
    wanted = Suspension(
        suspension_id=b"",
        reason=body.reason,
        since_us=0,
        until_us=body.until_us,
        by=who.member_id,
        integration=body.integration,
        vendor=body.vendor,
        model=body.model,
        camera_id=bytes.fromhex(body.camera) if body.camera else None,
        device_id=bytes.fromhex(body.device) if body.device else None,
        path=body.path,
        capabilities=frozenset(body.capabilities),
    )
    if wanted.camera_id and who.household.roster.find(wanted.camera_id) is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    try:
        return as_fields(await who.household.suspensions.place(wanted))
    except SuspensionError as error:
        raise ApiError(422, "bad_suspension", str(error)) from error


@router.delete("/suspensions/{suspension}", status_code=204)
async def lift_suspension(suspension: str, who: Owner) -> None:
    """Switch it on again."""
    await who.household.suspensions.lift(_found(who, suspension), who.member_id)


@router.post("/suspensions/{suspension}/narrow")
async def narrow_suspension(suspension: str, body: NarrowBody, who: Owner) -> dict[str, Any]:
    """Bring everything back but these capabilities."""
    try:
        narrower = await who.household.suspensions.narrow(
            _found(who, suspension), frozenset(body.capabilities), who.member_id
        )
    except SuspensionError as error:
        raise ApiError(422, "bad_suspension", str(error)) from error
    return as_fields(narrower)
