"""A drawn place: what stands still, what moves, and the text and the mark on top.

A picture is a pure function of scene, seed and time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

import numpy as np

from keepsight.camera.ambience import Sound
from keepsight.camera.canvas import Floats, Layer, Planes, coverage_of_capsule
from keepsight.camera.letters import draw_text
from keepsight.camera.mark import Mark, draw, plate
from keepsight.camera.media import SourceError
from keepsight.camera.scenes.front_door import FrontDoor
from keepsight.camera.scenes.living_room import LivingRoom
from keepsight.camera.stage import Stage

TEXT_HEIGHT: Final = 19.0
"""Of the capitals, in picture coordinates."""
_INK, _PLATE = "#f7f3ea", "#191b26"


class Scene(Protocol):
    """One place."""

    title: str
    """The camera's name, if nobody gives another."""
    sound: Sound

    def paint(self, width: int, height: int) -> tuple[Layer, Layer | None]:
        """Background, and what stands in front of everything that moves."""
        ...

    def draw(self, stage: Stage, now: datetime, seed: int) -> None:
        """What moves."""
        ...


SCENES: Final[dict[str, type[Scene]]] = {"front-door": FrontDoor, "living-room": LivingRoom}


@dataclass(frozen=True, slots=True)
class Caption:
    """What is written into the picture."""

    name: str
    household: bytes
    """6 bytes; see mark.py."""
    camera: int


class Picture:
    """Draws one scene at one size, picture after picture."""

    def __init__(self, scene: Scene, caption: Caption, width: int, height: int, seed: int) -> None:
        """Paint what stands still: takes about a second."""
        self._scene = scene
        self._caption = caption
        self._seed = seed
        background, foreground = scene.paint(width, height)
        self._stage = Stage(background, foreground)
        self._written: tuple[str, Floats, Floats] | None = None

    def draw(self, now: datetime, frame: int) -> Planes:
        """The picture at local time `now`; valid until the next call."""
        stage = self._stage
        stage.clear()
        self._scene.draw(stage, now, self._seed)
        self._write(f"{self._caption.name}   {now:%Y-%m-%d  %H:%M:%S}")
        mark = Mark(self._caption.household, self._caption.camera, frame)
        draw(stage.planes.y, mark)
        left, top, right, bottom = (edge // 2 for edge in plate(stage.width, stage.height))
        stage.planes.u[top:bottom, left:right] = 128
        stage.planes.v[top:bottom, left:right] = 128
        return stage.planes

    def _write(self, text: str) -> None:
        if self._written is None or self._written[0] != text:
            ink = draw_text(text, TEXT_HEIGHT * self._stage.scale)
            self._written = (text, ink, _soft_plate(ink, 9 * self._stage.scale))
        _, ink, plate_ = self._written
        self._stage.stamp(plate_, 18, 16, _PLATE)
        self._stage.stamp(ink, 28, 26, _INK)


def _soft_plate(ink: Floats, border: float) -> Floats:
    """A round plate that carries the text on light and dark scenes alike."""
    high, wide = ink.shape[0] + 2 * border, ink.shape[1] + 2 * border
    middle = (high / 2, high / 2), (wide - high / 2, high / 2)
    box = (0, 0, int(wide) & ~1, int(high) & ~1)
    return coverage_of_capsule(*middle, (high / 2 - 1, high / 2 - 1), box) * np.float32(0.62)


def find_scene(name: str) -> Scene:
    """The scene of that name.

    Raises:
        SourceError: there is none.
    """
    if name not in SCENES:
        raise SourceError(f"no scene {name!r}; there are: {', '.join(SCENES)}")
    return SCENES[name]()
