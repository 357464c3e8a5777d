"""Everything an owner wants to know at a glance."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from keepsight.hub.api.answers import Caller, caller

router = APIRouter()


@router.get("/status")
async def show_status(who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """Cameras, disk, refusals, viewers, alarms."""
    household = who.household
    return {
        "time_us": household.clock.wall_us(),
        **await household.roster.status(),
        "refusals": household.refusals.as_dict(),
    }
