"""The signed-in member: who I am once more, my passphrase, and where I am signed in."""

from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, Caller
from keepsight.hub.api.factors import own
from keepsight.hub.api.policies import SignedIn
from keepsight.hub.api.recent import site_of, trying
from keepsight.hub.api.signin import PasskeyAnswer, answer_size, passkey_problem, refuse_weak
from keepsight.hub.member import Session
from keepsight.hub.proof import session_name
from keepsight.hub.signin.passkey import PasskeyError

router = APIRouter()


class ConfirmBody(BaseModel):
    """One of the two."""

    model_config = ConfigDict(extra="forbid")
    passphrase: SecretStr | None = Field(default=None, max_length=1024)
    passkey: PasskeyAnswer | None = None


class ChangeBody(BaseModel):
    """The passphrase of before, and the one to come."""

    model_config = ConfigDict(extra="forbid")
    current: SecretStr = Field(max_length=1024)
    passphrase: SecretStr = Field(max_length=1024)


@router.post("/session/confirm/options")
async def ask_confirmation(request: Request, who: SignedIn) -> dict[str, Any]:
    """A challenge for one of my passkeys."""
    viewer, session = own(who)
    try:
        return who.household.signin.ask_passkey(
            "confirm", session.token_hash, site_of(request), viewer.member
        )
    except PasskeyError as error:
        raise passkey_problem(error) from error


async def _check(request: Request, who: Caller, typed: Secret) -> None:
    viewer, _ = own(who)
    limit, name = request.app.state.hub.limit, viewer.member.name
    with trying(limit, name):
        is_right = await who.household.signin.verify_passphrase(name, typed) is not None
        if not is_right:
            limit.failed(name)
    if not is_right:
        line = {"type": "sign_in_failed", "name": name, "factor": "confirmation"}
        await who.household.journal.record([{**line, "member": who.name}])
        raise ApiError(422, "wrong_current", "the passphrase is wrong")


@router.post("/session/confirm", status_code=204)
async def confirm(body: ConfirmBody, request: Request, who: SignedIn) -> None:
    """Prove once more who I am; for ten minutes this serves what asks for a recent proof."""
    viewer, session = own(who)
    signin = who.household.signin
    if body.passkey is not None:
        answer_size(body.passkey.answer)
        site = site_of(request)
        try:
            found = await signin.check_passkey(
                "confirm", session.token_hash, site, body.passkey.challenge, body.passkey.answer
            )
        except PasskeyError as error:
            raise ApiError(422, error.code, str(error)) from error
        if found.member_id != viewer.member.member_id:
            raise ApiError(422, "bad_passkey", "this passkey is another member's")
    else:
        typed = body.passphrase.get_secret_value() if body.passphrase else ""
        await _check(request, who, Secret(typed))
    signin.confirm(session.token_hash)


@router.post("/session/passphrase", status_code=204)
async def change_passphrase(body: ChangeBody, request: Request, who: SignedIn) -> None:
    """Choose another passphrase. Every other session of mine ends."""
    viewer, session = own(who)
    await _check(request, who, Secret(body.current.get_secret_value()))
    fresh = Secret(body.passphrase.get_secret_value())
    has_factor = who.household.signin.factors.is_enrolled(viewer.member.member_id)
    refuse_weak(fresh, who.household, viewer.member.name, has_factor=has_factor)
    await who.household.people.set_passphrase(
        viewer.member, fresh, by=who.name, keep=session.token_hash
    )
    who.household.signin.confirm(session.token_hash)


def _mine(who: Caller) -> list[Session]:
    viewer, _ = own(who)
    people = who.household.people
    mine = [s for s in people.sessions.values() if s.member_id == viewer.member.member_id]
    return sorted(mine, key=lambda s: s.last_seen_us, reverse=True)


@router.get("/sessions")
async def list_sessions(who: SignedIn) -> list[dict[str, Any]]:
    """Where I am signed in: device, factor, since when, last seen, under which name."""
    _, here = own(who)
    devices = who.household.people.devices
    return [
        {
            "id": session_name(session.token_hash),
            "device": devices[session.device_id].name if session.device_id in devices else "",
            "factor": session.factor,
            "path": session.path,
            "created_us": session.created_us,
            "last_seen_us": session.last_seen_us,
            "shared": session.is_shared,
            "this": session.token_hash == here.token_hash,
        }
        for session in _mine(who)
    ]


@router.delete("/sessions", status_code=204)
async def end_other_sessions(who: SignedIn) -> None:
    """End every session of mine but this one."""
    _, here = own(who)
    for session in _mine(who):
        if session.token_hash != here.token_hash:
            await _end(who, session)


@router.delete("/sessions/{session}", status_code=204)
async def end_session(session: str, who: SignedIn) -> None:
    """End one session of mine; what it has open closes within a second."""
    for mine in _mine(who):
        if session_name(mine.token_hash) == session:
            await _end(who, mine)
            return
    raise ApiError(404, "no_such_session", "there is no such session")


async def _end(who: Caller, session: Session) -> None:
    line = {"type": "session_ended", "device": session.device_id.hex(), "by": who.name}
    await who.household.journal.record([line])
    await who.household.people.end_session(session.token_hash)
