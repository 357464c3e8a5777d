"""What the API asks of the recordings; every question runs in the SQL thread."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from keepsight.hub.camera import Camera
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.keyrelease import ReleasableWindow
from keepsight.hub.record.playback import GoneError
from keepsight.hub.record.record import Recordings
from keepsight.hub.record.rules import RetentionRules
from keepsight.hub.record.segment import SegmentError
from keepsight.hub.record.timeline import timeline
from keepsight.hub.recording import Segment, Timeline
from keepsight.hub.settings import Settings
from keepsight.seal.header import Stream
from keepsight.seal.keys import UnwrapError

if TYPE_CHECKING:
    from keepsight.hub.household import Household


def retention_rules(settings: Settings, cameras: Sequence[Camera]) -> RetentionRules:
    """What is kept, from the household's settings and each camera's own rule."""
    return RetentionRules(
        retention_days=settings.retention_days,
        free_bytes_min=settings.free_bytes_min,
        cameras={camera.camera_id: camera.rule for camera in cameras},
    )


class Archive:
    """Timelines, segments, sealed fragments and their windows."""

    def __init__(self, household: "Household", recordings: Recordings) -> None:
        self._household = household
        self.recordings = recordings

    async def timelines(self, cameras: Sequence[bytes], from_us: int, to_us: int) -> list[Timeline]:
        """Spans and gaps of the cameras' main streams."""

        def ask() -> list[Timeline]:
            catalogue = self.recordings.catalogue
            return [timeline(catalogue, camera, Stream.MAIN, from_us, to_us) for camera in cameras]

        return await self._household.sql(ask)

    async def segments(
        self, camera: bytes, stream: Stream, from_us: int, to_us: int
    ) -> list[Segment]:
        """Segments that overlap a range, with their fragments."""
        ask = self.recordings.catalogue.segments
        return await self._household.sql(ask, camera, stream, from_us, to_us)

    async def windows(
        self, camera: bytes, stream: Stream, writers: Sequence[bytes]
    ) -> list[ReleasableWindow]:
        """The windows of some segments of one stream; those that are gone are left out."""

        def ask() -> list[ReleasableWindow]:
            found = self.recordings.catalogue.find(writers)
            windows = []
            for writer in writers:
                segment = found.get(writer)
                if segment is None or (segment.camera, segment.stream) != (camera, stream):
                    continue
                try:
                    secret = self.recordings.playback.secret(segment)
                except (GoneError, SegmentError, UnwrapError, OSError):
                    continue
                windows.append(
                    ReleasableWindow(
                        segment.context(self._household.household_id),
                        "rec",
                        secret,
                        segment.codec,
                        segment.start_us,
                        segment.end_us,
                    )
                )
            return windows

        return await self._household.sql(ask)

    async def camera_of(self, opaque: bytes, writer: bytes) -> bytes | None:
        """The camera of a segment; None when there is none, or the stream's name is another's."""

        def ask() -> bytes | None:
            segment = self.recordings.catalogue.find([writer]).get(writer)
            if segment is None:
                return None
            name = self._household.keyring.opaque_stream(segment.camera, segment.stream)
            return segment.camera if name == opaque else None

        return await self._household.sql(ask)

    async def fragments(self, opaque: bytes, writer: bytes, first: int, last: int) -> bytes | None:
        """Sealed fragments of a segment; None when the stream's name and the segment differ."""

        def ask() -> bytes | None:
            segment = self.recordings.catalogue.find([writer]).get(writer)
            if segment is None:
                return None
            name = self._household.keyring.opaque_stream(segment.camera, segment.stream)
            if name != opaque:
                return None
            try:
                return self.recordings.playback.read(segment, first, last)
            except (GoneError, OSError, ValueError):
                return None

        return await self._household.sql(ask)

    async def delete_range(
        self, camera: bytes, from_us: int, to_us: int, *, by: str
    ) -> tuple[int, int, int]:
        """Delete whole segments inside a range, and what was noticed then.

        Returns:
            Segments, their bytes, events.
        """
        entry = {"type": "recordings_deleted", "camera": camera.hex(), "by": by}
        await self._household.journal.record([{**entry, "from_us": from_us, "to_us": to_us}])
        deleted = await asyncio.to_thread(self.recordings.delete_range, camera, from_us, to_us)
        events = await self._household.events.drop_between(camera, from_us, to_us)
        return deleted.segments, deleted.size_bytes, events

    async def delete_camera(self, camera: bytes) -> None:
        """Delete everything of a camera."""
        await asyncio.to_thread(self.recordings.delete_camera, camera)

    def apply_rules(self) -> None:
        """Keep by the present settings and camera rules from now on."""
        cameras = [running.camera for running in self._household.roster.running()]
        self.recordings.set_rules(retention_rules(self._household.settings, cameras))

    async def disk_status(self) -> dict[str, Any]:
        """Space, growth, days left."""
        found = await self._household.sql(self.recordings.status)
        return {
            "free_bytes": found.free_bytes,
            "total_bytes": found.total_bytes,
            "recorded_bytes": found.recorded_bytes,
            "bytes_per_day": found.bytes_per_day,
            "days_left": found.days_left,
            "state": found.state,
            "kept_deleted_us": found.kept_deleted_us,
        }

    async def gaps_since(
        self, cameras: Sequence[bytes], since_us: int, now_us: int
    ) -> dict[bytes, tuple[int, float]]:
        """Number and seconds of the gaps of each camera's main stream; not what a rule deleted."""
        found = {}
        for line in await self.timelines(cameras, since_us, now_us):
            gaps = [gap for gap in line.gaps if gap.reason is not BreakReason.NOT_KEPT]
            lengths_us = [(gap.end_us or now_us) - gap.start_us for gap in gaps]
            found[line.camera] = len(gaps), sum(lengths_us) / 1e6
        return found

    async def recorded_bytes(self) -> dict[bytes, int]:
        """Recorded bytes by camera."""
        streams = await self._household.sql(
            self.recordings.store.streams, self._household.household_id
        )
        totals: dict[bytes, int] = {}
        for (camera, _stream), size_bytes in streams.items():
            totals[camera] = totals.get(camera, 0) + size_bytes
        return totals
