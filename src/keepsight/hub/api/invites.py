"""Invites: an owner makes one, shows it as a link or a code, and somebody joins with it, once."""

import asyncio
import base64
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, Caller, open_household, parse_id
from keepsight.hub.api.grants import GRANTS_PER_REQUEST_MAX, GrantBody, Time, read_grants
from keepsight.hub.api.policies import ANYONE, Owner
from keepsight.hub.api.recent import check_limit, recent, site_of
from keepsight.hub.api.session import DeviceBody, enrol_and_start
from keepsight.hub.grant import as_fields
from keepsight.hub.household import Household
from keepsight.hub.invite import LIFE_US, LIFE_US_MAX, Invite
from keepsight.hub.invites import InviteError, fingerprint
from keepsight.hub.member import Role, TooManyOwnersError
from keepsight.hub.signin.passphrase import judge_passphrase
from keepsight.hub.store.people import NameTakenError

router = APIRouter()


class InviteBody(BaseModel):
    """Who is to join, and what they may see then."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=100)
    role: Role
    grants: list[GrantBody] = Field(default_factory=list, max_length=GRANTS_PER_REQUEST_MAX)
    integration: str = Field(default="", max_length=100)
    until_us: Time | None = None
    """When the invite expires; a day from now if nothing else is said, a week at most."""


class SecretBody(BaseModel):
    """An invite in somebody's hands."""

    model_config = ConfigDict(extra="forbid")
    secret: SecretStr = Field(min_length=1, max_length=100)


class JoinBody(SecretBody):
    """Joining: a display needs no passphrase, because nobody types on it."""

    passphrase: SecretStr | None = Field(default=None, max_length=1024)
    device: DeviceBody


def _document(invite: Invite) -> dict[str, Any]:
    return {
        "id": invite.invite_id.hex(),
        "name": invite.name,
        "role": invite.role.value,
        "integration": invite.integration,
        "grants": [as_fields(grant) for grant in invite.grants],
        "created_us": invite.created_us,
        "expires_us": invite.expires_us,
    }


def _problem(error: InviteError | TooManyOwnersError) -> ApiError:
    if isinstance(error, TooManyOwnersError):
        return ApiError(409, "too_many_owners", str(error))
    status = {"too_many_invites": 429, "no_such_invite": 404}.get(error.code, 409)
    return ApiError(status, error.code, str(error))


@router.get("/invites")
async def list_invites(who: Owner) -> list[dict[str, Any]]:
    """Invites that nobody has used yet. Their secrets are not known to the hub any more."""
    return [_document(invite) for invite in who.household.invites.open]


def _wanted(body: InviteBody, who: Caller) -> Invite:
    now_us = who.household.clock.wall_us()
    expires_us = body.until_us if body.until_us is not None else now_us + LIFE_US
    if not now_us < expires_us <= now_us + LIFE_US_MAX:
        raise ApiError(422, "bad_range", "an invite ends within a week from now")
    name = body.name.strip()
    if not name:
        raise ApiError(422, "no_name", "give the new member a name")
    if body.role is Role.OWNER and body.grants:
        raise ApiError(409, "owner_needs_no_grant", "an owner may do everything already")
    return Invite(
        invite_id=b"",
        secret_hash=b"",
        name=name,
        role=body.role,
        grants=read_grants(body.grants, who),
        created_us=now_us,
        expires_us=expires_us,
        by=who.member_id,
        # A display is an integration, so that switching off all of them leaves none out.
        integration=body.integration.strip() or (name if body.role is Role.DISPLAY else ""),
    )


@router.post("/invites", status_code=201, dependencies=[Depends(recent)])
async def make_invite(body: InviteBody, request: Request, who: Owner) -> dict[str, Any]:
    """Make an invite. Its secret is in this answer and nowhere else.

    In the address it stands behind the `#`, which browsers do not send to any server.
    """
    try:
        invite, secret = await who.household.invites.make(_wanted(body, who))
    except (InviteError, TooManyOwnersError) as error:
        raise _problem(error) from error
    key = who.household.journal.reader.store.public_key
    fragment = urlencode({"secret": secret, "key": fingerprint(key)})
    origin = "" if request.app.state.is_local else site_of(request).origin
    return {**_document(invite), "secret": secret, "url": f"{origin}/join#{fragment}"}


@router.delete("/invites/{invite}", status_code=204)
async def revoke_invite(invite: str, who: Owner) -> None:
    """Take an invite back."""
    if not await who.household.invites.revoke(parse_id(invite, "invite"), by=who.name):
        raise ApiError(404, "no_such_invite", "this invite was used or has expired")


def _limited(request: Request) -> str:
    return f"invite {request.headers.get('x-forwarded-for', 'local')[:100]}"


def _open(request: Request, household: Household, secret: SecretStr) -> Invite:
    limit = request.app.state.hub.limit
    check_limit(limit, _limited(request))
    invite = household.invites.find(secret.get_secret_value())
    if invite is None:
        limit.failed(_limited(request))
        raise ApiError(404, "no_such_invite", "this invite was used or has expired")
    return invite


@router.post("/invites/look", dependencies=[ANYONE])
async def look_at_invite(body: SecretBody, request: Request) -> dict[str, Any]:
    """What an invite is for, before it is used. Nothing is used up."""
    household = open_household(request)
    invite = _open(request, household, body.secret)
    running = {r.camera.camera_id: r.camera.name for r in household.roster.running()}
    key = household.journal.reader.store.public_key
    return {
        "household": {"id": household.household_id.hex(), "name": household.keyring.name},
        "public_key": base64.b64encode(key).decode(),
        "name": invite.name,
        "role": invite.role.value,
        "needs_passphrase": invite.role is not Role.DISPLAY,
        "expires_us": invite.expires_us,
        "grants": [
            {**as_fields(grant), "name": running.get(grant.camera_id) if grant.camera_id else None}
            for grant in invite.grants
        ],
    }


def _judge(household: Household, invite: Invite, body: JoinBody) -> Secret | None:
    if invite.role is Role.DISPLAY:
        return None
    if body.passphrase is None:
        raise ApiError(422, "weak_passphrase", "choose a passphrase", reasons=["too_short"])
    passphrase = Secret(body.passphrase.get_secret_value())
    verdict = judge_passphrase(passphrase, (household.keyring.name, invite.name))
    if not verdict.is_accepted:
        raise ApiError(
            422, "weak_passphrase", "choose another passphrase", reasons=list(verdict.reasons)
        )
    return passphrase


@router.post("/join", dependencies=[ANYONE])
async def join(body: JoinBody, request: Request, response: Response) -> dict[str, Any]:
    """Join with an invite: a member, this device, a session. The invite is used up."""
    household = open_household(request)
    invite = _open(request, household, body.secret)
    passphrase = _judge(household, invite, body)
    body.device.raw_key()
    body.device.raw_signing_key()
    hashed = ""
    if passphrase is not None:
        hashed = await asyncio.to_thread(household.access.hash_passphrase, passphrase)
    try:
        member = await household.invites.use(invite, hashed)
    except (InviteError, TooManyOwnersError) as error:
        raise _problem(error) from error
    except NameTakenError as error:
        raise ApiError(409, "name_in_use", "somebody of this name has joined already") from error
    if member.role is Role.OWNER and passphrase is not None:
        await household.signin.open_with(member, passphrase)
    device_id = await enrol_and_start(household, member, body.device, response, request)
    return {"device_id": device_id, "member": member.name, "role": member.role.value}
