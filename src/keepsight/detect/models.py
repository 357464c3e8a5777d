"""Model files on this machine: where they lie, and at every load the proof that they are right.

Not responsible for getting them (fetching.py) or running them (detectors/).
"""

import hashlib
import os
from pathlib import Path
from typing import Final

from keepsight.detect.model import MODELS, Model, find_model

MODEL_BYTES_MAX: Final = 256 << 20
"""Of a user's own file; the largest of ours is 8 MB."""
WAY_OUT: Final = "run `keepsight models install`"


class ModelError(Exception):
    """A model that cannot be used; the text says why and what to do."""


def models_folder() -> Path:
    """KEEPSIGHT_MODELS, else keepsight/models in the user's cache folder (XDG base directories)."""
    chosen = os.environ.get("KEEPSIGHT_MODELS")
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "keepsight" / "models"


def known_model(name: str) -> Model:
    """The model of this name.

    Raises:
        ModelError: there is none; the text lists those there are.
    """
    model = find_model(name)
    if model is None:
        names = ", ".join(each.name for each in MODELS)
        raise ModelError(f"there is no model {name!r}: choose one of {names}")
    return model


def read_bounded(path: Path, bytes_max: int) -> bytes:
    """A regular file's bytes.

    Raises:
        ModelError: missing, unreadable, no regular file, or larger than bytes_max.
    """
    try:
        if not path.is_file():
            raise ModelError(f"{path} is missing or no regular file")
        with path.open("rb") as file:
            content = file.read(bytes_max + 1)
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {error.strerror}") from error
    if len(content) > bytes_max:
        raise ModelError(f"{path} is larger than {bytes_max} bytes")
    return content


def load_model(model: Model, folder: Path | None = None) -> bytes:
    """The verified bytes of an installed model: checked each time, then used, never read again.

    Raises:
        ModelError: not installed, or its bytes are not the pinned ones.
    """
    path = (folder or models_folder()) / model.file_name
    if not path.exists():
        raise ModelError(f"the model {model.name} is not installed: {WAY_OUT}")
    try:
        content = read_bounded(path, model.size_bytes)
    except ModelError as error:
        raise ModelError(f"the model file was replaced: {error}; {WAY_OUT}") from error
    digest = hashlib.sha256(content).hexdigest()
    if digest != model.sha256:
        raise ModelError(
            f"{path} is broken or was swapped: its sha256 begins with {digest[:12]}, "
            f"not {model.sha256[:12]}; {WAY_OUT}"
        )
    return content


def store_model(model: Model, content: bytes, folder: Path | None = None) -> Path:
    """Put a model in its place at once and whole.

    Raises:
        ModelError: these are not the pinned bytes.
        OSError: the folder cannot be written.
    """
    digest = hashlib.sha256(content).hexdigest()
    if len(content) != model.size_bytes or digest != model.sha256:
        raise ModelError(
            f"what was offered as {model.file_name} is not that file "
            f"({len(content)} bytes, sha256 {digest[:12]}...): refused"
        )
    place = folder or models_folder()
    place.mkdir(parents=True, exist_ok=True)
    part = place / f".{model.file_name}.{os.getpid()}.part"
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(place / model.file_name)
    finally:
        part.unlink(missing_ok=True)
    return place / model.file_name
