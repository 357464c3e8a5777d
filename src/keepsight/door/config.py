"""What the door is told: which households it fronts, at which ports, with which certificates.

A JSON file, written by the supervisor, read at start and again on SIGHUP:

    {"households": [{"household": "<32 hex>", "port": 8443, "host": "127.0.0.1", "run_dir": "…"}],
     "tls": null | {"certificate": "…", "key": "…"} | {"authority": "<folder>", "names": ["…"]},
     "ui": "<folder>", "host_names": ["…"], "origins": ["https://…"], "trust_port": null,
     "cache_bytes_max": 67108864}

`ui` and everything after it may be left out.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

CACHE_BYTES_MAX: Final = 64 * 1024 * 1024
CONFIG_BYTES_MAX: Final = 1024 * 1024
BUILT_UI: Final = Path(__file__).parent / "ui"


class ConfigError(ValueError):
    """The file cannot be used, with the field and what it must be."""


@dataclass(frozen=True, slots=True)
class FrontConfig:
    """One household's listener."""

    household: str
    """32 hex digits."""
    host: str
    """Address to listen on."""
    port: int
    """0 takes a free one."""
    run_dir: Path
    """Holds the hub's api.sock and feed.sock."""


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """The user's own certificate."""

    certificate: Path
    key: Path


@dataclass(frozen=True, slots=True)
class TlsAuthority:
    """Certificates of a local authority."""

    folder: Path
    names: tuple[str, ...]
    """Host names and addresses besides those found on the machine."""


@dataclass(frozen=True, slots=True)
class DoorConfig:
    """Everything the door is told."""

    fronts: tuple[FrontConfig, ...]
    tls: TlsFiles | TlsAuthority | None = None
    ui: Path = BUILT_UI
    host_names: tuple[str, ...] = ()
    """Under which the door may be addressed, besides localhost and addresses."""
    origins: tuple[str, ...] = ()
    """Of a TLS proxy of the user's in front, e.g. https://cameras.example.net."""
    trust_port: int | None = None
    """Plain HTTP for the authority's root certificate and nothing else."""
    cache_bytes_max: int = CACHE_BYTES_MAX
    """Of sealed recorded fragments, for each household; 0 switches the cache off."""


def read_config(path: Path) -> DoorConfig:
    """Read and check the file.

    Raises:
        ConfigError: missing, not JSON, or a field is wrong.
    """
    try:
        with path.open("rb") as file:
            document = json.loads(file.read(CONFIG_BYTES_MAX))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} cannot be read as JSON: {error}") from error
    if not isinstance(document, dict):
        raise ConfigError(f"{path} must hold one JSON object")
    return parse_config(document)


def parse_config(document: dict[str, Any]) -> DoorConfig:
    """A checked configuration.

    Raises:
        ConfigError: a field is missing, unknown or wrong.
    """
    known = {"households", "tls", "ui", "host_names", "origins", "trust_port", "cache_bytes_max"}
    if unknown := sorted(set(document) - known):
        raise ConfigError(f"unknown field: {', '.join(unknown)}")
    households = document.get("households")
    if not isinstance(households, list):
        raise ConfigError("households must be a list")
    fronts = tuple(_front(entry) for entry in households)
    if len({front.household for front in fronts}) != len(fronts):
        raise ConfigError("households: each may stand there once")
    trust_port = document.get("trust_port")
    return DoorConfig(
        fronts,
        _tls(document.get("tls")),
        Path(_text(document, "ui", str(BUILT_UI))),
        _texts(document, "host_names"),
        _texts(document, "origins"),
        None if trust_port is None else _port(trust_port, "trust_port"),
        _size(document.get("cache_bytes_max", CACHE_BYTES_MAX)),
    )


def _front(entry: object) -> FrontConfig:
    if not isinstance(entry, dict):
        raise ConfigError("households: each must be an object")
    household = _text(entry, "household")
    if len(household) != 32 or household.strip("0123456789abcdef"):
        raise ConfigError("households: household must be 32 lower-case hex digits")
    port = _port(entry.get("port"), "port")
    return FrontConfig(
        household, _text(entry, "host", "127.0.0.1"), port, Path(_text(entry, "run_dir"))
    )


def _tls(entry: object) -> TlsFiles | TlsAuthority | None:
    if entry is None:
        return None
    if isinstance(entry, dict) and "authority" in entry:
        return TlsAuthority(Path(_text(entry, "authority")), _texts(entry, "names"))
    if isinstance(entry, dict):
        return TlsFiles(Path(_text(entry, "certificate")), Path(_text(entry, "key")))
    raise ConfigError("tls must be null, or have certificate and key, or authority")


def _text(entry: dict[str, Any], name: str, default: str | None = None) -> str:
    value = entry.get(name, default)
    if not isinstance(value, str) or not value:
        raise ConfigError(f"{name} must be a text")
    return value


def _texts(entry: dict[str, Any], name: str) -> tuple[str, ...]:
    value = entry.get(name, [])
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise ConfigError(f"{name} must be a list of texts")
    return tuple(text.lower() for text in value)


def _port(value: object, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 65535:
        raise ConfigError(f"{name} must be a number from 0 to 65535")
    return value


def _size(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ConfigError("cache_bytes_max must be a number of bytes, 0 for no cache")
    return value
