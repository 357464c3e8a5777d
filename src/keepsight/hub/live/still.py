"""One camera's stills as a stream: keyframes, at most one a second, under keys of their own.

Who may see stills and no moving pictures gets the keys of these windows and of no others, so that
what a guest may see is a matter of keys and not of what a page shows.
"""

from typing import Final

from keepsight.hub.live.stream import LiveStream
from keepsight.lan.rtsp.unit import AccessUnit

STILL_US_MIN: Final = 1_000_000
"""Between two stills."""


class StillStream(LiveStream):
    """Reader of main or sub that takes a keyframe now and then; everything else is LiveStream's.

    It keeps one picture, and seals it when somebody watches or asks.
    """

    _taken_us: int | None = None
    """Monotonic."""

    def on_unit(self, unit: AccessUnit) -> None:
        """Take a keyframe, unless the last one was just now."""
        if not (unit.is_video and unit.is_keyframe):
            return
        now_us = self._clock.monotonic_us()
        is_due = self._taken_us is None or now_us - self._taken_us >= STILL_US_MIN
        if is_due or not self._gop:
            self._taken_us = now_us
            super().on_unit(unit)
