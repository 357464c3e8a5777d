"""`keepsight camera keep`: what of a camera's recordings is kept, and for how long."""

from enum import StrEnum
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
from keepsight.cli.terminal import print_json
from keepsight.serve.control import Control


class Kept(StrEnum):
    """What is kept."""

    EVERYTHING = "everything"
    EVENTS = "events"
    BOTH = "both"


MODES: Final = {Kept.EVERYTHING: "continuous", Kept.EVENTS: "events", Kept.BOTH: "both"}
DEFAULT_DAYS: Final = "default"


def in_words(rule: dict[str, Any]) -> str:
    """What is kept of a camera, and for how long."""
    if not rule["is_recording"]:
        return "no"
    plain = _days(rule["retention_days"], "the household's days")
    if rule["mode"] == "continuous":
        return f"everything, for {plain}"
    events = _days(rule["event_retention_days"], plain)
    rolls = f"{rule['pre_roll_seconds']} s before and {rule['post_roll_seconds']} s after"
    if rule["mode"] == "both":
        return f"everything for {plain}, events for {events}, {rolls}"
    return f"events only, for {events}, {rolls}; where nobody watched, everything for {plain}"


def _days(number: int | None, otherwise: str) -> str:
    if number is None:
        return otherwise
    return "1 day" if number == 1 else f"{number} days"


def read_days(text: str) -> int | None:
    """Days as typed; None for `default`.

    Raises:
        typer.BadParameter: neither.
    """
    if text == DEFAULT_DAYS:
        return None
    if not (text.isascii() and text.isdigit()):
        raise typer.BadParameter(f"a number of days, or {DEFAULT_DAYS}")
    return int(text)


def keep(  # noqa: PLR0913 - the options of a command
    name: Annotated[str, typer.Argument(help="Name, or the beginning of the id.")],
    *,
    what: Annotated[
        Kept | None, typer.Option(help="Everything, only what is around events, or both.")
    ] = None,
    days: Annotated[
        str | None, typer.Option(help="Days that everything is kept; `default`: the household's.")
    ] = None,
    event_days: Annotated[
        str | None, typer.Option(help="Days of what is around events; `default`: as the rest.")
    ] = None,
    before: Annotated[int | None, typer.Option(help="Seconds before an event, 5 to 120.")] = None,
    after: Annotated[int | None, typer.Option(help="Seconds after an event, up to 120.")] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """What of a camera's recordings is kept; with options, change it for what comes from now on."""
    said: dict[str, Any] = {
        "mode": None if what is None else MODES[what],
        "pre_roll_seconds": before,
        "post_roll_seconds": after,
    }
    changes = {field: value for field, value in said.items() if value is not None}
    if days is not None:
        changes["retention_days"] = read_days(days)
    if event_days is not None:
        changes["event_retention_days"] = read_days(event_days)

    async def question(control: Control) -> dict[str, Any]:
        camera = await find_camera(control, name)
        if changes:
            path = f"/api/cameras/{camera['id']}"
            camera = await control.ask("PATCH", path, {"rule": changes})
        return dict(camera)

    camera = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(camera["rule"])
    else:
        typer.echo(f"{camera['name']}: {in_words(camera['rule'])}")
