"""Which models there are to choose from, and whether their files lie on this machine.

Nothing of a model is read here: the watcher verifies a file each time it loads it
(detect/models.py), and says why when it refuses one.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from keepsight.hub.event import KIND_LENGTH_MAX, SEEN_KINDS
from keepsight.hub.watching import MODEL_NONE, OWN_MODEL

ModelRole = Literal["detector", "sound", "faces"]
ModelState = Literal["installed", "missing", "broken"]

OWN_FOLDER: Final = "own"
"""In the models folder: files that the owner of the machine put there."""
OWN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}\.(?:tflite|onnx)")
OWN_MODELS_MAX: Final = 64
LABEL_BYTES_MAX: Final = 64 << 10
LABELS_MAX: Final = 1000

_KINDS: Final = {
    **{kind: kind for kind in SEEN_KINDS},
    **dict.fromkeys(
        ("bicycle", "car", "motorcycle", "motorbike", "bus", "truck", "van"), "vehicle"
    ),
    **dict.fromkeys(("parcel", "suitcase"), "package"),
}
"""The kind that the watcher makes of a label; every other label is a kind of its own."""


@dataclass(frozen=True, slots=True)
class KnownModel:
    """A model that `keepsight models install` can get."""

    name: str
    file_name: str
    role: ModelRole
    size_bytes: int


KNOWN: Final = (
    KnownModel("efficientdet-lite1", "efficientdet-lite1.tflite", "detector", 6_077_535),
    KnownModel("efficientdet-lite0", "efficientdet-lite0.tflite", "detector", 4_563_519),
    KnownModel("efficientdet-lite2", "efficientdet-lite2.tflite", "detector", 7_557_887),
    KnownModel("yamnet", "yamnet.tflite", "sound", 4_126_810),
    KnownModel("yunet", "face_detection_yunet_2023mar.onnx", "faces", 232_589),
)
"""As in detect/model.py, which the hub must not import; a test compares them."""


@dataclass(frozen=True, slots=True)
class OwnModel:
    """A file in the `own` folder."""

    file_name: str
    has_labels: bool
    """A text file with the same stem beside it, one label a line."""
    kinds: tuple[str, ...]
    """What its labels can notice; empty where they are inside the model, or cannot be read."""

    @property
    def name(self) -> str:
        """As in Watching.model."""
        return OWN_MODEL + self.file_name


def models_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the watcher looks too: KEEPSIGHT_MODELS, else in the user's cache folder (XDG)."""
    chosen = environment.get("KEEPSIGHT_MODELS")
    if chosen:
        return Path(chosen)
    cache = environment.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "keepsight" / "models"


def state_of(model: KnownModel, folder: Path) -> ModelState:
    """Whether its file is there, judged by its size alone."""
    try:
        size = (folder / model.file_name).stat().st_size
    except OSError:
        return "missing"
    return "installed" if size == model.size_bytes else "broken"


def find_known(name: str) -> KnownModel | None:
    """A detector of the list."""
    return next((each for each in KNOWN if each.name == name and each.role == "detector"), None)


def labels_path(folder: Path, file_name: str) -> Path:
    """The label file of an own model: the same name with .txt at its end."""
    return (folder / OWN_FOLDER / file_name).with_suffix(".txt")


def _kinds(path: Path) -> tuple[str, ...]:
    try:
        with path.open("rb") as file:
            text = file.read(LABEL_BYTES_MAX).decode()
    except (OSError, UnicodeDecodeError):
        return ()
    kinds: dict[str, None] = {}
    for line in text.splitlines()[:LABELS_MAX]:
        number, _, rest = line.strip().replace(":", " ").partition(" ")
        label = (rest if number.isdigit() and rest.strip() else line).strip().lower()
        if label and label != "???" and len(label) <= KIND_LENGTH_MAX:
            kinds[_KINDS.get(label, label)] = None
    return tuple(kinds)


def find_own(name: str, folder: Path) -> OwnModel | None:
    """The own model of this name (`own:FILE`), if its file lies in the folder."""
    file_name = name.removeprefix(OWN_MODEL)
    if not name.startswith(OWN_MODEL) or OWN_NAME.fullmatch(file_name) is None:
        return None
    if not (folder / OWN_FOLDER / file_name).is_file():
        return None
    labels = labels_path(folder, file_name)
    return OwnModel(file_name, labels.is_file(), _kinds(labels))


def own_models(folder: Path) -> list[OwnModel]:
    """What lies in the `own` folder and can be named, by name; at most OWN_MODELS_MAX."""
    try:
        names = sorted(path.name for path in (folder / OWN_FOLDER).iterdir())
    except OSError:
        return []
    found = [find_own(OWN_MODEL + name, folder) for name in names if OWN_NAME.fullmatch(name)]
    return [each for each in found if each is not None][:OWN_MODELS_MAX]


def may_be_model(name: str) -> bool:
    """Whether something of this form can be stored as a camera's model at all."""
    own = name.removeprefix(OWN_MODEL)
    is_own = own != name and OWN_NAME.fullmatch(own) is not None
    return name == MODEL_NONE or is_own or find_known(name) is not None
