"""`keepsight camera`: add, list, show, watch, test, remove; and serve, a camera of software."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated, Any, get_args

import typer

from keepsight.camera.cli import app as software_camera
from keepsight.cli.ask import (
    DataOption,
    HouseholdOption,
    JsonOption,
    UnlockOption,
    ask_hub,
    ask_password,
    find_camera,
)
from keepsight.cli.keeping import in_words, keep
from keepsight.cli.terminal import CommandError, print_json, print_table
from keepsight.cli.watching import watch
from keepsight.core.clock import SystemClock
from keepsight.core.destination import Credentials, DestinationError, parse_destination
from keepsight.core.secret import Secret
from keepsight.hub.camera import Transport
from keepsight.lan.rtsp.client import probe
from keepsight.lan.rtsp.dialogue import RtspError
from keepsight.serve.control import Control

app = typer.Typer(
    help="Cameras: add, list, show, watch, test, remove, serve.", no_args_is_help=True
)
UserOption = Annotated[str | None, typer.Option("--user", help="User name at the camera.")]
PasswordOption = Annotated[
    Path | None, typer.Option("--password-file", help="Its first line is the password.")
]
TransportOption = Annotated[str, typer.Option(help="auto, tcp or udp.")]


def hide_command_line() -> None:
    """Take a password in a URL out of the process listing, as early as we can."""
    import setproctitle

    shown = [parse_shown(argument) for argument in sys.argv]
    if shown != sys.argv:
        setproctitle.setproctitle(" ".join(shown))
        typer.echo(
            "note: a password in a URL can be seen by other users of this machine for a moment; "
            "--user with --password-file cannot",
            err=True,
        )


def parse_shown(argument: str) -> str:
    """An argument without the credentials of a URL."""
    scheme, separator, rest = argument.partition("://")
    host = rest.split("/", 1)[0]
    if not separator or "@" not in host:
        return argument
    return f"{scheme}://{rest[host.rindex('@') + 1 :]}"


def _transport(name: str) -> Transport:
    for known in get_args(Transport):
        if name == known:
            return known  # type: ignore[no-any-return]
    raise CommandError("--transport is auto, tcp or udp")


@app.command("add")
def add(  # noqa: PLR0913 - the command line's contract
    url: Annotated[str, typer.Argument(help="rtsp:// or rtsps:// address of the main stream.")],
    *,
    name: Annotated[str, typer.Option(help="What the household calls it.")],
    room: Annotated[str, typer.Option(help="Where it is.")] = "",
    sub: Annotated[str | None, typer.Option(help="Address of the small stream.")] = None,
    user: UserOption = None,
    password_file: PasswordOption = None,
    transport: TransportOption = "auto",
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try a camera and add it: it is recorded from now on, and its identity is pinned."""
    hide_command_line()
    password = ask_password(user, password_file)
    body: dict[str, Any] = {
        "url": url,
        "sub_url": sub,
        "name": name,
        "room": room,
        "transport": _transport(transport),
    }
    if user is not None:
        body |= {"user": user, "password": password.reveal() if password else ""}

    async def question(control: Control) -> dict[str, Any]:
        added: dict[str, Any] = await control.ask("POST", "/api/cameras", body)
        return added

    added = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(added)
    else:
        typer.echo(f"added {added['name']}: {added['state']}, recorded from now on")


@app.command("list")
def list_(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """All cameras."""

    async def question(control: Control) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await control.ask("GET", "/api/cameras")
        return found

    cameras = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(cameras)
        return
    rows = [
        (c["name"], c["room"] or "-", c["state"], c["streams"][0]["url"], c["id"][:8])
        for c in cameras
    ]
    empty = "no cameras yet: keepsight camera add rtsp://… --name NAME"
    print_table(("name", "room", "state", "address", "id"), rows, empty)


@app.command("show")
def show(
    name: Annotated[str, typer.Argument(help="Name, or the beginning of the id.")],
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """One camera, with its pinned identity."""

    async def question(control: Control) -> dict[str, Any]:
        return await find_camera(control, name)

    camera = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(camera)
        return
    rule = camera["rule"]
    rows = [
        ("name", camera["name"]),
        ("room", camera["room"] or "-"),
        ("state", camera["state"]),
        *((s["stream"], f"{s['url']} ({s['transport']})") for s in camera["streams"] if s["url"]),
        ("recorded", in_words(rule)),
        *((f"identity: {key}", value) for key, value in camera["identity"].items() if value),
        ("id", camera["id"]),
    ]
    print_table(("", ""), [(str(a), str(b)) for a, b in rows], "")


app.command("watch")(watch)
app.command("keep")(keep)


@app.command("remove")
def remove(
    name: Annotated[str, typer.Argument(help="Name, or the beginning of the id.")],
    *,
    delete_recordings: Annotated[
        bool, typer.Option("--delete-recordings", help="Delete what it recorded, too.")
    ] = False,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
) -> None:
    """Remove a camera; its recordings stay unless told otherwise."""

    async def question(control: Control) -> str:
        camera = await find_camera(control, name)
        choice = "delete" if delete_recordings else "keep"
        await control.ask("DELETE", f"/api/cameras/{camera['id']}", recordings=choice)
        return str(camera["name"])

    removed = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    kept = "its recordings are deleted" if delete_recordings else "its recordings are kept"
    typer.echo(f"removed {removed}; {kept}")


@app.command("test")
def try_(
    url: Annotated[str, typer.Argument(help="rtsp:// or rtsps:// address.")],
    *,
    user: UserOption = None,
    password_file: PasswordOption = None,
    transport: TransportOption = "auto",
    as_json: JsonOption = False,
) -> None:
    """Say what a camera offers, without adding it. Needs no hub."""
    hide_command_line()
    try:
        destination, credentials = parse_destination(url)
    except DestinationError as error:
        raise CommandError(str(error)) from error
    password = ask_password(user, password_file)
    if user is not None:
        credentials = Credentials(user, password or Secret(""))
    try:
        found = asyncio.run(
            probe(destination, credentials, clock=SystemClock(), transport=_transport(transport))
        )
    except RtspError as error:
        if as_json:
            print_json({"ok": False, "state": error.state, "message": str(error)})
            raise typer.Exit(1) from error
        raise CommandError(str(error)) from error
    video, audio = found.stream_format.video, found.stream_format.audio
    document = {
        "ok": True,
        "url": destination.url,
        "video": f"{video.codec} {video.width}x{video.height}",
        "audio": f"{audio.codec} {audio.sample_rate} Hz" if audio else None,
        "transport": found.transport,
        "realm": found.facts.realm,
        "server": found.facts.server,
    }
    if as_json:
        print_json(document)
    else:
        rows = [(key, str(value)) for key, value in document.items() if key != "ok" and value]
        print_table(("", ""), rows, "")


app.command("serve")(software_camera.registered_commands[0].callback)  # type: ignore[type-var]
