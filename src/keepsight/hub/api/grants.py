"""Grants in requests: what somebody may do with one camera or with all, when, and until when."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller
from keepsight.hub.grant import MINUTES_PER_DAY, Capability, Grant, read_hours

HOURS_MAX: Final = 14
GRANTS_PER_REQUEST_MAX: Final = 200
Time = Annotated[int, Field(ge=0, le=1 << 62)]
Weekday = Annotated[int, Field(ge=0, le=6)]


class HoursBody(BaseModel):
    """Days of the week (0 is Monday) and minutes of the day."""

    model_config = ConfigDict(extra="forbid")
    weekdays: list[Weekday] = Field(min_length=1, max_length=7)
    start_minute: int = Field(ge=0, lt=MINUTES_PER_DAY)
    end_minute: int = Field(ge=1, le=MINUTES_PER_DAY)


class GrantBody(BaseModel):
    """Capabilities with one camera; `null`: with all."""

    model_config = ConfigDict(extra="forbid")
    camera: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None
    capabilities: list[Capability] = Field(min_length=1, max_length=len(Capability))
    from_us: Time | None = None
    until_us: Time | None = None
    hours: list[HoursBody] = Field(default_factory=list, max_length=HOURS_MAX)


def read_grants(bodies: list[GrantBody], who: Caller) -> tuple[Grant, ...]:
    """Grants of a member who is not named yet.

    Raises:
        ApiError: 404 no_such_camera; 422 bad_range, the end is not after the start or has passed.
    """
    household = who.household
    now_us = household.clock.wall_us()
    found = []
    for body in bodies:
        camera_id = bytes.fromhex(body.camera) if body.camera else None
        if camera_id is not None and household.roster.find(camera_id) is None:
            raise ApiError(404, "no_such_camera", "there is no such camera")
        from_us = body.from_us if body.from_us is not None else now_us
        if body.until_us is not None and body.until_us <= max(from_us, now_us):
            raise ApiError(422, "bad_range", "the end must come after the start, and after now")
        found.append(
            Grant(
                grant_id=bytes(16),
                member_id=bytes(16),
                camera_id=camera_id,
                capabilities=frozenset(body.capabilities),
                from_us=from_us,
                until_us=body.until_us,
                hours=read_hours(part.model_dump() for part in body.hours),
                granted_by=who.member_id,
            )
        )
    return tuple(found)
