"""Cameras: add, change, look at a candidate, remove, decide about a changed identity."""

from dataclasses import asdict
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.policies import Owner, Sees, SignedIn
from keepsight.hub.api.recent import needs_pin
from keepsight.hub.camera import PRE_ROLL_SECONDS_MIN, ROLL_SECONDS_MAX, RecordingMode
from keepsight.hub.grant import Capability
from keepsight.hub.roster import CameraProblemError, CameraRequest, NoSuchCameraError
from keepsight.hub.running import RunningCamera
from keepsight.hub.suspensions import BY_HUB
from keepsight.seal.header import Stream

router = APIRouter()
Name = Annotated[str, Field(min_length=1, max_length=100)]
Days = Annotated[int, Field(ge=1, le=3650)]
Url = Annotated[str, Field(min_length=1, max_length=2000)]
FETCHING: Final = {
    Stream.MAIN: (Capability.LIVE, Capability.PLAYBACK),
    Stream.SUB: (Capability.LIVE, Capability.PLAYBACK),
    Stream.AUDIO: (Capability.LIVE,),
    Stream.STILL: (Capability.STILL,),
    Stream.EVENT: (Capability.EVENTS,),
}
"""What lets somebody have the sealed fragments of a stream: one of these."""
TransportName = Literal["auto", "tcp", "udp"]


class AddBody(BaseModel):
    """A camera to add; with `trial`, only to look at for ten minutes."""

    model_config = ConfigDict(extra="forbid")
    url: Url
    sub_url: Url | None = None
    user: str | None = Field(default=None, max_length=200)
    password: SecretStr | None = Field(default=None, max_length=500)
    transport: TransportName = "auto"
    name: Name
    room: str = Field(default="", max_length=100)
    trial: bool = False


class RuleBody(BaseModel):
    """What is recorded and for how long; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    is_recording: bool = True
    mode: RecordingMode = "continuous"
    retention_days: Days | None = None
    event_retention_days: Days | None = None
    pre_roll_seconds: int = Field(default=10, ge=PRE_ROLL_SECONDS_MIN, le=ROLL_SECONDS_MAX)
    post_roll_seconds: int = Field(default=10, ge=0, le=ROLL_SECONDS_MAX)
    bytes_max: int | None = Field(default=None, ge=100_000_000)


class ChangeBody(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    name: Name | None = None
    room: str | None = Field(default=None, max_length=100)
    vendor: str | None = Field(default=None, max_length=100)
    model: str | None = Field(default=None, max_length=100)
    trial: Literal[False] | None = None
    rule: RuleBody | None = None
    url: Url | None = None
    sub_url: str | None = Field(default=None, max_length=2000)
    user: str | None = Field(default=None, max_length=200)
    password: SecretStr | None = Field(default=None, max_length=500)
    transport: TransportName | None = None


class DecisionBody(BaseModel):
    """What to do about another device at this camera's address."""

    model_config = ConfigDict(extra="forbid")
    decision: Literal["accept", "stop"]


def may_fetch(who: Caller, camera_id: bytes, stream: Stream) -> bool:
    """Whether this caller may have a stream's sealed fragments now."""
    return any(who.may(camera_id, capability) for capability in FETCHING[stream])


def camera_document(running: RunningCamera, who: Caller) -> dict[str, Any]:
    """A camera as the API shows it. Never contains credentials.

    Who is no owner learns what they may do with it, and nothing of where it is or what it is.
    """
    camera = running.camera
    document = _whole_document(running)
    document["capabilities"] = list(who.granted(camera.camera_id))
    document["suspended"] = _suspended(camera.camera_id, who)
    has_pin = who.household.signin.pins.find(camera.camera_id) is not None
    watched = who.household.watch.state(camera.camera_id)
    is_local = who.viewer is None
    document["watching_state"] = watched.as_fields(is_owner=who.is_owner, is_local=is_local)
    document["pin"] = "ask" if needs_pin(who, camera.camera_id) else "set" if has_pin else "none"
    if not who.is_owner:
        document |= {"identity": {}, "rule": {}, "pending_identity": None, "has_credentials": False}
        document["streams"] = [
            {**entry, "url": "", "transport": ""}
            for entry in document["streams"]
            if may_fetch(who, camera.camera_id, Stream[entry["stream"].upper()])
        ]
    return document


