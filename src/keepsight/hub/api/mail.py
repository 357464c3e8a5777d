"""The household's mail server, a test mail, and every host that this hub may reach or did reach."""

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError
from keepsight.hub.api.policies import Owner
from keepsight.hub.api.recent import recent
from keepsight.hub.api.signin import mail_problem
from keepsight.hub.egress import EgressError
from keepsight.hub.mail import MailError, MailServer, is_address
from keepsight.hub.signin.words import test_letter

router = APIRouter()
CERTIFICATE_CHARACTERS_MAX = 20_000


class MailBody(BaseModel):
    """The user's server. Without a password the stored one stays, for the same host and user."""

    model_config = ConfigDict(extra="forbid")
    host: str = Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9.:_-]+$")
    port: int = Field(ge=1, le=65535)
    security: Literal["tls", "starttls"]
    user: str = Field(default="", max_length=200)
    password: SecretStr = Field(default=SecretStr(""), max_length=500)
    sender: str = Field(max_length=254)
    authority_pem: str = Field(default="", max_length=CERTIFICATE_CHARACTERS_MAX)


class TestBody(BaseModel):
    """Where the test mail goes."""

    model_config = ConfigDict(extra="forbid")
    to: str = Field(max_length=254)


@router.get("/mail")
async def show_mail(who: Owner) -> dict[str, Any]:
    """The settings without the password, and why the last mail of the queue was not sent."""
    outbox = who.household.outbox
    server = None
    if outbox.server is not None:
        server = {k: v for k, v in _as_dict(outbox.server).items() if k != "password"}
    return {"server": server, "last_error": outbox.last_error}


def _as_dict(server: MailServer) -> dict[str, Any]:
    return {name: getattr(server, name) for name in MailServer.__dataclass_fields__}


@router.put("/mail", status_code=204, dependencies=[Depends(recent)])
async def set_mail(body: MailBody, who: Owner) -> None:
    """Use this mail server."""
    if not is_address(body.sender):
        raise ApiError(422, "bad_address", "this is no address of a mailbox", where="sender")
    outbox = who.household.outbox
    password, old = body.password.get_secret_value(), outbox.server
    # Kept only where it was given: a stored password must not go to a server somebody else names.
    if not password and old is not None and (old.host, old.user) == (body.host, body.user):
        secret = old.password
    else:
        secret = Secret(password)
    values = body.model_dump(exclude={"password"})
    try:
        await outbox.set_server(MailServer(**values, password=secret), by=who.name)
    except EgressError as error:
        raise ApiError(422, "too_many_hosts", str(error)) from error


@router.delete("/mail", status_code=204, dependencies=[Depends(recent)])
async def remove_mail(who: Owner) -> None:
    """Send no mail; the hub reaches nobody for it any more."""
    await who.household.outbox.set_server(None, by=who.name)


@router.post("/mail/test", status_code=204)
async def test_mail(body: TestBody, who: Owner) -> None:
    """Send a test mail now, and say what went wrong."""
    letter = test_letter(body.to, who.household.settings.language)
    try:
        await who.household.outbox.send(letter)
    except MailError as error:
        raise mail_problem(error) from error
    except EgressError as error:
        raise ApiError(422, "mail_not_allowed", str(error)) from error


@router.get("/egress")
async def list_egress(who: Owner) -> list[dict[str, Any]]:
    """Every host outside that this hub may reach or did reach; none by default."""
    return [asdict(contact) for contact in who.household.egress.contacts()]
