"""Signing in and out, this browser as a device, and what the door asks about a session."""

import asyncio
import base64
import binascii
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.access import TooManyTriesError
from keepsight.hub.api.answers import ApiError, Caller, caller, cookie_name, parse_id
from keepsight.hub.household import Household
from keepsight.hub.keyring import WrongPassphraseError
from keepsight.hub.member import Device, Member
from keepsight.seal import keys

router = APIRouter()
COOKIE_SECONDS = 30 * 24 * 3600


class DeviceBody(BaseModel):
    """A browser that wants to be enrolled."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    public_key: str = Field(min_length=43, max_length=44)
    signing_key: str | None = Field(default=None, max_length=88)
    id: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")

    def raw_key(self) -> bytes:
        """32 bytes.

        Raises:
            ApiError: 422 bad_device_key.
        """
        try:
            key = base64.b64decode(self.public_key, validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != 32 or not any(key):
            raise ApiError(422, "bad_device_key", "the device key must be a raw X25519 public key")
        return key


class SignInBody(BaseModel):
    """What the sign-in page sends."""

    model_config = ConfigDict(extra="forbid")
    member: str = Field(min_length=1, max_length=100)
    passphrase: SecretStr = Field(max_length=1024)
    device: DeviceBody


def set_session_cookie(request: Request, response: Response, household: bytes, token: str) -> None:
    """Put the session token into the household's own cookie."""
    response.set_cookie(
        cookie_name(request, household),
        token,
        max_age=COOKIE_SECONDS,
        path="/",
        secure=request.headers.get("x-forwarded-proto") == "https",
        httponly=True,
        samesite="strict",
    )


async def enrol_and_start(
    household: Household, member: Member, body: DeviceBody, response: Response, request: Request
) -> str:
    """Enrol or recognise the device, start a session, set the cookie; returns the device id."""
    key = body.raw_key()
    now_us = household.clock.wall_us()
    known = next(
        (
            device
            for device in household.people.devices.values()
            if device.device_id.hex() == body.id
            and device.public_key == key
            and device.member_id == member.member_id
        ),
        None,
    )
    device = known or Device(keys.new_id(), member.member_id, body.name, key, now_us, now_us)
    if known is None:
        await household.people.enrol_device(device)
    token, _session = await household.people.start_session(member, device)
    set_session_cookie(request, response, household.household_id, token)
    return device.device_id.hex()


@router.post("/session")
async def sign_in(body: SignInBody, request: Request, response: Response) -> dict[str, Any]:
    """Sign in; unlocks a locked hub."""
    hub = request.app.state.hub
    passphrase = Secret(body.passphrase.get_secret_value())
    try:
        hub.limit.check(body.member)
    except TooManyTriesError as error:
        raise ApiError(
            429, "too_many_tries", str(error), retry_seconds=error.retry_seconds
        ) from error
    wrong = ApiError(401, "wrong_passphrase", "the name or the passphrase is wrong")
    if hub.household is None and hub.state.value == "locked":
        try:
            await hub.unlock(passphrase)
        except WrongPassphraseError as error:
            hub.limit.failed(body.member)
            raise wrong from error
    household = hub.household
    if household is None:
        raise ApiError(409, "unclaimed", "this hub has no household yet: set it up first")
    member = await asyncio.to_thread(household.access.sign_in, body.member, passphrase)
    if member is None:
        hub.limit.failed(body.member)
        await household.journal.record([{"type": "sign_in_failed", "name": body.member[:100]}])
        raise wrong
    device_id = await enrol_and_start(household, member, body.device, response, request)
    return {"device_id": device_id}


@router.delete("/session", status_code=204)
async def sign_out(who: Annotated[Caller, Depends(caller)], response: Response) -> None:
    """Sign this browser out: it forgets its key, so the household forgets the device."""
    if who.viewer and who.session:
        await who.household.people.remove_device(
            who.viewer.device.device_id, by=who.name, is_own_wish=True
        )
    response.headers["Clear-Site-Data"] = '"cookies", "storage"'


@router.get("/session")
async def show_session(who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """Who is signed in here."""
    viewer, session = who.viewer, who.session
    if viewer is None or session is None:
        raise ApiError(404, "no_session", "the local command line has no session")
    return {
        "member": viewer.member.name,
        "role": viewer.member.role.value,
        "device_id": viewer.device.device_id.hex(),
        "household": {
            "id": who.household.household_id.hex(),
            "name": who.household.keyring.name,
        },
        "expires_us": session.expires_us,
    }


@router.get("/session/streams")
async def list_streams(who: Annotated[Caller, Depends(caller)]) -> dict[str, Any]:
    """For the door: which streams and exports this session may fetch."""
    household = who.household
    return {
        "session": who.session.token_hash.hex() if who.session else "",
        "streams": [opaque.hex() for opaque in household.roster.opaque_streams()],
        "exports": [job.writer.hex() for job in household.exports.jobs()],
    }


@router.get("/devices")
async def list_devices(who: Annotated[Caller, Depends(caller)]) -> list[dict[str, Any]]:
    """Enrolled devices."""
    mine = who.viewer.device.device_id if who.viewer else b""
    return [
        {
            "id": device.device_id.hex(),
            "name": device.name,
            "enrolled_us": device.enrolled_us,
            "last_seen_us": device.last_seen_us,
            "this": device.device_id == mine,
        }
        for device in who.household.people.devices.values()
    ]


@router.delete("/devices/{device}", status_code=204)
async def remove_device(device: str, who: Annotated[Caller, Depends(caller)]) -> None:
    """Remove a device: its sessions end now, and every live window is replaced."""
    device_id = parse_id(device, "device")
    if device_id not in who.household.people.devices:
        raise ApiError(404, "no_such_device", "there is no such device")
    await who.household.people.remove_device(device_id, by=who.name)
