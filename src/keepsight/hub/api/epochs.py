"""The household's master key: how old it is, a new one on demand, and the recovery kit."""

import base64
from typing import Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from keepsight.hub.api.answers import ApiError, Caller
from keepsight.hub.api.policies import Owner
from keepsight.hub.api.recent import recent
from keepsight.hub.epochs import KIT_FILE, RollReason

router = APIRouter()


class RollBody(BaseModel):
    """Why the owner wants a new master key."""

    model_config = ConfigDict(extra="forbid")
    reason: Literal["suspected_loss"] = "suspected_loss"


def _document(who: Caller) -> dict[str, Any]:
    epochs = who.household.epochs
    return {
        "epoch": epochs.current.number,
        "started_us": epochs.current.started_us,
        "due_us": epochs.due_us,
        "kit_follows": epochs.kit_follows,
    }


@router.get("/epochs")
async def show_epoch(who: Owner) -> dict[str, Any]:
    """The current epoch, and when the next one begins by itself."""
    return _document(who)


@router.post("/epochs")
async def roll_epoch(body: RollBody, who: Owner) -> dict[str, Any]:
    """Begin a new epoch now: every key that is out opens nothing that is sealed from now on."""
    await who.household.epochs.roll(RollReason(body.reason), by=who.name)
    return _document(who)


@router.get("/recovery-kit")
async def show_kit(who: Owner) -> dict[str, str]:
    """The kit as it is now; the printed key opens it, nothing else does."""
    try:
        kit = (who.household.directory / KIT_FILE).read_bytes()
    except FileNotFoundError as error:
        raise ApiError(404, "no_kit", "make a new recovery kit") from error
    return {"file": base64.b64encode(kit).decode()}


@router.post("/recovery-kit", dependencies=[Depends(recent)])
async def replace_kit(who: Owner) -> dict[str, str]:
    """A new printed key and kit, for one that was lost. The identity is shown once."""
    identity, kit = await who.household.epochs.replace_kit(by=who.name)
    return {"identity": identity.reveal(), "file": base64.b64encode(kit).decode()}
