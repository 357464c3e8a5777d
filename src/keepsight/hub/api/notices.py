"""What a member wants to be told and by which way; the household's broker and push services."""

import math
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from keepsight.core.secret import Secret
from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.factors import own
from keepsight.hub.api.grants import HoursBody
from keepsight.hub.api.policies import Owner, SignedIn
from keepsight.hub.api.recent import recent, site_of
from keepsight.hub.egress import EgressError
from keepsight.hub.event import KIND_LENGTH_MAX, SEEN_KINDS
from keepsight.hub.grant import Capability, read_hours
from keepsight.hub.notices.broker import BrokerServer, is_near
from keepsight.hub.notices.delivery import DeliveryError
from keepsight.hub.notices.outcome import HOUSEHOLD, Outcome
from keepsight.hub.notices.push import (
    CONTACT_DEFAULT,
    SERVICES,
    PushError,
    PushHosts,
    read_target,
)
from keepsight.hub.notices.rule import (
    CAMERAS_MAX,
    CONSENTS,
    GAP_SECONDS_MAX,
    HOURLY_MAX,
    KINDS_MAX,
    QUIET_MAX,
    Channel,
    NoticeRule,
)
from keepsight.hub.notices.subscriptions import PushSettings

router = APIRouter()
CERTIFICATE_CHARACTERS_MAX: Final = 20_000
SERVICES_MAX: Final = 8
"""Push services of one's own."""
HOST: Final = r"^[A-Za-z0-9.:_-]+$"
HOST_AND_PORT: Final = r"^[A-Za-z0-9._-]+:\d{1,5}$"
CONTACT: Final = r"^$|^(mailto:[^@\s<>]+@[^@\s<>]+|https://[^\s<>]+)$"
Kind = Annotated[str, Field(min_length=1, max_length=KIND_LENGTH_MAX)]
Id = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class RuleBody(BaseModel):
    """What a member wants. What is left out stays."""

    model_config = ConfigDict(extra="forbid")
    push: bool | None = None
    mail: bool | None = None
    cameras: Annotated[list[Id], Field(max_length=CAMERAS_MAX)] | Literal["all"] | None = None
    kinds: Annotated[list[Kind], Field(max_length=KINDS_MAX)] | Literal["all"] | None = None
    quiet: Annotated[list[HoursBody], Field(max_length=QUIET_MAX)] | None = None
    gap_seconds: int | None = Field(default=None, ge=0, le=GAP_SECONDS_MAX)
    hourly_max: int | None = Field(default=None, ge=1, le=HOURLY_MAX)


class KeysBody(BaseModel):
    """Keys of a subscription, as the Push API gives them."""

    model_config = ConfigDict(extra="ignore")
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class SubscriptionBody(BaseModel):
    """PushSubscription.toJSON() of the browser; what more it says is not kept."""

    model_config = ConfigDict(extra="ignore")
    endpoint: str = Field(max_length=2000)
    keys: KeysBody


class TestBody(BaseModel):
    """Which way to try."""

    model_config = ConfigDict(extra="forbid")
    channel: Channel


class BrokerBody(BaseModel):
    """The user's broker. Without a password the stored one stays, for the same host and user."""

    model_config = ConfigDict(extra="forbid")
    host: str = Field(min_length=1, max_length=255, pattern=HOST)
    port: int = Field(ge=1, le=65535)
    security: Literal["tls", "none"] = "tls"
    user: str = Field(default="", max_length=200)
    password: SecretStr = Field(default=SecretStr(""), max_length=500)
    authority_pem: str = Field(default="", max_length=CERTIFICATE_CHARACTERS_MAX)
    has_discovery: bool = False


class ServicesBody(BaseModel):
    """What an owner decides about push."""

    model_config = ConfigDict(extra="forbid")
    allowed: bool
    contact: str = Field(default="", max_length=254, pattern=CONTACT)
    hosts: Annotated[
        list[Annotated[str, Field(pattern=HOST_AND_PORT, max_length=260)]],
        Field(max_length=SERVICES_MAX),
    ] = []
    authority_pem: str = Field(default="", max_length=CERTIFICATE_CHARACTERS_MAX)


def problem(error: DeliveryError) -> ApiError:
    """What a test did not achieve, as an answer."""
    if error.code == "too_many_tests":
        seconds = math.ceil(error.retry_seconds or 0)
        return ApiError(429, error.code, str(error), retry_seconds=seconds)
    return ApiError(422, error.code, str(error))


def _status(outcome: Outcome) -> dict[str, Any]:
    return {
        "last_sent_us": outcome.sent_us,
        "last_error": outcome.error,
        "last_error_us": outcome.error_us,
    }


