"""The command line: `keepsight`."""

import logging
import sys
from typing import Annotated

import typer

from keepsight import __version__
from keepsight.cli.terminal import CommandError

app = typer.Typer(
    help="A home for your own cameras: sealed from the lens to the glass, on your machine.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _show_version(*, value: bool) -> None:
    if value:
        typer.echo(f"keepsight {__version__}")
        raise typer.Exit


@app.callback()
def options(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")
    ] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Log more.")] = False,
) -> None:
    """Options of every command."""
    del version
    level = logging.INFO if verbose else logging.WARNING
    logging.basicConfig(
        level=level, stream=sys.stderr, format="%(levelname)s %(name)s: %(message)s"
    )


def register_household() -> None:
    """Add the commands of hub and door; half a second to load, which the lab has no use for."""
    from keepsight.cli import (
        camera,
        doctor,
        events,
        household,
        keys,
        ledger,
        members,
        recordings,
        serve,
        status,
        suspend,
        trust,
    )

    app.command()(serve.serve)
    app.command()(serve.demo)
    app.add_typer(camera.app, name="camera")
    app.add_typer(recordings.app, name="recordings")
    app.command()(recordings.export)
    app.command()(status.status)
    app.command()(doctor.doctor)
    app.command()(events.events)
    app.command()(trust.trust)
    app.command()(suspend.suspend)
    app.command()(suspend.resume)
    app.command()(suspend.suspensions)
    app.add_typer(ledger.app, name="ledger")
    app.add_typer(household.app, name="household")
    app.add_typer(keys.app, name="keys")
    app.add_typer(members.app, name="member")


def register_lab() -> None:
    """Add the lab's commands; its readers take a while to load, so only who needs them does."""
    from keepsight.lab.cli import check_app, compare

    app.add_typer(check_app, name="check")
    app.command()(compare)


def register_detect() -> None:
    """Add the commands of watching, which need neither hub nor lab."""
    from keepsight.cli import detect, models

    app.command()(detect.detect)
    app.add_typer(models.app, name="models")


def _register(arguments: list[str]) -> None:
    words = [argument for argument in arguments if not argument.startswith("-")]
    wants_lab = bool(words) and words[0] in ("check", "compare")
    wants_detect = bool(words) and words[0] in ("detect", "models")
    if not wants_lab and not wants_detect:
        register_household()
    if wants_lab or not words:
        register_lab()
    if wants_detect or not words:
        register_detect()


def main() -> None:
    """Run the command line; errors that a person can act on are one line and exit status 1."""
    _register(sys.argv[1:])
    try:
        app()
    except CommandError as error:
        typer.echo(f"keepsight: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    main()
