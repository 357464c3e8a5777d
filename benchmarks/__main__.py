"""`python -m benchmarks [NAME...] [--json FILE]`: run benches, print a table.

Each bench is a file of this folder with a function `run()` that gives its figures. With --json, one
object a line: bench, value, unit, peer, peer_value, ratio, goal, met.
"""

import importlib
import json
import os
import platform
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.figure import Figure

BENCHES: Final = (
    "sealing", "ledger", "events", "ingest", "live", "live_browser", "playback", "door",
    "revocation", "suspension", "lab_app", "lab_capture", "lab_folder", "lab_dossier",
    "detect_accuracy", "detect_sound", "redaction", "watch_feed", "detect_crew", "detect_day",
    "notify", "recording",
)  # fmt: skip
"""In the order in which they run, the longest last."""
TABLE_COLUMNS: Final = 160
"""In a file, where nothing says how wide it is."""


def _figures(name: str) -> list[dict[str, Any]]:
    module = importlib.import_module(f"benchmarks.{name}")
    found = module.run()
    return [f.as_dict() if isinstance(f, Figure) else dict(f) for f in found]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.4g}"


def _table(figures: list[dict[str, Any]]) -> Table:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    table = Table(title=f"Keepsight benchmarks on {machine}")
    for column in ("bench", "value", "unit", "peer", "peer value", "ratio", "goal", "met"):
        justify = "right" if column in ("value", "peer value", "ratio") else "left"
        table.add_column(column, justify=justify, no_wrap=column == "bench")
    for figure in figures:
        met = {True: "[green]yes[/]", False: "[red]no[/]", None: ""}[figure.get("met")]
        table.add_row(
            figure["bench"],
            _number(figure["value"]),
            figure["unit"],
            figure.get("peer", ""),
            _number(figure.get("peer_value")),
            _number(figure.get("ratio")),
            figure.get("goal", ""),
            met,
        )
    return table


def main(
    names: Annotated[list[str] | None, typer.Argument(help="All, if none is named.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write one JSON object a line.")
    ] = None,
) -> None:
    """Run benches and print what they found."""
    console = Console()
    if not console.is_terminal:
        console = Console(width=TABLE_COLUMNS)
    if unknown := set(names or ()) - set(BENCHES):
        raise typer.BadParameter(f"no bench {', '.join(sorted(unknown))}; there are: {BENCHES}")
    figures: list[dict[str, Any]] = []
    failed = []
    for name in names or BENCHES:
        console.print(f"{name} ...")
        try:
            figures += _figures(name)
        except Exception:  # noqa: BLE001 - the task boundary of one bench; shown in full
            # One bench may lack a browser or a program; the others are still worth their numbers.
            console.print_exception()
            failed.append(name)
    console.print(_table(figures))
    if json_file is not None:
        lines = (json.dumps(figure) + "\n" for figure in figures)
        json_file.write_text("".join(lines), encoding="utf-8")
    if failed:
        console.print(f"[red]no figures from: {', '.join(failed)}[/]")
        raise typer.Exit(1)


if __name__ == "__main__":
    typer.run(main)
