"""One growing segment: chunks -> fMP4 -> sealed records -> its file."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from keepsight.hub import mp4
from keepsight.hub.record.chunk import Chunk
from keepsight.hub.record.segment import SegmentWriter
from keepsight.hub.recording import FragmentRef, Segment
from keepsight.lan.rtsp.unit import AccessUnit, Buffer
from keepsight.seal.header import (
    FLAG_DISCONTINUITY,
    FLAG_KEYFRAME,
    FLAG_SENDER_TIME,
    Context,
    Kind,
)
from keepsight.seal.press import Press

_SOUND_DRIFT_US_MAX: Final = 500_000
"""Beyond this, sound's own clock no longer says where it belongs."""


class Film:
    """Created, appended to and synced in the disk thread; `durable` may be called from any."""

    def __init__(  # noqa: PLR0913 - its parts, each given once by the reel
        self, root: Path, press: Press, context: Context, chunk: Chunk, day_key: bytes,
        *, is_joined: bool,
    ) -> None:  # fmt: skip
        """Create the file.

        Args:
            root: the household's `segments` folder.
            press: the disk thread's.
            context: whose, with a new writer id.
            chunk: the first; it is not written yet.
            day_key: RK.
            is_joined: the previous segment ends where this one starts.

        Raises:
            OSError: the disk refused.
            keepsight.hub.mp4.ConfigError: the format cannot be written as MP4.
        """
        first = chunk.video[0]
        init = mp4.init_segment(chunk.stream_format)
        self.file = SegmentWriter(root, context, first.wall_us, day_key)
        self.stream_format = chunk.stream_format
        self.start_us = self.end_us = first.wall_us
        self.end_ticks = self.start_ticks = first.media_ticks
        self._context = context
        self._clock_rate = chunk.stream_format.video.clock_rate
        self._zero_ticks = first.media_ticks - first.composition_ticks
        self._floor_ticks = self._zero_ticks
        self._sound_zero_ticks: int | None = None
        self._sound_end_ticks = 0
        self._press = press
        self._fragments: list[FragmentRef] = []
        self._durable = (0, 0, self.start_us)
        flags = FLAG_KEYFRAME if is_joined else FLAG_KEYFRAME | FLAG_DISCONTINUITY
        self._init = (init, first.monotonic_us, flags)

    @property
    def writer(self) -> bytes:
        """The segment's writer id."""
        return self._context.writer

    @property
    def epoch(self) -> int:
        """Of the master key above its key."""
        return self._context.epoch

    @property
    def size_bytes(self) -> int:
        """Written so far."""
        return self.file.written_bytes

    @property
    def media_us(self) -> int:
        """Media time written so far."""
        return (self.end_ticks - self.start_ticks) * 1_000_000 // self._clock_rate

    @property
    def durable_bytes(self) -> int:
        """The part of the file that survives a power cut."""
        return self._durable[1]

    @property
    def durable_end_us(self) -> int:
        """Wall time up to which pictures survive a power cut."""
        return self._durable[2]

    def durable(self) -> Segment:
        """The segment as far as it survives a power cut."""
        count, _, end_us = self._durable
        video, audio = self.stream_format.video, self.stream_format.audio
        codec = ",".join(track.codec_string for track in (video, audio) if track is not None)
        return Segment(
            camera=self._context.camera, stream=self._context.stream, writer=self._context.writer,
            epoch=self._context.epoch, start_us=self.start_us, end_us=end_us, codec=codec,
            width=video.width, height=video.height, fragments=tuple(self._fragments[:count]),
            is_growing=True,
        )  # fmt: skip

    def append(self, chunk: Chunk, sound: list[AccessUnit]) -> None:
        """Write a chunk's pictures and this sound.

        Raises:
            OSError: the disk refused.
            ValueError: a picture is larger than a fragment may be.

        After an error nothing of the chunk counts, and the segment must end: its next sequence
        number is taken.
        """
        count = len(self._fragments)
        try:
            self._press_chunk(chunk, sound)
            self.file.write(self._press)
        except (OSError, ValueError):
            del self._fragments[count:]
            raise
        last = chunk.video[-1]
        newest_ticks = max([unit.media_ticks for unit in chunk.video])
        self._floor_ticks = newest_ticks
        self.end_ticks = max(chunk.end_ticks, newest_ticks)
        lasts_us = (chunk.end_ticks - last.media_ticks) * 1_000_000 // self._clock_rate
        self.end_us = last.wall_us + max(0, lasts_us)

    def _press_chunk(self, chunk: Chunk, sound: list[AccessUnit]) -> None:
        self.file.begin(self._press)
        if not self._fragments:
            init, monotonic_us, flags = self._init
            self._seal(Kind.INIT, [init], self.start_us, monotonic_us, flags)
        video, end_ticks = chunk.video, chunk.end_ticks
        zero, floor = self._zero_ticks, self._floor_ticks
        if video[0].is_keyframe:
            key, video = video[:1], video[1:]
            key_end = min([unit.media_ticks for unit in video]) if video else end_ticks
            still = mp4.Run(mp4.VIDEO_TRACK, zero, key, key_end, floor)
            self._add(Kind.STILL, key, still)
            floor = max(floor, key[0].media_ticks)
        runs = []
        if video:
            runs.append(mp4.Run(mp4.VIDEO_TRACK, zero, video, end_ticks, floor))
        if sound:
            runs.append(self._sound_run(sound))
        if runs:
            self._add(Kind.GOP, video or sound, *runs)

    def append_late_sound(self, sound: list[AccessUnit]) -> None:
        """Write sound that arrived after the last picture of this segment but belongs to it.

        Raises:
            OSError: the disk refused.
        """
        count = len(self._fragments)
        try:
            self.file.begin(self._press)
            pieces = mp4.fragment_pieces(self.file.sealer.sequence, self._sound_run(sound))
            self._seal(Kind.GOP, pieces, self.end_us, sound[0].monotonic_us, flags=0)
            self.file.write(self._press)
        except (OSError, ValueError):
            del self._fragments[count:]
            raise

    def sync(self, *, is_last: bool = False) -> None:
        """Make everything written durable.

        Raises:
            OSError: the disk refused; only `abandon` may follow.
        """
        self.file.sync(is_last=is_last)
        self._durable = (len(self._fragments), self.file.written_bytes, self.end_us)

    def _add(self, kind: Kind, units: list[AccessUnit], *runs: mp4.Run) -> None:
        first = units[0]
        flags = FLAG_KEYFRAME if kind is Kind.STILL else 0
        if first.is_sender_time:
            flags |= FLAG_SENDER_TIME
        for unit in units:
            if unit.is_after_loss:
                flags |= FLAG_DISCONTINUITY
                break
        pieces = mp4.fragment_pieces(self.file.sealer.sequence, *runs)
        # With B pictures or late sound the first unit is not the earliest; order matters more.
        wall_us = max(first.wall_us, self._fragments[-1].start_us)
        self._seal(kind, pieces, wall_us, first.monotonic_us, flags)

    def _seal(
        self, kind: Kind, pieces: Sequence[Buffer], wall_us: int, monotonic_us: int, flags: int
    ) -> None:
        sequence = self.file.sealer.sequence
        size_bytes = self._press.add(
            self.file.sealer, kind, pieces, wall_us=wall_us, monotonic_us=monotonic_us, flags=flags
        )
        self._fragments.append(FragmentRef(sequence, kind, wall_us, size_bytes))

    def _sound_run(self, sound: list[AccessUnit]) -> mp4.Run:
        """Sound keeps its own clock; wall time says where that clock's zero is."""
        audio = self.stream_format.audio
        rate = audio.clock_rate if audio is not None else 1
        first = sound[0]
        since_us = max(0, first.wall_us - self.start_us)
        zero = self._sound_zero_ticks
        ticks = 0 if zero is None else first.media_ticks - zero
        if zero is None or abs(ticks * 1_000_000 // rate - since_us) > _SOUND_DRIFT_US_MAX:
            # Never before what was written: decoders refuse time that runs back.
            at_ticks = since_us * rate // 1_000_000
            ticks = at_ticks if zero is None else max(at_ticks, self._sound_end_ticks)
            zero = self._sound_zero_ticks = first.media_ticks - ticks
        last = sound[-1].media_ticks
        step = last - sound[-2].media_ticks if len(sound) > 1 else 0
        self._sound_end_ticks = last + max(0, step) - zero
        return mp4.Run(mp4.AUDIO_TRACK, zero, sound, last + max(0, step))
