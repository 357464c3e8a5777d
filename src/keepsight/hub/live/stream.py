"""One stream's live pictures (or sound), sealed for whoever watches. Sealed once, or not at all.

Responsible for windows (design/wire.md, section 2), for the newest group of pictures, and for
sealing lazily: while nobody watches, units are kept but not sealed. Not responsible for delivery;
`hub/live/feed.py` hands the fragments to the door.
"""

import logging
from collections.abc import Callable
from typing import Final

from keepsight.core.clock import Clock
from keepsight.hub import mp4
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.live.window import (
    Entry,
    Following,
    LiveWindow,
    Watcher,
    Window,
    decode_ticks,
    flags_of,
)
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat
from keepsight.seal.frame import Sealer, WindowKey
from keepsight.seal.header import (
    FLAG_KEYFRAME,
    FRAGMENT_BYTES_MAX,
    Context,
    Kind,
    Sealed,
    Stream,
)
from keepsight.seal.keys import new_id

log = logging.getLogger(__name__)

WINDOW_US: Final = 60_000_000
RELEASE_AHEAD_US: Final = 15_000_000
"""How long before the end of a window the key of the next one may be asked for."""
GOP_BYTES_MAX: Final = 8 * 1024 * 1024
"""Of the newest GOP only the keyframe is kept beyond this size."""
NOTES_MAX: Final = 512
"""Between the units of one GOP; more are given and not kept."""
UNIT_BYTES_MAX: Final = FRAGMENT_BYTES_MAX - 64 * 1024
SOUND_MS_MAX: Final = 100
"""A fragment of sound holds at most this much, unless a single frame is longer."""


