"""What a detector sees in one picture. Nouns only."""

from dataclasses import dataclass

PERSON = "person"
VEHICLE = "vehicle"
CAT = "cat"
DOG = "dog"
PACKAGE = "package"
KINDS = (PERSON, VEHICLE, CAT, DOG, PACKAGE)


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in shares of the picture's width and height, 0..1, from the top left."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Share of the picture's width."""
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        """Share of the picture's height."""
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Share of the picture."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """The middle."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    @property
    def foot(self) -> tuple[float, float]:
        """The middle of the lower edge: where somebody stands."""
        return (self.left + self.right) / 2, self.bottom


def clipped(left: float, top: float, right: float, bottom: float) -> Box:
    """A box inside the picture; models give edges slightly outside, or in the wrong order."""
    across = sorted(min(1.0, max(0.0, edge)) for edge in (left, right))
    down = sorted(min(1.0, max(0.0, edge)) for edge in (top, bottom))
    return Box(across[0], down[0], across[1], down[1])


def common_area(one: Box, other: Box) -> float:
    """Share of the picture that both cover."""
    width = min(one.right, other.right) - max(one.left, other.left)
    height = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(0.0, width) * max(0.0, height)


def overlap(one: Box, other: Box) -> float:
    """Intersection over union, 0..1."""
    common = common_area(one, other)
    whole = one.area + other.area - common
    return common / whole if whole > 0 else 0.0


def around(boxes: list[Box]) -> Box:
    """The smallest box that holds all of them; at least one is needed."""
    return Box(
        min(box.left for box in boxes),
        min(box.top for box in boxes),
        max(box.right for box in boxes),
        max(box.bottom for box in boxes),
    )


@dataclass(frozen=True, slots=True)
class Detection:
    """One thing in one picture."""

    kind: str
    """One of KINDS, or a label of the user's own model."""
    confidence: float
    """The model's score, 0..1."""
    box: Box


_KIND_BY_LABEL = {
    "person": PERSON,
    **dict.fromkeys(("bicycle", "car", "motorcycle", "motorbike", "bus", "truck", "van"), VEHICLE),
    "cat": CAT,
    "dog": DOG,
    # COCO has no parcel; a suitcase is the nearest box that it knows.
    **dict.fromkeys(("package", "parcel", "suitcase"), PACKAGE),
}


def kind_of(label: str, *, keeps_unknown: bool = False) -> str | None:
    """The kind for a model's label; None for what nobody wants to be told (chairs, benches).

    Args:
        label: as in the model's list, any case.
        keeps_unknown: a user's own model: a label we do not know is a kind of its own.
    """
    plain = label.strip().lower()
    known = _KIND_BY_LABEL.get(plain)
    return known or (plain if keeps_unknown and plain and plain != "???" else None)
