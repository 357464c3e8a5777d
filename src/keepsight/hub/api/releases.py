"""POST /keys: key release, and the refusals that devices report."""

import base64
import binascii
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, caller, parse_id
from keepsight.hub.keyrelease import ReleasableWindow, release_windows
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
    stream: Literal["main", "sub", "audio"]


class RecordingBody(BaseModel):
    """Windows of recorded segments."""

    model_config = ConfigDict(extra="forbid")
    camera: Id
    stream: Literal["main", "sub"]
    writers: list[Id] = Field(max_length=WRITERS_MAX)


class KeysBody(BaseModel):
    """Everything a device wants to open next."""

    model_config = ConfigDict(extra="forbid")
    live: list[LiveBody] = Field(default_factory=list, max_length=LIVE_MAX)
    recordings: list[RecordingBody] = Field(default_factory=list, max_length=LIVE_MAX)
    exports: list[Id] = Field(default_factory=list, max_length=LIVE_MAX)


class RefusalBody(BaseModel):
    """A fragment that this device refused."""

    model_config = ConfigDict(extra="forbid")
    camera: Id
    stream: Literal["main", "sub", "audio"]
    reason: Reason
    header: str = Field(default="", max_length=200)


@router.post("/keys")
async def release_keys(
    body: KeysBody, who: Annotated[Caller, Depends(caller)]
) -> dict[str, list[dict[str, Any]]]:
    """Release window keys to this device, after the ledger lines are durable.

    Windows that do not exist (any more) are left out of the answer.
    """
    if who.viewer is None:
        raise ApiError(403, "no_device", "keys are released to enrolled devices only")
    household = who.household
    windows: list[ReleasableWindow] = []
    for wanted in body.live:
        camera = parse_id(wanted.camera, "camera")
        windows += household.roster.live_windows(camera, Stream[wanted.stream.upper()])
    for recorded in body.recordings:
        windows += await household.archive.windows(
            parse_id(recorded.camera, "camera"),
            Stream[recorded.stream.upper()],
            [bytes.fromhex(writer) for writer in recorded.writers],
        )
    for writer in body.exports:
        window = household.exports.window(bytes.fromhex(writer))
        if window is not None:
            windows.append(window)
    return {"keys": await release_windows(household.journal, who.viewer, windows)}


@router.post("/refusals", status_code=204)
async def report_refusal(body: RefusalBody, who: Annotated[Caller, Depends(caller)]) -> None:
    """Count a refusal that happened on this device."""
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
