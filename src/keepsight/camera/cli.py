"""`keepsight camera`: serve a file or a drawn scene as a camera would."""

import asyncio
import logging
import os
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
import uvloop

from keepsight.camera.camera import Camera, MountRules, build_mounts
from keepsight.camera.clip import Clip
from keepsight.camera.drawn import DrawnOptions, DrawnScene
from keepsight.camera.faults import FaultError, parse_faults
from keepsight.camera.mark import CAMERA_MARK_MAX, HOUSEHOLD_MARK_BYTES
from keepsight.camera.media import Source, SourceError
from keepsight.camera.packetize import MTU_BYTES_DEFAULT
from keepsight.camera.scene import SCENES, Caption, find_scene
from keepsight.camera.server import Access, CameraServer, Identity, ServerOptions
from keepsight.camera.session import SessionRules
from keepsight.core.clock import SystemClock
from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret

PASSWORD_BYTES_MAX: Final = 1024
_ADDRESS: Final = re.compile(r"(?:(\[[0-9A-Fa-f:.]+\]|[^\[\]:/]*):)?(\d{1,5})(/[^?#\s]*)?")

app = typer.Typer(no_args_is_help=True, help="A camera made of software.")


@app.callback()
def _group() -> None:
    """A camera made of software."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen, and the path of the main stream."""

    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True)
class _SceneOptions:
    scene: str
    name: str
    household_mark: str
    camera_mark: int
    seed: int
    has_sub: bool


def parse_address(text: str) -> Address:
    """Read `HOST:PORT/PATH`; host and path may be left out.

    Raises:
        typer.BadParameter: it cannot be read so.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found.group(2)) > 65535:
        raise typer.BadParameter("write it as HOST:PORT/PATH, e.g. 127.0.0.1:8554/main")
    host = (found.group(1) or "127.0.0.1").strip("[]")
    path = (found.group(3) or "/main").rstrip("/") or "/main"
    if path == "/sub":
        raise typer.BadParameter("/sub is the path of the sub stream; choose another")
    return Address(host, int(found.group(2)), path)


def _read_credentials(user: str | None, password_file: Path | None) -> Credentials | None:
    if user is None and password_file is None:
        return None
    if user is None or password_file is None:
        raise typer.BadParameter("--user and --password-file belong together")
    try:
        with password_file.open("rb") as file:
            password = file.read(PASSWORD_BYTES_MAX).decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"the password file cannot be read: {error}") from error
    return Credentials(user, Secret(password))


def _watch_parent(stop: asyncio.Event) -> None:
    """Stop when the parent closes our standard input, which its death does too."""
    loop = asyncio.get_running_loop()

    def on_input() -> None:
        if not os.read(sys.stdin.fileno(), 4096):
            loop.remove_reader(sys.stdin.fileno())
            stop.set()

    loop.add_reader(sys.stdin.fileno(), on_input)


async def _serve(camera: Camera, address: Address, *, is_child: bool) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if is_child:
        _watch_parent(stop)
    host = f"[{address.host}]" if ":" in address.host else address.host

    def on_ready(port: int) -> None:
        typer.echo(f"listening rtsp://{host}:{port}{address.path}")
        sys.stdout.flush()

    await camera.run(address.host, address.port, stop, on_ready)


@app.command()
def serve(  # noqa: PLR0913 - one parameter an option
    *,
    rtsp: Annotated[str, typer.Option(help="HOST:PORT/PATH; port 0 takes a free one.")],
    clip: Annotated[Path | None, typer.Option(help="A film: any file FFmpeg reads.")] = None,
    scene: Annotated[str, typer.Option(help=f"A drawn place: {', '.join(SCENES)}.")] = "front-door",
    sub: Annotated[bool, typer.Option(help="A small second stream at /sub.")] = True,
    speed: Annotated[float, typer.Option(help="Play the clip faster or slower.")] = 1.0,
    name: Annotated[str, typer.Option(help="The camera's name.")] = "",
    household_mark: Annotated[str, typer.Option(help="In the picture: 12 hex digits.")] = "0" * 12,
    camera_mark: Annotated[int, typer.Option(help="In the picture: a number.")] = 0,
    seed: Annotated[int, typer.Option(help="Who comes by, and when.")] = 0,
    serial: Annotated[str, typer.Option(help="The camera's serial number.")] = "KS-0001",
    user: Annotated[str | None, typer.Option(help="Ask for this user and a password.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Holds the password.")] = None,
    basic: Annotated[bool, typer.Option(help="Offer Basic beside Digest.")] = False,
    tcp: Annotated[bool, typer.Option(help="Serve RTP over TCP.")] = True,
    udp: Annotated[bool, typer.Option(help="Serve RTP over UDP.")] = True,
    mtu_bytes: Annotated[int, typer.Option(help="Size of an RTP packet.")] = MTU_BYTES_DEFAULT,
    clock_offset_seconds: Annotated[float, typer.Option(help="How wrong its clock is.")] = 0.0,
    fault: Annotated[list[str] | None, typer.Option(hidden=True, help="NAME=VALUE")] = None,
    other_clip: Annotated[Path | None, typer.Option(hidden=True)] = None,
    other_serial: Annotated[str | None, typer.Option(hidden=True)] = None,
    child: Annotated[bool, typer.Option(hidden=True, help="Stop at the end of input.")] = False,
) -> None:
    """Serve a camera over RTSP until interrupted."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    address, clock = parse_address(rtsp), SystemClock()
    access = Access(_read_credentials(user, password_file), has_basic=basic)
    rules = MountRules(address.path, mtu_bytes, clock_offset_us=round(clock_offset_seconds * 1e6))
    transports = frozenset(word for word, is_on in (("tcp", tcp), ("udp", udp)) if is_on)
    try:
        faults = parse_faults(fault or [])
        source: Source = (
            Clip(clip, clock, speed=speed, has_sub=sub)
            if clip
            else _drawn(_SceneOptions(scene, name, household_mark, camera_mark, seed, sub))
        )
        other = Clip(other_clip, clock) if other_clip else None
    except (SourceError, FaultError) as error:
        raise typer.BadParameter(str(error)) from error
    server = CameraServer(
        build_mounts(source.streams, rules),
        Identity(serial, name or "Keepsight camera"),
        clock,
        ServerOptions(access, SessionRules(transports), faults),
    )
    other_identity = Identity(other_serial, name) if other_serial else None
    camera = Camera(
        source, server, mount_rules=rules, other_source=other, other_identity=other_identity
    )
    try:
        uvloop.run(_serve(camera, address, is_child=child))
    except OSError as error:
        raise typer.BadParameter(f"cannot listen at {rtsp}: {error.strerror}") from error


def _drawn(options: _SceneOptions) -> Source:
    scene = find_scene(options.scene)
    try:
        household = bytes.fromhex(options.household_mark)
    except ValueError as error:
        raise SourceError("the household mark is written as 12 hex digits") from error
    if len(household) != HOUSEHOLD_MARK_BYTES or not 0 <= options.camera_mark <= CAMERA_MARK_MAX:
        raise SourceError("a mark has 12 hex digits of household and a camera below 65536")
    caption = Caption(options.name or scene.title, household, options.camera_mark)
    drawn = DrawnOptions(options.seed, has_sub=options.has_sub)
    return DrawnScene(scene, caption, SystemClock(), drawn)
