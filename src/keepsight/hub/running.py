"""One camera at work: its ingests, readers and what it says of itself."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

from keepsight.core.clock import Clock
from keepsight.core.destination import Credentials
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, StreamSource, StreamState
from keepsight.hub.ending import heed_ending
from keepsight.hub.ingest.fanout import Fanout, Reader
from keepsight.hub.ingest.ingest import Listener, StreamIngest, StreamPlan
from keepsight.hub.live.feed import Feed
from keepsight.hub.live.still import StillStream
from keepsight.hub.live.stream import LiveStream
from keepsight.seal.header import Context, Stream

if TYPE_CHECKING:
    from keepsight.hub.watch.watch import Watch

log = logging.getLogger(__name__)
RESTART_SECONDS: Final = 10.0


class KeySource(Protocol):
    """What a running camera needs of the keyring."""

    household: bytes

    @property
    def epoch(self) -> int:
        """Newest epoch."""
        ...

    def window_secret(self, context: Context) -> bytes:
        """FK of a live window."""
        ...

    def opaque_stream(self, camera: bytes, stream: Stream) -> bytes:
        """The door's name for a stream."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every running camera shares."""

    keys: KeySource
    clock: Clock
    feed: Feed
    recorder: Callable[[Camera, Stream], Reader | None]
    """A recording reader, or None where this stream is not recorded."""
    on_pin: Callable[[bytes, DeviceFacts], None]
    """Camera id and the facts to remember."""
    watch: "Watch | None" = None
    """Who looks for people in its pictures; None where nobody does."""


class _StreamListener(Listener):
    def __init__(self, running: "RunningCamera", stream: Stream) -> None:
        self._running = running
        self._stream = stream

    def on_state(self, state: StreamState) -> None:
        self._running.tell_state(self._stream, state)

    def on_pin(self, facts: DeviceFacts) -> None:
        if self._stream is Stream.MAIN:
            self._running.surroundings.on_pin(self._running.camera.camera_id, facts)


