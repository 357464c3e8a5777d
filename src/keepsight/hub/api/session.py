"""Sessions: how one begins and ends, this browser as a device, and what the door asks about one.

The steps that lead to a session are in `signin.py`.
"""

import base64
import binascii
from dataclasses import replace
from typing import Any, Literal

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.access import STARTED, Start
from keepsight.hub.api.answers import ApiError, cookie_name, parse_id
from keepsight.hub.api.cameras import may_fetch
from keepsight.hub.api.exports import find_job
from keepsight.hub.api.policies import SignedIn
from keepsight.hub.api.recent import needs_own_pin, site_of
from keepsight.hub.household import Household
from keepsight.hub.member import Device, Member
from keepsight.hub.proof import read_signing_key
from keepsight.seal import keys
from keepsight.seal.release import HYBRID_KEY_BYTES, KEM_NAMES, check_device_key

router = APIRouter()
COOKIE_SECONDS = 30 * 24 * 3600


class DeviceBody(BaseModel):
    """A browser that wants to be enrolled."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=200)
    public_key: str = Field(min_length=43, max_length=4 * (HYBRID_KEY_BYTES // 3 + 1))
    kem: Literal["x25519", "mlkem768_x25519"] = "x25519"
    signing_key: str | None = Field(default=None, max_length=88)
    id: str | None = Field(default=None, pattern="^[0-9a-f]{32}$")

    def raw_key(self) -> bytes:
        """32 bytes, or 1216 with ML-KEM.

        Raises:
            ApiError: 422 bad_device_key.
        """
        try:
            key = base64.b64decode(self.public_key, validate=True)
            check_device_key(key)
        except (binascii.Error, ValueError) as error:
            raise ApiError(
                422, "bad_device_key", "the device key is no X25519 or ML-KEM-768 public key"
            ) from error
        if KEM_NAMES[len(key)] != self.kem:
            raise ApiError(422, "bad_device_key", "the device key is not of the named kind")
        return key

    def raw_signing_key(self) -> bytes:
        """65 bytes, or none from a client that proves nothing.

        Raises:
            ApiError: 422 bad_device_key.
        """
        if self.signing_key is None:
            return b""
        try:
            point = base64.b64decode(self.signing_key, validate=True)
            read_signing_key(point)
        except (binascii.Error, ValueError) as error:
            raise ApiError(
                422, "bad_device_key", "the signing key must be a P-256 point, uncompressed"
            ) from error
        return point


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


async def enrol_and_start(  # noqa: PLR0913, PLR0917 - one call for every way to sign in
    household: Household,
    member: Member,
    body: DeviceBody,
    response: Response,
    request: Request,
    start: Start = STARTED,
) -> str:
    """Enrol or recognise the device, start a session, set the cookie; returns the device id."""
    key, signing_key = body.raw_key(), body.raw_signing_key()
    now_us = household.clock.wall_us()
    known = next(
        (
            device
            for device in household.people.devices.values()
            if device.device_id.hex() == body.id
            and device.public_key == key
            and device.signing_key == signing_key
            and device.member_id == member.member_id
        ),
        None,
    )
    device = known or Device(
        keys.new_id(),
        member.member_id,
        body.name,
        key,
        now_us,
        now_us,
        signing_key=signing_key,
    )
    if known is None:
        await household.people.enrol_device(device)
    here = replace(start, path=site_of(request).host)
    token, session = await household.people.start_session(member, device, here)
    household.signin.confirm(session.token_hash)
    set_session_cookie(request, response, household.household_id, token)
    return device.device_id.hex()


@router.delete("/session", status_code=204)
async def sign_out(who: SignedIn, response: Response) -> None:
    """Sign this browser out: it forgets its key, so the household forgets the device."""
    if needs_own_pin(who):
        raise ApiError(403, "pin_needed", "give this display's PIN first")
    if who.viewer and who.session:
        await who.household.people.remove_device(
            who.viewer.device.device_id, by=who.name, is_own_wish=True
        )
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'


@router.get("/session")
async def show_session(who: SignedIn) -> dict[str, Any]:
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
        "shared": session.is_shared,
        "nonce": who.household.proofs.nonce(session.token_hash),
        "time_us": who.household.proofs.now_us(),
    }


@router.get("/session/streams")
async def list_streams(who: SignedIn) -> dict[str, Any]:
    """For the door: which streams and exports this session may fetch now."""
    household = who.household
    return {
        "session": who.session.token_hash.hex() if who.session else "",
        "streams": [
            opaque.hex()
            for running in household.roster.running()
            for stream, opaque, _source in running.stream_table()
            if may_fetch(who, running.camera.camera_id, stream)
        ],
        "exports": [
            job.writer.hex()
            for job in household.exports.jobs()
            if find_job(who, job.writer.hex()) is not None
        ],
    }


@router.get("/devices")
async def list_devices(who: SignedIn) -> list[dict[str, Any]]:
    """One's own devices; for owners everybody's."""
    mine = who.viewer.device.device_id if who.viewer else b""
    return [
        {
            "id": device.device_id.hex(),
            "name": device.name,
            "enrolled_us": device.enrolled_us,
            "last_seen_us": device.last_seen_us,
            "this": device.device_id == mine,
            "member": device.member_id.hex(),
        }
        for device in who.household.people.devices.values()
        if who.is_owner or device.member_id == who.member_id
    ]


@router.delete("/devices/{device}", status_code=204)
async def remove_device(device: str, who: SignedIn) -> None:
    """Remove a device of one's own, or any for an owner: its sessions and windows end now."""
    device_id = parse_id(device, "device")
    found = who.household.people.devices.get(device_id)
    if found is None or not (who.is_owner or found.member_id == who.member_id):
        raise ApiError(404, "no_such_device", "there is no such device")
    await who.household.people.remove_device(device_id, by=who.name)
