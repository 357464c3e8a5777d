"""One camera's sound inside the watcher: its queue of packets, its chain, its state.

Apart from the same camera's pictures: what breaks or hangs here costs the sound only. The queue is
bounded; when listening is slower than the sound comes, what waits is dropped, and the state says
so.
"""

from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final

from keepsight.detect.config import SoundOrder
from keepsight.detect.ear import Ear
from keepsight.detect.event import Phase
from keepsight.detect.heard import SoundBook
from keepsight.detect.hearing import STEP_SAMPLES, Hearing
from keepsight.detect.post import BEHIND_SECONDS, WatchState
from keepsight.detect.sound import SAMPLE_RATE, SoundEvent, SoundPacket, as_document
from keepsight.detect.soundtrack import SoundError, Soundtrack
from keepsight.detect.wire import FromWatcher, pack_json
from keepsight.detect.zones import Rules

QUEUE_SECONDS_MAX: Final = 8.0
QUEUE_PACKETS_MAX: Final = 2048
"""Four times what the shortest usual packets, 20 ms, make of eight seconds."""
QUEUE_BYTES_MAX: Final = 1 << 20
AT_ONCE_SECONDS: Final = STEP_SAMPLES / SAMPLE_RATE
"""Packets wait until they make a step: waking a thread for each costs more than decoding it."""


@dataclass(slots=True)
class SoundPost:
    """Where one camera is listened to from."""

    camera: bytes
    order: SoundOrder
    rules: Rules
    hearing: Hearing | None = None
    queue: deque[SoundPacket] = field(default_factory=deque)
    queue_bytes: int = 0
    dropped_packets: int = 0
    dropped_media_us: int | None = None
    newest_media_us: int = 0
    missing_model: str | None = None
    failure: str | None = None
    """The chain itself broke or hung; nothing is heard until the hub sends CAMERA again."""
    started: list[bytes] = field(default_factory=list)
    """Ids of events that began, until somebody takes them."""

    def put(self, packet: SoundPacket) -> None:
        """Queue a packet; drop what waits if it is too much."""
        self.queue.append(packet)
        self.queue_bytes += len(packet.data)
        self.newest_media_us = packet.media_us
        is_late = self._waiting_seconds > QUEUE_SECONDS_MAX
        is_much = self.queue_bytes > QUEUE_BYTES_MAX or len(self.queue) > QUEUE_PACKETS_MAX
        if is_late or is_much:
            self.dropped_packets += len(self.queue)
            self.dropped_media_us = packet.media_us
            self.queue.clear()
            self.queue_bytes = 0

    @property
    def _waiting_seconds(self) -> float:
        # A clock that went back counts too: its packets must not wait for ever.
        return abs(self.newest_media_us - self.queue[0].media_us) / 1e6 if self.queue else 0.0

    @property
    def has_work(self) -> bool:
        """Whether enough waits."""
        return self._waiting_seconds >= AT_ONCE_SECONDS

    def take_some(self, count_max: int) -> list[list[SoundPacket]]:
        """What waits, as one piece of work, if it is enough; `count_max` is above that."""
        del count_max
        if not self.has_work:
            return []
        packets = list(self.queue)
        self.queue.clear()
        self.queue_bytes = 0
        return [packets]

    def work(self, packets: list[SoundPacket], ear: Ear | None) -> list[bytes]:
        """Put packets through the chain; messages for the hub."""
        if ear is None:
            return []
        if self.hearing is None:
            try:
                track = Soundtrack(self.order.form)
            except SoundError as error:
                self.failure = str(error)
                return []
            self.hearing = Hearing(track, SoundBook(self.order.kinds, self.rules), ear)
        self.hearing.ear = ear
        told = self.hearing.feed(packets)
        begun = [bytes.fromhex(event.id) for event in told if event.phase is Phase.START]
        self.started += begun
        return self._messages(told)

    def close(self) -> list[bytes]:
        """The sound goes: end its events."""
        return self._messages(self.hearing.finish() if self.hearing else [])

    def _messages(self, told: list[SoundEvent]) -> list[bytes]:
        return [pack_json(FromWatcher.EVENT, self.camera, as_document(event)) for event in told]

    @property
    def state(self) -> tuple[WatchState, str | None]:
        """State and reason."""
        if self.failure is not None:
            return WatchState.FAILED, self.failure
        if self.missing_model is not None:
            return WatchState.OFF, self.missing_model
        if self.hearing is not None and self.hearing.trouble is not None:
            return WatchState.FAILED, self.hearing.trouble
        if self.dropped_media_us is not None:
            since_us = abs(self.newest_media_us - self.dropped_media_us)
            if since_us < BEHIND_SECONDS * 1e6:
                return WatchState.BEHIND, f"{self.dropped_packets} pieces of sound were not heard"
        return WatchState.WATCHING, None

    def report(self) -> dict[str, Any]:
        """For the `sound` of a STATE message."""
        state, reason = self.state
        hearing = self.hearing
        return {
            "state": state.value,
            "reason": reason,
            "windows": hearing.counts.windows if hearing else 0,
            "asked": hearing.counts.asked if hearing else 0,
            "gaps": hearing.counts.gaps if hearing else 0,
            "corrupt": hearing.corrupt if hearing else 0,
            "dropped": self.dropped_packets,
            "cpu_us": hearing.counts.cpu_us if hearing else 0,
        }

    def is_for(self, order: SoundOrder | None, rules: Rules) -> bool:
        """Whether it can go on under this order."""
        has_trouble = self.failure is not None or self.missing_model is not None
        return not has_trouble and (self.order, self.rules) == (order, rules)
