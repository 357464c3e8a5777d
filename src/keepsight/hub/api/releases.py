"""POST /keys: key release, and the refusals that devices report."""

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.exports import find_job
from keepsight.hub.api.policies import Sees, SignedIn
from keepsight.hub.api.recent import needs_own_pin, needs_pin
from keepsight.hub.keyrelease import (
    CAPABILITY_OF,
    RefusedRelease,
    ReleasableWindow,
    live_purpose,
    release_windows,
)
from keepsight.hub.member import Role
from keepsight.seal.frame import Reason
from keepsight.seal.header import Stream

router = APIRouter()
LIVE_MAX = 64
WRITERS_MAX = 256
Id = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]


class LiveBody(BaseModel):
    """The current window of a live stream."""

    model_config = ConfigDict(extra="forbid")
    camera: Id
    stream: Literal["main", "sub", "audio", "still"]


class RecordingBody(BaseModel):
    """Windows of recorded segments."""

    model_config = ConfigDict(extra="forbid")
    camera: Id
    stream: Literal["main", "sub"]
    writers: list[Id] = Field(max_length=WRITERS_MAX)


class EventsBody(BaseModel):
    """Windows of events' pictures."""

    model_config = ConfigDict(extra="forbid")
    camera: Id
    pictures: list[Id] = Field(max_length=WRITERS_MAX)


class KeysBody(BaseModel):
    """Everything a device wants to open next."""

    model_config = ConfigDict(extra="forbid")
    live: list[LiveBody] = Field(default_factory=list, max_length=LIVE_MAX)
    recordings: list[RecordingBody] = Field(default_factory=list, max_length=LIVE_MAX)
    exports: list[Id] = Field(default_factory=list, max_length=LIVE_MAX)
    events: list[EventsBody] = Field(default_factory=list, max_length=LIVE_MAX)


class RefusalBody(BaseModel):
    """A fragment that this device refused."""

    model_config = ConfigDict(extra="forbid")
    camera: Id
    stream: Literal["main", "sub", "audio", "still", "event"]
    reason: Reason
    header: str = Field(default="", max_length=200)


def _judge(who: Caller, camera: bytes, stream: str, purpose: str) -> RefusedRelease | None:
    """None where the keys may go out."""
    try:
        who.require(camera, CAPABILITY_OF[purpose])
    except ApiError as error:
        fields = error.fields
        return RefusedRelease(
            camera,
            stream,
            purpose,
            error.code,
            why=fields.get("reason", ""),
            since_us=fields.get("since_us"),
            until_us=fields.get("until_us"),
        )
    is_played = purpose in ("rec", "export", "event")
    if needs_pin(who, camera) or (is_played and needs_own_pin(who)):
        return RefusedRelease(camera, stream, purpose, "pin_needed")
    return None


async def _find(who: Caller, body: KeysBody) -> tuple[list[ReleasableWindow], list[RefusedRelease]]:
    household = who.household
    windows: list[ReleasableWindow] = []
    refused: list[RefusedRelease] = []
    for wanted in body.live:
        camera = parse_id(wanted.camera, "camera")
        stream = Stream[wanted.stream.upper()]
        refusal = _judge(who, camera, wanted.stream, live_purpose(stream))
        if refusal is None:
            windows += household.roster.live_windows(camera, stream)
        else:
            refused.append(refusal)
    for recorded in body.recordings:
        camera = parse_id(recorded.camera, "camera")
        refusal = _judge(who, camera, recorded.stream, "rec")
        if refusal is None:
            writers = [bytes.fromhex(writer) for writer in recorded.writers]
            stream = Stream[recorded.stream.upper()]
            windows += await household.archive.windows(camera, stream, writers)
        else:
            refused.append(refusal)
    for noticed in body.events:
        camera = parse_id(noticed.camera, "camera")
        refusal = _judge(who, camera, "event", "event")
        if refusal is None:
            pictures = [bytes.fromhex(picture) for picture in noticed.pictures]
            windows += await household.events.windows(camera, pictures)
        else:
            refused.append(refusal)
    for writer in body.exports:
        job = find_job(who, writer)
        window = household.exports.window(job.writer) if job else None
        if window is not None:
            windows.append(window)
    return windows, refused


def _check_still_here(who: Caller) -> None:
    """A device that was removed since it asked gets no key of the windows that began then.

    Raises:
        ApiError: 401 not_signed_in.
    """
    people = who.household.people
    has_ended = who.session is not None and who.session.token_hash not in people.sessions
    if has_ended or (who.viewer and who.viewer.device.device_id not in people.devices):
        raise ApiError(401, "not_signed_in", "sign in first")


@router.post("/keys")
async def release_keys(body: KeysBody, who: SignedIn) -> dict[str, list[dict[str, Any]]]:
    """Release window keys to this device, after the ledger lines are durable.

    Windows that do not exist (any more) are left out of the answer; those that this device may not
    open are named with the reason.
    """
    if who.viewer is None:
        raise ApiError(403, "no_device", "keys are released to enrolled devices only")
    windows, refused = await _find(who, body)
    _check_still_here(who)
    allowed: list[ReleasableWindow] = []
    for window in windows:
        # Again: what was granted may have ended while the windows were looked up.
        context = window.context
        refusal = _judge(who, context.camera, context.stream.name.lower(), window.purpose)
        if refusal is None:
            allowed.append(window)
        else:
            refused.append(refusal)
    await who.household.refused_releases.note(who.viewer, refused)
    keys = await release_windows(who.household.journal, who.viewer, allowed)
    return {"keys": keys, "refused": [refusal.as_fields() for refusal in refused]}


@router.post("/refusals", status_code=204)
async def report_refusal(body: RefusalBody, who: Sees) -> None:
    """Count a refusal that happened on this device; a foreign picture closes the way it came."""
    camera_id = parse_id(body.camera, "camera")
    who.require_camera(camera_id)
    if who.household.roster.find(camera_id) is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    try:
        header = base64.b64decode(body.header, validate=True)
    except (binascii.Error, ValueError):
        header = b""
    await who.household.refusals.note(
        camera=body.camera,
        stream=body.stream,
        reason=body.reason,
        header=header,
        by=who.viewer.device.device_id.hex() if who.viewer else "local",
    )
    if who.viewer is not None:
        await who.household.suspensions.trip(
            body.reason,
            path=who.path,
            device_id=who.viewer.device.device_id,
            may_close_path=who.viewer.member.role in (Role.OWNER, Role.MEMBER),
        )
