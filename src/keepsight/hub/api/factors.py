"""What a member proves themselves with: passkeys, one-time codes, recovery codes, mail address."""

import binascii
from dataclasses import replace
from typing import Annotated, Any

import webauthn
from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, Caller
from keepsight.hub.api.policies import SignedIn
from keepsight.hub.api.recent import recent, site_of, trying
from keepsight.hub.api.signin import (
    PasskeyAnswer,
    answer_size,
    mail_problem,
    passkey_problem,
    refuse_weak,
)
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.mail import MailError, is_address
from keepsight.hub.member import Session
from keepsight.hub.signin import passkey, passphrase, totp
from keepsight.hub.signin.passkey import Enrollee, Passkey, PasskeyError

router = APIRouter()
Text = Annotated[str, Field(min_length=1, max_length=100)]


class NewPasskeyBody(PasskeyAnswer):
    """A passkey that the browser made."""

    name: Text


class NameBody(BaseModel):
    """Another name for a passkey."""

    model_config = ConfigDict(extra="forbid")
    name: Text


class CodeBody(BaseModel):
    """A one-time code or PIN."""

    model_config = ConfigDict(extra="forbid")
    code: SecretStr = Field(max_length=100)


class RemovalBody(BaseModel):
    """With the last factor goes the right to a short passphrase, so it is judged again."""

    model_config = ConfigDict(extra="forbid")
    passphrase: SecretStr = Field(default=SecretStr(""), max_length=1024)


class EmailBody(BaseModel):
    """A mail address that is to be proved."""

    model_config = ConfigDict(extra="forbid")
    email: str = Field(max_length=254)


def own(who: Caller) -> tuple[Viewer, Session]:
    """Who is signed in, and by which session; the command line has no factors of its own.

    Raises:
        ApiError: 404 no_session.
    """
    if who.viewer is None or who.session is None:
        raise ApiError(404, "no_session", "the local command line has no session")
    return who.viewer, who.session


def _own_passkey(who: Caller, viewer: Viewer, text: str) -> Passkey:
    try:
        credential = webauthn.base64url_to_bytes(text)
    except (binascii.Error, ValueError):
        credential = b""
    found = who.household.signin.factors.passkey(credential)
    if found is None or found.member_id != viewer.member.member_id:
        raise ApiError(404, "no_such_passkey", "there is no such passkey")
    return found


def _passkey_document(key: Passkey, rp_id: str | None) -> dict[str, Any]:
    return {
        "id": webauthn.helpers.bytes_to_base64url(key.credential_id),
        "name": key.name,
        "rp_id": key.rp_id,
        "is_synced": key.is_synced,
        "created_us": key.created_us,
        "last_used_us": key.last_used_us,
        "here": key.rp_id == rp_id,
    }


@router.get("/factors")
async def show_factors(request: Request, who: SignedIn) -> dict[str, Any]:
    """My factors, and whether passkeys can be made at this address."""
    viewer, _ = own(who)
    factors, member = who.household.signin.factors, viewer.member
    rp_id = site_of(request).rp_id
    is_enrolled = factors.is_enrolled(member.member_id)
    return {
        "passkeys": [_passkey_document(key, rp_id) for key in factors.passkeys(member.member_id)],
        "totp_since_us": factors.totp_since_us(member.member_id),
        "recovery_codes_left": factors.codes_left(member.member_id),
        "email": member.email,
        "mail": who.household.outbox.server is not None,
        "passkey_name": rp_id,
        "passphrase_length_min": (
            passphrase.LENGTH_MIN_WITH_FACTOR if is_enrolled else passphrase.LENGTH_MIN
        ),
    }


# Passkeys


@router.post("/factors/passkeys/options", dependencies=[Depends(recent)])
async def ask_new_passkey(request: Request, who: SignedIn) -> dict[str, Any]:
    """What the browser needs to make a passkey."""
    viewer, session = own(who)
    signin, site = who.household.signin, site_of(request)
    member = viewer.member
    enrollee = Enrollee(who.household.keyring.name, member.member_id, member.name)
    try:
        name, challenge = signin.challenges.make("enrol", session.token_hash, site)
        known = signin.factors.passkeys(member.member_id)
        options = passkey.enrolment_options(site, challenge, enrollee, known)
    except PasskeyError as error:
        raise passkey_problem(error) from error
    return {"challenge": name, "options": options}


@router.post("/factors/passkeys", status_code=204, dependencies=[Depends(recent)])
async def add_passkey(body: NewPasskeyBody, request: Request, who: SignedIn) -> None:
    """Enrol a passkey."""
    viewer, session = own(who)
    answer_size(body.answer)
    signin, site = who.household.signin, site_of(request)
    now_us = who.household.clock.wall_us()
    try:
        challenge = signin.challenges.take(body.challenge, "enrol", session.token_hash, site)
        made = passkey.verify_enrolment(
            body.answer, site, challenge, viewer.member.member_id, now_us
        )
        await signin.factors.add_passkey(replace(made, name=body.name))
    except PasskeyError as error:
        raise ApiError(422, error.code, str(error)) from error


