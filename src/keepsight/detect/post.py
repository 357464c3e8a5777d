"""One camera inside the watcher: its queue of units, its chain, its state, and what it has to say.

The queue is bounded by time and bytes. When the chain is slower than the camera, the oldest work is
dropped, up to a keyframe, and the state says so. Recordings are made elsewhere and lose nothing.
"""

import struct
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from keepsight.detect.config import CameraConfig
from keepsight.detect.decoder import Decoder, Picture
from keepsight.detect.detector import Detector
from keepsight.detect.event import Phase, as_document
from keepsight.detect.masks import Veil
from keepsight.detect.pace import Mode
from keepsight.detect.preview import Previews, Sheet
from keepsight.detect.sign import Sign
from keepsight.detect.snapshot import snapshot
from keepsight.detect.unit import Unit
from keepsight.detect.watcher import NOTHING, Sighting, Watcher
from keepsight.detect.wire import FromWatcher, pack, pack_json

QUEUE_SECONDS_MAX: Final = 8.0
"""Of pictures that wait; older ones are dropped. A visit is told late rather than never."""
QUEUE_BYTES_MAX: Final = 16 << 20
WANTED_MAX: Final = 8
"""Sounds that wait for a picture; there are eight kinds."""
PATIENCE_SECONDS: Final = 0.9
"""Pictures between near keyframes wait so long for the next: nobody looks at them."""
PATIENCE_FAR_SECONDS: Final = 0.2
"""Where keyframes are far apart, and any picture may be looked at."""
BEHIND_SECONDS: Final = 30.0
"""After the last dropped work the camera counts as behind for so long."""
STILL_SECONDS_MIN: Final = 0.9
"""Between two stills; as often as a quiet camera's keyframes are looked at."""


class WatchState(StrEnum):
    """How watching goes, for the camera's state line."""

    WATCHING = "watching"
    OFF = "off"
    BEHIND = "behind"
    FAILED = "failed"


