"""`keepsight suspend`, `resume`, `suspensions`: switching things off and on, sessions included."""

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
from keepsight.cli.terminal import CommandError, parse_time, print_json, print_table, show_time
from keepsight.core.clock import SystemClock
from keepsight.hub.grant import Capability
from keepsight.serve.control import Control

ALL: Final = "all"
_SELECTORS: Final = ("integration", "vendor", "model", "camera", "device", "path")
IntegrationOption = Annotated[
    str | None, typer.Option("--integration", help="Its name, or `all` for every integration.")
]
VendorOption = Annotated[str | None, typer.Option("--vendor", help="Every camera of this vendor.")]
ModelOption = Annotated[str | None, typer.Option("--model", help="Every camera of this model.")]
CameraOption = Annotated[
    str | None, typer.Option("--camera", help="Name, or the beginning of its id.")
]
PathOption = Annotated[
    str | None, typer.Option("--path", help="Everybody who comes by this host name.")
]
CapabilityOption = Annotated[
    list[Capability] | None,
    typer.Option("--capability", help="Only this, e.g. live; may be given again. Without: all."),
]


async def _selected(
    control: Control, camera: str | None, **selectors: str | None
) -> dict[str, str | None]:
    integration = selectors.pop("integration")
    found: dict[str, str | None] = {
        "integration": "*" if integration == ALL else integration,
        **selectors,
    }
    found["camera"] = (await find_camera(control, camera))["id"] if camera else None
    return found


def describe(suspension: dict[str, Any], cameras: dict[str, str]) -> str:
    """What a suspension is about, in words.

    Args:
        suspension: as the API gives it.
        cameras: names by id.
    """
    parts = []
    for name in _SELECTORS:
        value = suspension.get(name)
        if not value:
            continue
        if name == "integration" and value == "*":
            parts.append("every integration")
        elif name == "camera":
            parts.append(f"camera {cameras.get(value, value[:8])}")
        elif name == "device":
            parts.append(f"device {value[:8]}")
        else:
            parts.append(f"{name} {value}")
    what = " and ".join(parts) or "everything"
    capabilities = ", ".join(suspension["capabilities"])
    return f"{what}: {capabilities}" if capabilities else what


def suspend(  # noqa: PLR0913 - the command line's contract
    *,
    reason: Annotated[str, typer.Option("--reason", help="Whoever is locked out reads it.")],
    integration: IntegrationOption = None,
    vendor: VendorOption = None,
    model: ModelOption = None,
    camera: CameraOption = None,
    path: PathOption = None,
    capability: CapabilityOption = None,
    until: Annotated[
        str | None, typer.Option("--until", help="E.g. +2h or 2026-05-04T18:30. Without: resume.")
    ] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Switch off an integration, vendor, model, camera or capability. Live pictures end at once."""
    until_us = parse_time(until, SystemClock().wall_us()) if until else None

    async def question(control: Control) -> dict[str, Any]:
        body: dict[str, Any] = await _selected(
            control, camera, integration=integration, vendor=vendor, model=model, path=path
        )
        body |= {"capabilities": capability or [], "reason": reason, "until_us": until_us}
        made: dict[str, Any] = await control.ask("POST", "/api/suspensions", body)
        return made

    made = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(made)
    else:
        number = made["suspension"][:8]
        typer.echo(f"suspended {describe(made, {})}; `keepsight resume {number}` brings it back")


def resume(  # noqa: PLR0913 - the command line's contract
    suspension: Annotated[
        str | None, typer.Argument(help="Beginning of its id; or choose by the options below.")
    ] = None,
    *,
    integration: IntegrationOption = None,
    vendor: VendorOption = None,
    model: ModelOption = None,
    camera: CameraOption = None,
    path: PathOption = None,
    but: Annotated[
        list[Capability] | None,
        typer.Option("--except", help="Bring everything back but this, e.g. live; repeatable."),
    ] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift a suspension, or narrow it to what stays off."""

    async def question(control: Control) -> list[dict[str, Any]]:
        wanted = await _selected(
            control, camera, integration=integration, vendor=vendor, model=model, path=path
        )
        given = {name: value.casefold() for name, value in wanted.items() if value}
        if not suspension and not given:
            raise CommandError("say which: an id from `keepsight suspensions`, or an option")
        answer = await control.ask("GET", "/api/suspensions")
        found = [
            entry
            for entry in answer["in_force"]
            if entry["suspension"].startswith(suspension or "")
            and all(str(entry[name]).casefold() == value for name, value in given.items())
        ]
        if not found:
            raise CommandError("no such suspension is in force: see `keepsight suspensions`")
        if suspension and len(found) > 1:
            raise CommandError(f"{suspension!r} is the beginning of {len(found)} ids: write more")
        return [await _bring_back(control, entry, but) for entry in found]

    changed = ask_hub(question, data=data, household=household, passphrase_file=passphrase_file)
    if as_json:
        print_json(changed)
        return
    for entry in changed:
        state = "still suspended" if but else "resumed"
        typer.echo(f"{state}: {describe(entry, {})}")


async def _bring_back(
    control: Control, entry: dict[str, Any], but: list[Capability] | None
) -> dict[str, Any]:
    path = f"/api/suspensions/{entry['suspension']}"
    if but:
        narrower: dict[str, Any] = await control.ask(
            "POST", f"{path}/narrow", {"capabilities": but}
        )
        return narrower
    await control.ask("DELETE", path)
    return entry


def suspensions(
    *,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """What is switched off now, and what was before."""

    async def question(control: Control) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        answer = await control.ask("GET", "/api/suspensions")
        return answer, await control.ask("GET", "/api/cameras")

    answer, found = ask_hub(
        question, data=data, household=household, passphrase_file=passphrase_file
    )
    if as_json:
        print_json(answer)
        return
    names = {camera["id"]: camera["name"] for camera in found}
    rows = [_row(entry, names, "until it is lifted") for entry in answer["in_force"]]
    rows += [_row(entry, names, "") for entry in answer["past"]]
    columns = ("id", "what", "since", "until", "why")
    print_table(columns, rows, "nothing is or was suspended")


def _row(entry: dict[str, Any], names: dict[str, str], endless: str) -> tuple[str, ...]:
    lifted_us = entry.get("lifted_us")
    if lifted_us:
        end = f"lifted {show_time(lifted_us)}"
    elif entry["until_us"] and entry["until_us"] <= SystemClock().wall_us():
        end = f"ran out {show_time(entry['until_us'])}"
    else:
        end = show_time(entry["until_us"]) if entry["until_us"] else endless
    return (
        entry["suspension"][:8],
        describe(entry, names),
        show_time(entry["since_us"]),
        end,
        entry["reason"],
    )