@dataclass(slots=True)
class RunningCamera:
    """A camera and everything that runs for it."""

    camera: Camera
    credentials: Credentials | None
    surroundings: Surroundings
    ingests: dict[Stream, StreamIngest] = field(default_factory=dict)
    fanouts: dict[Stream, Fanout] = field(default_factory=dict)
    live: dict[Stream, LiveStream] = field(default_factory=dict)
    recorders: dict[Stream, Reader] = field(default_factory=dict)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _opaques: dict[Stream, bytes] = field(default_factory=dict)

    @property
    def state(self) -> StreamState:
        """Main's state, unless one of its streams waits for the owner's decision."""
        states = {s: ingest.status.state for s, ingest in self.ingests.items()}
        if StreamState.IDENTITY_CHANGED in states.values():
            return StreamState.IDENTITY_CHANGED
        return states.get(Stream.MAIN, StreamState.STOPPED)

    @property
    def pending_identity(self) -> DeviceFacts | None:
        """What answers now, while the owner has to decide."""
        found = (ingest.pending_identity for ingest in self.ingests.values())
        return next((facts for facts in found if facts is not None), None)

    @property
    def has_sound(self) -> bool:
        """Whether main carries sound right now."""
        fanout = self.fanouts.get(Stream.MAIN)
        return bool(fanout and fanout.format and fanout.format.audio)

    @property
    def stills(self) -> StillStream | None:
        """Its still stream, while it runs."""
        found = self.live.get(Stream.STILL)
        return found if isinstance(found, StillStream) else None

    @property
    def still_state(self) -> StreamState:
        """State for who asks for a picture and gets none."""
        return self.state if self.stills is None else self.stills.state(self.state)

    @property
    def is_masked(self) -> bool:
        """Whether parts of its pictures are hidden from everybody, in every still."""
        return bool(self.camera.watching.privacy_masks)

    @property
    def _still_source(self) -> Stream:
        """The smaller picture where there is one: stills are for looking, not for keeping."""
        has_sub = any(source.stream is Stream.SUB for source in self.camera.sources)
        return Stream.SUB if has_sub else Stream.MAIN

    def opaque(self, stream: Stream) -> bytes:
        """The door's name for one of its streams, until `renew`."""
        if stream not in self._opaques:
            made = self.surroundings.keys.opaque_stream(self.camera.camera_id, stream)
            self._opaques[stream] = made
        return self._opaques[stream]

    def renew(self) -> None:
        """A new epoch has begun: new windows, and new names for the door."""
        before, self._opaques = self._opaques, {}
        for stream, live in self.live.items():
            live.roll(epoch=self.surroundings.keys.epoch)
            self.surroundings.feed.rename_stream(before[stream], self.opaque(stream))

    def stream_table(self) -> Iterator[tuple[Stream, bytes, StreamSource | None]]:
        """Streams with their opaque ids; audio where main has sound; stills and events always."""
        for source in self.camera.sources:
            yield source.stream, self.opaque(source.stream), source
        yield Stream.STILL, self.opaque(Stream.STILL), None
        yield Stream.EVENT, self.opaque(Stream.EVENT), None
        if self.has_sound:
            yield Stream.AUDIO, self.opaque(Stream.AUDIO), None

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Connect every stream and attach its readers."""
        for source in self.camera.sources:
            self._start_stream(source, tasks)
        if self.surroundings.watch is not None:
            self.surroundings.watch.attach(self)

    def start_idle(self) -> None:
        """Prepare without connecting."""
        for source in self.camera.sources:
            self._build_stream(source)

    def _build_stream(self, source: StreamSource) -> StreamIngest:
        stream, around = source.stream, self.surroundings
        fanout = self.fanouts[stream] = Fanout(f"{self.camera.name} {stream.name.lower()}")
        plan = StreamPlan(self.camera.name, source, self.credentials, self.camera.identity)
        ingest = self.ingests[stream] = StreamIngest(
            plan, fanout, around.clock, listener=_StreamListener(self, stream)
        )
        self._add_live(stream, fanout)
        if stream is Stream.MAIN:
            self._add_live(Stream.AUDIO, fanout)
        if stream is self._still_source:
            self._add_live(Stream.STILL, fanout)
        recorder = None if self.camera.is_trial else around.recorder(self.camera, stream)
        if recorder is not None:
            self.recorders[stream] = recorder
            fanout.attach(recorder)
        return ingest

    def _start_stream(self, source: StreamSource, tasks: asyncio.TaskGroup) -> None:
        ingest = self._build_stream(source)
        name = f"ingest {self.camera.name} {source.stream.name.lower()}"
        self._tasks.append(tasks.create_task(self._keep_running(ingest, name), name=name))

    def _add_live(self, stream: Stream, fanout: Fanout) -> None:
        around = self.surroundings
        kind, more = LiveStream, {}
        if stream is Stream.STILL:
            kind, more = StillStream, {"watching": lambda: self.camera.watching}
        live = self.live[stream] = kind(
            household=around.keys.household,
            camera=self.camera.camera_id,
            stream=stream,
            epoch=around.keys.epoch,
            clock=around.clock,
            window_secret=around.keys.window_secret,
            **more,
        )
        fanout.attach(live)
        has_stills = stream is Stream.STILL or not self.is_masked
        opaque = self.opaque(stream)
        around.feed.add_stream(opaque, live, StreamState.STARTING, has_stills=has_stills)

    async def _keep_running(self, ingest: StreamIngest, name: str) -> None:
        while True:
            try:
                await ingest.run()
            except Exception:
                # One camera's defect must not stop the recording of the others.
                log.exception("%s failed and is started again", name)
            heed_ending()
            await asyncio.sleep(RESTART_SECONDS)

    def tell_state(self, stream: Stream, state: StreamState) -> None:
        """Pass a stream's state on to the door."""
        feed = self.surroundings.feed
        feed.set_state(self.opaque(stream), state, has_stills=not self.is_masked)
        if stream is Stream.MAIN:
            feed.set_state(self.opaque(Stream.AUDIO), state)
        if stream is self._still_source and self.stills is not None:
            feed.set_state(self.opaque(Stream.STILL), self.stills.state(state))

    def tell_states(self) -> None:
        """Say them anew: the masks, or what the watcher can do, may have changed."""
        for stream, ingest in self.ingests.items():
            self.tell_state(stream, ingest.status.state)

    def follow_masks(self) -> None:
        """The camera was changed: a still under other masks goes at once."""
        if self.stills is not None:
            self.stills.follow()
        self.tell_states()

    def follow_stills(self) -> int | None:
        """What the watcher's stills are to carry now, None while there are to be none.

        Ask every second: the number changes with the masks.
        """
        if self.stills is None:
            return None
        number = self.stills.wanted_number()
        if self.is_masked:
            self.tell_states()
        return number

    def take_still(self, number: int, wall_us: int, jpeg: bytes) -> None:
        """A masked picture of the watcher's."""
        if self.stills is not None and self.stills.take_masked(number, wall_us, jpeg):
            self.tell_states()

    async def stop(self) -> None:
        """Disconnect; readers get their break and finish what they hold."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self.surroundings.watch is not None:
            self.surroundings.watch.detach(self)
        for stream in self.live:
            self.surroundings.feed.remove_stream(self.opaque(stream))
        self.ingests.clear()
        self.fanouts.clear()
        self.live.clear()
        self.recorders.clear()

    def status(self) -> list[dict[str, Any]]:
        """Each stream as the status document shows it."""
        now_us = self.surroundings.clock.monotonic_us()
        lines = []
        for stream, ingest in self.ingests.items():
            found = ingest.status
            seen_us, offset_us = found.unit_monotonic_us, found.camera_clock_offset_us
            lines.append(
                {
                    "stream": stream.name.lower(),
                    "state": found.state.value,
                    "detail": found.detail,
                    "since_us": found.since_us,
                    "codec": found.codec,
                    "width": found.width,
                    "height": found.height,
                    "frames_per_second": round(found.frames_per_second, 2),
                    "bits_per_second": found.bits_per_second,
                    "last_fragment_age_seconds": (
                        None if seen_us is None else round((now_us - seen_us) / 1e6, 2)
                    ),
                    "transport": found.transport,
                    "camera_clock_offset_seconds": (
                        None if offset_us is None else round(offset_us / 1e6, 3)
                    ),
                }
            )
        return lines
