"""`keepsight ledger`: what was recorded, whether it is what it was, and who could see what."""

import contextlib
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from keepsight.cli.ask import DataOption, HouseholdOption, JsonOption, UnlockOption, ask_hub
from keepsight.cli.ledger_exposed import exposed
from keepsight.cli.terminal import CommandError, print_json, show_time
from keepsight.hub.scribe import FILE_NAME
from keepsight.hub.store.ledger import LedgerStore, read_ledger_store
from keepsight.seal.audit import Verdict, audit
from keepsight.seal.checkpoint import NOTE_BYTES_MAX, verifier_key
from keepsight.seal.ledger import LedgerError
from keepsight.serve.control import Control
from keepsight.serve.installation import (
    InstallationError,
    default_data_directory,
    read_installation,
)

app = typer.Typer(help="The household's ledger.", no_args_is_help=True)
app.command("exposed")(exposed)
TAMPERED: Final = 1
CANNOT_EXAMINE: Final = 2
SHOWN_MAX: Final = 200
_SHOWN_FIRST: Final = ("n", "at_us", "mono_us", "type")
_CHANGES: Final = {
    "faces": "faces and heads blurred", "masks": "privacy masks applied", "sound": "sound left out",
}  # fmt: skip
"""Of an exported video (hub/record/redaction.py)."""


def _store(data: Path | None, household: str | None) -> LedgerStore:
    place = read_installation(data or default_data_directory()).only_place(household)
    return read_ledger_store(place.directory / FILE_NAME)


def read_note(given: str) -> str:
    """A checkpoint given as a file or as its text.

    Raises:
        CommandError: the file cannot be read.
    """
    if "\n" in given:
        return given
    try:
        with Path(given).open() as file:
            return file.read(NOTE_BYTES_MAX + 1)
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{given} cannot be read as a checkpoint: {error}") from error


def _say(verdict: Verdict, key: str) -> None:
    if verdict.is_intact:
        typer.echo(f"intact: {verdict.lines} lines, root {verdict.head}")
        typer.echo(
            f"{verdict.checkpoints} signed checkpoints fit; the newest covers "
            f"{verdict.signed_lines} lines"
        )
        typer.echo(f"signed by {key}")
        return
    place = f" at line {verdict.broken_at}" if verdict.broken_at else ""
    typer.echo(f"TAMPERED{place}: {verdict.problem}")
    typer.echo(f"the first {verdict.signed_lines} lines are as the household signed them")


@app.command("verify")
def verify(
    *,
    checkpoint: Annotated[
        list[str] | None,
        typer.Option(help="A checkpoint noted elsewhere: a file, or its text. May be repeated."),
    ] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    as_json: JsonOption = False,
) -> None:
    """Read the whole ledger again and compare every hash and every signed checkpoint.

    Works with or without a running hub. Exit status 0: intact; 1: tampered with; 2: it could not
    be examined.
    """
    try:
        noted = [read_note(given) for given in checkpoint or []]
        with contextlib.closing(_store(data, household)) as store:
            with store.rows(store.household) as rows:
                verdict = audit(rows, noted)
            key = verifier_key(store.household, store.public_key)
    except (InstallationError, LedgerError, CommandError) as error:
        typer.echo(f"keepsight: {error}", err=True)
        raise typer.Exit(CANNOT_EXAMINE) from error
    if as_json:
        print_json(
            {
                "lines": verdict.lines,
                "intact": verdict.is_intact,
                "broken_at": verdict.broken_at,
                "problem": verdict.problem,
                "head": verdict.head,
                "checkpoints": verdict.checkpoints,
                "signed_lines": verdict.signed_lines,
                "key": key,
            }
        )
    else:
        _say(verdict, key)
    if not verdict.is_intact:
        raise typer.Exit(TAMPERED)


def _words(field: str, value: object, names: dict[str, str]) -> str:
    if not isinstance(value, list):
        return names.get(str(value), str(value))
    known = _CHANGES if field == "changes" else names
    return ", ".join(known.get(str(one), str(one)) for one in value) or "none"


def line_text(line: dict[str, Any], names: dict[str, str]) -> str:
    """A line for people: number, time, type, and what it says, with names for ids."""
    fields = [
        f"{name}={_words(name, value, names)}"
        for name, value in sorted(line.items())
        if name not in _SHOWN_FIRST and value is not None
    ]
    return f"{line['n']:>8}  {show_time(line['at_us'])}  {line['type']}  {' '.join(fields)}"


@app.command("show")
def show(  # noqa: PLR0913 - the command line's contract
    *,
    n: Annotated[int | None, typer.Option(help="One line, by its number.")] = None,
    count: Annotated[int, typer.Option(min=1, max=SHOWN_MAX, help="How many of the newest.")] = 20,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """The newest lines, or one."""

    async def question(control: Control) -> dict[str, Any]:
        query = {"limit": count} if n is None else {"before": n + 1, "limit": 1}
        found: dict[str, Any] = await control.ask("GET", "/api/ledger", None, **query)
        return found

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    lines = [line for line in found["lines"] if n is None or line["n"] == n]
    if n is not None and not lines:
        raise CommandError(f"there is no line {n}: the newest is {found['count']}")
    if as_json:
        print_json(lines if n is None else lines[0])
        return
    for line in reversed(lines):
        typer.echo(line_text(line, found["names"]))


@app.command("checkpoint")
def checkpoint(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
) -> None:
    """Print the newest checkpoint, signed now: keep it elsewhere, and give it to `verify` later."""

    async def question(control: Control) -> dict[str, Any]:
        found: dict[str, Any] = await control.ask("GET", "/api/ledger/checkpoint")
        return found

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    typer.echo(found["checkpoint"], nl=False)


@app.command("accept-restore")
def accept_restore(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
) -> None:
    """Go on after a backup was restored: keys are released again, in a new generation.

    Look first that no removed member or device is back, and remove them again.
    """

    async def question(control: Control) -> dict[str, Any]:
        found: dict[str, Any] = await control.ask("POST", "/api/ledger/accept", {})
        return found

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if found["accepted_restore"]:
        typer.echo("accepted: keys are released again; every device is told once")
    else:
        typer.echo("there was no restored backup to accept; alarms of devices were cleared")