@router.patch("/factors/passkeys/{key}", status_code=204)
async def rename_passkey(key: str, body: NameBody, who: SignedIn) -> None:
    """Give a passkey another name."""
    viewer, _ = own(who)
    await who.household.signin.factors.rename_passkey(_own_passkey(who, viewer, key), body.name)


async def _may_remove(request: Request, who: Caller, typed: Secret) -> None:
    """The last factor goes only if the passphrase alone is long enough.

    Raises:
        ApiError: 422 passphrase_needed or weak_passphrase, 401 wrong_passphrase.
    """
    viewer, _ = own(who)
    if who.household.signin.factors.strong_count(viewer.member.member_id) > 1:
        return
    if not typed.reveal():
        raise ApiError(422, "passphrase_needed", "give your passphrase: it will be all there is")
    limit = request.app.state.hub.limit
    with trying(limit, viewer.member.name):
        if await who.household.signin.verify_passphrase(viewer.member.name, typed) is None:
            limit.failed(viewer.member.name)
            raise ApiError(401, "wrong_passphrase", "the passphrase is wrong")
    refuse_weak(typed, who.household, viewer.member.name, has_factor=False)


@router.post("/factors/passkeys/{key}/removal", status_code=204, dependencies=[Depends(recent)])
async def remove_passkey(key: str, body: RemovalBody, request: Request, who: SignedIn) -> None:
    """Forget a passkey."""
    viewer, _ = own(who)
    found = _own_passkey(who, viewer, key)
    await _may_remove(request, who, Secret(body.passphrase.get_secret_value()))
    await who.household.signin.factors.remove_passkey(found)


# One-time codes


@router.post("/factors/totp", dependencies=[Depends(recent)])
async def begin_totp(who: SignedIn) -> dict[str, str]:
    """A fresh secret for an authenticator program; nothing changes before a right code."""
    viewer, session = own(who)
    secret = totp.new_secret()
    who.household.signin.begin_totp(session.token_hash, secret)
    uri = totp.provisioning_uri(secret, viewer.member.name, who.household.keyring.name)
    return {"secret": secret.reveal(), "uri": uri}


@router.post("/factors/totp/confirmation", status_code=204, dependencies=[Depends(recent)])
async def confirm_totp(body: CodeBody, who: SignedIn) -> None:
    """Enrol it: the code shows that the program has the secret."""
    viewer, session = own(who)
    code = body.code.get_secret_value()
    if not await who.household.signin.confirm_totp(session.token_hash, viewer.member, code):
        raise ApiError(422, "wrong_factor", "this code is wrong or old: check the device's clock")


@router.post("/factors/totp/removal", status_code=204, dependencies=[Depends(recent)])
async def remove_totp(body: RemovalBody, request: Request, who: SignedIn) -> None:
    """Forget the authenticator program."""
    viewer, _ = own(who)
    if not who.household.signin.factors.has_totp(viewer.member.member_id):
        raise ApiError(404, "no_such_factor", "no authenticator program is enrolled")
    await _may_remove(request, who, Secret(body.passphrase.get_secret_value()))
    await who.household.signin.factors.remove_totp(viewer.member.member_id)


# Recovery


@router.post("/factors/recovery-codes", dependencies=[Depends(recent)])
async def renew_codes(who: SignedIn) -> dict[str, list[str]]:
    """Ten fresh recovery codes, shown once; older ones are no longer good."""
    viewer, _ = own(who)
    codes = await who.household.signin.factors.renew_codes(viewer.member.member_id)
    return {"codes": [code.reveal() for code in codes]}


@router.post("/factors/email", status_code=204, dependencies=[Depends(recent)])
async def set_email(body: EmailBody, who: SignedIn) -> None:
    """Send a PIN to a new mail address; it is used once the PIN came back."""
    viewer, session = own(who)
    if not is_address(body.email):
        raise ApiError(422, "bad_address", "this is no address of a mailbox")
    try:
        await who.household.signin.begin_email(session.token_hash, viewer.member, body.email)
    except MailError as error:
        raise mail_problem(error) from error


@router.post("/factors/email/confirmation", status_code=204, dependencies=[Depends(recent)])
async def confirm_email(body: CodeBody, who: SignedIn) -> None:
    """The PIN came back: from here on recovery PINs go there."""
    viewer, session = own(who)
    code = Secret(body.code.get_secret_value())
    if not await who.household.signin.confirm_email(session.token_hash, viewer.member, code):
        raise ApiError(422, "wrong_factor", "this PIN is wrong, old or used")


@router.delete("/factors/email", status_code=204, dependencies=[Depends(recent)])
async def remove_email(who: SignedIn) -> None:
    """No mail to this member any more."""
    viewer, _ = own(who)
    await who.household.people.set_email(viewer.member, "", by=who.name)