@dataclass(slots=True)
class Post:
    """Where one camera is watched from."""

    camera: bytes
    config: CameraConfig
    watcher: Watcher
    queue: deque[Unit] = field(default_factory=deque)
    queue_bytes: int = 0
    keyframes_waiting: int = 0
    dropped_units: int = 0
    dropped_media_us: int | None = None
    newest_media_us: int = 0
    has_gap: bool = False
    wants_boxes: bool = False
    still_number: int | None = None
    """Stills are wanted and carry this; None: they are not."""
    still_us: int | None = None
    """Media time of the last one."""
    wanted_by: deque[bytes] = field(default_factory=lambda: deque(maxlen=WANTED_MAX))
    """Ids of sounds' events: they get the next picture that is looked at."""
    missing_model: str | None = None
    failure: str | None = None
    """The chain itself broke or hung; nothing is watched until the hub sends CAMERA again."""
    veil: Veil = field(init=False)
    previews: Previews = field(init=False)

    def __post_init__(self) -> None:
        """What depends on the privacy masks: other masks are another post."""
        self.veil = Veil(self.config.privacy_masks)
        self.previews = Previews(self.veil)

    def put(self, unit: Unit) -> None:
        """Queue a unit; drop the oldest work if there is too much."""
        self.queue.append(unit)
        self.queue_bytes += len(unit.data)
        self.keyframes_waiting += unit.is_keyframe
        self.newest_media_us = unit.media_us
        waiting_us = unit.media_us - self.queue[0].media_us
        if waiting_us > QUEUE_SECONDS_MAX * 1e6 or self.queue_bytes > QUEUE_BYTES_MAX:
            self._drop()

    def _drop(self) -> None:
        """Keep the newest group of pictures only."""
        kept: deque[Unit] = deque()
        while self.queue:
            unit = self.queue.pop()
            kept.appendleft(unit)
            if unit.is_keyframe:
                break
        else:
            kept.clear()
        is_whole = len(kept) > 0 and not self.queue
        if is_whole:  # one group alone is too much
            kept.clear()
        left = sum(len(unit.data) for unit in kept)
        self.dropped_units += max(1, len(self.queue))
        self.queue, self.queue_bytes = kept, left
        self.keyframes_waiting = sum(unit.is_keyframe for unit in kept)
        self.dropped_media_us = self.newest_media_us
        self.has_gap = True

    @property
    def has_work(self) -> bool:
        """Whether a look may be due among what waits, or it has waited long enough.

        Waking a thread for each unit costs 50 times what most units do.
        """
        if not self.queue:
            return False
        if self.keyframes_waiting or not self.watcher.is_patient:
            return True
        waited_us = abs(self.queue[-1].media_us - self.queue[0].media_us)
        is_far = self.watcher.mode is not Mode.KEYFRAMES
        return waited_us >= (PATIENCE_FAR_SECONDS if is_far else PATIENCE_SECONDS) * 1e6

    def take_some(self, count_max: int) -> list[Unit]:
        """The next units to work on, at most so many."""
        units = [self.queue.popleft() for _ in range(min(count_max, len(self.queue)))]
        for unit in units:
            self.queue_bytes -= len(unit.data)
            self.keyframes_waiting -= unit.is_keyframe
        return units

    def work(self, unit: Unit, detector: Detector | None) -> list[bytes]:
        """Put one unit through the chain; messages for the hub."""
        if self.has_gap:
            self.has_gap = False
            self.watcher.skip()
        if self.watcher.failure is None:
            self.watcher.detector = detector
        self.watcher.is_looked_at = self.wants_boxes or self.still_number is not None
        sighting = self.watcher.feed(unit)
        return [] if sighting is NOTHING else self._messages(sighting)

    def close(self) -> list[bytes]:
        """The camera goes: end its visits."""
        return self._messages(self.watcher.finish())

    def _messages(self, sighting: Sighting) -> list[bytes]:
        begun: list[bytes] = []
        ended: list[bytes] = []
        for told in sighting.told:
            is_end = told.event.phase is Phase.END
            said = ended if is_end else begun
            said.append(pack_json(FromWatcher.EVENT, self.camera, as_document(told.event)))
            if told.is_new_best and sighting.picture is not None and not is_end:
                said += self._picture(sighting.picture, bytes.fromhex(told.event.id))
        sheets = self.previews.take(sighting.picture, sighting.told)
        # A strip belongs to an event that the hub knows and that goes on.
        said = [*begun, *(self._preview(sheet) for sheet in sheets), *ended]
        if sighting.spans:
            times = [(span.start_wall_us, span.end_wall_us) for span in sighting.spans]
            body = b"".join(struct.pack(">qq", *each) for each in times)
            said.append(pack(FromWatcher.ACTIVITY, self.camera, body))
        if self.wants_boxes and sighting.detections is not None and sighting.picture:
            said.append(self._boxes(sighting))
        while self.wanted_by and sighting.picture is not None:
            said += self._picture(sighting.picture, self.wanted_by.popleft())
        if self.still_number is not None and sighting.picture is not None:
            said += self._still(sighting.picture, self.still_number)
        return said

    def _picture(self, picture: Picture, event_id: bytes) -> list[bytes]:
        coded = snapshot(picture, self.veil)
        return [pack(FromWatcher.PICTURE, self.camera, event_id + coded)] if coded else []

    def _preview(self, sheet: Sheet) -> bytes:
        head = bytes.fromhex(sheet.event_id) + bytes((sheet.columns, sheet.rows, sheet.count))
        return pack(FromWatcher.PREVIEW, self.camera, head + sheet.jpeg)

    def _still(self, picture: Picture, number: int) -> list[bytes]:
        us = picture.media_us
        if self.still_us is not None and 0 <= us - self.still_us < STILL_SECONDS_MIN * 1e6:
            return []
        self.still_us = us
        # As the camera sees it: who looks at a still wants to know how dark it is.
        coded = snapshot(picture, self.veil, is_lifted=False)
        head = struct.pack(">Iq", number, picture.wall_us)
        return [pack(FromWatcher.STILL, self.camera, head + coded)] if coded else []

    def _boxes(self, sighting: Sighting) -> bytes:
        boxes = [
            [each.kind, round(each.confidence, 3)]
            + [
                round(edge, 4)
                for edge in (each.box.left, each.box.top, each.box.right, each.box.bottom)
            ]
            for each in sighting.detections or []
        ]
        wall_us = sighting.picture.wall_us if sighting.picture else 0
        document = {"wall_us": wall_us, "boxes": boxes}
        return pack_json(FromWatcher.BOXES, self.camera, document)

    @property
    def state(self) -> tuple[WatchState, str | None]:
        """State and reason."""
        if self.failure is not None:
            return WatchState.FAILED, self.failure
        if self.watcher.failure is not None:
            return WatchState.FAILED, f"movement only: {self.watcher.failure}"
        if self.missing_model is not None:
            return WatchState.OFF, f"movement only: {self.missing_model}"
        since_us = self.newest_media_us - (self.dropped_media_us or 0)
        if self.dropped_media_us is not None and since_us < BEHIND_SECONDS * 1e6:
            return WatchState.BEHIND, f"{self.dropped_units} pictures were not looked at"
        return WatchState.WATCHING, None

    def report(self) -> dict[str, Any]:
        """The STATE message's JSON."""
        state, reason = self.state
        counts, decoded = self.watcher.counts, self.watcher.decoder.counts
        return {
            "state": state.value,
            "reason": reason,
            "mode": self.watcher.mode.value,
            "units": counts.units,
            "looks": counts.looks,
            "opened": counts.opened,
            "asked": counts.asked,
            "corrupt": decoded.corrupt,
            "resized": decoded.resized,
            "dropped": self.dropped_units,
            "cpu_us": counts.cpu_us,
            "queued": len(self.queue),
        }


def open_post(camera: bytes, config: CameraConfig) -> Post:
    """A post for a camera.

    Raises:
        DecoderError: its codec cannot be decoded here.
    """
    decoder = Decoder(config.codec, config.parameter_sets)
    sign = Sign(config.codec, config.parameter_sets)
    return Post(camera, config, Watcher(decoder, sign, config.rules, None))


def reconfigure(post: Post, config: CameraConfig) -> bool:
    """Take a new configuration if only the stream's format changed; False where more did."""
    known = post.config
    is_same = (known.rules, known.privacy_masks, known.choice) == (
        config.rules,
        config.privacy_masks,
        config.choice,
    )
    has_trouble = post.failure is not None or post.missing_model is not None
    if not is_same or has_trouble:  # a new start may help: the model may be there now
        return False
    if (known.codec, known.parameter_sets) != (config.codec, config.parameter_sets):
        decoder = Decoder(config.codec, config.parameter_sets)
        decoder.counts = post.watcher.decoder.counts
        decoder.counts.resized += 1
        post.watcher.reformat(decoder, Sign(config.codec, config.parameter_sets))
        post.config = config
    return True
