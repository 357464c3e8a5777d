"""The membership log for devices: what the household signed, and what a device remembers of it."""

import base64
from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError
from keepsight.hub.api.policies import SignedIn
from keepsight.hub.household import Household
from keepsight.seal.membership import (
    ENTRY_CHARACTERS_MAX,
    STATE_CHARACTERS_MAX,
    VERSION_MAX,
    MembershipError,
)

router = APIRouter()


class WitnessBody(BaseModel):
    """The newest entry that a device has seen, as it got it."""

    model_config = ConfigDict(extra="forbid")
    entry: str = Field(max_length=ENTRY_CHARACTERS_MAX)
    signature: str = Field(max_length=88)
    state: str = Field(max_length=STATE_CHARACTERS_MAX)


def log_document(household: Household, after: int) -> dict[str, Any]:
    """The log as devices read it."""
    log = household.membership
    return {
        "identity": base64.b64encode(household.keyring.identity_public).decode(),
        "entries": [
            {"entry": one.text, "signature": base64.b64encode(one.signature).decode()}
            for one in log.after(after)
        ],
        "state": log.newest.state.text(),
        "held_back": household.journal.is_rolled_back,
    }


@router.get("/membership")
async def show_membership(
    who: SignedIn, after: Annotated[int, Query(ge=0, lt=VERSION_MAX)] = 0
) -> dict[str, Any]:
    """The signed entries above a version, and who belongs to the household now."""
    return log_document(who.household, after)


@router.post("/membership/witness")
async def hear_witness(body: WitnessBody, who: SignedIn) -> dict[str, bool]:
    """A device has seen a newer log than this one: then an older backup was put back here.

    From then on nobody is signed in, and no key is released, until an owner accepts it
    (`/ledger/accept`).
    """
    household = who.household
    try:
        is_news = await household.membership.witness(body.model_dump())
    except MembershipError as error:
        raise ApiError(422, "bad_entry", str(error)) from error
    if is_news:
        log = household.membership
        household.people.bar(log.barred, log.roles)
        by = who.viewer.device.device_id.hex() if who.viewer else "local"
        await household.journal.record([{"type": "rolled_back", "device": by, "member": who.name}])
        await household.people.end_every_session()
    return {"held_back": household.journal.is_rolled_back}
