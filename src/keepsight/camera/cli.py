"""`keepsight camera serve`: a file or a drawn scene, served as a camera would."""

import logging
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer

from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret

PASSWORD_BYTES_MAX: Final = 1024
SCENE_NAMES: Final = ("front-door", "living-room")
"""Written out, so that no picture library is loaded to list the options."""
MTU_BYTES: Final = 1400
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

    def url(self, port: int) -> str:
        """With the port that was really taken."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"rtsp://{host}:{port}{self.path}"


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


@app.command()
def serve(  # noqa: PLR0913 - one parameter an option
    *,
    rtsp: Annotated[str, typer.Option(help="HOST:PORT/PATH; port 0 takes a free one.")],
    clip: Annotated[Path | None, typer.Option(help="A film: any file FFmpeg reads.")] = None,
    scene: Annotated[str, typer.Option(help=f"A place: {', '.join(SCENE_NAMES)}.")] = "front-door",
    sub: Annotated[bool | None, typer.Option(help="A small second stream at /sub.")] = None,
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
    mtu_bytes: Annotated[int, typer.Option(help="Size of an RTP packet.")] = MTU_BYTES,
    clock_offset_seconds: Annotated[float, typer.Option(help="How wrong its clock is.")] = 0.0,
    fault: Annotated[list[str] | None, typer.Option(hidden=True, help="NAME=VALUE")] = None,
    other_clip: Annotated[Path | None, typer.Option(hidden=True)] = None,
    other_serial: Annotated[str | None, typer.Option(hidden=True)] = None,
    child: Annotated[bool, typer.Option(hidden=True, help="Stop at the end of input.")] = False,
) -> None:
    """Serve a camera over RTSP until interrupted."""
    # Loaded here: picture libraries would slow down every other command by half a second.
    from keepsight.camera import start
    from keepsight.camera.camera import MountRules
    from keepsight.camera.faults import FaultError, parse_faults
    from keepsight.camera.media import SourceError
    from keepsight.camera.server import Access
    from keepsight.camera.session import SessionRules

    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    address = parse_address(rtsp)
    transports = frozenset(word for word, is_on in (("tcp", tcp), ("udp", udp)) if is_on)
    offset_us = round(clock_offset_seconds * 1e6)
    try:
        how = start.Serve(
            address.host,
            address.port,
            serial,
            Access(_read_credentials(user, password_file), has_basic=basic),
            SessionRules(transports),
            MountRules(address.path, mtu_bytes, clock_offset_us=offset_us),
            parse_faults(fault or []),
            is_child=child,
            other_serial=other_serial,
        )
        what = start.Show(
            clip, scene, name, household_mark, camera_mark, seed, speed, sub, other_clip
        )
        start.run(what, how, lambda port: _say_ready(address.url(port)))
    except (SourceError, FaultError) as error:
        raise typer.BadParameter(str(error)) from error
    except OSError as error:
        raise typer.BadParameter(f"cannot listen at {rtsp}: {error.strerror}") from error


def _say_ready(url: str) -> None:
    typer.echo(f"listening {url}")
    sys.stdout.flush()
