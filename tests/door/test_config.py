"""Goal: a wrong configuration is refused with the field's name. Method: one mistake a case."""

import json
from pathlib import Path
from typing import Any

import pytest

from keepsight.door.config import (
    CACHE_BYTES_MAX,
    ConfigError,
    TlsAuthority,
    TlsFiles,
    parse_config,
    read_config,
)

HOUSEHOLD = "0123456789abcdef" * 2


def document(**changes: Any) -> dict[str, Any]:
    front = {"household": HOUSEHOLD, "port": 8443, "host": "0.0.0.0", "run_dir": "/run/x"}
    return {"households": [front], **changes}


def test_everything_but_the_households_has_a_default() -> None:
    config = parse_config(document())
    (front,) = config.fronts
    assert (front.household, front.port, front.host) == (HOUSEHOLD, 8443, "0.0.0.0")
    assert front.run_dir == Path("/run/x")
    assert config.tls is None
    assert config.cache_bytes_max == CACHE_BYTES_MAX
    assert config.trust_port is None


def test_tls_comes_in_two_kinds() -> None:
    files = parse_config(document(tls={"certificate": "/c", "key": "/k"})).tls
    assert files == TlsFiles(Path("/c"), Path("/k"))
    own = parse_config(document(tls={"authority": "/a", "names": ["Cam.Local"]})).tls
    assert own == TlsAuthority(Path("/a"), ("cam.local",))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"households": None}, "households must be a list"),
        ({"households": ["x"]}, "each must be an object"),
        ({"households": [{"household": "A" * 32, "port": 1, "run_dir": "/"}]}, "hex"),
        ({"households": [{"household": "a" * 31, "port": 1, "run_dir": "/"}]}, "hex"),
        ({"households": [{"household": HOUSEHOLD, "port": 70000, "run_dir": "/"}]}, "port"),
        ({"households": [{"household": HOUSEHOLD, "port": True, "run_dir": "/"}]}, "port"),
        ({"households": [{"household": HOUSEHOLD, "port": 1}]}, "run_dir"),
        ({"households": document()["households"] * 2}, "once"),
        ({"tls": "yes"}, "tls"),
        ({"tls": {"certificate": "/c"}}, "key"),
        ({"tls": {"authority": "/c", "names": [1]}}, "names"),
        ({"host_names": "cam"}, "host_names"),
        ({"cache_bytes_max": -1}, "cache_bytes_max"),
        ({"trust_port": "80"}, "trust_port"),
        ({"colour": "blue"}, "unknown field: colour"),
    ],
)
def test_mistakes_are_named(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_config(document(**changes))


def test_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "door.json"
    path.write_text(json.dumps(document(origins=["https://Cam.Example"])))
    assert read_config(path).origins == ("https://cam.example",)
    path.write_text("[]")
    with pytest.raises(ConfigError, match="one JSON object"):
        read_config(path)
    path.write_text("{")
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(path)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_config(tmp_path / "absent")
