"""`keepsight member`: who belongs to the household, and what they may see."""

from typing import Annotated, Any, Final

import typer

from keepsight.cli.ask import (
    DataOption,
    HouseholdOption,
    JsonOption,
    UnlockOption,
    ask_hub,
    find_camera,
)
from keepsight.cli.terminal import CommandError, parse_time, print_json, print_table, show_time
from keepsight.core.clock import SystemClock
from keepsight.hub.grant import Capability
from keepsight.hub.member import Role
from keepsight.serve.control import Control

app = typer.Typer(help="Members of a household and what they may see.", no_args_is_help=True)
DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
OFFERED: Final = {
    Role.OWNER: (),
    Role.MEMBER: tuple(one for one in Capability if one is not Capability.SHUTTER),
    Role.GUEST: (Capability.LIVE, Capability.STILL),
    Role.DISPLAY: (Capability.LIVE, Capability.STILL),
}
"""What somebody may do unless something else is said."""
NameArgument = Annotated[str, typer.Argument(help="Name of the member.")]
CameraOption = Annotated[
    list[str] | None,
    typer.Option("--camera", help="Name, or the beginning of its id; may be given again."),
]
CapabilityOption = Annotated[
    list[Capability] | None,
    typer.Option("--capability", help="E.g. live; may be given again. Without: what is usual."),
]
UntilOption = Annotated[str | None, typer.Option("--until", help="E.g. +2d or 2026-05-04T18:30.")]
HoursOption = Annotated[
    list[str] | None,
    typer.Option("--hours", help="E.g. mon-fri 08:00-17:00; may be given again."),
]


def read_hours(text: str) -> dict[str, Any]:
    """Hours as the API wants them, from e.g. `mon-fri 08:00-17:00` or `22:00-06:00`.

    Raises:
        CommandError: that is not what it is.
    """
    days, _, span = text.strip().lower().rpartition(" ")
    try:
        first, _, last = (days or "mon-sun").partition("-")
        begin, end = DAYS.index(first.strip()), DAYS.index((last or first).strip())
        count = (end - begin) % 7 + 1
        start_minute, end_minute = (_minute(part) for part in span.split("-"))
    except ValueError as error:
        raise CommandError(f"{text!r} is no time: write it like mon-fri 08:00-17:00") from error
    weekdays = sorted((begin + step) % 7 for step in range(count))
    return {
        "weekdays": weekdays,
        "start_minute": start_minute % 1440,
        "end_minute": end_minute or 1440,
    }


def _minute(text: str) -> int:
    hours, _, minutes = text.partition(":")
    minute = 60 * int(hours) + int(minutes or "0")
    if not 0 <= int(minutes or "0") < 60 or not 0 <= minute <= 1440:
        raise ValueError(text)
    return minute


async def _wanted(
    control: Control,
    role: Role,
    cameras: list[str] | None,
    capabilities: list[Capability] | None,
    limits: tuple[str | None, list[str] | None],
) -> list[dict[str, Any]]:
    until, hours = limits
    if role is Role.OWNER:
        return []
    if not cameras and role is not Role.MEMBER:
        raise CommandError("say which cameras: --camera Name, or --camera all")
    names = cameras or ["all"]
    every = [name.casefold() == "all" for name in names]
    ids = [None] if any(every) else [(await find_camera(control, name))["id"] for name in names]
    shared = {
        "capabilities": [one.value for one in capabilities or OFFERED[role]],
        "until_us": parse_time(until, SystemClock().wall_us()) if until else None,
        "hours": [read_hours(text) for text in hours or []],
    }
    return [{"camera": camera, **shared} for camera in ids]


async def _find(control: Control, name: str) -> dict[str, Any]:
    members: list[dict[str, Any]] = await control.ask("GET", "/api/members")
    found = [one for one in members if one["name"].casefold() == name.casefold()]
    if not found:
        names = ", ".join(sorted(one["name"] for one in members))
        raise CommandError(f"{name!r} is no member of this household (members: {names})")
    return found[0]


def describe(grants: list[dict[str, Any]], cameras: dict[str, str]) -> str:
    """What grants allow, in words.

    Args:
        grants: as the API gives them.
        cameras: names by id.
    """
    parts = []
    for grant in grants:
        camera = grant["camera"]
        where = cameras.get(camera, "a removed camera") if camera else "all cameras"
        text = f"{where}: {', '.join(grant['capabilities'])}"
        if grant["until_us"] is not None:
            text += f", until {show_time(grant['until_us'])}"
        if grant["hours"]:
            text += ", at certain hours"
        parts.append(text)
    return "; ".join(parts) or "nothing"


