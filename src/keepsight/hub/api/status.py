"""Everything an owner wants to know at a glance."""

import time
from collections.abc import Callable
from typing import Any, Final

from fastapi import APIRouter

from keepsight.hub.api.policies import SignedIn
from keepsight.hub.household import Household
from keepsight.hub.suspensions import BY_HUB

router = APIRouter()


def _start_of_day_us(now_us: int) -> int:
    local = time.localtime(now_us // 1_000_000)
    since_midnight = local.tm_hour * 3600 + local.tm_min * 60 + local.tm_sec
    return now_us - since_midnight * 1_000_000


def alarms(household: Household, disk: dict[str, Any]) -> list[dict[str, Any]]:
    """What the owner has to do something about, with a code for the UI's catalogue."""
    found = []
    sentences = {
        "disk_full": "the disk is full: free some space or lower the retention",
        "disk_error": "the disk refuses to write: check it and its mount",
        "behind": "the disk is too slow for all cameras: pictures were left out",
        "index_error": "the index cannot be written: check the disk",
    }
    if disk["state"] in sentences:
        found.append({"code": disk["state"], "text": sentences[disk["state"]], "since_us": None})
    if disk["kept_deleted_us"] is not None:
        text = "the disk was so full that recordings of kept events were deleted: free some space"
        found.append({"code": "kept_deleted", "text": text, "since_us": disk["kept_deleted_us"]})
    recovered = household.archive.recordings.recovered
    if recovered.alarm is not None:
        code = "index_rebuilt" if recovered.index_set_aside else "recording_set_aside"
        found.append({"code": code, "text": recovered.alarm, "since_us": None})
    found += household.journal.alarms()
    tripped = [s for s in household.suspensions.in_force if s.by == BY_HUB]
    if tripped:
        text = "a picture of somebody else was blocked: see what is switched off"
        since_us = min(suspension.since_us for suspension in tripped)
        found.append({"code": "foreign_picture", "text": text, "since_us": since_us})
    return found + household.watch.alarms() + household.events.alarms()


async def status_document(
    household: Household, is_shown: Callable[[bytes], object], *, is_owner: bool = False
) -> dict[str, Any]:
    """How the cameras that this caller may know are doing."""
    watch = household.watch
    now_us = household.clock.wall_us()
    running = [
        r
        for r in household.roster.running()
        if not r.camera.is_trial and is_shown(r.camera.camera_id)
    ]
    ids = [r.camera.camera_id for r in running]
    gaps = await household.archive.gaps_since(ids, _start_of_day_us(now_us), now_us)
    recorded = await household.archive.recorded_bytes()
    return {
        "cameras": [
            {
                "camera": r.camera.camera_id.hex(),
                "name": r.camera.name,
                "room": r.camera.room,
                "state": r.state.value,
                "streams": r.status(),
                "watching": watch.state(r.camera.camera_id).as_fields(is_owner=is_owner),
                "gaps_today": gaps.get(r.camera.camera_id, (0, 0.0))[0],
                "gap_seconds_today": round(gaps.get(r.camera.camera_id, (0, 0.0))[1], 1),
                "recorded_bytes": recorded.get(r.camera.camera_id, 0),
            }
            for r in running
        ],
    }


async def machine_document(household: Household) -> dict[str, Any]:
    """Disk, viewers, refusals and alarms: of the household as a whole."""
    disk = await household.archive.disk_status()
    return {
        "disk": disk,
        "viewers": household.feed.watched_count,
        "alarms": alarms(household, disk),
        "refusals": household.refusals.as_dict(),
    }


NO_MACHINE: Final[dict[str, Any]] = {"disk": None, "viewers": None, "alarms": [], "refusals": None}
"""What of the machine is shown to who is no owner."""


@router.get("/status")
async def show_status(who: SignedIn) -> dict[str, Any]:
    """Cameras; for owners also disk, refusals, viewers and alarms."""
    household = who.household
    return {
        "time_us": household.clock.wall_us(),
        **await status_document(household, who.granted, is_owner=who.is_owner),
        **(await machine_document(household) if who.is_owner else NO_MACHINE),
    }
