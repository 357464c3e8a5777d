"""One camera on the watcher's list: which of its streams it gets, and what of its words is kept."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from keepsight.core.clock import Clock
from keepsight.hub.watch import claims
from keepsight.hub.watch.allowance import Allowance
from keepsight.hub.watch.cause import cause_of, sound_cause_of
from keepsight.hub.watch.config import camera_config
from keepsight.hub.watch.hearing import SoundReader, sound_config
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.reader import MediaTime, PictureReader
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.sink import Sink
from keepsight.hub.watch.suspicion import HELD_US
from keepsight.hub.watch.visits import Visits
from keepsight.hub.watch.watchstate import WatchPhase, WatchState
from keepsight.hub.watch.wire import FromWatcher, Message, ToWatcher, pack, pack_json, pack_stills
from keepsight.hub.watching import Polygon, Watching
from keepsight.seal.header import Stream

if TYPE_CHECKING:
    from keepsight.hub.running import RunningCamera

log = logging.getLogger(__name__)

PICTURE_STREAMS: Final = (Stream.SUB, Stream.MAIN)
"""The first that there is: small pictures are cheaper to look at, and enough."""
FALLBACK_US: Final = 15_000_000
"""Main is looked at when sub has sent nothing for so long."""
GONE_US: Final = 60_000_000
"""Visits of a camera that has sent nothing for so long are over: the watcher waits for its time to
go on, which it does not."""
BEHIND_US: Final = 30_000_000
"""After the last picture that was left out a camera counts as behind for so long."""
AGAIN_US: Final = 300_000_000
"""What failed or has no model is tried again so often."""
BOXES_US_MAX: Final = 60_000_000
"""Boxes of pictures older than this, or further ahead, are shown to nobody."""
ACTIVITIES_A_MINUTE: Final = 120.0
ACTIVITIES_AT_ONCE: Final = 60
ACTIVITY_US_MAX: Final = 3_600_000_000


HELD: Final = Reason(ReasonCode.HELD, {"minutes": HELD_US // 60_000_000})


@dataclass(frozen=True, slots=True)
class WatchSurroundings:
    """What every watched camera shares."""

    clock: Clock
    outlet: Outlet
    models: Path
    sink: Callable[[], Sink]


class Watched:
    """One camera. Lives in the event loop's thread."""

    def __init__(self, running: "RunningCamera", around: WatchSurroundings) -> None:
        self.running = running
        self.camera_id = running.camera.camera_id
        self._around = around
        self._visits = Visits(self.camera_id)
        self._activities = Allowance(ACTIVITIES_A_MINUTE, ACTIVITIES_AT_ONCE)
        self._is_known = False
        """Whether the watcher that runs was told of this camera."""
        self._told: bytes | None = None
        """The CAMERA message that it got last."""
        self.is_held = False
        """Left out for now, because the watcher crashes on somebody's pictures (suspicion.py)."""
        self._wants_boxes = False
        self._still_number: int | None = None
        """What the watcher was told that stills are to carry; None: that nobody wants any."""
        self._told_masks: tuple[Polygon, ...] | None = None
        """Privacy masks as the watcher knows them."""
        self._claim: claims.StateClaim | None = None
        self._why: Reason | None = None
        """The hub's reason for the state that is claimed."""
        self._deaf_why: Reason | None = None
        self._claimed_us = 0
        self._asked_us = 0
        self._phase = WatchPhase.STARTING
        self._since_us = around.clock.wall_us()
        self._gone_us: int | None = None
        """Since when it sends nothing; monotonic."""
        self._without_sub_us: int | None = around.clock.monotonic_us()
        self.nonsense = 0
        """Messages about it that made no sense."""
        time = MediaTime()
        self._readers: dict[Stream, PictureReader] = {
            stream: PictureReader(self.camera_id, around.outlet, time, self._on_format)
            for stream in PICTURE_STREAMS
            if stream in running.fanouts
        }
        self._sound = SoundReader(self.camera_id, around.outlet, self._on_format)
        if Stream.MAIN in running.fanouts:
            running.fanouts[Stream.MAIN].attach(self._sound)
        for stream, reader in self._readers.items():
            running.fanouts[stream].attach(reader)
        for stream in PICTURE_STREAMS:
            if stream in running.live:
                running.live[stream].on_watching = self._on_watching

    @property
    def watching(self) -> Watching:
        """How its owner wants it watched, now."""
        return self.running.camera.watching

    @property
    def is_wanted(self) -> bool:
        """Whether a watcher is needed for it."""
        return self.watching.is_on and not self.is_held

    def hold(self, *, is_held: bool) -> None:
        """Leave it out, or take it in again."""
        if is_held is not self.is_held:
            self.is_held = is_held
            self.announce()

    @property
    def is_known(self) -> bool:
        """Whether the watcher has to say something about it."""
        return self._is_known

    # --- to the watcher ---------------------------------------------------------------------

    def announce(self) -> None:
        """Tell the watcher of this camera, or again after a change; or to forget it."""
        around, chosen = self._around, self._choice()
        for reader in self._readers.values():
            reader.end()
        if not self.is_wanted or not around.outlet.is_open:
            self._forget()
            return
        config = self._config()
        if chosen is None or config is None:
            return  # the watcher keeps what it knows of the scene until pictures come again
        if not around.outlet.write(config):
            return
        self._is_known, self._told = True, config
        self._sound.is_wanted = sound_config(self._sound.audio, self.watching) is not None
        self._asked_us = around.clock.monotonic_us()
        self._wants_boxes = False
        self._on_watching()
        self._still_number, self._told_masks = None, self.watching.privacy_masks
        self._follow_stills()
        chosen.begin()

    def follow(self) -> None:
        """The camera was changed: tell the watcher what concerns it, and leave it alone else."""
        if self._is_known and self.is_wanted and self._told == self._config():
            return
        self.announce()

    def _config(self) -> bytes | None:
        """What the watcher is to know; None where there is nothing to be looked at."""
        chosen = self._choice()
        if chosen is None or chosen.video is None:
            return None
        sound = sound_config(self._sound.audio, self.watching)
        config = camera_config(chosen.video, self.watching, self._around.models)
        return pack_json(ToWatcher.CAMERA, self.camera_id, {**config, "sound": sound})

    def _choice(self) -> PictureReader | None:
        """The reader whose pictures are to be looked at."""
        sub, main = (self._readers.get(stream) for stream in PICTURE_STREAMS)
        if sub is None or sub.video is not None:
            return sub or main
        missing_us = self._around.clock.monotonic_us() - (self._without_sub_us or 0)
        has_waited = self._without_sub_us is not None and missing_us > FALLBACK_US
        return main if has_waited and main is not None and main.video is not None else sub

    def _on_format(self) -> None:
        sub = self._readers.get(Stream.SUB)
        if sub is not None and sub.video is not None:
            self._without_sub_us = None
        elif self._without_sub_us is None:
            self._without_sub_us = self._around.clock.monotonic_us()
        self.announce()

    def _on_watching(self) -> None:
        """Somebody begins or ends looking at its live pictures."""
        live = self.running.live
        wants = any(live[stream].is_watched for stream in PICTURE_STREAMS if stream in live)
        if self._is_known and wants is not self._wants_boxes:
            self._wants_boxes = wants
            message = pack(ToWatcher.BOXES, self.camera_id, bytes((wants,)))
            self._around.outlet.write(message)

    def _follow_stills(self) -> None:
        """Masked stills are made while somebody asks for them, with the masks of now."""
        number = self.running.follow_stills()
        if self._told_masks != self.watching.privacy_masks:
            number = None  # the watcher would make them with the masks of before
        if self._is_known and number != self._still_number:
            message = pack_stills(self.camera_id, number)
            if self._around.outlet.write(message):
                self._still_number = number

    def _forget(self) -> None:
        if self._is_known:
            self._around.outlet.write(pack(ToWatcher.FORGET, self.camera_id))
        self._lose()

    def _lose(self) -> None:
        self._is_known = self._sound.is_wanted = False
        self._still_number = self._told_masks = None
        self._claim = None
        self.end_events()

    def watcher_ended(self) -> None:
        """The watcher is gone, with everything that it knew."""
        for reader in self._readers.values():
            reader.end()
        self._lose()

    def close(self) -> None:
        """The camera stops or goes."""
        for stream, reader in self._readers.items():
            reader.end()
            if stream in self.running.fanouts:
                self.running.fanouts[stream].detach(reader)
        if Stream.MAIN in self.running.fanouts:
            self.running.fanouts[Stream.MAIN].detach(self._sound)
        for stream in PICTURE_STREAMS:
            if stream in self.running.live:
                self.running.live[stream].on_watching = None
        self._forget()

    def tick(self, *, is_model_new: bool) -> None:
        """Look about once a second: another stream, another try.

        Args:
            is_model_new: files of models came or went since the last time.
        """
        self._follow_stills()
        chosen = self._choice()
        if chosen is not None and chosen.video is not None and not chosen.is_chosen:
            self.announce()
        claim, now_us = self._claim, self._around.clock.monotonic_us()
        if chosen is not None and chosen.video is not None:
            self._gone_us = None
        elif self._is_known:
            self._gone_us = now_us if self._gone_us is None else self._gone_us
            if now_us - self._gone_us > GONE_US:
                self._forget()
        phases = () if claim is None else (claim.state, *(claim.sound or ())[:1])
        is_troubled = WatchPhase.OFF in phases or WatchPhase.FAILED in phases
        if is_troubled and (is_model_new or now_us - self._asked_us > AGAIN_US):
            self.announce()

    # --- from the watcher -------------------------------------------------------------------

    def hear(self, message: Message) -> None:
        """Take a message about this camera; what makes no sense is dropped and counted."""
        if not self._is_known:
            return
        try:
            HEARING[message.kind](self, message.body)
        except claims.ClaimError as error:
            self.nonsense += 1
            if self.nonsense == 1:
                log.warning("%s: the watcher talks nonsense: %s", self.running.camera.name, error)

    def _hear_state(self, body: bytes) -> None:
        claim = self._claim = claims.read_state(body)
        self._why = cause_of(claim.state, self.watching.model, self._around.models)
        deaf = claim.sound[0] if claim.sound is not None else WatchPhase.WATCHING
        self._deaf_why = sound_cause_of(deaf, self._around.models)
        self._claimed_us = self._around.clock.monotonic_us()
        if claim.state is WatchPhase.FAILED:
            self.end_events()  # a worker that hangs ends none

    def _hear_event(self, body: bytes) -> None:
        clock = self._around.clock
        told = self._visits.take(
            claims.read_event(body),
            self.watching,
            wall_us=clock.wall_us(),
            monotonic_us=clock.monotonic_us(),
        )
        if told is not None:
            self._around.sink().on_event(self.camera_id, *told)

    def _hear_picture(self, body: bytes) -> None:
        event_id, jpeg = claims.read_picture(body)
        if self._visits.may_have_picture(event_id, self._around.clock.monotonic_us()):
            self._around.sink().on_picture(self.camera_id, event_id, jpeg)

    def _hear_preview(self, body: bytes) -> None:
        event_id, columns, rows, count, jpeg = claims.read_preview(body)
        if self._visits.may_have_picture(event_id, self._around.clock.monotonic_us()):
            sink = self._around.sink()
            sink.on_preview(self.camera_id, event_id, columns, rows, count, jpeg)

    def _hear_still(self, body: bytes) -> None:
        self.running.take_still(*claims.read_still(body))

    def _hear_activity(self, body: bytes) -> None:
        clock = self._around.clock
        now_us = clock.wall_us()
        spans = [
            (begin, end)
            for begin, end in claims.read_activity(body)
            if now_us - ACTIVITY_US_MAX < begin and end < now_us + BOXES_US_MAX
        ]
        if spans and self._activities.take(clock.monotonic_us()):
            self._around.sink().on_activity(self.camera_id, spans)

    def _hear_boxes(self, body: bytes) -> None:
        claim = claims.read_boxes(body)
        if abs(self._around.clock.wall_us() - claim.wall_us) > BOXES_US_MAX:
            raise claims.ClaimError("boxes of another time")
        payload = claim.as_json()
        for stream in PICTURE_STREAMS:
            live = self.running.live.get(stream)
            if live is not None and live.is_watched:
                live.on_boxes(payload)

    def end_events(self) -> None:
        """What goes on ends at its last sight."""
        for event in self._visits.end_all():
            self._around.sink().on_event(self.camera_id, "end", event)

    # --- what it says of itself -------------------------------------------------------------

    def state(self, trouble: Reason | None) -> WatchState:
        """How watching goes.

        Args:
            trouble: why there is no watcher; None while there is one, or it starts.
        """
        phase, reason = self._phase_now(trouble)
        if phase is not self._phase:
            self._phase, self._since_us = phase, self._around.clock.wall_us()
        claim = self._claim
        return WatchState(
            phase,
            reason,
            claim.mode if claim else None,
            self._since_us,
            (claim.dropped if claim else 0) + sum(r.dropped for r in self._readers.values()),
            claim.looks if claim else 0,
            (claim.sound[0], self._deaf_why) if claim and claim.sound else None,
            claim.words if claim else None,
        )

    def _phase_now(self, trouble: Reason | None) -> tuple[WatchPhase, Reason | None]:
        if not self.watching.is_on:
            return WatchPhase.UNWATCHED, None
        if self.is_held:
            return WatchPhase.FAILED, HELD
        if trouble is not None:
            return WatchPhase.FAILED, trouble
        claim, chosen = self._claim, self._choice()
        if claim is None or chosen is None or chosen.video is None:
            return WatchPhase.STARTING, None
        now_us = self._around.clock.monotonic_us()
        has_dropped = any(
            reader.dropped_us is not None and now_us - reader.dropped_us < BEHIND_US
            for reader in self._readers.values()
        )
        if claim.state is WatchPhase.WATCHING and has_dropped:
            return WatchPhase.BEHIND, Reason(ReasonCode.BEHIND)
        return claim.state, self._why


Hearing = Callable[[Watched, bytes], None]
HEARING: Final[dict[FromWatcher, Hearing]] = {
    FromWatcher.STATE: Watched._hear_state,  # noqa: SLF001 - the table of its own methods
    FromWatcher.EVENT: Watched._hear_event,  # noqa: SLF001
    FromWatcher.PICTURE: Watched._hear_picture,  # noqa: SLF001
    FromWatcher.ACTIVITY: Watched._hear_activity,  # noqa: SLF001
    FromWatcher.BOXES: Watched._hear_boxes,  # noqa: SLF001
    FromWatcher.STILL: Watched._hear_still,  # noqa: SLF001
    FromWatcher.PREVIEW: Watched._hear_preview,  # noqa: SLF001
}
"""Who takes which message. Every type of FromWatcher has its line."""
