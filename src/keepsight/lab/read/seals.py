"""Loads the register of seals, the shipped one or the user's own."""

import os
import tomllib
from functools import cache
from importlib import resources
from pathlib import Path

from keepsight.lab.facts.seal import SealKind

REGISTER_VARIABLE = "KEEPSIGHT_SEALS"


@cache
def register() -> tuple[str, dict[str, SealKind]]:
    """The register's date, and its kinds by each of their names in lower case.

    Raises:
        OSError, ValueError, KeyError: the user's own register cannot be read.
    """
    own = os.environ.get(REGISTER_VARIABLE)
    if own:
        text = Path(own).read_text("utf-8")
    else:
        text = (resources.files("keepsight.lab") / "data" / "seals.toml").read_text("utf-8")
    table = tomllib.loads(text)
    kinds: dict[str, SealKind] = {}
    for row in table["seal"]:
        kind = SealKind(
            key=row["key"],
            name=row["name"],
            issuer=row["issuer"],
            basis=row["basis"],
            says=row["says"],
            says_not=row["says_not"],
            is_declaration=row["is_declaration"],
            provisions=tuple(row["provisions"]),
            source=row["source"],
            checked_on=row["checked_on"],
        )
        for name in (row["key"], *row["names"]):
            kinds[name.lower()] = kind
    return table["dated"], kinds
