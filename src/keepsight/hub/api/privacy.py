"""Rights of whoever is signed in over what is stored about them; what the home tells everybody."""

from dataclasses import replace
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError
from keepsight.hub.api.factors import own
from keepsight.hub.api.members import LAST_OWNER
from keepsight.hub.api.policies import Owner, SignedIn
from keepsight.hub.api.recent import recent
from keepsight.hub.api.signin import mail_problem
from keepsight.hub.mail import PURPOSE as MAIL
from keepsight.hub.mail import MailError, is_address
from keepsight.hub.notices.broker import PURPOSE as BROKER
from keepsight.hub.notices.push import PURPOSE as PUSH
from keepsight.hub.people import LastOwnerError
from keepsight.hub.statement.facts import gather_facts
from keepsight.hub.statement.statement import write_statement
from keepsight.hub.store.people import NameTakenError
from keepsight.hub.subject import consents_of, contacts, describe, erase, export_pieces

router = APIRouter()
Name = Annotated[str, Field(min_length=1, max_length=100)]


class CorrectionBody(BaseModel):
    """What is wrong; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    name: Name | None = None
    email: str | None = Field(default=None, max_length=254)


class DeletionBody(BaseModel):
    """One's own name, typed: nobody deletes an account by a slip."""

    model_config = ConfigDict(extra="forbid")
    name: Name


class ConsentBody(BaseModel):
    """A yes, or a no."""

    model_config = ConfigDict(extra="forbid")
    purpose: Literal["mail", "push", "notice_mail"]
    given: bool


class HostBody(BaseModel):
    """A host of the table of egress."""

    model_config = ConfigDict(extra="forbid")
    purpose: Name
    host: Annotated[str, Field(min_length=1, max_length=255)]
    port: int = Field(ge=1, le=65535)


@router.get("/privacy/mine")
async def show_mine(who: SignedIn) -> dict[str, Any]:
    """What is stored about me, by function; how long, and what becomes of it."""
    viewer, _ = own(who)
    return await describe(who.household, viewer.member)


@router.get("/privacy/mine/export")
async def export_mine(who: SignedIn) -> StreamingResponse:
    """All of it as one JSON file, with every line of the ledger about me."""
    viewer, _ = own(who)
    household, member = who.household, viewer.member
    await household.journal.record(
        [{"type": "subject_exported", "member": who.name, "by": who.name}]
    )
    described = await describe(household, member)
    headers = {"Content-Disposition": 'attachment; filename="keepsight-my-data.json"'}
    pieces = export_pieces(household, member, described)
    return StreamingResponse(pieces, media_type="application/json", headers=headers)


@router.patch("/privacy/mine", dependencies=[Depends(recent)])
async def correct_mine(body: CorrectionBody, who: SignedIn) -> dict[str, Any]:
    """Correct my name, or my mail address: a new one is used once the PIN sent there came back."""
    viewer, session = own(who)
    member, people = viewer.member, who.household.people
    name = body.name.strip() if body.name is not None else member.name
    if not name:
        raise ApiError(422, "no_name", "give yourself a name")
    if body.email and not is_address(body.email):
        raise ApiError(422, "bad_address", "this is no address of a mailbox", where="email")
    if name != member.name:
        try:
            await people.change_member(replace(member, name=name), by=who.name, was=member)
        except NameTakenError as error:
            raise ApiError(409, "name_in_use", "another member has this name") from error
    is_pin_sent = bool(body.email) and body.email != member.email
    if body.email == "" and member.email:
        await people.set_email(people.members[member.member_id], "", by=who.name)
    elif body.email and is_pin_sent:
        try:
            await who.household.signin.begin_email(
                session.token_hash, people.members[member.member_id], body.email
            )
        except MailError as error:
            raise mail_problem(error) from error
    now = people.members[member.member_id]
    return {"name": now.name, "email": now.email, "pin_sent": is_pin_sent}


@router.delete("/privacy/mine", status_code=204, dependencies=[Depends(recent)])
async def delete_mine(body: DeletionBody, who: SignedIn, response: Response) -> None:
    """Delete my account; what the ledger says of me cannot be read any more, its proofs hold."""
    viewer, _ = own(who)
    if body.name.strip().casefold() != viewer.member.name.casefold():
        raise ApiError(422, "wrong_name", "type your own name as it stands above", where="name")
    try:
        await erase(who.household, viewer.member, by=who.name)
    except LastOwnerError as error:
        raise LAST_OWNER from error
    response.headers["Clear-Site-Data"] = '"cache", "cookies", "storage"'


@router.post("/privacy/consents")
async def say(body: ConsentBody, who: SignedIn) -> list[dict[str, Any]]:
    """Agree to something, or take it back; from now on."""
    viewer, _ = own(who)
    mine = viewer.member.member_id
    await who.household.consents.say(mine, body.purpose, is_given=body.given, by=who.name)
    return consents_of(who.household, mine)


@router.get("/privacy/statement")
async def show_statement(
    who: SignedIn, language: Literal["en", "de"] | None = None
) -> dict[str, str]:
    """The household's privacy statement, written from what is switched on now.

    For owners it is whole; others find the cameras in it that they may see.
    """
    household = who.household
    shows = None if who.is_owner else (lambda camera: bool(who.granted(camera)))
    facts = gather_facts(household, shows)
    chosen = language or household.settings.language
    return {"language": chosen, "text": write_statement(facts, chosen)}


@router.get("/privacy/egress")
async def show_egress(who: SignedIn) -> list[dict[str, Any]]:
    """Every host outside that this hub may reach or did reach; none by default."""
    return contacts(who.household)


@router.delete("/privacy/egress", dependencies=[Depends(recent)])
async def remove_host(body: HostBody, who: Owner) -> list[dict[str, Any]]:
    """Reach this host no more. That it was reached stays in the table."""
    household = who.household
    wanted = (body.purpose, body.host.lower(), body.port)
    found = [c for c in household.egress.contacts() if (c.purpose, c.host, c.port) == wanted]
    if not found:
        raise ApiError(404, "no_such_host", "this hub knows no such host")
    if found[0].is_allowed and body.purpose == MAIL:
        await household.outbox.set_server(None, by=who.name)
    elif found[0].is_allowed and body.purpose == BROKER:
        await household.notices.set_broker(None, by=who.name)
    elif found[0].is_allowed and body.purpose == PUSH:
        await household.notices.subscriptions.drop_host(wanted[1], body.port, by=who.name)
    elif found[0].is_allowed:
        line = {"type": "host_forbidden", "purpose": body.purpose, "host": body.host}
        await household.journal.record([{**line, "by": who.name}])
        await household.egress.forbid(body.purpose)
    return contacts(household)
