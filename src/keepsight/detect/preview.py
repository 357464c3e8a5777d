"""Preview strips: a visit in at most PICTURES_MAX small pictures, put into one JPEG.

Made of looks that are made anyway. When a strip is full every second picture goes and the distance
doubles, so that whatever its length a visit is covered evenly in bounded memory: at most
STRIPS_MAX * PICTURES_MAX pictures of 100 KB a camera; visits at the same time share them.
"""

from dataclasses import dataclass, field
from typing import Final

import numpy as np

from keepsight.detect.decoder import Colour, Picture
from keepsight.detect.event import Phase
from keepsight.detect.events import Told
from keepsight.detect.jpeg import jpeg_of
from keepsight.detect.masks import Veil
from keepsight.detect.snapshot import hidden

PICTURE_WIDTH_MAX: Final = 240
PICTURE_HEIGHT_MAX: Final = 240
PICTURES_MAX: Final = 12
COLUMNS_MAX: Final = 4
GAP_SECONDS: Final = 0.5
"""Between the first pictures of a strip; doubles each time it is full."""
EARLY_SECONDS: Final = 3.0
"""After so much of a visit its strip is sent for the first time."""
SENT_PICTURES_MIN: Final = 2
"""One picture alone the event has already."""
STRIPS_MAX: Final = 8
"""Of one camera; visits beyond it have their picture and no strip."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished strip, row by row."""

    event_id: str
    columns: int
    rows: int
    count: int
    """Places filled; the rest is black."""
    jpeg: bytes


@dataclass(slots=True)
class _Strip:
    event_id: str
    begun_us: int
    """Media time of its first picture."""
    gap_us: int = int(GAP_SECONDS * 1e6)
    is_sent: bool = False
    """The early one was."""
    pictures: list[tuple[int, Colour]] = field(default_factory=list)
    """With their media times."""

    def is_due(self, media_us: int) -> bool:
        return not self.pictures or media_us - self.pictures[-1][0] >= self.gap_us

    def add(self, media_us: int, picture: Colour) -> None:
        if self.pictures and picture.shape != self.pictures[0][1].shape:
            self.pictures.clear()  # the camera changed its format
        if len(self.pictures) == PICTURES_MAX:
            del self.pictures[1::2]
            self.gap_us *= 2
        self.pictures.append((media_us, picture))

    def forget_after(self, media_us: int) -> None:
        """The last pictures show that nobody is there any more."""
        while len(self.pictures) > 1 and self.pictures[-1][0] > media_us:
            self.pictures.pop()

    def is_early_due(self, media_us: int) -> bool:
        return not self.is_sent and media_us - self.begun_us >= EARLY_SECONDS * 1e6

    def sheet(self) -> Sheet | None:
        """Everything so far in one picture; None while that is too little."""
        count = len(self.pictures)
        if count < SENT_PICTURES_MIN:
            return None
        columns = min(COLUMNS_MAX, count)
        rows = -(-count // columns)
        height, width = self.pictures[0][1].shape[:2]
        grid = np.zeros((rows * height, columns * width, 3), np.uint8)
        for number, (_, picture) in enumerate(self.pictures):
            top, left = number // columns * height, number % columns * width
            grid[top : top + height, left : left + width] = picture
        jpeg = jpeg_of(grid)
        return Sheet(self.event_id, columns, rows, count, jpeg) if jpeg else None


class Previews:
    """The strips of one camera's visits. Not for several threads at once."""

    def __init__(self, veil: Veil) -> None:
        """Args: veil blackens the privacy masks."""
        self._veil = veil
        self._strips: dict[str, _Strip] = {}

    def take(self, picture: Picture | None, told: list[Told]) -> list[Sheet]:
        """What one look means for the strips: those to be sent now.

        Args:
            picture: just looked at, if there was a look.
            told: what it meant for the visits.
        """
        sheets: list[Sheet | None] = []
        for each in told:
            event = each.event
            if event.phase is Phase.START and picture and len(self._strips) < STRIPS_MAX:
                self._strips[event.id] = _Strip(event.id, picture.media_us)
        if picture is not None:
            sheets += self._collect(picture)
        for each in told:
            if each.event.phase is Phase.END:
                strip = self._strips.pop(each.event.id, None)
                if strip is not None:
                    strip.forget_after(each.event.end_us)
                    sheets.append(strip.sheet())
        return [sheet for sheet in sheets if sheet is not None]

    def _collect(self, picture: Picture) -> list[Sheet | None]:
        media_us = picture.media_us
        due = [strip for strip in self._strips.values() if strip.is_due(media_us)]
        if due:
            size = (PICTURE_WIDTH_MAX, PICTURE_HEIGHT_MAX)
            small = hidden(picture, self._veil, *size, is_lifted=True)
            for strip in due:
                strip.add(media_us, small)
        early = [strip for strip in self._strips.values() if strip.is_early_due(media_us)]
        for strip in early:
            strip.is_sent = True
        return [strip.sheet() for strip in early]
