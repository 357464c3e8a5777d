"""The steps of signing in: passphrase, second factor, passkey; and what to do when it is forgotten.

Wrong names, wrong passphrases and members that do not exist are answered alike, in the same time.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.access import Start
from keepsight.hub.api.answers import ApiError, open_household
from keepsight.hub.api.policies import ANYONE
from keepsight.hub.api.recent import check_limit, site_of, trying
from keepsight.hub.api.session import DeviceBody, enrol_and_start
from keepsight.hub.household import Household
from keepsight.hub.keyring import WrongPassphraseError
from keepsight.hub.mail import MailError
from keepsight.hub.member import Member
from keepsight.hub.signin.passkey import ANSWER_CHARACTERS_MAX, PasskeyError
from keepsight.hub.signin.passphrase import judge_passphrase
from keepsight.hub.signin.signin import Forgotten, HalfSignedIn
from keepsight.hub.signin.words import changed_letter

router = APIRouter()
TicketText = Annotated[str, Field(min_length=20, max_length=100)]
Code = Annotated[SecretStr, Field(max_length=100)]
_CLOSED: Final = ApiError(
    401, "ticket_expired", "this took too long, or too many tries: begin again"
)


class SignInBody(BaseModel):
    """What the sign-in page sends first."""

    model_config = ConfigDict(extra="forbid")
    member: str = Field(min_length=1, max_length=100)
    passphrase: SecretStr = Field(max_length=1024)
    device: DeviceBody
    shared: bool = False


class TicketBody(BaseModel):
    """A step that needs nothing but the ticket."""

    model_config = ConfigDict(extra="forbid")
    ticket: TicketText


class OptionsBody(BaseModel):
    """With a ticket: a passkey as second factor. Without: a passkey alone."""

    model_config = ConfigDict(extra="forbid")
    ticket: TicketText | None = None


class PasskeyAnswer(BaseModel):
    """What the browser's `navigator.credentials` gave, in JSON form."""

    model_config = ConfigDict(extra="forbid")
    challenge: str = Field(min_length=10, max_length=100)
    answer: dict[str, Any]


class FactorBody(BaseModel):
    """The second step."""

    model_config = ConfigDict(extra="forbid")
    ticket: TicketText
    kind: Literal["passkey", "totp", "recovery_code", "email_pin"]
    code: Code | None = None
    passkey: PasskeyAnswer | None = None


class PasskeyBody(PasskeyAnswer):
    """Signing in with a passkey alone."""

    device: DeviceBody
    shared: bool = False


class ForgotBody(BaseModel):
    """Somebody says their passphrase is forgotten."""

    model_config = ConfigDict(extra="forbid")
    member: str = Field(min_length=1, max_length=100)


class ResetBody(BaseModel):
    """A new passphrase, with what lets its member choose one."""

    model_config = ConfigDict(extra="forbid")
    ticket: TicketText
    kind: Literal["recovery_code", "email_pin"]
    code: Code
    passphrase: SecretStr = Field(max_length=1024)


def passkey_problem(error: PasskeyError) -> ApiError:
    """In the API's words."""
    return ApiError(401 if error.code != "no_passkeys_here" else 422, error.code, str(error))


def mail_problem(error: MailError) -> ApiError:
    """In the API's words."""
    return ApiError(422, error.code, str(error))


def answer_size(answer: dict[str, Any]) -> None:
    """Refuse an answer that no authenticator gives.

    Raises:
        ApiError: 422 bad_passkey.
    """
    if len(str(answer)) > ANSWER_CHARACTERS_MAX:
        raise ApiError(422, "bad_passkey", "this is no answer of a passkey")


async def _unlocked(request: Request, body: SignInBody, passphrase: Secret) -> Household:
    """The household, unlocked with this passphrase if need be."""
    hub = request.app.state.hub
    if hub.household is None and hub.state.value == "locked":
        try:
            await hub.unlock(passphrase)
        except WrongPassphraseError as error:
            hub.limit.failed(body.member)
            raise ApiError(
                401, "wrong_passphrase", "the name or the passphrase is wrong"
            ) from error
    if hub.household is None:
        raise ApiError(409, "unclaimed", "this hub has no household yet: set it up first")
    return open_household(request)


async def _failed(request: Request, household: Household, name: str, factor: str) -> None:
    request.app.state.hub.limit.failed(name)
    await _note_failed(household, name, factor)


