"""A file that is examined."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class ArtefactKind(StrEnum):
    """What a file is taken for, by its content first and its name second."""

    APP = "app"
    CAPTURE = "capture"
    POLICY = "policy"
    DOSSIER = "dossier"


@dataclass(frozen=True, slots=True)
class Artefact:
    """One file with its digest, so that a report says exactly what was looked at."""

    path: Path
    kind: ArtefactKind
    sha256: str
    size_bytes: int
