"""The way to the watcher: one for all cameras, open while there is a watcher. Never waits."""

import asyncio
from typing import Final

from keepsight.lan.rtsp.unit import Buffer

UNSENT_BYTES_SOFT: Final = 4 << 20
"""With more than this unsent, pictures are left out up to a keyframe."""
UNSENT_BYTES_MAX: Final = 12 << 20
"""With more than this unsent, nothing is written any more: the watcher is hung, and soon ended."""


class Outlet:
    """Where readers write to."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self.sent_bytes = 0

    def open(self, transport: asyncio.WriteTransport) -> None:
        """A watcher is there."""
        # The bounds are kept here; pause_writing would be told to nobody.
        transport.set_write_buffer_limits(high=UNSENT_BYTES_MAX * 2)
        self._transport = transport

    def close(self) -> None:
        """It is gone."""
        self._transport = None

    @property
    def is_open(self) -> bool:
        """Whether anything can be written."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def is_full(self) -> bool:
        """Whether pictures are to be left out."""
        transport = self._transport
        return transport is None or transport.get_write_buffer_size() > UNSENT_BYTES_SOFT

    def write(self, *parts: Buffer, size_bytes: int = 0) -> bool:
        """Write a message; False where there is no watcher, or one that does not read."""
        transport = self._transport
        if transport is None or transport.is_closing():
            return False
        if transport.get_write_buffer_size() + size_bytes > UNSENT_BYTES_MAX:
            return False
        transport.writelines(parts)
        self.sent_bytes += size_bytes
        return True