async def _note_failed(household: Household, name: str, factor: str) -> None:
    line = {"type": "sign_in_failed", "name": name[:100], "factor": factor}
    member = household.signin.member_named(name)
    if member is not None:
        line["member"] = member.member_id.hex()  # sealed for them: the name goes when they do
    await household.journal.record([line])


@router.post("/session", dependencies=[ANYONE])
async def sign_in(body: SignInBody, request: Request, response: Response) -> Any:
    """Sign in with a passphrase; unlocks a locked hub.

    202 with a ticket and the kinds of second factors where one is owed.
    """
    limit = request.app.state.hub.limit
    body.device.raw_key()
    passphrase = Secret(body.passphrase.get_secret_value())
    with trying(limit, body.member):
        household = await _unlocked(request, body, passphrase)
        member = await household.signin.verify_passphrase(body.member, passphrase)
        if member is None:
            await _failed(request, household, body.member, "passphrase")
            raise ApiError(401, "wrong_passphrase", "the name or the passphrase is wrong")
    kinds = household.signin.kinds(member, site_of(request))
    if kinds:
        ticket = household.signin.half.issue(HalfSignedIn(member, body.device, body.shared))
        return JSONResponse({"ticket": ticket, "factors": kinds}, 202)
    limit.succeeded(body.member)
    start = Start("passphrase", is_shared=body.shared)
    device_id = await enrol_and_start(household, member, body.device, response, request, start)
    return {"device_id": device_id}


def _half(household: Household, ticket: str) -> HalfSignedIn:
    """What a ticket stands for; none where the passphrase that began it is theirs no more."""
    found = household.signin.half.find(ticket)
    if found is None:
        raise _CLOSED
    now = _still_member(household, found.member.member_id)
    if now.passphrase_hash != found.member.passphrase_hash:
        raise _CLOSED
    return found


def _still_member(household: Household, member_id: bytes) -> Member:
    """The member as they are now, who may have been removed between two steps."""
    member = household.people.members.get(member_id)
    if member is None:
        raise _CLOSED
    return member


@router.post("/session/passkey/options", dependencies=[ANYONE])
async def ask_passkey(body: OptionsBody, request: Request) -> dict[str, Any]:
    """A challenge for a passkey."""
    household = open_household(request)
    purpose, bound, member = "sign_in", b"", None
    if body.ticket is not None:
        member = _half(household, body.ticket).member
        purpose, bound = "factor", body.ticket.encode()
    try:
        return household.signin.ask_passkey(purpose, bound, site_of(request), member)
    except PasskeyError as error:
        raise passkey_problem(error) from error


@router.post("/session/factor/mail", dependencies=[ANYONE])
async def mail_pin(body: TicketBody, request: Request) -> dict[str, str]:
    """Send a PIN by e-mail: a second factor of last resort."""
    household = open_household(request)
    half = _half(household, body.ticket)
    if "email_pin" not in household.signin.kinds(half.member, site_of(request)):
        raise ApiError(422, "no_email", "no mail address is set for this member")
    try:
        return {"to": await household.signin.mail_pin(body.ticket, half.member)}
    except MailError as error:
        raise mail_problem(error) from error


@router.post("/session/factor", dependencies=[ANYONE])
async def give_factor(body: FactorBody, request: Request, response: Response) -> dict[str, Any]:
    """The second step: one-time code, passkey, recovery code or PIN."""
    household = open_household(request)
    half = _half(household, body.ticket)
    hub, signin = request.app.state.hub, household.signin
    check_limit(hub.limit, half.member.name)
    if not await _is_right(household, half, body, request):
        signin.half.failed(body.ticket)
        await _failed(request, household, half.member.name, body.kind)
        raise ApiError(401, "wrong_factor", "this code or passkey is wrong, old or used")
    # Two requests with one ticket: only the first to come here signs in.
    half = _half(household, body.ticket)
    signin.half.spend(body.ticket)
    member = _still_member(household, half.member.member_id)
    hub.limit.succeeded(member.name)
    start = Start(f"passphrase+{body.kind}", is_shared=half.is_shared)
    device_id = await enrol_and_start(household, member, half.device, response, request, start)
    return {"device_id": device_id}