def _suspended(camera_id: bytes, who: Caller) -> dict[str, dict[str, Any]]:
    """What is granted to this caller and switched off now, with the reason to be shown instead."""
    found = {}
    for capability in who.granted(camera_id):
        rights = who.household.rights
        suspension = rights.decide(who.viewer, camera_id, capability, who.path).suspension
        if suspension is not None:
            found[capability.value] = {
                "reason": suspension.reason,
                "is_foreign": suspension.by == BY_HUB,
                "since_us": suspension.since_us,
                "until_us": suspension.until_us,
            }
    return found


def _whole_document(running: RunningCamera) -> dict[str, Any]:
    camera = running.camera
    return {
        "id": camera.camera_id.hex(),
        "name": camera.name,
        "room": camera.room,
        "vendor": camera.vendor,
        "model": camera.model,
        "trial": camera.is_trial,
        "streams": [
            {
                "stream": stream.name.lower(),
                "opaque": opaque.hex(),
                "url": source.destination.url if source else "",
                "transport": source.transport if source else "",
                "has_sound": running.has_sound,
            }
            for stream, opaque, source in running.stream_table()
        ],
        "identity": asdict(camera.identity),
        "rule": asdict(camera.rule),
        "state": running.state.value,
        "masked": running.is_masked,
        "pending_identity": asdict(running.pending_identity) if running.pending_identity else None,
        "has_credentials": running.credentials is not None,
    }


def _credentials(user: str | None, password: SecretStr | None) -> Credentials | None:
    if user is None and password is None:
        return None
    return Credentials(user or "", Secret(password.get_secret_value() if password else ""))


def _find(who: Caller, camera: str) -> RunningCamera:
    running = who.household.roster.find(parse_id(camera, "camera"))
    if running is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    return running


def _problem(error: CameraProblemError) -> ApiError:
    return ApiError(422, error.code, str(error))


@router.get("/cameras")
async def list_cameras(who: SignedIn) -> list[dict[str, Any]]:
    """All cameras of which this caller may do anything."""
    return [
        camera_document(running, who)
        for running in who.household.roster.running()
        if who.granted(running.camera.camera_id)
    ]


@router.post("/cameras")
async def add_camera(body: AddBody, who: Owner) -> dict[str, Any]:
    """Try a camera and, if it answers with pictures, add it and pin its identity."""
    request = CameraRequest(
        url=body.url,
        sub_url=body.sub_url,
        credentials=_credentials(body.user, body.password),
        transport=body.transport,
        name=body.name,
        room=body.room,
        is_trial=body.trial,
    )
    try:
        running = await who.household.roster.add(request, by=who.name)
    except CameraProblemError as error:
        raise _problem(error) from error
    return camera_document(running, who)


@router.get("/cameras/{camera}")
async def show_camera(camera: str, who: Sees) -> dict[str, Any]:
    """One camera."""
    return camera_document(_find(who, camera), who)


@router.patch("/cameras/{camera}")
async def change_camera(camera: str, body: ChangeBody, who: Owner) -> dict[str, Any]:
    """Change a camera; a new address or password is tried first."""
    running = _find(who, camera)
    values = body.model_dump(exclude_unset=True, exclude={"user", "password"})
    if body.rule is not None:
        values["rule"] = body.rule.model_dump(exclude_unset=True)
    credentials = _credentials(body.user, body.password)
    try:
        changed = await who.household.roster.change(
            running.camera.camera_id, values, credentials, by=who.name
        )
    except CameraProblemError as error:
        raise _problem(error) from error
    except NoSuchCameraError as error:
        raise ApiError(404, "no_such_camera", "there is no such camera") from error
    return camera_document(changed, who)


@router.delete("/cameras/{camera}", status_code=204)
async def remove_camera(
    camera: str,
    who: Owner,
    recordings: Annotated[Literal["keep", "delete"], Query()] = "keep",
) -> None:
    """Remove a camera, with or without its recordings."""
    running = _find(who, camera)
    await who.household.roster.remove(
        running.camera.camera_id, with_recordings=recordings == "delete", by=who.name
    )


@router.post("/cameras/{camera}/identity")
async def decide_identity(camera: str, body: DecisionBody, who: Owner) -> dict[str, Any]:
    """Accept the device that answers now, or leave the camera stopped."""
    running = _find(who, camera)
    if running.pending_identity is None:
        raise ApiError(409, "identity_unchanged", "this camera's identity has not changed")
    if body.decision == "accept":
        await who.household.roster.accept_identity(running.camera.camera_id, by=who.name)
    return camera_document(_find(who, camera), who)


def parse_stream(text: str) -> Stream:
    """Main or sub.

    Raises:
        ApiError: 404.
    """
    if text not in ("main", "sub"):
        raise ApiError(404, "no_such_stream", "streams are main and sub")
    return Stream[text.upper()]
