"""Loads the dated tables that ship with the lab; each file says what its fields mean."""

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from keepsight.lab.facts.tracker import Tracker, TrackerHost


def _table(name: str) -> dict[str, Any]:
    text = resources.files("keepsight.lab").joinpath("data", name).read_text(encoding="utf-8")
    return tomllib.loads(text)


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
