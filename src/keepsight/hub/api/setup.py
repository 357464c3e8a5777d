"""First run: a household is made. And what a page may know before anybody signed in."""

import base64
import secrets
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight import __version__
from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, cookie_name
from keepsight.hub.api.membership import log_document
from keepsight.hub.api.policies import ANYONE
from keepsight.hub.api.recent import check_limit
from keepsight.hub.api.session import DeviceBody, enrol_and_start
from keepsight.hub.household import Household
from keepsight.hub.keyring import WrongPassphraseError
from keepsight.hub.signin.passphrase import judge_passphrase
from keepsight.seal.membership import VERSION_MAX

router = APIRouter()


class SetupBody(BaseModel):
    """What the wizard sends."""

    model_config = ConfigDict(extra="forbid")
    code: str = Field(max_length=100)
    household: str = Field(min_length=1, max_length=100)
    member: str = Field(min_length=1, max_length=100)
    passphrase: SecretStr = Field(max_length=1024)
    starts_unattended: bool
    device: DeviceBody


class PassphraseBody(BaseModel):
    """A passphrase while it is being typed."""

    model_config = ConfigDict(extra="forbid")
    passphrase: SecretStr = Field(max_length=1024)
    context: list[str] = Field(default_factory=list, max_length=20)
    factor: bool = False
    """A passkey or one-time codes stand beside it."""


def _was_enrolled(household: Household, device: str | None) -> bool:
    """Whether the ledger has ever seen this device: to anybody else the log is not shown here."""
    return device in household.journal.reader.names()


@router.get("/hello", dependencies=[ANYONE])
async def hello(
    request: Request,
    response: Response,
    device: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$")] = None,
    after: Annotated[int, Query(ge=0, lt=VERSION_MAX)] = 0,
    forget: Annotated[str, Query(pattern="^(true)?$")] = "",
) -> dict[str, Any]:
    """State of this hub, and whether this browser is signed in.

    A browser that has lost its session asks with its device id, which nobody else knows, whether
    it was removed. It does not take that from our word: it gets the signed log, and forgets what
    it holds if that goes on from what it knows and does not name it. With `forget` its caches are
    emptied too.
    """
    hub = request.app.state.hub
    identity = hub.public_identity()
    household = hub.household
    token = request.cookies.get(cookie_name(request, identity[0]), "") if identity else ""
    standing = None
    if household is not None and device is not None:
        is_enrolled = bytes.fromhex(device) in household.people.devices
        standing = "enrolled" if is_enrolled else "removed"
    if standing == "removed" and forget:
        response.headers["Clear-Site-Data"] = '"cache"'
    return {
        "state": hub.state.value,
        "device": standing,
        "membership": (
            log_document(household, after)
            if household and standing == "removed" and _was_enrolled(household, device)
            else None
        ),
        "version": __version__,
        "household": {"id": identity[0].hex(), "name": identity[1]} if identity else None,
        "demo": (
            {"member": hub.demo.member, "passphrase": hub.demo.passphrase.reveal()}
            if hub.demo and household
            else None
        ),
        "signed_in": bool(household and household.people.find_session(token)),
        "time_us": hub.clock.wall_us(),
    }


@router.post("/setup/passphrase", dependencies=[ANYONE])
async def judge(body: PassphraseBody) -> dict[str, Any]:
    """Live feedback in the wizard. Nothing is stored."""
    words = tuple(word[:100] for word in body.context)
    passphrase = Secret(body.passphrase.get_secret_value())
    verdict = judge_passphrase(passphrase, words, has_factor=body.factor)
    return {
        "accepted": verdict.is_accepted,
        "score": verdict.score,
        "reasons": verdict.reasons,
        "hints": verdict.hints,
        "standards": asdict(verdict.standards),
    }


@router.post("/setup", dependencies=[ANYONE])
async def set_up(body: SetupBody, request: Request, response: Response) -> dict[str, Any]:
    """Make the household, its owner, the first device and the recovery kit."""
    hub = request.app.state.hub
    if hub.state.value != "unclaimed":
        raise ApiError(409, "already_set_up", "this hub has a household already: sign in")
    check_limit(hub.limit, "setup")
    if not request.app.state.is_local and not secrets.compare_digest(
        body.code.strip().encode(), hub.setup_code.reveal().encode()
    ):
        hub.limit.failed("setup")
        raise ApiError(
            403, "wrong_setup_code", "the set-up code is the one the terminal showed at the start"
        )
    body.device.raw_key()
    passphrase = Secret(body.passphrase.get_secret_value())
    verdict = judge_passphrase(passphrase, (body.household, body.member))
    if not verdict.is_accepted:
        raise ApiError(
            422, "weak_passphrase", "choose another passphrase", reasons=list(verdict.reasons)
        )
    made = await hub.set_up(
        body.household, body.member, passphrase, starts_unattended=body.starts_unattended
    )
    device_id = await enrol_and_start(hub.household, made.owner, body.device, response, request)
    return {
        "device_id": device_id,
        "recovery": {
            "identity": made.recovery_identity.reveal(),
            "file": base64.b64encode(made.recovery_file).decode(),
        },
    }


class UnlockBody(BaseModel):
    """The owner's passphrase."""

    model_config = ConfigDict(extra="forbid")
    passphrase: SecretStr = Field(max_length=1024)


@router.post("/unlock", status_code=204, dependencies=[ANYONE])
async def unlock(body: UnlockBody, request: Request) -> None:
    """Open the keys, from this machine's command line only."""
    hub = request.app.state.hub
    if not request.app.state.is_local:
        raise ApiError(404, "not_found", "sign in to unlock the hub")
    try:
        await hub.unlock(Secret(body.passphrase.get_secret_value()))
    except WrongPassphraseError as error:
        raise ApiError(401, "wrong_passphrase", str(error)) from error
