"""Keeps one stream of one camera coming: connects, watches, reconnects, and says how it goes.

Nothing is published before the camera was recognised. Whatever fails ends in a state with a
sentence, a break for the readers, and another try after a pause that has a bound.
"""

import asyncio
import logging
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

from keepsight.core.clock import Clock
from keepsight.core.destination import Credentials, Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import StreamSource, StreamState, Transport
from keepsight.hub.ending import heed_ending
from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.hub.ingest.identity import Comparison, Likeness, compare, completed
from keepsight.hub.ingest.rate import RateMeter
from keepsight.lan.rtsp.client import RtspSession
from keepsight.lan.rtsp.dialogue import RtspError, UnsupportedError
from keepsight.lan.rtsp.timebase import JumpReason
from keepsight.lan.rtsp.tracks import StreamSink, Tracks
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat

log = logging.getLogger(__name__)

RETRY_SECONDS_MIN: Final = 1.0
RETRY_SECONDS_MAX: Final = 60.0
RETRY_JITTER: Final = 0.2
"""Part of the pause that is random, so that 32 cameras do not return together."""
STABLE_SECONDS: Final = 30.0
"""A stream that ran so long begins again with the shortest pause."""
WRONG_PASSWORD_SECONDS: Final = 3600.0
"""Cameras lock accounts after a few wrong tries."""
FORMAT_CHANGES_MAX: Final = 6
FORMAT_CHANGES_SECONDS: Final = 60.0
"""More changes than this in so long, and the camera is disconnected: each is a new segment."""


class Session(Protocol):
    """One connection to one stream; `lan.rtsp.client.RtspSession` is the real one."""

    facts: DeviceFacts
    transport: Literal["tcp", "udp"]

    async def open(self) -> None:
        """Connect and describe."""
        ...

    async def play(self, sink: StreamSink) -> Tracks:
        """Start."""
        ...

    async def run(self) -> None:
        """Raise when it ends."""
        ...

    async def close(self) -> None:
        """Hang up."""
        ...


class Connect(Protocol):
    """Makes a session that is not open yet."""

    def __call__(
        self,
        destination: Destination,
        credentials: Credentials | None,
        clock: Clock,
        *,
        transport: Transport,
        on_facts: Callable[[DeviceFacts], None],
    ) -> Session:
        """See `RtspSession`."""
        ...


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """What to keep coming."""

    name: str
    """Of the camera, for the log."""
    source: StreamSource
    credentials: Credentials | None
    """None if the camera asks for none."""
    pinned: DeviceFacts | None
    """What the camera said when it was added; None pins what is seen first."""


class Listener:
    """What the hub wants to hear; override what matters. Must not wait."""

    def on_state(self, state: StreamState) -> None:
        """The state changed; `StreamIngest.status` has the rest."""

    def on_identity(self, comparison: Comparison, facts: DeviceFacts) -> None:
        """Facts differ from the pinned ones, decisively or not."""

    def on_pin(self, facts: DeviceFacts) -> None:
        """Remember these: seen first, or with new firmware, or accepted by the owner."""


class OtherDeviceError(Exception):
    """Another device answers; what differs is in `comparison`."""

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(", ".join(comparison.differing))
        self.comparison = comparison


@dataclass(frozen=True, slots=True)
class StreamStatus:
    """How one stream does, for people and for the API."""

    state: StreamState
    detail: str
    """A sentence; empty while all is well."""
    since_us: int
    """Wall time of the last change of state."""
    codec: str
    """codec_string of the pictures; empty before the first."""
    width: int
    height: int
    frames_per_second: float
    bits_per_second: int
    unit_monotonic_us: int | None
    """When the last unit came."""
    transport: str
    """tcp, udp, or empty while not connected."""
    camera_clock_offset_us: int | None
    """The camera's wall clock minus ours; None if it never said."""