class LiveStream:
    """Reader of one (camera, stream): keeps the newest GOP and seals it for watchers.

    The stream AUDIO is fed from main's fan-out and takes only sound; the others take only pictures.
    """

    def __init__(  # noqa: PLR0913 - whose stream this is, and the two things it asks
        self,
        *,
        household: bytes,
        camera: bytes,
        stream: Stream,
        epoch: int,
        clock: Clock,
        window_secret: Callable[[Context], bytes],
    ) -> None:
        """`window_secret` gives FK of a window; called once for each window that is watched."""
        self.stream = stream
        self._household = household
        self._camera = camera
        self._epoch = epoch
        self._clock = clock
        self._window_secret = window_secret
        self._is_sound = stream is Stream.AUDIO
        self._watchers: dict[Watcher, Following] = {}
        self._format: StreamFormat | None = None
        self._init_payload = b""
        self._codec = ""
        self._step_ticks = 0
        """Last distance of two units: the best guess of how long the newest one lasts."""
        self._last_ticks: int | None = None
        self._window: Window | None = None
        self._next: Window | None = None
        self._gop: list[Entry] = []
        self._gop_bytes = 0
        self._is_gop_whole = True
        self._notes: list[tuple[int, Sealed]] = []
        """What was said between the kept units: after how many of them, and the fragment."""
        self._sound: list[AccessUnit] = []
        self._is_after_break = False
        self.on_watching: Callable[[], None] | None = None
        """Called when somebody begins or ends watching."""

    # --- for the key release ----------------------------------------------------------------

    def current_window(self) -> LiveWindow | None:
        """The window in use; None while the stream has no format."""
        return None if self._window is None else self._describe(self._window)

    def next_window(self) -> LiveWindow | None:
        """The window after it, once the current one ends within RELEASE_AHEAD_US; else None."""
        window = self._window
        if window is None or self._remaining_us(window) > RELEASE_AHEAD_US:
            return None
        if self._next is None:
            self._next = self._new_window()
        return self._describe(self._next, extra_us=max(0, self._remaining_us(window)))

    def roll(self, *, epoch: int | None = None) -> None:
        """End the window now, as a revocation demands: also the next one, whose key may be out.

        The kept GOP is sealed anew, so watchers go on without waiting for a keyframe.
        """
        self._epoch = self._epoch if epoch is None else epoch
        self._next = None
        if self._window is None:
            return
        self._window = self._new_window()
        self._notes.clear()
        for entry in self._gop:
            entry.sealed = None
        if self._gop:
            self._window.zero_ticks = decode_ticks(self._gop[0].unit)
        self._sound.clear()
        for watcher, following in self._watchers.items():
            self._catch_up(watcher, following)

    # --- for the feed and the API -----------------------------------------------------------

    @property
    def is_watched(self) -> bool:
        """Whether anything is sealed at the moment."""
        return bool(self._watchers)

    def watch(self, watcher: Watcher) -> None:
        """Give INIT, the newest STILL and what followed it, at once, then each fragment."""
        following = self._watchers[watcher] = Following()
        self._catch_up(watcher, following)
        if self.on_watching is not None:
            self.on_watching()

    def unwatch(self, watcher: Watcher) -> None:
        """Stop giving fragments; an unknown watcher is no error."""
        self._watchers.pop(watcher, None)
        if self.on_watching is not None:
            self.on_watching()

    def on_boxes(self, document: bytes) -> None:
        """Give what was seen, as JSON, to who has the pictures. Takes a number of the window."""
        window = self._window
        if window is None or window.sealer is None:
            return
        following = [
            watcher
            for watcher, found in self._watchers.items()
            if not found.is_waiting and found.writer == window.context.writer
        ]
        if not following:
            return
        sealed = window.sealer.seal(
            Kind.EVENT,
            document,
            wall_us=self._clock.wall_us(),
            monotonic_us=self._clock.monotonic_us(),
        )
        if self._is_gop_whole and len(self._notes) < NOTES_MAX:
            self._notes.append((len(self._gop), sealed))
        for watcher in following:
            watcher(sealed)

    def still(self) -> bytes | None:
        """INIT and the newest STILL, back to back; None while there is no picture."""
        if self._window is None or not self._gop:
            return None
        return b"".join((self._seal_init(self._window), self._seal_entry(self._window, 0)))

    # --- Reader -----------------------------------------------------------------------------

    def on_format(self, stream_format: StreamFormat) -> None:
        """Start a window for a new format; the same format again changes nothing."""
        if stream_format == self._format and self._window is not None:
            return
        self._stop()
        self._format = stream_format
        video, audio = stream_format.video, stream_format.audio
        track = audio if self._is_sound else video
        if track is None:
            return
        try:
            self._init_payload = (
                mp4.audio_init_segment(audio)
                if self._is_sound and audio is not None
                else mp4.init_segment(StreamFormat(video))
            )
        except mp4.ConfigError:
            log.warning("%s: no live view of this format", self._name, exc_info=True)
            return
        self._codec = track.codec_string
        rate = 50 if self._is_sound else 25
        self._step_ticks = track.clock_rate // rate
        self._window = self._new_window()

    def on_unit(self, unit: AccessUnit) -> None:
        """Keep a unit and, where somebody watches, seal it."""
        if self._window is None or unit.is_video is self._is_sound:
            return
        if unit.size_bytes > UNIT_BYTES_MAX:
            log.warning("%s: dropped a unit of %d bytes", self._name, unit.size_bytes)
            self._is_after_break = True
            return
        self._measure_step(unit)
        if self._is_sound:
            self._on_sound(self._window, unit)
        elif unit.is_keyframe:
            self._begin_gop(self._window, unit)
        elif self._gop:
            self._continue_gop(self._window, unit)

    def on_break(self, reason: BreakReason, wall_us: int) -> None:
        """Forget the pictures: an old one must not stand for a camera that is gone."""
        del wall_us
        stream_format = self._format
        self._stop()
        self._is_after_break = True
        if reason is BreakReason.CLOCK_JUMPED and stream_format is not None:
            self.on_format(stream_format)

    # --- windows ----------------------------------------------------------------------------

    @property
    def _name(self) -> str:
        return f"{self._camera.hex()[:8]} {self.stream.name.lower()}"

    def _new_window(self) -> Window:
        context = Context(self._household, self._camera, self.stream, self._epoch, new_id())
        return Window(context, self._clock.monotonic_us())

    def _remaining_us(self, window: Window) -> int:
        return window.started_us + WINDOW_US - self._clock.monotonic_us()

    def _describe(self, window: Window, *, extra_us: int = 0) -> LiveWindow:
        remaining_us = WINDOW_US if window is self._next else max(0, self._remaining_us(window))
        expires_us = self._clock.wall_us() + remaining_us + extra_us
        return LiveWindow(window.context, self._codec, expires_us)

    def _window_for_entry(self, window: Window, unit: AccessUnit) -> Window:
        """The window that a keyframe, or a frame of sound, belongs to: the next one when due."""
        if self._remaining_us(window) <= 0:
            window = self._next or self._new_window()
            window.started_us = self._clock.monotonic_us()
            self._window, self._next = window, None
        if window.sealer is None:
            window.zero_ticks = decode_ticks(unit)
        return window

    def _stop(self) -> None:
        self._format = self._window = self._next = self._last_ticks = None
        self._gop.clear()
        self._notes.clear()
        self._sound.clear()
        for following in self._watchers.values():
            following.is_waiting = True

    # --- pictures ---------------------------------------------------------------------------

    def _measure_step(self, unit: AccessUnit) -> None:
        if self._last_ticks is not None and 0 < unit.media_ticks - self._last_ticks < 1 << 20:
            self._step_ticks = unit.media_ticks - self._last_ticks
        self._last_ticks = unit.media_ticks

    def _entry(self, unit: AccessUnit) -> Entry:
        is_discontinuous, self._is_after_break = self._is_after_break, False
        return Entry(
            unit, decode_ticks(unit) + self._step_ticks, flags_of(unit, is_after=is_discontinuous)
        )

    def _begin_gop(self, window: Window, unit: AccessUnit) -> None:
        window = self._window_for_entry(window, unit)
        self._gop = [self._entry(unit)]
        self._notes.clear()
        self._gop_bytes = unit.size_bytes
        self._is_gop_whole = True
        if self._watchers:
            self._seal_init(window)
            self._deliver_entry(window, self._seal_entry(window, 0))

    def _continue_gop(self, window: Window, unit: AccessUnit) -> None:
        entry = self._entry(unit)
        self._gop_bytes += unit.size_bytes
        if self._gop_bytes > GOP_BYTES_MAX:
            self._is_gop_whole = False
            self._notes.clear()
            del self._gop[1:]
        if self._is_gop_whole:
            self._gop.append(entry)
        following = [w for w, following in self._watchers.items() if not following.is_waiting]
        if following:
            entry.sealed = sealed = self._seal_unit(window, entry)
            for watcher in following:
                watcher(sealed)

    def _deliver_entry(self, window: Window, sealed: Sealed) -> None:
        """Give everybody a fragment at which one can begin, with INIT before it where needed."""
        for watcher, following in self._watchers.items():
            if following.writer != window.context.writer:
                watcher(window.init)
                following.writer = window.context.writer
            watcher(sealed)
            following.is_waiting = False

    def _catch_up(self, watcher: Watcher, following: Following) -> None:
        window = self._window
        following.is_waiting = True
        if window is None or not (self._gop or self._is_sound):
            return
        watcher(self._seal_init(window))
        following.writer = window.context.writer
        notes = iter(self._notes)
        note = next(notes, None)
        for index in range(len(self._gop)):
            watcher(self._seal_entry(window, index))
            # Without them numbers would be missing, and with them perhaps a picture.
            while note is not None and note[0] == index + 1:
                watcher(note[1])
                note = next(notes, None)
        following.is_waiting = not self._is_gop_whole

    # --- sound ------------------------------------------------------------------------------

    def _on_sound(self, window: Window, unit: AccessUnit) -> None:
        if not self._watchers:
            self._sound.clear()
            self._window_for_entry(window, unit)
            return
        self._sound.append(unit)
        span_ticks = unit.media_ticks - self._sound[0].media_ticks + 2 * self._step_ticks
        audio = self._format.audio if self._format else None
        if audio is None or 0 < span_ticks * 1000 <= SOUND_MS_MAX * audio.clock_rate:
            return
        units, self._sound = self._sound, []
        window = self._window_for_entry(window, units[0])
        self._seal_init(window)
        end_ticks = unit.media_ticks + self._step_ticks
        run = mp4.Run(mp4.AUDIO_TRACK, window.zero_ticks, units, end_ticks)
        payload = mp4.fragment(self._sequence(window), run)
        flags = self._entry(units[0]).flags
        self._deliver_entry(window, self._seal(window, Kind.GOP, units[0], payload, flags))

    # --- sealing ----------------------------------------------------------------------------

    def _seal_init(self, window: Window) -> Sealed:
        if window.sealer is None:
            window.sealer = Sealer(WindowKey(self._window_secret(window.context), window.context))
            window.init = window.sealer.seal(
                Kind.INIT,
                self._init_payload,
                wall_us=self._clock.wall_us(),
                monotonic_us=self._clock.monotonic_us(),
                flags=FLAG_KEYFRAME,
            )
        return window.init

    def _seal_entry(self, window: Window, index: int) -> Sealed:
        entry = self._gop[index]
        if entry.sealed is None:
            entry.sealed = self._seal_unit(window, entry)
        return entry.sealed

    def _seal_unit(self, window: Window, entry: Entry) -> Sealed:
        unit = entry.unit
        self._seal_init(window)
        run = mp4.Run(mp4.VIDEO_TRACK, window.zero_ticks, (unit,), entry.end_ticks)
        payload = mp4.fragment(self._sequence(window), run)
        kind = Kind.STILL if unit.is_keyframe else Kind.GOP
        return self._seal(window, kind, unit, payload, entry.flags)

    def _sequence(self, window: Window) -> int:
        return 0 if window.sealer is None else window.sealer.sequence

    def _seal(
        self, window: Window, kind: Kind, unit: AccessUnit, payload: bytes, flags: int
    ) -> Sealed:
        assert window.sealer is not None  # noqa: S101 - the callers sealed INIT before
        return window.sealer.seal(
            kind, payload, wall_us=unit.wall_us, monotonic_us=unit.monotonic_us, flags=flags
        )