def _push(who: Caller) -> dict[str, Any]:
    viewer, _ = own(who)
    notices, mine = who.household.notices, viewer.member.member_id
    settings = notices.subscriptions.settings
    devices = []
    for one in notices.subscriptions.of(mine):
        device = who.household.people.devices.get(one.device_id)
        devices.append(
            {
                "device": one.device_id.hex(),
                "name": device.name if device else "",
                "this": one.device_id == viewer.device.device_id,
                "service": one.target.place[0],
                "is_signed_in": who.household.people.is_signed_in(one.device_id),
                "since_us": one.created_us,
                **_status(notices.delivery.outcome(mine, "push", one.device_id)),
            }
        )
    return {
        "on": who.household.consents.is_given(mine, CONSENTS["push"]),
        "allowed": settings.is_allowed,
        "server_key": notices.subscriptions.pusher.public_point,
        "devices": devices,
    }


def _mail(who: Caller) -> dict[str, Any]:
    viewer, _ = own(who)
    mine = viewer.member.member_id
    return {
        "on": who.household.consents.is_given(mine, CONSENTS["mail"]),
        "address": who.household.people.members[mine].email,
        "has_server": who.household.outbox.server is not None,
        **_status(who.household.notices.delivery.outcome(mine, "mail")),
    }


def _broker(who: Caller) -> dict[str, Any]:
    notices = who.household.notices
    server = notices.broker.server
    shown = None
    if server is not None:
        names = set(BrokerServer.__dataclass_fields__) - {"password"}
        shown = {name: getattr(server, name) for name in names}
    return {
        "server": shown,
        "is_connected": notices.broker.is_connected,
        **_status(notices.delivery.outcome(HOUSEHOLD, "broker")),
    }


def _services(who: Caller) -> dict[str, Any]:
    settings = who.household.notices.subscriptions.settings
    return {
        "allowed": settings.is_allowed,
        "contact": settings.services.contact,
        "contact_default": CONTACT_DEFAULT,
        "hosts": [f"{host}:{port}" for host, port in settings.services.hosts],
        "authority_pem": settings.services.authority_pem,
        "known": [*SERVICES, "*.notify.windows.com"],
    }


def _document(who: Caller) -> dict[str, Any]:
    """Everything of the page. Cameras that the member may not see events of are not in it."""
    viewer, _ = own(who)
    household = who.household
    rule = household.notices.rule(viewer.member.member_id).as_fields()
    cameras, kinds = [], dict.fromkeys(SEEN_KINDS)
    for running in household.roster.running():
        camera = running.camera
        if camera.is_trial or Capability.EVENTS not in who.granted(camera.camera_id):
            continue
        cameras.append({"id": camera.camera_id.hex(), "name": camera.name, "room": camera.room})
        if camera.watching.is_on:
            kinds.update(dict.fromkeys((*camera.watching.kinds, *camera.watching.sounds)))
    return {
        "rule": {name: rule[name] for name in rule if name != "origin"},
        "cameras": cameras,
        "kinds": list(kinds),
        "push": _push(who),
        "mail": _mail(who),
        "broker": _broker(who) if who.is_owner else None,
        "services": _services(who) if who.is_owner else None,
    }


@router.get("/notices")
async def show(who: SignedIn) -> dict[str, Any]:
    """My rule, and how each way is doing."""
    return _document(who)


def _changed(rule: NoticeRule, body: RuleBody, origin: str) -> NoticeRule:
    cameras, kinds, quiet = rule.cameras, rule.kinds, rule.quiet
    if body.cameras is not None:
        ids = None if body.cameras == "all" else frozenset(map(bytes.fromhex, body.cameras))
        cameras = ids
    if body.kinds is not None:
        kinds = None if body.kinds == "all" else frozenset(body.kinds)
    if body.quiet is not None:
        quiet = read_hours(part.model_dump() for part in body.quiet)
    return NoticeRule(
        cameras=cameras,
        kinds=kinds,
        quiet=quiet,
        gap_seconds=rule.gap_seconds if body.gap_seconds is None else body.gap_seconds,
        hourly_max=rule.hourly_max if body.hourly_max is None else body.hourly_max,
        origin=origin,
    )