@app.command("list")
def list_members(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who belongs to the household, and who is invited."""

    async def question(control: Control) -> tuple[Any, Any, Any]:
        found = [await control.ask("GET", f"/api/{what}") for what in ("members", "invites")]
        return (*found, await control.ask("GET", "/api/cameras"))

    members, invites, cameras = ask_hub(
        question, data=data, household=household, passphrase_file=passphrase_file
    )
    if as_json:
        print_json({"members": members, "invites": invites})
        return
    names = {camera["id"]: camera["name"] for camera in cameras}
    rows = []
    for one in members:
        sees = "everything" if one["role"] == "owner" else describe(one["grants"], names)
        rows.append((one["name"], one["role"], show_time(one["last_seen_us"]), sees))
    rows += [
        (one["name"], one["role"], "invited", describe(one["grants"], names)) for one in invites
    ]
    print_table(("name", "role", "last seen", "may see"), tuple(rows), "nobody")


@app.command("invite")
def invite(  # noqa: PLR0913 - the command line's contract
    name: NameArgument,
    *,
    role: Annotated[Role, typer.Option(help="owner, member, guest or display.")] = Role.GUEST,
    camera: CameraOption = None,
    capability: CapabilityOption = None,
    until: UntilOption = None,
    hours: HoursOption = None,
    page: Annotated[
        str, typer.Option("--page", help="How the household's page is reached from there.")
    ] = "https://this-hub:8443",
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Invite somebody: prints a link that works once, for a day."""

    async def question(control: Control) -> dict[str, Any]:
        grants = await _wanted(control, role, camera, capability, (until, hours))
        body = {"name": name, "role": role.value, "grants": grants}
        made: dict[str, Any] = await control.ask("POST", "/api/invites", body)
        return made

    made = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    made["url"] = page.rstrip("/") + made["url"]
    if as_json:
        print_json(made)
        return
    typer.echo(made["url"])
    typer.echo(f"works once, until {show_time(made['expires_us'])}; it is shown only now", err=True)


@app.command("grant")
def grant(  # noqa: PLR0913 - the command line's contract
    name: NameArgument,
    *,
    camera: CameraOption = None,
    capability: CapabilityOption = None,
    until: UntilOption = None,
    hours: HoursOption = None,
    nothing: Annotated[bool, typer.Option("--nothing", help="Take everything back.")] = False,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say what a member may see from now on, instead of what was granted before."""

    async def question(control: Control) -> dict[str, Any]:
        member = await _find(control, name)
        wanted: list[dict[str, Any]] = []
        if not nothing:
            role = Role(member["role"])
            wanted = await _wanted(control, role, camera, capability, (until, hours))
        path = f"/api/members/{member['id']}/grants"
        changed: dict[str, Any] = await control.ask("PUT", path, {"grants": wanted})
        return changed

    changed = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(changed)
    else:
        typer.echo(f"{changed['name']} may see what was said, and nothing else")


@app.command("role")
def role(
    name: NameArgument,
    to: Annotated[Role, typer.Argument(help="owner, member or guest.")],
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
) -> None:
    """Make somebody an owner, a member or a guest."""

    async def question(control: Control) -> None:
        member = await _find(control, name)
        await control.ask("PATCH", f"/api/members/{member['id']}", {"role": to.value})

    ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    typer.echo(f"{name} is now: {to.value}")


@app.command("remove")
def remove(  # noqa: PLR0913 - the command line's contract
    name: NameArgument,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    erase: Annotated[
        bool,
        typer.Option("--erase", help="Also make unreadable what the ledger says about them."),
    ] = False,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
) -> None:
    """Remove a member: out within seconds, and no key of theirs opens what comes."""
    if not yes:
        typer.confirm(f"Remove {name}? What they saved stays with them.", abort=True, err=True)

    async def question(control: Control) -> None:
        member = await _find(control, name)
        query = {"erase": "true"} if erase else {}
        await control.ask("DELETE", f"/api/members/{member['id']}", None, **query)

    ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    typer.echo(f"{name} was removed; a new epoch has begun")
