"""`keepsight status`."""

from typing import Any

import typer

from keepsight.cli.ask import DataOption, HouseholdOption, JsonOption, UnlockOption, ask_hub
from keepsight.cli.terminal import print_json, print_table, show_bytes, show_time
from keepsight.serve.control import Control


def camera_row(camera: dict[str, Any]) -> tuple[str, ...]:
    """One camera as a line of the table."""
    main = camera["streams"][0] if camera["streams"] else {}
    age = main.get("last_fragment_age_seconds")
    gaps = f"{camera['gaps_today']} ({camera['gap_seconds_today']:.0f} s)"
    return (
        camera["name"],
        camera["state"].replace("_", " "),
        f"{main.get('codec') or '-'} {main.get('width') or 0}x{main.get('height') or 0}",
        f"{main.get('bits_per_second', 0) / 1e6:.2f} Mbit/s",
        f"{age:.1f} s ago" if age is not None else "never",
        gaps if camera["gaps_today"] else "none",
        show_bytes(camera["recorded_bytes"]),
        main.get("detail") or "",
    )


def disk_sentence(disk: dict[str, Any]) -> str:
    """The disk forecast in words."""
    text = (
        f"disk: {show_bytes(disk['recorded_bytes'])} recorded, {show_bytes(disk['free_bytes'])} "
        f"free of {show_bytes(disk['total_bytes'])}"
    )
    if disk["days_left"] is not None:
        text += (
            f"; {show_bytes(disk['bytes_per_day'])} a day, oldest recordings make room in about "
            f"{disk['days_left']:.0f} days"
        )
    return text


def status(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Every camera, its state, bitrate, last fragment, gaps today; the disk; refusals; alarms."""

    async def question(control: Control) -> dict[str, Any]:
        document: dict[str, Any] = await control.ask("GET", "/api/status")
        return document

    found = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(found)
        return
    columns = ("camera", "state", "picture", "bitrate", "last", "gaps today", "recorded", "")
    print_table(columns, [camera_row(c) for c in found["cameras"]], "no cameras yet")
    typer.echo(disk_sentence(found["disk"]))
    refusals = found["refusals"]
    if refusals["total"]:
        last = show_time(refusals["last_us"])
        typer.echo(f"refused fragments: {refusals['total']} (last {last}): see `keepsight doctor`")
    for alarm in found["alarms"]:
        typer.echo(f"alarm: {alarm['text']}")
