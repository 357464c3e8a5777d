"""`keepsight recordings list`, `keepsight export`."""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keepsight.cli.ask import (
    DataOption,
    HouseholdOption,
    JsonOption,
    UnlockOption,
    ask_hub,
    find_camera,
)
from keepsight.cli.terminal import CommandError, parse_time, print_json, print_table, show_time
from keepsight.core.clock import SystemClock
from keepsight.serve.control import Control

app = typer.Typer(help="What was recorded.", no_args_is_help=True)
FromOption = Annotated[str, typer.Option("--from", help="E.g. 2026-05-04T18:30, 18:30, -2h.")]
ToOption = Annotated[str, typer.Option("--to", help="E.g. 2026-05-04T18:45, 18:45, now.")]
CameraOption = Annotated[str, typer.Option("--camera", help="Name, or the beginning of its id.")]
POLL_SECONDS: Final = 0.2


def _range(from_: str, to: str) -> tuple[int, int]:
    now_us = SystemClock().wall_us()
    start_us, end_us = parse_time(from_, now_us), parse_time(to, now_us)
    if end_us <= start_us:
        raise CommandError("--to must be later than --from")
    return start_us, end_us


@app.command("list")
def list_(  # noqa: PLR0913 - the command line's contract
    *,
    camera: CameraOption,
    from_: FromOption = "-1d",
    to: ToOption = "now",
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Stretches that were recorded, and the gaps with their reasons."""
    start_us, end_us = _range(from_, to)

    async def question(control: Control) -> dict[str, Any]:
        found = await find_camera(control, camera)
        answer = await control.ask(
            "GET",
            "/api/timeline",
            None,
            **{"camera": [found["id"]], "from": start_us, "to": end_us},
        )
        lines: list[dict[str, Any]] = answer["cameras"]
        return lines[0] if lines else {"spans": [], "gaps": []}

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(found)
        return
    rows = [
        (start, show_time(start), show_time(end), f"{(end - start) / 1e6:.1f} s", "recorded")
        for start, end in found["spans"]
    ]
    for gap in found["gaps"]:
        end = gap["end_us"]
        length = f"{(end - gap['start_us']) / 1e6:.1f} s" if end else "still"
        reason = f"gap: {gap['reason'].replace('_', ' ')}"
        rows.append((gap["start_us"], show_time(gap["start_us"]), show_time(end), length, reason))
    rows.sort()
    table = [row[1:] for row in rows]
    print_table(("from", "to", "length", "what"), table, "nothing was recorded in this time")


def export(  # noqa: PLR0913 - the command line's contract
    out: Annotated[Path, typer.Argument(help="The MP4 file to write.")],
    *,
    camera: CameraOption,
    from_: FromOption,
    to: ToOption,
    stream: Annotated[str, typer.Option(help="main or sub.")] = "main",
    blur_faces: Annotated[
        bool,
        typer.Option("--blur-faces", help="Blur faces and heads; some may be missed: look at it."),
    ] = False,
    apply_masks: Annotated[
        bool, typer.Option("--apply-masks", help="Burn the camera's privacy masks in.")
    ] = False,
    without_sound: Annotated[
        bool, typer.Option("--without-sound", help="Leave the sound out.")
    ] = False,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a part of a recording as an MP4 file that plays everywhere, and check that it does.

    With --blur-faces or --apply-masks the pictures are coded anew, at most 30 minutes at once.
    """
    start_us, end_us = _range(from_, to)
    if out.is_dir():
        raise CommandError(f"{out} is a folder: name a file")
    console = Console(stderr=True)
    columns = (TextColumn("exporting"), BarColumn(), TimeRemainingColumn())

    async def question(control: Control) -> dict[str, Any]:
        found = await find_camera(control, camera)
        job: dict[str, Any] = await control.ask(
            "POST",
            "/api/exports/file",
            {
                "camera": found["id"],
                "stream": stream,
                "from_us": start_us,
                "to_us": end_us,
                "path": str(out.absolute()),
                "blur_faces": blur_faces,
                "apply_masks": apply_masks,
                "without_sound": without_sound,
            },
        )
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            bar = progress.add_task("export", total=1.0)
            while job["state"] == "running":
                await asyncio.sleep(POLL_SECONDS)
                job = await control.ask("GET", f"/api/exports/{job['writer']}")
                progress.update(bar, completed=job["progress"])
        return job

    job = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if job["state"] == "failed":
        raise CommandError(job["message"])
    if as_json:
        print_json({"file": str(out), **job})
    else:
        times = f"{show_time(job['start_us'])} to {show_time(job['end_us'])}"
        typer.echo(f"{out}: {times}, {job['bytes'] / 1e6:.1f} MB, checked")
        if job["message"]:
            typer.echo(f"note: {job['message']}", err=True)
