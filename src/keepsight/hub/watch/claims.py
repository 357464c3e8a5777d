"""What the watcher says, read as what it is: claims of a process that looks at hostile pictures.

Every field has a type, a range and a bound; what does not keep to them makes the whole message
worthless. Nothing here knows what was said before: `visits.py` does.
"""

import json
import math
import re
import struct
from dataclasses import dataclass
from typing import Any, Final, cast

from keepsight.hub.event import KIND_LENGTH_MAX, Box
from keepsight.hub.watch.sink import Phase
from keepsight.hub.watch.watchstate import WatchPhase
from keepsight.hub.watch.wire import ID_BYTES

ZONES_MAX: Final = 32
PATH_POINTS_MAX: Final = 512
BOXES_MAX: Final = 100
PLACES_MAX: Final = 16
"""Of a preview, in each direction."""
SPANS_MAX: Final = 256
REASON_LENGTH_MAX: Final = 300
MODES: Final = ("keyframes", "decode", "signs")
COUNT_MAX: Final = 1 << 53
TIME_US_MAX: Final = 1 << 53
SPOKEN: Final = (WatchPhase.WATCHING, WatchPhase.BEHIND, WatchPhase.OFF, WatchPhase.FAILED)
JPEG_BEGIN: Final = b"\xff\xd8\xff"
JPEG_END: Final = b"\xff\xd9"
_ID: Final = re.compile(r"[0-9a-f]{32}")
_STILL: Final = struct.Struct(">Iq")
_SPAN: Final = struct.Struct(">qq")


class ClaimError(ValueError):
    """A message that makes no sense; it is dropped."""


@dataclass(frozen=True, slots=True)
class EventClaim:
    """What an EVENT message says."""

    event_id: bytes
    phase: Phase
    kind: str
    start_us: int
    last_us: int
    confidence: float
    best_us: int
    best_box: Box | None
    zones: tuple[str, ...]
    path: tuple[tuple[float, float, float], ...]


@dataclass(frozen=True, slots=True)
class StateClaim:
    """What a STATE message says."""

    state: WatchPhase
    said: str | None
    """Why, in its own words: shown on the local command line, and nowhere else."""
    mode: str | None
    dropped: int
    looks: int
    sound: tuple[WatchPhase, str | None] | None = None
    """How listening goes, and why not better in its own words; None: nobody listens."""

    @property
    def words(self) -> str | None:
        """All of its own words."""
        found = (self.said, self.sound[1] if self.sound is not None else None)
        return "; ".join(each for each in found if each is not None) or None


@dataclass(frozen=True, slots=True)
class BoxesClaim:
    """What a BOXES message says."""

    wall_us: int
    boxes: tuple[tuple[str, float, float, float, float, float], ...]

    def as_json(self) -> bytes:
        """Written anew, so that nothing but this goes on to a browser."""
        document = {"wall_us": self.wall_us, "boxes": self.boxes}
        return json.dumps(document, separators=(",", ":")).encode()


