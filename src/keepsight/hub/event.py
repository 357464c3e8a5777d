"""Something that was noticed on one camera: a visit, or a sound. One visit is one event."""

from dataclasses import dataclass, field
from typing import Final, Literal

SEEN_KINDS: Final = ("person", "vehicle", "cat", "dog", "package")
HEARD_KINDS: Final = ("speech", "cry", "scream", "alarm", "glass", "bark", "doorbell", "knock")
"""What a camera with sound can notice, where that is switched on."""
KIND_LENGTH_MAX: Final = 40
"""A model of one's own brings kinds of its own: their labels."""

PictureRole = Literal["picture", "preview"]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom as shares of the picture, 0..1."""


@dataclass(frozen=True, slots=True)
class EventPicture:
    """A sealed picture of an event, in a key window of its own: what replaces it is another one.

    Its window is (camera, Stream.EVENT, epoch, picture_id); the secret is random, and goes with
    its row.
    """

    picture_id: bytes
    """16 random bytes: the writer id of its window."""
    role: PictureRole
    """preview: several small pictures in one, row by row, to be shown one after the other."""
    epoch: int
    wrapped_secret: bytes
    size_bytes: int
    """Sealed, with its header."""
    columns: int = 1
    rows: int = 1
    count: int = 1
    """So many of the columns * rows places are filled."""


@dataclass(frozen=True, slots=True)
class Event:
    """A visit of somebody or something. Times are wall times."""

    event_id: bytes
    """16 bytes."""
    camera_id: bytes
    kind: str
    start_us: int
    last_us: int
    """When it was noticed last."""
    end_us: int | None
    """None while it goes on."""
    confidence: float
    """0..1, of the best sight."""
    best_us: int
    """When it was seen best: the picture is of then."""
    best_box: Box | None = None
    """None for a sound."""
    zones: tuple[str, ...] = ()
    """Names of the zones that it entered, in the order of entering."""
    path: tuple[tuple[float, float, float], ...] = ()
    """Seconds since the start, and where it stood: shares of the picture."""
    is_kept: bool = False
    """Kept forever, with its recordings."""
    pictures: tuple[EventPicture, ...] = field(default=())

    def picture(self, role: PictureRole) -> EventPicture | None:
        """Its picture for this use, if there is one."""
        return next((found for found in self.pictures if found.role == role), None)
