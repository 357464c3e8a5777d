"""`keepsight ledger exposed`: the exact list of who could see what."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from keepsight.cli.ask import (
    DataOption,
    HouseholdOption,
    JsonOption,
    UnlockOption,
    ask_hub,
)
from keepsight.cli.terminal import CommandError, parse_time, print_json, print_table, show_time
from keepsight.core.clock import SystemClock
from keepsight.hub.exposure import Exposure, Wanted, as_document
from keepsight.serve.control import Control, ControlError

UNKNOWN_NAME: Final = 2
"""Exit status for a camera or member that nobody knows, and for a time that is none."""
ID_DIGITS_MIN: Final = 4
DELIVERIES: Final = {
    "live": "live", "rec": "recorded", "export": "exported", "event": "event picture",
}  # fmt: skip


class NotKnownError(CommandError):
    """A camera or member that the ledger does not know, or a time that is none."""


def choose(name: str, known: dict[str, str], what: str) -> str:
    """The id that a person means: by name in any case, or by the beginning of the id.

    Args:
        name: what was typed.
        known: names by id.
        what: camera or member.

    Raises:
        NotKnownError: nobody is called so, or several are.
    """
    wanted = name.casefold()
    exact = [i for i, known_name in known.items() if wanted and known_name.casefold() == wanted]
    prefix = [i for i in known if len(name) >= ID_DIGITS_MIN and i.startswith(name.lower())]
    found = exact or prefix
    if len(found) == 1:
        return found[0]
    names = ", ".join(sorted({known[i] or i[:8] for i in known})) or "none"
    problem = f"is more than one {what}" if found else f"is no {what} that the ledger knows"
    raise NotKnownError(f"{name!r} {problem} ({what}s: {names})")


async def _ask(control: Control, query: dict[str, Any], from_us: int, to_us: int) -> dict[str, Any]:
    """The list of a time; of its halves, put together, where it is too long for one answer."""
    try:
        document: dict[str, Any] = await control.ask(
            "GET", "/api/ledger/exposed", None, **query, **{"from": from_us, "to": to_us}
        )
    except ControlError as error:
        if error.code != "too_many_exposures" or to_us - from_us < 2:
            raise
        middle = (from_us + to_us) // 2
        first = await _ask(control, query, from_us, middle)
        second = await _ask(control, query, middle, to_us)
        lines = {line["n"]: line for line in (*first["exposures"], *second["exposures"])}
        found = [Exposure(**lines[n]) for n in sorted(lines)]
        wanted = Wanted(from_us, to_us)
        return as_document(found, wanted, second["household"], second["checkpoint"])
    return document


def interval(from_: str, to: str, now_us: int) -> tuple[int, int]:
    """Both times in microseconds; a day alone as the end means the whole of that day.

    Raises:
        NotKnownError: one is no time, or the end is not after the beginning.
    """
    try:
        from_us, to_us = parse_time(from_, now_us), parse_time(to, now_us)
    except CommandError as error:
        raise NotKnownError(str(error)) from error
    if len(to.strip()) == len("2026-05-04") and to.count("-") == 2:
        midnight = datetime.fromtimestamp(to_us / 1e6, tz=UTC).astimezone().replace(tzinfo=None)
        # Local time again on the following day: days of 23 and 25 hours are days too.
        to_us = int((midnight + timedelta(days=1)).astimezone().timestamp() * 1e6)
    if to_us <= from_us:
        raise NotKnownError("--to must be after --from")
    return from_us, to_us


def sentence(document: dict[str, Any], as_asked: str, *, is_everybody: bool) -> str:
    """The answer in one line.

    Args:
        document: as the hub gives it.
        as_asked: time and filters in words.
        is_everybody: no person and no integration was singled out.
    """
    counts, members = document["counts"], len(document["members"])
    if not counts["releases"]:
        return f"No key was handed out {as_asked}: nothing could be seen."
    people = "1 person or display" if members == 1 else f"{members} people or displays"
    keys = "1 key" if counts["releases"] == 1 else f"{counts['releases']} keys"
    return f"{people} could see something {as_asked}, by {keys}." + (
        " Nobody else could." if is_everybody else ""
    )


def _row(stretch: dict[str, Any]) -> tuple[str, ...]:
    who = stretch["member"] or f"erased or unknown ({stretch['subject'][:8]})"
    if stretch["integration"]:
        who += f" [{stretch['integration']}]"
    return (
        who,
        stretch["role"],
        stretch["device"] or (stretch["device_id"] or "")[:8],
        stretch["camera"],
        DELIVERIES.get(stretch["purpose"], stretch["purpose"]),
        show_time(stretch["from_us"]),
        show_time(stretch["to_us"]) if stretch["to_us"] is not None else "open",
        str(stretch["releases"]),
    )


def exposed(  # noqa: PLR0913 - the command line's contract
    *,
    from_: Annotated[str, typer.Option("--from", help="E.g. 2026-05-04, 2026-05-04T18:30, -2h.")],
    to: Annotated[str, typer.Option("--to", help="Likewise; a day alone means all of it.")],
    camera: Annotated[str | None, typer.Option(help="Name, or beginning of its id.")] = None,
    member: Annotated[str | None, typer.Option(help="Name, or beginning of the id.")] = None,
    integration: Annotated[str | None, typer.Option(help="Only displays of this one.")] = None,
    data: DataOption = None,
    household: HouseholdOption = None,
    passphrase_file: UnlockOption = None,
    as_json: JsonOption = False,
) -> None:
    """Who was given the keys to which pictures: exactly, out of the ledger.

    The list is of pictures taken between --from and --to, live and recorded, whenever their keys
    were handed out. Exit status 2: no such camera, member or time.
    """
    try:
        from_us, to_us = interval(from_, to, SystemClock().wall_us())

        async def question(control: Control) -> dict[str, Any]:
            query: dict[str, Any] = {"integration": integration}
            if camera is not None:
                known = await control.ask("GET", "/api/ledger/cameras")
                names = {c["camera_id"]: c["name"] for c in known}
                query["camera"] = choose(camera, names, "camera")
            if member is not None:
                known = await control.ask("GET", "/api/ledger/people")
                names = {p["member_id"]: p["name"] for p in known}
                query["member"] = choose(member, names, "member")
            return await _ask(control, query, from_us, to_us)

        document = ask_hub(
            question, data=data, household=household, passphrase_file=passphrase_file
        )
    except NotKnownError as error:
        typer.echo(f"keepsight: {error}", err=True)
        raise typer.Exit(UNKNOWN_NAME) from error
    if as_json:
        print_json(document)
        return
    asked = [f"between {show_time(document['from'])} and {show_time(document['to'])}"]
    asked += [f"of camera {camera}"] if camera else []
    asked += [f"for {member}"] if member else []
    asked += [f"through {integration}"] if integration else []
    is_everybody = member is None and integration is None
    typer.echo(sentence(document, " ".join(asked), is_everybody=is_everybody))
    columns = ("who", "role", "device", "camera", "what", "from", "to", "keys")
    if document["stretches"]:
        print_table(columns, [_row(stretch) for stretch in document["stretches"]], "")
    checkpoint = document["checkpoint"]
    typer.echo(f"from {checkpoint['size']} ledger lines, root {checkpoint['root']}")
