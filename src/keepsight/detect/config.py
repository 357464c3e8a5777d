"""How one camera is to be watched, as the hub says it in a CAMERA message."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.detect.detectors.registry import Choice
from keepsight.detect.model import DEFAULT_DETECTOR
from keepsight.detect.zones import Point, RuleError, Rules, read_rules

PARAMETER_SETS_MAX: Final = 16
PARAMETER_SET_BYTES_MAX: Final = 4096
CODECS: Final = ("h264", "h265")


class ConfigError(ValueError):
    """A configuration that makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class CameraConfig:
    """Everything the watcher needs to know of one camera."""

    codec: str
    parameter_sets: tuple[bytes, ...]
    rules: Rules
    privacy_masks: tuple[tuple[Point, ...], ...]
    """Burnt into every picture that leaves the process; nothing counts there either."""
    choice: Choice | None
    """The model; None for movement only."""


def _parameter_sets(value: Any) -> tuple[bytes, ...]:
    if not isinstance(value, list) or len(value) > PARAMETER_SETS_MAX:
        raise ConfigError("parameter_sets must be a short list")
    try:
        sets = tuple(base64.b64decode(each, validate=True) for each in value)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ConfigError("parameter_sets must be base64") from error
    if any(not 0 < len(each) <= PARAMETER_SET_BYTES_MAX for each in sets):
        raise ConfigError("a parameter set is empty or too large")
    return sets


def _choice(document: Mapping[str, Any]) -> Choice | None:
    model, file, labels = (document.get(name) for name in ("model", "model_file", "labels_file"))
    for value in (model, file, labels):
        if value is not None and not isinstance(value, str):
            raise ConfigError("model, model_file and labels_file are texts")
    if file:
        return Choice(file=Path(file), labels=Path(labels) if labels else None)
    if model == "none":
        return None
    return Choice(model or DEFAULT_DETECTOR)


def read_config(document: Mapping[str, Any]) -> CameraConfig:
    """A configuration from JSON.

    Raises:
        ConfigError: something in it makes no sense.
    """
    codec = document.get("codec")
    if codec not in CODECS:
        raise ConfigError(f"codec must be one of {', '.join(CODECS)}")
    rules = document.get("rules", {})
    if not isinstance(rules, dict):
        raise ConfigError("rules must be an object")
    try:
        privacy = read_rules({"masks": document.get("privacy_masks", [])}).masks
        read = read_rules({**rules, "masks": [*rules.get("masks", []), *map(list, privacy)]})
    except (RuleError, TypeError) as error:
        raise ConfigError(str(error)) from error
    return CameraConfig(
        codec, _parameter_sets(document.get("parameter_sets", [])), read, privacy, _choice(document)
    )