async def _is_right(
    household: Household, half: HalfSignedIn, body: FactorBody, request: Request
) -> bool:
    signin = household.signin
    if body.kind != "passkey":
        code = Secret(body.code.get_secret_value() if body.code else "")
        return await signin.check_code(body.kind, half.member, body.ticket, code)
    if body.passkey is None:
        return False
    answer_size(body.passkey.answer)
    site, bound = site_of(request), body.ticket.encode()
    try:
        found = await signin.check_passkey(
            "factor", bound, site, body.passkey.challenge, body.passkey.answer
        )
    except PasskeyError:
        return False
    return found.member_id == half.member.member_id


@router.post("/session/passkey", dependencies=[ANYONE])
async def sign_in_with_passkey(
    body: PasskeyBody, request: Request, response: Response
) -> dict[str, Any]:
    """Sign in with a passkey alone, without a name. A locked hub needs a passphrase once."""
    household = open_household(request)
    body.device.raw_key()
    answer_size(body.answer)
    try:
        found = await household.signin.check_passkey(
            "sign_in", b"", site_of(request), body.challenge, body.answer
        )
    except PasskeyError as error:
        if household.signin.may_note_stranger():
            line = {"type": "sign_in_failed", "name": "", "factor": "passkey"}
            await household.journal.record([line])
        raise passkey_problem(error) from error
    member = _still_member(household, found.member_id)
    start = Start("passkey", is_shared=body.shared)
    device_id = await enrol_and_start(household, member, body.device, response, request, start)
    return {"device_id": device_id}


# Forgotten


@router.post("/session/forgot", dependencies=[ANYONE])
async def forgot(body: ForgotBody, request: Request) -> dict[str, Any]:
    """Begin to choose a new passphrase. The answer is the same whether the name exists or not."""
    household = open_household(request)
    check_limit(request.app.state.hub.limit, f"forgot {body.member}")
    member = household.signin.member_named(body.member)
    ticket = household.signin.forgotten.issue(Forgotten(body.member, member))
    return {"ticket": ticket, "email": household.outbox.server is not None}


def _forgotten(household: Household, ticket: str) -> Forgotten:
    found = household.signin.forgotten.find(ticket)
    if found is None:
        raise _CLOSED
    return found


@router.post("/session/forgot/mail", status_code=204, dependencies=[ANYONE])
async def mail_forgotten(body: TicketBody, request: Request) -> None:
    """Send a recovery PIN, if this member has a mail address. Nobody is told whether."""
    household = open_household(request)
    household.signin.mail_forgotten(body.ticket, _forgotten(household, body.ticket))


@router.post("/session/forgot/reset", status_code=204, dependencies=[ANYONE])
async def reset(body: ResetBody, request: Request) -> None:
    """Choose a new passphrase with a recovery code or a PIN. Signs nobody in."""
    household = open_household(request)
    forgotten = _forgotten(household, body.ticket)
    hub, scope = request.app.state.hub, f"forgot {forgotten.name}"
    check_limit(hub.limit, scope)
    passphrase = Secret(body.passphrase.get_secret_value())
    # The long rule for everybody: the short one would tell who has a second factor.
    refuse_weak(passphrase, household, forgotten.name, has_factor=False)
    code = Secret(body.code.get_secret_value())
    if not await household.signin.check_forgotten(body.kind, body.ticket, forgotten, code):
        household.signin.forgotten.failed(body.ticket)
        hub.limit.failed(scope)
        await _note_failed(household, forgotten.name, body.kind)
        raise ApiError(401, "wrong_factor", "this code is wrong, old or used")
    household.signin.forgotten.spend(body.ticket)
    assert forgotten.member is not None  # noqa: S101 - nobody's codes are never right
    member = _still_member(household, forgotten.member.member_id)
    await household.people.set_passphrase(member, passphrase, by="recovery")
    hub.limit.succeeded(scope)
    if forgotten.member.email:
        letter = changed_letter(forgotten.member.email, household.settings.language)
        household.outbox.send_later(letter)


def refuse_weak(passphrase: Secret, household: Household, name: str, *, has_factor: bool) -> None:
    """Refuse what the policy does not accept.

    Raises:
        ApiError: 422 weak_passphrase.
    """
    cameras = tuple(running.camera.name for running in household.roster.running())
    words = (household.keyring.name, name, *cameras)
    verdict = judge_passphrase(passphrase, words, has_factor=has_factor)
    if not verdict.is_accepted:
        raise ApiError(
            422, "weak_passphrase", "choose another passphrase", reasons=list(verdict.reasons)
        )
