"""One camera's stills as a stream: keyframes, at most one a second, under keys of their own.

Who may see stills and no moving pictures gets the keys of these windows and of no others, so that
what a guest may see is a matter of keys and not of what a page shows.

A camera with privacy masks has other stills: the hub decodes nothing, so the watcher makes them,
with the masks black, while somebody asks. Until one with the masks of now is there, there is none:
a keyframe never stands in for it.
"""

from collections.abc import Callable
from typing import Any, Final

from keepsight.hub.camera import StreamState
from keepsight.hub.live.stream import LiveStream
from keepsight.hub.live.window import Entry, LiveWindow, Watcher, Window
from keepsight.hub.watching import Polygon, Watching
from keepsight.lan.rtsp.unit import AccessUnit
from keepsight.seal.header import Kind, Sealed

STILL_US_MIN: Final = 1_000_000
"""Between two stills."""
MASKED_BYTES_MAX: Final = 256 << 10
MASKED_US_MAX: Final = 15_000_000
"""An older masked picture is not given to anybody: keyframes come every 10 s at the worst."""
ASKED_US: Final = 30_000_000
"""After somebody asked, stills are made for so long: pages ask again every 2 to 10 s."""
FIRST_US_MAX: Final = 12_000_000
"""Without a masked picture after so long, it is said that there is none."""
_NUMBERS: Final = 1 << 32


class StillStream(LiveStream):
    """Reader of main or sub that takes a keyframe now and then; everything else is LiveStream's.

    It keeps one picture, and seals it when somebody watches or asks.
    """

    _taken_us: int | None = None
    """Monotonic."""

    def __init__(self, *, watching: Callable[[], Watching] = Watching, **parts: Any) -> None:
        """Args: watching says what is hidden now; parts as of LiveStream."""
        super().__init__(**parts)
        self._watching = watching
        self._masks: tuple[Polygon, ...] = watching().privacy_masks
        """Those that the kept picture has, if there is one."""
        self._number = 1
        """Of these masks: what the watcher's stills carry."""
        self._asked_us: int | None = None
        self._wanted_us: int | None = None
        """Since when somebody wants masked stills; monotonic."""

    @property
    def is_masked(self) -> bool:
        """Whether these are pictures of the watcher's, not keyframes."""
        return bool(self._watching().privacy_masks)

    def follow(self) -> None:
        """Forget what was kept under other masks, and its key: the masks may have changed."""
        masks = self._watching().privacy_masks
        if masks == self._masks:
            return
        self._masks, self._number = masks, (self._number + 1) % _NUMBERS
        self._gop.clear()
        self._taken_us = self._wanted_us = None
        self.roll()

    def wanted_number(self) -> int | None:
        """What the watcher's stills are to carry; None while nobody wants any. Ask every second."""
        self.follow()
        now_us = self._clock.monotonic_us()
        was_asked = self._asked_us is not None and now_us - self._asked_us < ASKED_US
        if not self._masks or not (was_asked or self.is_watched):
            self._wanted_us = None
            return None
        self._want()
        return self._number

    def _want(self) -> None:
        self.follow()
        if self._wanted_us is None:
            self._wanted_us = self._clock.monotonic_us()

    def take_masked(self, number: int, wall_us: int, jpeg: bytes) -> bool:
        """Take a picture of the watcher's; False where it is of no use.

        Args:
            number: as the watcher was told; another one means other masks.
            wall_us: when it was taken, as the watcher says.
            jpeg: not looked into; browsers decode it.
        """
        self.follow()
        window, now_us = self._window, self._clock.monotonic_us()
        age_us = self._clock.wall_us() - wall_us
        is_right = self._masks and number == self._number and 0 < len(jpeg) <= MASKED_BYTES_MAX
        if window is None or not is_right or not -STILL_US_MIN <= age_us <= MASKED_US_MAX:
            return False
        self._taken_us = now_us - max(0, age_us)
        unit = AccessUnit(
            is_video=True, media_ticks=0, wall_us=wall_us, monotonic_us=now_us, is_keyframe=True,
            parts=[jpeg], size_bytes=len(jpeg),
        )  # fmt: skip
        self._begin_gop(window, unit)
        return True

    def state(self, source: StreamState) -> StreamState:
        """What to say of this stream.

        Args:
            source: state of the stream that its pictures come from.
        """
        if not self.is_masked or source is not StreamState.RUNNING:
            return source
        if self._has_picture():
            return source
        now_us = self._clock.monotonic_us()
        waited_us = 0 if self._wanted_us is None else now_us - self._wanted_us
        is_hopeful = self._watching().is_on and waited_us < FIRST_US_MAX
        return StreamState.STARTING if is_hopeful else StreamState.HIDDEN

    def _has_picture(self) -> bool:
        """Whether the kept picture may be shown: of the masks of now, and not too old for it."""
        is_current = self._masks == self._watching().privacy_masks and bool(self._gop)
        if not is_current or not self._masks:
            return is_current
        age_us = self._clock.monotonic_us() - (self._taken_us or 0)
        return age_us <= MASKED_US_MAX

    # --- LiveStream -------------------------------------------------------------------------

    def current_window(self) -> LiveWindow | None:
        """See LiveStream."""
        self.follow()
        return super().current_window()

    def roll(self, *, epoch: int | None = None) -> None:
        """See LiveStream."""
        self.follow()
        super().roll(epoch=epoch)

    def watch(self, watcher: Watcher) -> None:
        """See LiveStream."""
        self._want()
        if self._masks and not self._has_picture():
            self._gop.clear()
        super().watch(watcher)

    def still(self) -> bytes | None:
        """See LiveStream; asking is what makes the watcher begin."""
        self._want()
        self._asked_us = self._clock.monotonic_us()
        return super().still() if self._has_picture() else None

    def on_unit(self, unit: AccessUnit) -> None:
        """Take a keyframe, unless the last one was just now or something has to be hidden."""
        if not (unit.is_video and unit.is_keyframe):
            return
        self.follow()
        if self._masks:
            return
        now_us = self._clock.monotonic_us()
        is_due = self._taken_us is None or now_us - self._taken_us >= STILL_US_MIN
        if is_due or not self._gop:
            self._taken_us = now_us
            super().on_unit(unit)

    def _seal_unit(self, window: Window, entry: Entry) -> Sealed:
        if not self._masks:
            return super()._seal_unit(window, entry)
        self._seal_init(window)
        return self._seal(window, Kind.THUMB, entry.unit, entry.unit.join(), entry.flags)
