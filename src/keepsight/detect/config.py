"""How one camera is to be watched, as the hub says it in a CAMERA message."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.detect.detectors.registry import Choice
from keepsight.detect.model import DEFAULT_DETECTOR
from keepsight.detect.sound import SOUND_KINDS, SoundFormat
from keepsight.detect.zones import Point, RuleError, Rules, read_rules

PARAMETER_SETS_MAX: Final = 16
PARAMETER_SET_BYTES_MAX: Final = 4096
CODECS: Final = ("h264", "h265")
SOUND_CONFIG_BYTES_MAX: Final = 256
SOUND_CODEC_LENGTH_MAX: Final = 16


class ConfigError(ValueError):
    """A configuration that makes no sense; the text says why."""


@dataclass(frozen=True, slots=True)
class SoundOrder:
    """What to listen for, and in what."""

    form: SoundFormat
    kinds: tuple[str, ...]


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
    sound: SoundOrder | None = None
    """None: nobody listens."""


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


def _number(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1 << 20:
        raise ConfigError(f"{what} must be a number")
    return value


def _sound(value: Any) -> SoundOrder | None:
    """Whether it can be decoded shows later, and costs the sound only."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise ConfigError("sound must be an object")
    codec, coded, kinds = value.get("codec"), value.get("config", ""), value.get("kinds")
    if not isinstance(codec, str) or len(codec) > SOUND_CODEC_LENGTH_MAX:
        raise ConfigError("sound.codec must be a name")
    known = [kind.name for kind in SOUND_KINDS]
    if not isinstance(kinds, list) or not all(kind in known for kind in kinds):
        raise ConfigError(f"sound.kinds must be of {', '.join(known)}")
    try:
        config = base64.b64decode(coded, validate=True)
    except (binascii.Error, TypeError, ValueError) as error:
        raise ConfigError("sound.config must be base64") from error
    if len(config) > SOUND_CONFIG_BYTES_MAX:
        raise ConfigError("sound.config is too large")
    rate, channels = (
        _number(value.get("rate"), "sound.rate"),
        _number(value.get("channels"), "sound.channels"),
    )
    form = SoundFormat(codec, config, rate, channels)
    return SoundOrder(form, tuple(dict.fromkeys(kinds))) if kinds else None


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
    sets = _parameter_sets(document.get("parameter_sets", []))
    sound = _sound(document.get("sound"))
    return CameraConfig(codec, sets, read, privacy, _choice(document), sound)
