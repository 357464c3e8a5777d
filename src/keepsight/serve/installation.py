"""What is installed in a data directory: its households and the ports of their pages."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FILE_NAME: Final = "installation.json"
DEFAULT_PORT: Final = 8470


class InstallationError(Exception):
    """The data directory cannot be used, with what to do."""


@dataclass(frozen=True, slots=True)
class Place:
    """One household's directory and the place of its port: the first has the port itself."""

    household: str
    """32 hex digits."""
    directory: Path
    port_offset: int


def default_data_directory() -> Path:
    """$KEEPSIGHT_DATA, or keepsight in the user's data directory."""
    chosen = os.environ.get("KEEPSIGHT_DATA")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "keepsight"


@dataclass(frozen=True, slots=True)
class Installation:
    """A data directory."""

    data: Path
    places: tuple[Place, ...]

    def only_place(self, household: str | None = None) -> Place:
        """The household meant: by the beginning of its id, or the only one there is.

        Raises:
            InstallationError: none, or several and no choice.
        """
        found = [p for p in self.places if not household or p.household.startswith(household)]
        if len(found) == 1:
            return found[0]
        if not found:
            raise InstallationError(
                f"no such household in {self.data}: start `keepsight serve` there first"
            )
        names = ", ".join(place.household[:8] for place in found)
        raise InstallationError(f"several households here: choose one with --household ({names})")


def _write(data: Path, households: list[dict[str, object]]) -> None:
    path = data / FILE_NAME
    part = path.with_name(FILE_NAME + ".part")
    part.write_text(json.dumps({"version": 1, "households": households}, indent=1))
    part.replace(path)


def _place(data: Path, household: str, port_offset: int) -> Place:
    directory = data / "households" / household
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    return Place(household, directory, port_offset)


def read_installation(data: Path) -> Installation:
    """What is there; no households where nothing was ever started.

    Raises:
        InstallationError: the file is damaged.
    """
    path = data / FILE_NAME
    try:
        entries = json.loads(path.read_text())["households"]
        places = tuple(_place(data, str(e["household"]), int(e["port_offset"])) for e in entries)
    except FileNotFoundError:
        return Installation(data, ())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InstallationError(
            f"{path} is damaged ({error}): restore it, or write it anew with the names of the "
            "folders in households/"
        ) from error
    return Installation(data, places)


def add_household(data: Path, household: str | None = None) -> Installation:
    """Make room for one more household, unclaimed, or for one that is being recovered.

    Args:
        data: the data directory.
        household: the id of a recovered household; None makes a new one.

    Raises:
        InstallationError: the directory cannot be written.
    """
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        before = read_installation(data)
        offset = 1 + max((place.port_offset for place in before.places), default=-1)
        if any(place.household == household for place in before.places):
            return before
        new = _place(data, household or secrets.token_hex(16), offset)
        _write(
            data,
            [
                {"household": place.household, "port_offset": place.port_offset}
                for place in (*before.places, new)
            ],
        )
    except OSError as error:
        raise InstallationError(f"{data} cannot be written: {error.strerror}") from error
    return read_installation(data)


def ensure_installation(data: Path) -> Installation:
    """The installation, with one unclaimed household if it had none."""
    found = read_installation(data)
    return found if found.places else add_household(data)
