"""Loads the dated tables that ship with the lab; each file says what its fields mean."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

from keepsight.lab.facts.app import Advisory, PlatformSupport
from keepsight.lab.facts.tracker import Tracker, TrackerHost

_FOLDER: Final = Path(__file__).parents[1] / "data"


def _table(name: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / name).read_text(encoding="utf-8"))


def _hosts(row: dict[str, Any]) -> tuple[TrackerHost, ...]:
    shared = set(row.get("shared_hosts", ()))
    unverified = set(row.get("unverified_hosts", ()))
    names = dict.fromkeys(
        [*row.get("hosts", ()), *row.get("shared_hosts", ()), *row.get("unverified_hosts", ())]
    )
    return tuple(
        TrackerHost(name, shared=name in shared, verified=name not in unverified) for name in names
    )


@cache
def trackers() -> tuple[Tracker, ...]:
    """Return the tracker table (`data/trackers.toml`) in its own order."""
    table = _table("trackers.toml")
    return tuple(
        Tracker(
            name=row["name"],
            owner=row["owner"],
            purposes=tuple(row["purposes"]),
            prefixes=(*row.get("prefixes", ()), *row.get("unverified_prefixes", ())),
            hosts=_hosts(row),
            names=tuple(row["names"]),
            owner_verified=not row.get("owner_unverified", False),
            unverified_prefixes=tuple(row.get("unverified_prefixes", ())),
            note=row.get("note", ""),
            source=table["source"],
            dated=table["dated"],
        )
        for row in table["tracker"]
    )


@cache
def android_versions() -> tuple[PlatformSupport, ...]:
    """Return the Android versions, oldest first (`data/android_versions.toml`)."""
    table = _table("android_versions.toml")
    return tuple(
        PlatformSupport(
            api=row["api"],
            version=row["version"],
            last_update=row["last_update"],
            dated=table["dated"],
            certain=not row.get("uncertain", False),
        )
        for row in table["version"]
    )


@cache
def bundled_prefixes() -> tuple[tuple[str, str], ...]:
    """Return (class prefix, owner) of libraries that are not trackers (`data/libraries.toml`)."""
    table = _table("libraries.toml")
    return tuple((prefix, row["owner"]) for row in table["library"] for prefix in row["prefixes"])


@cache
def vulnerabilities() -> tuple[str, dict[str, tuple[tuple[str, Advisory], ...]]]:
    """Return the table's date, and by library (first affected version, advisory) pairs."""
    table = _table("vulnerabilities.toml")
    found: dict[str, list[tuple[str, Advisory]]] = {}
    for row in table["advisory"]:
        advisory = Advisory(
            row["id"],
            row["fixed_in"],
            row["summary"],
            table["dated"],
            certain="confirmed" in row,
        )
        found.setdefault(row["name"], []).append((row.get("from", ""), advisory))
    return table["dated"], {name: tuple(rows) for name, rows in found.items()}
