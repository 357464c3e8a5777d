"""What of each picture of a film has to be hidden: faces, and the heads of people.

The head of everybody, whether or not a face was found in it: on the indoor clip the back of a head
was taken for a face beside it, with a confidence of 0.8. Looks are made some times a second, not at
each picture: faces move little between two. A picture is given back once the looks after it are
known, so that a face is hidden before it is first found too.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any, Final

from keepsight.detect.decoder import Picture
from keepsight.detect.detector import Detector
from keepsight.detect.faces import FaceFinder
from keepsight.detect.look import look_thoroughly
from keepsight.detect.lowlight import lifted
from keepsight.detect.sight import PERSON, Box, clipped
from keepsight.detect.trails import HOLD_SECONDS, Trails

FACE_LOOK_SECONDS: Final = 0.12
PERSON_LOOK_SECONDS: Final = 0.36
PERSON_CONFIDENCE: Final = 0.3
WAITING_MAX: Final = 64
"""Pictures that wait for the looks after them; more come only in films of over 100 a second."""
FACE_MARGIN: Final = 0.3
"""Around a face, as share of its size: hair, ears and chin tell people apart too."""
HEAD_MARGIN: Final = 0.1
HEAD_SHARE: Final = 0.25
"""Of the height of somebody who stands."""
CUT_HEAD_SHARE: Final = 0.45
"""Of a box that is no higher than wide: somebody sits, or only the upper half is in the picture."""


def grown(box: Box, margin: float) -> Box:
    """A box with a margin on each side, as share of its size."""
    across, down = box.width * margin, box.height * margin
    return clipped(box.left - across, box.top - down, box.right + across, box.bottom + down)


def head_of(person: Box, width: int, height: int) -> Box:
    """The part of a person's box that holds the head."""
    wide, high = person.width * width, person.height * height
    standing = min(1.0, max(0.0, high / max(wide, 1e-6) - 1))
    share = CUT_HEAD_SHARE + (HEAD_SHARE - CUT_HEAD_SHARE) * standing
    head = Box(person.left, person.top, person.right, person.top + person.height * share)
    return grown(head, HEAD_MARGIN)


@dataclass(slots=True)
class HidingCounts:
    """What was found."""

    looks: int = 0
    faces: int = 0
    """In all looks together; so the heads."""
    heads: int = 0


@dataclass(frozen=True, slots=True)
class Hidden:
    """A picture and what of it is to be made unrecognisable."""

    frame: Any
    boxes: tuple[Box, ...]


class Hiding:
    """Pictures of one film in, in order; the same pictures out, with what to hide in them."""

    def __init__(self, faces: FaceFinder, people: Detector) -> None:
        self.counts = HidingCounts()
        self._finder = faces
        self._people = people
        self._faces = Trails()
        self._heads = Trails()
        self._waiting: deque[Picture] = deque()
        self._looked_us: int | None = None
        self._sought_us: int | None = None

    def put(self, picture: Picture) -> list[Hidden]:
        """Take a picture; those that can be given back.

        Raises:
            keepsight.detect.detector.DetectorError: a model failed.
        """
        self._waiting.append(picture)
        if _is_due(picture.media_us, self._looked_us, FACE_LOOK_SECONDS):
            self._look(picture)
        given = []
        while self._waiting and self._is_known(picture.media_us):
            given.append(self._give())
        return given

    def finish(self) -> list[Hidden]:
        """Those that still wait."""
        given = []
        while self._waiting:
            given.append(self._give())
        return given

    def _is_known(self, now_us: int) -> bool:
        waited_us = now_us - self._waiting[0].media_us
        return waited_us > HOLD_SECONDS * 1e6 or len(self._waiting) > WAITING_MAX

    def _give(self) -> Hidden:
        picture = self._waiting.popleft()
        media_us = picture.media_us
        boxes = [grown(box, FACE_MARGIN) for box in self._faces.at(media_us)]
        boxes += self._heads.at(media_us)
        for trails in (self._faces, self._heads):
            trails.forget_before(media_us)
        return Hidden(picture.frame, tuple(boxes))

    def _look(self, picture: Picture) -> None:
        media_us = picture.media_us
        self._looked_us = media_us
        self.counts.looks += 1
        faces = self._finder.find(lifted(picture.colour()))
        self.counts.faces += len(faces)
        self._faces.add(media_us, [face.box for face in faces])
        if not _is_due(media_us, self._sought_us, PERSON_LOOK_SECONDS):
            return
        self._sought_us = media_us
        heads = [
            head_of(each.box, picture.width, picture.height)
            for each in look_thoroughly(self._people, picture)
            if each.kind == PERSON and each.confidence >= PERSON_CONFIDENCE
        ]
        self.counts.heads += len(heads)
        self._heads.add(media_us, heads)


def _is_due(media_us: int, before_us: int | None, seconds: float) -> bool:
    return before_us is None or not 0 <= media_us - before_us < seconds * 1e6
