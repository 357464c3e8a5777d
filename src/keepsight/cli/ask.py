"""Running one request against a household's hub from a command."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from keepsight.cli.terminal import CommandError, read_password_file
from keepsight.core.secret import Secret
from keepsight.serve.control import Control, ControlError, open_control
from keepsight.serve.installation import (
    InstallationError,
    default_data_directory,
    read_installation,
)

T = TypeVar("T")
DataOption = Annotated[
    Path | None, typer.Option("--data", help="Data directory (default: in your user data).")
]
HouseholdOption = Annotated[
    str | None, typer.Option("--household", help="Beginning of its id, where there are several.")
]
UnlockOption = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="Unlocks a household that does not start by itself."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]


def ask_hub(
    question: Callable[[Control], Awaitable[T]],
    *,
    data: Path | None,
    household: str | None = None,
    passphrase_file: Path | None = None,
) -> T:
    """The answer of the household's hub.

    Raises:
        CommandError: no such household, no hub, locked, or the hub said no.
    """
    passphrase = read_password_file(passphrase_file) if passphrase_file else None

    async def run() -> T:
        place = read_installation(data or default_data_directory()).only_place(household)
        async with open_control(place, passphrase) as control:
            return await question(control)

    try:
        return asyncio.run(run())
    except InstallationError as error:
        raise CommandError(str(error)) from error
    except ControlError as error:
        if error.code == "locked":
            hint = "give its passphrase with --passphrase-file, or sign in on its page"
            raise CommandError(f"this household is locked: {hint}") from error
        raise CommandError(str(error)) from error


async def find_camera(control: Control, name: str) -> dict[str, Any]:
    """A camera by name (any case) or by the beginning of its id.

    Raises:
        CommandError: there is none, or more than one.
    """
    cameras: list[dict[str, Any]] = await control.ask("GET", "/api/cameras")
    exact = [c for c in cameras if c["name"].casefold() == name.casefold()]
    found = exact or [c for c in cameras if len(name) >= 4 and c["id"].startswith(name.lower())]
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted(c["name"] for c in cameras)) or "none yet"
    problem = "is more than one camera" if found else "is no camera of this household"
    raise CommandError(f"{name!r} {problem} (cameras: {names})")


def ask_password(user: str | None, password_file: Path | None) -> Secret | None:
    """The camera's password: from a file, typed unseen, or None when no user was given."""
    if password_file is not None:
        return read_password_file(password_file)
    if user is None:
        return None
    if not sys.stdin.isatty():
        return Secret(sys.stdin.readline().rstrip("\n"))
    return Secret(typer.prompt("Password of the camera", hide_input=True, err=True))
