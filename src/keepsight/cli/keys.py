"""`keepsight keys`: the household's master key and its recovery kit."""

import base64
from pathlib import Path
from typing import Annotated

import typer

from keepsight.cli.ask import DataOption, HouseholdOption, UnlockOption, ask_hub
from keepsight.cli.terminal import CommandError
from keepsight.hub.keyring import write_private

app = typer.Typer(help="The household's master key and its recovery kit.", no_args_is_help=True)


@app.command("roll")
def roll(
    *,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    data: DataOption = None,
) -> None:
    """Make a new master key now: after a loss, or where a copy of the data may be in wrong hands.

    Live pictures go on; every key that is out opens nothing that is sealed from now on.
    """
    done = ask_hub(
        lambda control: control.ask("POST", "/api/epochs", {"reason": "suspected_loss"}),
        data=data,
        household=household,
        passphrase_file=passphrase_file,
    )
    typer.echo(f"master key {done['epoch']} is in use; save a current copy of the recovery kit")


@app.command("kit")
def kit(
    target: Annotated[Path, typer.Argument(help="Where to write the current recovery.age.")],
    *,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    data: DataOption = None,
) -> None:
    """Save the recovery kit as it is now; the printed key opens it."""
    found = ask_hub(
        lambda control: control.ask("GET", "/api/recovery-kit"),
        data=data,
        household=household,
        passphrase_file=passphrase_file,
    )
    try:
        write_private(target, base64.b64decode(found["file"]))
    except OSError as error:
        raise CommandError(f"{target} cannot be written: {error.strerror}") from error
    typer.echo(f"saved {target}")
