"""What the watcher is told of a camera: its stream's format, and how its owner wants it watched."""

import base64
from pathlib import Path
from typing import Any

from keepsight.hub.watch.models import OWN_FOLDER, labels_path
from keepsight.hub.watching import OWN_MODEL, Watching
from keepsight.lan.rtsp.unit import VideoFormat


def _clock_time(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _model(choice: str, models: Path) -> dict[str, str]:
    if not choice.startswith(OWN_MODEL):
        return {"model": choice}
    name = Path(choice.removeprefix(OWN_MODEL)).name  # nowhere but in that folder
    labels = labels_path(models, name)
    found = {"model_file": str(models / OWN_FOLDER / name)}
    return {**found, "labels_file": str(labels)} if labels.is_file() else found


def camera_config(video: VideoFormat, watching: Watching, models: Path) -> dict[str, Any]:
    """The CAMERA message's JSON."""
    rules: dict[str, Any] = {
        "kinds": list(watching.kinds),
        "min_area": watching.min_area,
        "cooldown_seconds": watching.cooldown_seconds,
        "zones": [
            {"name": zone.name, "points": [list(p) for p in zone.points], "kinds": list(zone.kinds)}
            for zone in watching.zones
        ],
        "masks": [[list(point) for point in mask] for mask in watching.masks],
        "schedule": [
            {
                "days": sorted(hours.weekdays),
                "begin": _clock_time(hours.start_minute),
                "end": _clock_time(hours.end_minute),
            }
            for hours in watching.hours
        ],
    }
    if watching.person_confidence is not None:
        rules["person_confidence"] = watching.person_confidence
    return {
        "codec": video.codec,
        "parameter_sets": [base64.b64encode(each).decode() for each in video.parameter_sets],
        **_model(watching.model, models),
        "rules": rules,
        "privacy_masks": [[list(point) for point in mask] for mask in watching.privacy_masks],
    }
