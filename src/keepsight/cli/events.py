"""`keepsight events`: what was noticed, newest first."""

import re
from typing import Annotated, Any, Final

import typer

from keepsight.cli.ask import (
    DataOption,
    HouseholdOption,
    JsonOption,
    UnlockOption,
    ask_hub,
    find_camera,
)
from keepsight.cli.terminal import parse_time, print_json, print_table, show_time
from keepsight.core.clock import SystemClock
from keepsight.serve.control import Control

PAGE_EVENTS: Final = 200
SHOWN_MAX: Final = 2000
"""More are not printed; narrow the question."""
_WHOLE_ID: Final = re.compile("[0-9a-f]{32}")
_LENGTH: Final = re.compile(r"\d+(\.\d+)?[smhd]")


def _since(text: str, now_us: int) -> int:
    """A time, or how long before now: `24h` as well as `-24h`."""
    return parse_time(f"-{text}" if _LENGTH.fullmatch(text) else text, now_us)


def events(  # noqa: PLR0913 - the command line's contract
    *,
    camera: Annotated[
        list[str] | None,
        typer.Option("--camera", help="Name, or the beginning of its id; repeatable."),
    ] = None,
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="E.g. person, vehicle, dog; repeatable.")
    ] = None,
    since: Annotated[str, typer.Option("--since", help="E.g. 24h, 18:30, 2026-05-04.")] = "24h",
    until: Annotated[str, typer.Option("--until", help="E.g. 2h, 18:45, now.")] = "now",
    kept: Annotated[bool, typer.Option("--kept", help="Only kept ones.")] = False,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """What was noticed, newest first. Pictures are sealed: look at them in a browser."""
    now_us = SystemClock().wall_us()
    query: dict[str, Any] = {"from": _since(since, now_us), "to": _since(until, now_us)}
    if kind:
        query["kind"] = kind
    if kept:
        query["kept"] = "true"

    async def question(control: Control) -> tuple[list[dict[str, Any]], dict[str, str]]:
        if camera:
            query["camera"] = [await _camera_id(control, name) for name in camera]
        cameras = await control.ask("GET", "/api/cameras")
        return await _every_page(control, query), {one["id"]: one["name"] for one in cameras}

    found, names = ask_hub(
        question, data=data, household=household, passphrase_file=passphrase_file
    )
    if as_json:
        print_json(found)
        return
    rows = [_row(event, names) for event in found]
    columns = ("began", "length", "camera", "kind", "sure", "zones", "")
    print_table(columns, rows, "nothing was noticed in this time")
    if len(found) == SHOWN_MAX:
        typer.echo(f"only the newest {SHOWN_MAX} are shown: ask for less with --since and --kind")


async def _camera_id(control: Control, name: str) -> str:
    if _WHOLE_ID.fullmatch(name):
        return name  # perhaps of a camera that was removed while its recordings were kept
    found: str = (await find_camera(control, name))["id"]
    return found


async def _every_page(control: Control, query: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    before: dict[str, str] = {}
    while len(found) < SHOWN_MAX:
        page = await control.ask("GET", "/api/events", None, limit=PAGE_EVENTS, **query, **before)
        found += page["events"]
        if page["next_before"] is None:
            break
        before = {"before": page["next_before"]}
    return found[:SHOWN_MAX]


def _row(event: dict[str, Any], names: dict[str, str]) -> tuple[str, ...]:
    end_us = event["end_us"]
    seconds = ((end_us or event["last_us"]) - event["start_us"]) / 1e6
    return (
        show_time(event["start_us"]),
        f"{seconds:.0f} s" if end_us is not None else "goes on",
        names.get(event["camera"], event["camera"][:8]),
        event["kind"],
        f"{event['confidence']:.0%}",
        ", ".join(event["zones"]),
        "kept" if event["kept"] else "",
    )