class StreamIngest:
    """One stream. `run` until cancelled; everything else from the event loop's thread."""

    def __init__(
        self,
        plan: StreamPlan,
        fanout: Fanout,
        clock: Clock,
        *,
        listener: Listener | None = None,
        connect: Connect = RtspSession,
    ) -> None:
        """Prepare; nothing happens before `run`.

        Args:
            plan: whose stream, from where, with what.
            fanout: told of formats, units and breaks.
            clock: both times.
            listener: told of states and identities.
            connect: makes sessions; tests put their own here.
        """
        self._name = plan.name
        self._source = plan.source
        self._credentials = plan.credentials
        self._pinned = plan.pinned
        self._fanout = fanout
        self._clock = clock
        self._connect = connect
        self._listener = listener or Listener()
        self._state = StreamState.STARTING
        self._detail = ""
        self._since_us = clock.wall_us()
        self._rate = RateMeter()
        self._format_changes_us: list[int] = []
        self._session: Session | None = None
        self._tracks: Tracks | None = None
        self._unit_us: int | None = None
        self._is_unbroken = False
        self._wake = asyncio.Event()
        self.pending_identity: DeviceFacts | None = None
        """What answers now, while the owner has to decide; None otherwise."""

    # --- what others may read and do

    @property
    def status(self) -> StreamStatus:
        """How the stream does right now."""
        stream_format = self._fanout.format
        video = stream_format.video if stream_format else None
        frames, bits = self._rate.per_second(self._clock.monotonic_us())
        return StreamStatus(
            self._state,
            self._detail,
            self._since_us,
            video.codec_string if video else "",
            video.width if video else 0,
            video.height if video else 0,
            frames,
            bits,
            self._unit_us,
            self._session.transport if self._session else "",
            self._tracks.timebase.camera_offset_us if self._tracks else None,
        )

    def accept_identity(self) -> None:
        """The owner says that the device which answers now is the camera."""
        if self.pending_identity is None:
            return
        self._pin(self.pending_identity)
        self.pending_identity = None
        self._wake.set()

    def change_credentials(self, credentials: Credentials | None) -> None:
        """Use these from the next connection on, and try at once if the old ones were wrong."""
        self._credentials = credentials
        if self._state is StreamState.WRONG_PASSWORD:
            self._wake.set()

    # --- running

    async def run(self) -> None:
        """Keep the stream coming until cancelled."""
        pause = RETRY_SECONDS_MIN
        try:
            while True:
                began_us = self._clock.monotonic_us()
                await self._try()
                heed_ending()
                ran_us = self._clock.monotonic_us() - began_us
                if ran_us > STABLE_SECONDS * 1_000_000:
                    pause = RETRY_SECONDS_MIN
                await self._rest(pause)
                pause = min(pause * 2, RETRY_SECONDS_MAX)
        finally:
            self._break(BreakReason.STOPPED)
            self._set_state(StreamState.STOPPED, "")

    async def _rest(self, pause: float) -> None:
        """Wait before the next try; a decision of the owner's ends the wait."""
        seconds: float | None = pause * (1 - RETRY_JITTER * random.random())  # noqa: S311 - spreads
        if self._state is StreamState.WRONG_PASSWORD:
            seconds = WRONG_PASSWORD_SECONDS
        elif self._state is StreamState.IDENTITY_CHANGED:
            seconds = None
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    async def _try(self) -> None:
        """One session, from connecting to its end."""
        session = self._connect(
            self._source.destination,
            self._credentials,
            self._clock,
            transport=self._source.transport,
            on_facts=self._recognise,
        )
        try:
            await session.open()
            self._recognise(session.facts, is_complete=True)
            self._session = session
            self._tracks = await session.play(self)
            await session.run()
        except OtherDeviceError as error:
            self._stop_for(error, session.facts)
        except RtspError as error:
            self._fail(error)
        except Exception:
            # A defect of ours must not stop the household's other cameras.
            log.exception("%s: %s failed", self._name, self._source.stream.name)
            self._fail(RtspError("an error in Keepsight itself; the log has the details"))
        finally:
            self._session = self._tracks = None
            await session.close()

    def _recognise(self, facts: DeviceFacts, *, is_complete: bool = False) -> None:
        """Compare with the pinned facts; raises OtherDeviceError before a password is sent."""
        if self._pinned is None:
            if is_complete:
                self._pin(facts)
            return
        comparison = compare(self._pinned, facts, is_complete=is_complete)
        if comparison.likeness is Likeness.OTHER:
            raise OtherDeviceError(comparison)
        if not is_complete:
            return
        if comparison.likeness is Likeness.CHANGED:
            log.info("%s: %s changed", self._name, ", ".join(comparison.differing))
            self._listener.on_identity(comparison, facts)
        if completed(self._pinned, facts) != self._pinned:
            self._pin(facts)

    def _pin(self, facts: DeviceFacts) -> None:
        self._pinned = completed(self._pinned, facts) if self._pinned else facts
        self._listener.on_pin(self._pinned)

    def _stop_for(self, error: OtherDeviceError, facts: DeviceFacts) -> None:
        self.pending_identity = facts
        self._break(BreakReason.IDENTITY_CHANGED)
        what = ", ".join(error.comparison.differing).replace("_", " ")
        self._set_state(
            StreamState.IDENTITY_CHANGED,
            f"another device answers at this address ({what} differ); decide whether it is yours",
        )
        self._listener.on_identity(error.comparison, facts)

    def _fail(self, error: RtspError) -> None:
        state = StreamState(error.state)
        reasons = {
            StreamState.SILENT: BreakReason.SILENT,
            StreamState.WRONG_PASSWORD: BreakReason.WRONG_PASSWORD,
        }
        self._break(reasons.get(state, BreakReason.CONNECTION_LOST))
        self._set_state(state, str(error))

    def _break(self, reason: BreakReason) -> None:
        """Tell the readers once that the stream stopped."""
        if self._is_unbroken:
            self._is_unbroken = False
            self._fanout.publish_break(reason, self._clock.wall_us())

    def _set_state(self, state: StreamState, detail: str) -> None:
        self._detail = detail
        if state is self._state:
            return
        if state is StreamState.RUNNING:
            log.info("%s: %s is running", self._name, self._source.stream.name)
        else:
            log.warning("%s: %s %s: %s", self._name, self._source.stream.name, state, detail)
        self._state = state
        self._since_us = self._clock.wall_us()
        self._listener.on_state(state)

    # --- the session's sink

    def on_format(self, stream_format: StreamFormat) -> None:
        """See `lan.rtsp.tracks.StreamSink`."""
        if self._fanout.format == stream_format:
            return
        now_us = self._clock.monotonic_us()
        if self._fanout.format is not None:
            recent_us = now_us - int(FORMAT_CHANGES_SECONDS * 1_000_000)
            self._format_changes_us = [at for at in self._format_changes_us if at > recent_us]
            self._format_changes_us.append(now_us)
            if len(self._format_changes_us) > FORMAT_CHANGES_MAX:
                raise UnsupportedError("the camera changes its picture format again and again")
            self._fanout.publish_break(BreakReason.FORMAT_CHANGED, self._clock.wall_us())
        self._is_unbroken = True
        self._fanout.publish_format(stream_format)
        self._set_state(StreamState.RUNNING, "")

    def on_unit(self, unit: AccessUnit) -> None:
        """See `lan.rtsp.tracks.StreamSink`."""
        self._unit_us = unit.monotonic_us
        self._rate.count(unit)
        self._fanout.publish(unit)

    def on_jump(self, reason: JumpReason) -> None:
        """See `lan.rtsp.tracks.StreamSink`."""
        log.warning("%s: the timeline begins anew: %s", self._name, reason)
        stream_format = self._fanout.format
        self._fanout.publish_break(BreakReason.CLOCK_JUMPED, self._clock.wall_us())
        if stream_format is not None:
            self._fanout.publish_format(stream_format)
