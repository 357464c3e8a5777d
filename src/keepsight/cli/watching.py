"""`keepsight camera watch`: whether and for what a camera is watched; zones are drawn in pages."""

from collections.abc import Callable
from functools import partial
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
from keepsight.cli.terminal import print_json, print_table
from keepsight.serve.control import Control, ControlError

TRIES_MAX: Final = 3
"""Somebody else may save the same camera between reading and writing."""


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def changed(
    before: dict[str, Any],
    *,
    is_on: bool | None,
    kinds: str | None,
    sounds: str | None,
    model: str | None,
) -> dict[str, Any]:
    """What was said in place of what was; zones give up kinds that are not watched for now."""
    after = dict(before)
    if is_on is not None:
        after["is_on"] = is_on
    if kinds is not None:
        wanted = _parts(kinds)
        after["kinds"] = wanted
        after["zones"] = [
            {**zone, "kinds": [kind for kind in zone["kinds"] if kind in wanted]}
            for zone in before["zones"]
        ]
    if sounds is not None:
        after["sounds"] = [] if sounds == "none" else _parts(sounds)
    if model is not None:
        after["model"] = model
    return after


async def change(
    control: Control, path: str, wish: Callable[[dict[str, Any]], dict[str, Any]]
) -> dict[str, Any]:
    """Replace what is there by what is wished of it, and of nothing that is there no more.

    Raises:
        ControlError: the hub refused, or somebody else saved each time in between.
    """
    tries = TRIES_MAX
    while True:
        tries -= 1
        before, tag = await control.read(path)
        after = wish(before)
        if after == before:
            return after
        try:
            found: dict[str, Any] = await control.replace(path, after, tag)
        except ControlError as error:
            # What was said on the command line holds for what somebody else saved, too.
            if error.code != "changed_meanwhile" or tries == 0:
                raise
        else:
            return found


def state_rows(state: dict[str, Any] | None) -> list[tuple[str, str]]:
    """How watching goes, the hub's reason, and what the watcher says itself, where it says more."""
    if state is None:
        return []
    sound = state["sound"] or {}
    reasons = (state["reason"], sound.get("reason"))
    return [
        ("now", state["state"]),
        *(("", reason["message"]) for reason in reasons if reason is not None),
        *([("the watcher says", state["said"])] if state.get("said") else []),
    ]


def _rows(camera: dict[str, Any], watching: dict[str, Any]) -> list[tuple[str, str]]:
    names = ", ".join(zone["name"] for zone in watching["zones"])
    return [
        ("camera", camera["name"]),
        ("watched", "yes" if watching["is_on"] else "no"),
        ("model", watching["model"]),
        ("kinds", ", ".join(watching["kinds"]) or "-"),
        ("sounds", ", ".join(watching["sounds"]) or "-"),
        ("zones", names or "the whole picture"),
        ("masks", str(len(watching["masks"]))),
        ("privacy masks", str(len(watching["privacy_masks"]))),
        *state_rows(camera.get("watching_state")),
    ]


def watch(  # noqa: PLR0913 - the options of a command
    name: Annotated[str, typer.Argument(help="Name, or the beginning of the id.")],
    *,
    is_on: Annotated[
        bool | None, typer.Option("--on/--off", help="Watch it, or do not.", show_default=False)
    ] = None,
    kinds: Annotated[
        str | None, typer.Option(help="What to watch for, e.g. person,vehicle,package.")
    ] = None,
    sounds: Annotated[
        str | None, typer.Option(help="What to listen for, e.g. alarm,glass; none for nothing.")
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Of `keepsight models list`, own:FILE, or none.")
    ] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """How a camera is watched; with options, change it. Zones and masks are drawn on its page."""

    async def question(control: Control) -> tuple[dict[str, Any], dict[str, Any]]:
        camera = await find_camera(control, name)
        path = f"/api/cameras/{camera['id']}/watching"
        wish = partial(changed, is_on=is_on, kinds=kinds, sounds=sounds, model=model)
        return camera, await change(control, path, wish)

    camera, watching = ask_hub(
        question, data=data, household=household, passphrase_file=passphrase_file
    )
    if as_json:
        print_json(watching)
    else:
        print_table(("", ""), _rows(camera, watching), "")
