"""`keepsight doctor`: what is wrong with this installation, and how to mend it."""

import contextlib
import os
import platform
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

from keepsight.cli.ask import DataOption, HouseholdOption, JsonOption, ask_hub
from keepsight.cli.terminal import CommandError, print_json, print_table, show_bytes
from keepsight.core.clock import SystemClock
from keepsight.door.config import BUILT_UI
from keepsight.hub.store.ledger import read_ledger_store
from keepsight.seal.audit import audit
from keepsight.seal.ledger import LedgerError
from keepsight.serve.control import Control
from keepsight.serve.installation import (
    InstallationError,
    Place,
    default_data_directory,
    read_installation,
)

FREE_BYTES_MIN: Final = 2 * 1024**3
YEAR_2026_US: Final = 1_767_225_600_000_000
CAMERA_REMEDIES: Final = {
    "unreachable": "check its power, cable and address; `keepsight camera test URL` says more",
    "wrong_password": "give the right password in the camera's settings on the page",
    "not_found": "the path in its address is wrong: look it up in the camera's manual",
    "unsupported": "set the camera to H.264 or H.265",
    "not_rtsp": "the port belongs to something else: RTSP is usually 554",
    "refused": "the camera has too many viewers: close other programs that use it",
    "silent": "restart the camera; if it happens often, look at the network between",
    "identity_changed": "another device answers at its address: decide on its page",
    "hidden": "its privacy masks need watching: switch that on, or `keepsight models install`",
}


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that was looked at."""

    verdict: Literal["ok", "warning", "problem"]
    what: str
    found: str
    remedy: str = ""


def _check_machine(data: Path) -> Iterator[Result]:
    version = platform.python_version()
    yield Result("ok", "Python", version)
    clock_is_set = SystemClock().wall_us() > YEAR_2026_US
    yield Result(
        "ok" if clock_is_set else "problem",
        "clock",
        "set" if clock_is_set else "before 2026",
        "" if clock_is_set else "set the clock (timedatectl set-ntp true)",
    )
    is_built = (BUILT_UI / "index.html").exists()
    remedy = "" if is_built else "install again with Node 20 or newer, or run `make ui`"
    yield Result(
        "ok" if is_built else "problem", "pages", "built" if is_built else "missing", remedy
    )
    if not data.exists():
        yield Result("warning", "data directory", f"{data} does not exist", "run `keepsight serve`")
        return
    free = shutil.disk_usage(data).free
    enough = free >= FREE_BYTES_MIN
    yield Result(
        "ok" if enough else "warning",
        "disk",
        f"{show_bytes(free)} free",
        "" if enough else "free some space, or lower the retention in the settings",
    )
    if not os.access(data, os.W_OK):
        yield Result(
            "problem", "data directory", f"{data} cannot be written", "fix its owner or mount"
        )


def _check_household(place: Place) -> Iterator[Result]:
    name = f"household {place.household[:8]}"
    keyring = place.directory / "keys" / "keyring.json"
    if not keyring.exists():
        yield Result("warning", name, "not set up yet", "open its page and follow the wizard")
        return
    for path in (place.directory, keyring):
        if path.stat().st_mode & 0o077:
            yield Result(
                "problem", name, f"{path.name} can be read by others", f"chmod go-rwx {path}"
            )
    yield from _check_ledger(place, name)


def _check_ledger(place: Place, name: str) -> Iterator[Result]:
    path = place.directory / "ledger.db"
    if not path.exists():
        return
    what = f"{name}: ledger"
    try:
        store = read_ledger_store(path)
        with contextlib.closing(store), store.rows(store.household) as rows:
            verdict = audit(rows)
    except LedgerError as error:
        yield Result("problem", what, str(error), "keep the file as evidence and restore a backup")
        return
    if verdict.is_intact:
        yield Result("ok", what, f"intact, {verdict.lines} lines")
    else:
        remedy = "keep the file as evidence; compare it with a backup"
        yield Result("problem", what, verdict.problem, remedy)


def judge_status(name: str, status: dict[str, Any]) -> Iterator[Result]:
    """What a running hub says of its cameras and itself."""
    for camera in status["cameras"]:
        state = camera["state"]
        what = f"{name}: {camera['name']}"
        remedy = CAMERA_REMEDIES.get(state, "")
        yield Result("problem" if remedy else "ok", what, state.replace("_", " "), remedy)
    if status["refusals"]["total"]:
        yield Result(
            "warning",
            f"{name}: refused fragments",
            str(status["refusals"]["by_reason"]),
            "something between the hub and a browser mixes up or changes pictures: look at proxies "
            "and caches; nothing foreign was shown",
        )
    for alarm in status["alarms"]:
        yield Result("problem", f"{name}: alarm", alarm["text"])


def _check_hub(place: Place, data: Path) -> Iterator[Result]:
    name = f"household {place.household[:8]}"

    async def question(control: Control) -> dict[str, Any]:
        document: dict[str, Any] = await control.ask("GET", "/api/status")
        return document

    try:
        status = ask_hub(question, data=data, household=place.household)
    except CommandError as error:
        yield Result("warning", name, str(error))
        return
    yield from judge_status(name, status)


def examine(data: Path, household: str | None) -> list[Result]:
    """Everything that can be looked at without changing anything."""
    results = list(_check_machine(data))
    try:
        places = read_installation(data).places
    except InstallationError as error:
        return [*results, Result("problem", "installation", str(error))]
    looks: tuple[Callable[[Place], Iterator[Result]], ...] = (
        _check_household,
        lambda place: _check_hub(place, data),
    )
    for place in places:
        if household is None or place.household.startswith(household):
            for look in looks:
                results.extend(look(place))
    return results


def doctor(
    *, data: DataOption = None, household: HouseholdOption = None, as_json: JsonOption = False
) -> None:
    """Say what is wrong with this installation and how to mend it; exit status 1 if anything is."""
    results = examine(data or default_data_directory(), household)
    if as_json:
        print_json([asdict(result) for result in results])
    else:
        rows = [(r.verdict, r.what, r.found, r.remedy) for r in results]
        print_table(("", "what", "found", "what to do"), rows, "")
    if any(result.verdict == "problem" for result in results):
        sys.exit(1)
