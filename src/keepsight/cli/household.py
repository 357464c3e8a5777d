"""`keepsight household`: room for another one, and recovery with the printed kit."""

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from keepsight.cli.ask import DataOption, HouseholdOption, JsonOption, UnlockOption, ask_hub
from keepsight.cli.terminal import (
    CommandError,
    print_json,
    print_table,
    read_password_file,
    show_time,
)
from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.keyring import KeyringError
from keepsight.hub.recover import (
    KIT_BYTES_MAX,
    NewOwner,
    RecoveryError,
    open_kit,
    recover_household,
)
from keepsight.hub.sockets import AlreadyRunningError
from keepsight.serve.control import Control
from keepsight.serve.installation import (
    InstallationError,
    add_household,
    default_data_directory,
)

app = typer.Typer(help="Households on this machine.", no_args_is_help=True)


@app.command("add")
def add(*, data: DataOption = None) -> None:
    """Make room for one more household: its own keys, processes and page on the next port."""
    try:
        installation = add_household(data or default_data_directory())
    except InstallationError as error:
        raise CommandError(str(error)) from error
    place = installation.places[-1]
    typer.echo(f"household {place.household[:8]} will be served on port {place.port_offset} + the")
    typer.echo("first one's; start `keepsight serve` again to set it up")


def _read_kit(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(KIT_BYTES_MAX)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error


def _secret(path: Path | None, question: str, *, is_new: bool = False) -> Secret:
    if path is not None:
        return read_password_file(path)
    return Secret(typer.prompt(question, hide_input=True, confirmation_prompt=is_new, err=True))


@app.command("recover")
def recover(  # noqa: PLR0913 - the command line's contract
    kit: Annotated[Path, typer.Argument(help="The saved file of the recovery kit, recovery.age.")],
    *,
    member: Annotated[str, typer.Option(help="Who will sign in, as owner.")],
    key_file: Annotated[
        Path | None, typer.Option(help="Holds the printed key; asked for unseen without it.")
    ] = None,
    passphrase_file: Annotated[
        Path | None, typer.Option(help="Holds the new passphrase; asked for unseen without it.")
    ] = None,
    starts_unattended: Annotated[
        bool, typer.Option(help="May the hub start by itself after a power cut?")
    ] = False,
    data: DataOption = None,
) -> None:
    """Restore a household's keys on new hardware, or set a new passphrase where it is lost.

    Copy the old data directory over first if there is one: its recordings open again.
    """
    content = _read_kit(kit)
    printed = _secret(key_file, "Printed recovery key")
    try:
        keyring = open_kit(content, printed)
        passphrase = _secret(passphrase_file, "New passphrase", is_new=True)
        place = add_household(data or default_data_directory(), keyring.household.hex()).only_place(
            keyring.household.hex()
        )
        owner = NewOwner(member, passphrase, starts_unattended)
        recover_household(place.directory, keyring, owner, SystemClock())
    except (RecoveryError, KeyringError, InstallationError, AlreadyRunningError) as error:
        raise CommandError(str(error)) from error
    typer.echo(f"recovered {keyring.name}: start `keepsight serve` and sign in as {member}")


@app.command("statement")
def statement(
    *,
    language: Annotated[
        Literal["en", "de"] | None, typer.Option(help="Without it the household's language.")
    ] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
) -> None:
    """Print the household's privacy statement, written from what is switched on now."""

    async def question(control: Control) -> dict[str, str]:
        path = "/api/privacy/statement"
        found: dict[str, str] = await control.ask("GET", path, language=language)
        return found

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    typer.echo(found["text"], nl=False)


@app.command("egress")
def egress(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """List every host outside that the hub may reach or did reach; none by default."""

    async def question(control: Control) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = await control.ask("GET", "/api/privacy/egress")
        return found

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(found)
        return
    print_table(
        ("PURPOSE", "HOST", "ALLOWED", "REACHED", "LAST"),
        [
            (
                contact["purpose"],
                f"{contact['host']}:{contact['port']}",
                "yes" if contact["is_allowed"] else "no",
                str(contact["count"]),
                show_time(contact["last_us"]) if contact["count"] else "never",
            )
            for contact in found
        ],
        "none: this hub talks to its cameras and to nobody else",
    )