@router.patch("/notices")
async def change(body: RuleBody, who: SignedIn, request: Request) -> dict[str, Any]:
    """Change my rule. Switching a way on is my consent to it, off takes it back."""
    viewer, _ = own(who)
    household, mine = who.household, viewer.member.member_id
    rule = household.notices.rule(mine)
    new = _changed(rule, body, site_of(request).origin)
    if new != rule:
        await household.notices.set_rule(mine, new, by=who.name)
    wishes: tuple[tuple[Channel, bool | None], ...] = (("push", body.push), ("mail", body.mail))
    for channel, is_on in wishes:
        purpose = CONSENTS[channel]
        if is_on is not None and is_on != household.consents.is_given(mine, purpose):
            await household.consents.say(mine, purpose, is_given=is_on, by=who.name)
    return _document(who)


@router.post("/notices/push")
async def subscribe(body: SubscriptionBody, who: SignedIn) -> dict[str, Any]:
    """Wake this browser from now on; this is my consent to it."""
    viewer, _ = own(who)
    household, mine = who.household, viewer.member.member_id
    subscriptions = household.notices.subscriptions
    if not subscriptions.settings.is_allowed:
        raise ApiError(409, "push_off", "an owner has to allow push for this household first")
    hosts = subscriptions.settings.services.hosts
    try:
        target = read_target(body.endpoint, body.keys.p256dh, body.keys.auth, hosts)
        await subscriptions.put(viewer.device.device_id, mine, target)
    except PushError as error:
        raise ApiError(422, error.code, str(error)) from error
    except EgressError as error:
        raise ApiError(422, "too_many_hosts", str(error)) from error
    if not household.consents.is_given(mine, CONSENTS["push"]):
        await household.consents.say(mine, CONSENTS["push"], is_given=True, by=who.name)
    return _document(who)


@router.delete("/notices/push/{device}")
async def unsubscribe(device: str, who: SignedIn) -> dict[str, Any]:
    """Wake a browser of mine no more; owners may say it of everybody's."""
    viewer, _ = own(who)
    device_id = parse_id(device, "device")
    found = who.household.people.devices.get(device_id)
    if found is None or (found.member_id != viewer.member.member_id and not who.is_owner):
        raise ApiError(404, "no_such_device", "there is no such device")
    await who.household.notices.subscriptions.drop(device_id, by=who.name)
    return _document(who)


@router.post("/notices/test", status_code=204)
async def test(body: TestBody, who: SignedIn) -> None:
    """Send something by this way now, and say what went wrong.

    Push goes to this browser, mail to my mailbox; only owners try the broker.
    """
    notices = who.household.notices
    if body.channel == "broker":
        who.require_owner()
    try:
        if body.channel == "broker":
            await notices.test("broker", None, None)
        else:
            viewer, _ = own(who)
            member = who.household.people.members[viewer.member.member_id]
            await notices.test(body.channel, member, viewer.device.device_id)
    except DeliveryError as error:
        raise problem(error) from error


@router.put("/notices/broker", dependencies=[Depends(recent)])
async def set_broker(body: BrokerBody, who: Owner) -> dict[str, Any]:
    """Tell this broker."""
    if body.security == "none" and not is_near(body.host):
        raise ApiError(
            422, "broker_in_clear", "without TLS only a broker in the same home is told",
            where="security",
        )  # fmt: skip
    notices = who.household.notices
    password, old = body.password.get_secret_value(), notices.broker.server
    # Kept only where it was given: a stored password must not go to a broker somebody else names.
    same = old is not None and (old.host, old.user) == (body.host, body.user)
    secret = old.password if old is not None and same and not password else Secret(password)
    values = body.model_dump(exclude={"password"})
    try:
        await notices.set_broker(BrokerServer(**values, password=secret), by=who.name)
    except EgressError as error:
        raise ApiError(422, "too_many_hosts", str(error)) from error
    return _broker(who)


@router.delete("/notices/broker", status_code=204, dependencies=[Depends(recent)])
async def remove_broker(who: Owner) -> None:
    """Tell no broker; the hub reaches nobody for it any more."""
    await who.household.notices.set_broker(None, by=who.name)


@router.put("/notices/services", dependencies=[Depends(recent)])
async def set_services(body: ServicesBody, who: Owner) -> dict[str, Any]:
    """Whether browsers may be woken through their makers' services, and through which others."""
    hosts = []
    for text in body.hosts:
        host, _, port = text.rpartition(":")
        if not 0 < int(port) < 65536:
            raise ApiError(422, "bad_request", "a port is 1 to 65535", where="hosts")
        hosts.append((host.lower(), int(port)))
    services = PushHosts(body.contact, tuple(dict.fromkeys(hosts)), body.authority_pem)
    try:
        await who.household.notices.subscriptions.change(
            PushSettings(body.allowed, services), by=who.name
        )
    except EgressError as error:
        raise ApiError(422, "too_many_hosts", str(error)) from error
    return _services(who)