def _document(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ClaimError("JSON that cannot be read") from error
    if not isinstance(found, dict):
        raise ClaimError("JSON that is no object")
    return found


def _no_constant(name: str) -> float:
    raise ClaimError(f"{name} is no number")


def _number(value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ClaimError("no number")
    if not math.isfinite(value) or not low <= value <= high:
        raise ClaimError("a number out of its range")
    return float(value)


def _whole(value: Any, high: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= high:
        raise ClaimError("no whole number in its range")
    return value


def _text(value: Any, length_max: int) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= length_max or not value.isprintable():
        raise ClaimError("no text of one line")
    return value


def _list(value: Any, count_max: int) -> list[Any]:
    if not isinstance(value, list) or len(value) > count_max:
        raise ClaimError("no list, or too long a one")
    return value


def _box(value: Any) -> Box:
    edges = tuple(_number(edge, -1, 2) for edge in _list(value, 4))
    if len(edges) != 4:
        raise ClaimError("a box has four edges")
    left, top, right, bottom = (min(max(edge, 0.0), 1.0) for edge in edges)
    if left > right or top > bottom:
        raise ClaimError("a box inside out")
    return (left, top, right, bottom)


def _point(value: Any) -> tuple[float, float, float]:
    if len(_list(value, 3)) != 3:
        raise ClaimError("a point of a path has three numbers")
    return (_number(value[0], 0, 1e7), _number(value[1], -1, 2), _number(value[2], -1, 2))


def read_event(body: bytes) -> EventClaim:
    """An EVENT message.

    Raises:
        ClaimError: it makes no sense.
    """
    found = _document(body)
    event_id, phase = found.get("id"), found.get("phase")
    if not isinstance(event_id, str) or not _ID.fullmatch(event_id):
        raise ClaimError("no event id")
    if phase not in ("start", "update", "end"):
        raise ClaimError("no phase")
    start_us = _whole(found.get("start_us"), TIME_US_MAX)
    last_us = _whole(found.get("end_us"), TIME_US_MAX)
    best_us = _whole(found.get("best_us"), TIME_US_MAX)
    if last_us < start_us:
        raise ClaimError("an event that ends before it begins")
    box = found.get("best_box")
    zones = tuple(_text(name, 64) for name in _list(found.get("zones", []), ZONES_MAX))
    return EventClaim(
        event_id=bytes.fromhex(event_id),
        phase=cast("Phase", phase),
        kind=_text(found.get("kind"), KIND_LENGTH_MAX),
        start_us=start_us,
        last_us=last_us,
        confidence=_number(found.get("confidence"), 0, 1),
        best_us=min(max(best_us, start_us), last_us),
        best_box=None if box is None else _box(box),
        zones=tuple(dict.fromkeys(zones)),
        path=tuple(_point(each) for each in _list(found.get("path", []), PATH_POINTS_MAX)),
    )


def read_state(body: bytes) -> StateClaim:
    """A STATE message.

    Raises:
        ClaimError: it makes no sense.
    """
    found = _document(body)
    mode, sound = found.get("mode"), found.get("sound")
    if sound is not None and not isinstance(sound, dict):
        raise ClaimError("no state of the sound")
    return StateClaim(
        *_phase(found),
        mode if mode in MODES else None,
        _whole(found.get("dropped", 0), COUNT_MAX),
        _whole(found.get("looks", 0), COUNT_MAX),
        None if sound is None else _phase(sound),
    )


def _phase(found: dict[str, Any]) -> tuple[WatchPhase, str | None]:
    state, reason = found.get("state"), found.get("reason")
    if state not in tuple(each.value for each in SPOKEN):
        raise ClaimError("no state")
    if isinstance(reason, str):
        # Texts of foreign libraries go into it: one line, and no control characters.
        reason = "".join(c if c.isprintable() else " " for c in reason[:REASON_LENGTH_MAX])
    return WatchPhase(state), reason if isinstance(reason, str) and reason.strip() else None


def read_picture(body: bytes) -> tuple[bytes, bytes]:
    """A PICTURE message: event id and JPEG. Its inside is for the browser's decoder to judge.

    Raises:
        ClaimError: it is no JPEG.
    """
    return body[:ID_BYTES], read_jpeg(body[ID_BYTES:])


def read_preview(body: bytes) -> tuple[bytes, int, int, int, bytes]:
    """A PREVIEW message: event id, columns, rows, how many places are filled, JPEG.

    Raises:
        ClaimError: it makes no sense.
    """
    jpeg = read_jpeg(body[ID_BYTES + 3 :])
    columns, rows, count = body[ID_BYTES : ID_BYTES + 3]
    if not (0 < columns <= PLACES_MAX and 0 < rows <= PLACES_MAX and 0 < count <= columns * rows):
        raise ClaimError("a preview without places, or with more pictures than places")
    return body[:ID_BYTES], columns, rows, count, jpeg


def read_still(body: bytes) -> tuple[int, int, bytes]:
    """A STILL message: the number of the masks that it was made with, wall us, JPEG.

    Raises:
        ClaimError: it makes no sense.
    """
    jpeg = read_jpeg(body[_STILL.size :])
    number, wall_us = _STILL.unpack_from(body)
    return number, wall_us, jpeg


def read_jpeg(jpeg: bytes) -> bytes:
    """Bytes that begin and end as a JPEG does.

    Raises:
        ClaimError: these do not.
    """
    if not (jpeg.startswith(JPEG_BEGIN) and jpeg.endswith(JPEG_END)):
        raise ClaimError("no JPEG")
    return jpeg


def read_activity(body: bytes) -> list[tuple[int, int]]:
    """An ACTIVITY message: spans of wall time.

    Raises:
        ClaimError: it makes no sense.
    """
    if len(body) % _SPAN.size or len(body) > SPANS_MAX * _SPAN.size:
        raise ClaimError("spans cut short, or too many")
    spans = list(_SPAN.iter_unpack(body))
    if any(not 0 <= begin <= end <= TIME_US_MAX for begin, end in spans):
        raise ClaimError("a span that ends before it begins")
    return spans


def read_boxes(body: bytes) -> BoxesClaim:
    """A BOXES message.

    Raises:
        ClaimError: it makes no sense.
    """
    found = _document(body)
    boxes = []
    for each in _list(found.get("boxes"), BOXES_MAX):
        if not isinstance(each, list) or len(each) != 6:
            raise ClaimError("a box has a kind, a confidence and four edges")
        kind, confidence = _text(each[0], KIND_LENGTH_MAX), _number(each[1], 0, 1)
        boxes.append((kind, confidence, *_box(each[2:])))
    return BoxesClaim(_whole(found.get("wall_us"), TIME_US_MAX), tuple(boxes))
