"""What the commands share at the terminal: times as people write them, tables, and saying no."""

import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from typing import Any, Final

import typer
from rich.console import Console
from rich.table import Table

from keepsight.core.secret import Secret

PASSWORD_BYTES_MAX: Final = 4096
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


class CommandError(Exception):
    """Something a person can act on; printed as one line, without a traceback."""


def parse_time(text: str, now_us: int, zone: tzinfo | None = None) -> int:
    """Wall time in microseconds.

    Takes ISO 8601 (local time where no zone is given), `now`, `-90s`, `-15m`, `-2h`, `-1d` (before
    now), `+2h` (after), HH:MM[:SS] (today), and @SECONDS since 1970.

    Raises:
        CommandError: none of these.
    """
    text = text.strip()
    now = datetime.fromtimestamp(now_us / 1e6, tz=zone or UTC)
    now = now if zone else now.astimezone()
    try:
        if text == "now":
            return now_us
        if text.startswith("@"):
            return int(float(text[1:]) * 1e6)
        if text.startswith(("-", "+")) and text[-1] in _UNITS:
            distance = timedelta(seconds=float(text[:-1]) * _UNITS[text[-1]])
            return now_us + int(distance.total_seconds() * 1e6)
        if "-" not in text:
            text = f"{now.date().isoformat()}T{text}"
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:
        raise CommandError(
            f"{text!r} is no time: write e.g. 2026-05-04T18:30, 18:30, -15m or now"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone) if zone else moment.astimezone()
    return int(moment.timestamp() * 1e6)


def show_time(wall_us: int | None) -> str:
    """Local time for people."""
    if wall_us is None:
        return "-"
    moment = datetime.fromtimestamp(wall_us / 1e6, tz=UTC).astimezone()
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def show_bytes(count: float) -> str:
    """E.g. 4.2 GB."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 1000 or unit == "TB":
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def print_table(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], empty: str) -> None:
    """A table, or a sentence when there is nothing to show."""
    if not rows:
        typer.echo(empty)
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row)
    Console(highlight=False, markup=False).print(table)


def read_password_file(path: Path) -> Secret:
    """The first line of a file.

    Raises:
        CommandError: it cannot be read, or other users can read it.
    """
    try:
        if path.stat().st_mode & 0o077 and path.is_file() and os.name == "posix":
            typer.echo(f"note: {path} can be read by other users (chmod 600 it)", err=True)
        with path.open() as file:
            text = file.read(PASSWORD_BYTES_MAX)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}") from error
    return Secret(text.splitlines()[0] if text else "")
