"""PINs of cameras and displays: set by an owner, given on devices that several people use."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.factors import own
from keepsight.hub.api.policies import Owner, Sees, SignedIn
from keepsight.hub.api.recent import recent, trying
from keepsight.hub.member import Role
from keepsight.hub.signin.pins import PinError, hash_pin, is_pin
from keepsight.hub.store.factors import StoredPin

router = APIRouter()
Digits = Annotated[SecretStr, Field(min_length=1, max_length=20)]


class PinBody(BaseModel):
    """A PIN that somebody gives."""

    model_config = ConfigDict(extra="forbid")
    pin: Digits


class NewPinBody(PinBody):
    """A PIN to be asked for from now on."""

    everywhere: bool = False


async def _set(who: Caller, subject: bytes, body: NewPinBody, what: str) -> None:
    try:
        pin_hash = await asyncio.to_thread(hash_pin, Secret(body.pin.get_secret_value()))
    except PinError as error:
        raise ApiError(422, "bad_pin", str(error)) from error
    now_us = who.household.clock.wall_us()
    line = {"type": "pin_set", what: subject.hex(), "by": who.name}
    await who.household.journal.record([line])
    await who.household.signin.set_pin(StoredPin(subject, pin_hash, body.everywhere, now_us))


async def _remove(who: Caller, subject: bytes, what: str) -> None:
    line = {"type": "pin_removed", what: subject.hex(), "by": who.name}
    await who.household.journal.record([line])
    await who.household.signin.remove_pin(subject)


async def _give(request: Request, who: Caller, subject: bytes, body: PinBody) -> None:
    viewer, session = own(who)
    limit, pins = request.app.state.hub.limit, who.household.signin.pins
    scope = f"pin {subject.hex()} {viewer.device.device_id.hex()}"
    stored = pins.find(subject)
    if stored is None:
        return
    with trying(limit, scope):
        is_right = await asyncio.to_thread(is_pin, stored, Secret(body.pin.get_secret_value()))
        # While it was judged another PIN may have been set: then the old one is no longer right.
        if not is_right or pins.find(subject) is not stored:
            limit.failed(scope)
            raise ApiError(422, "wrong_pin", "this PIN is wrong")
    limit.succeeded(scope)
    pins.given(session.token_hash, subject)


@router.put("/cameras/{camera}/pin", status_code=204, dependencies=[Depends(recent)])
async def set_camera_pin(camera: str, body: NewPinBody, who: Owner) -> None:
    """Ask for this PIN before a camera's keys go to a shared device, or to any."""
    subject = parse_id(camera, "camera")
    if who.household.roster.find(subject) is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    await _set(who, subject, body, "camera")


@router.delete("/cameras/{camera}/pin", status_code=204, dependencies=[Depends(recent)])
async def remove_camera_pin(camera: str, who: Owner) -> None:
    """Ask for no PIN any more."""
    subject = parse_id(camera, "camera")
    if who.household.roster.find(subject) is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    await _remove(who, subject, "camera")


@router.post("/cameras/{camera}/pin", status_code=204)
async def give_camera_pin(camera: str, body: PinBody, request: Request, who: Sees) -> None:
    """Give a camera's PIN: its keys are released to this session for a quarter of an hour."""
    await _give(request, who, parse_id(camera, "camera"), body)


def _display(who: Caller, member: str) -> bytes:
    """A display, or one that is invited: it joins under the invite's id."""
    wanted = parse_id(member, "member")
    found = who.household.people.members.get(wanted)
    invited = {invite.invite_id: invite.role for invite in who.household.invites.open}
    role = found.role if found else invited.get(wanted)
    if role is not Role.DISPLAY:
        raise ApiError(404, "no_such_member", "there is no such display")
    return wanted


@router.put("/members/{member}/pin", status_code=204, dependencies=[Depends(recent)])
async def set_display_pin(member: str, body: NewPinBody, who: Owner) -> None:
    """Ask for this PIN before a display plays recordings or signs out."""
    await _set(who, _display(who, member), body, "member")


@router.delete("/members/{member}/pin", status_code=204, dependencies=[Depends(recent)])
async def remove_display_pin(member: str, who: Owner) -> None:
    """Ask for no PIN any more."""
    await _remove(who, _display(who, member), "member")


@router.post("/session/pin", status_code=204)
async def give_display_pin(body: PinBody, request: Request, who: SignedIn) -> None:
    """Give this display's PIN: it plays recordings, and can be signed out, for a quarter hour."""
    viewer, _ = own(who)
    await _give(request, who, viewer.member.member_id, body)
