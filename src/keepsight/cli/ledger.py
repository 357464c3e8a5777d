"""`keepsight ledger`: what was recorded, whether it is what it was, and who could see what."""

import contextlib
from pathlib import Path
from typing import Annotated, Final

import typer

from keepsight.cli.ask import DataOption, HouseholdOption, JsonOption
from keepsight.cli.terminal import CommandError, print_json
from keepsight.hub.scribe import FILE_NAME
from keepsight.hub.store.ledger import LedgerStore, read_ledger_store
from keepsight.seal.audit import Verdict, audit
from keepsight.seal.checkpoint import NOTE_BYTES_MAX, verifier_key
from keepsight.seal.ledger import LedgerError
from keepsight.serve.installation import (
    InstallationError,
    default_data_directory,
    read_installation,
)

app = typer.Typer(help="The household's ledger.", no_args_is_help=True)
TAMPERED: Final = 1
CANNOT_EXAMINE: Final = 2


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
