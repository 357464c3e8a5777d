"""Who is told of what was noticed."""

from collections.abc import Sequence
from typing import Literal, Protocol

from keepsight.hub.event import Event

Phase = Literal["start", "update", "end"]


class Sink(Protocol):
    """Takes what was noticed, in the event loop's thread, without waiting and without raising.

    Each event is told once as `start`, then as `update` as often as more is known, and once as
    `end`, with `end_us` set; also when the watcher dies or the camera goes.
    """

    def on_event(self, camera: bytes, phase: Phase, event: Event) -> None:
        """A visit begins, goes on or is over."""
        ...

    def on_picture(self, camera: bytes, event_id: bytes, jpeg: bytes) -> None:
        """The best picture so far of an event that was told; replaces the one before.

        That of a sound may come after its end.
        """
        ...

    def on_preview(  # noqa: PLR0913, PLR0917 - the fields of the message
        self, camera: bytes, event_id: bytes, columns: int, rows: int, count: int, jpeg: bytes
    ) -> None:
        """Small pictures of an event that was told, row by row in one; replaces those before."""
        ...

    def on_activity(self, camera: bytes, spans: Sequence[tuple[int, int]]) -> None:
        """Movement that was nobody's: begin and end, wall us."""
        ...


class NobodySink:
    """Where nobody wants to know, as in a hub that only shows."""

    def on_event(self, camera: bytes, phase: Phase, event: Event) -> None:
        """Nothing."""

    def on_picture(self, camera: bytes, event_id: bytes, jpeg: bytes) -> None:
        """Nothing."""

    def on_preview(  # noqa: PLR0913, PLR0917 - the fields of the message
        self, camera: bytes, event_id: bytes, columns: int, rows: int, count: int, jpeg: bytes
    ) -> None:
        """Nothing."""

    def on_activity(self, camera: bytes, spans: Sequence[tuple[int, int]]) -> None:
        """Nothing."""
