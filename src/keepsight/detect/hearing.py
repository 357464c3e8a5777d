"""One camera's sound chain: coded packets in, events out.

feed() -> soundtrack (16 kHz samples) -> windows of 0.975 s that overlap by half -> loudness (worth
asking?) -> ear (YAMNet) -> heard (events); beside it beeps, which know alarms by their rhythm. Not
for several threads at once.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from keepsight.detect.beeps import Beeps
from keepsight.detect.ear import WINDOW_SAMPLES, Ear, EarError
from keepsight.detect.heard import SoundBook, Window
from keepsight.detect.loudness import Loudness
from keepsight.detect.sound import SAMPLE_RATE, SoundEvent, SoundPacket
from keepsight.detect.soundtrack import Samples, Soundtrack

STEP_SAMPLES: Final = WINDOW_SAMPLES // 2
GAP_SECONDS: Final = 0.5
"""That the samples and the camera's clock may differ; more, and something is missing."""
FOLLOWING: Final = 8
"""One part in so many of a smaller difference is taken over with each feed."""
DEAF_SECONDS: Final = 20.0
"""For so long packets may come without becoming a window; then it is said."""
FAILURES_MAX: Final = 3
"""Of the model in a row."""
DEAF: Final = "the sound that comes cannot be decoded"


@dataclass(slots=True)
class HearCounts:
    """What listening to this camera took."""

    windows: int = 0
    asked: int = 0
    gaps: int = 0
    cpu_us: int = 0


def _runs(packets: Sequence[SoundPacket]) -> Iterator[list[SoundPacket]]:
    """Packets that follow each other; a new run where the clock jumps."""
    run: list[SoundPacket] = []
    for packet in packets:
        if run and abs(packet.media_us - run[-1].media_us) > GAP_SECONDS * 1e6:
            yield run
            run = []
        run.append(packet)
    yield run


class Hearing:
    """Listens to one camera."""

    def __init__(self, track: Soundtrack, book: SoundBook, ear: Ear) -> None:
        self.ear = ear
        self.failure: str | None = None
        """Why nothing is heard any more."""
        self.counts = HearCounts()
        self._track = track
        self._book = book
        self._loudness = Loudness()
        self._beeps = Beeps()
        self._samples: Samples = np.zeros(0, np.float32)
        self._start_us: int | None = None
        """Media time of the first sample in hand."""
        self._wall_offset_us = 0
        self._packet_us: int | None = None
        self._heard_us = 0
        """Media time of the last window, or of the packet with which packets began to come."""
        self._failures = 0

    @property
    def trouble(self) -> str | None:
        """Why nothing can be heard now, although packets come; it may pass."""
        if self.failure is not None:
            return self.failure
        is_deaf = self._packet_us is not None and (
            self._packet_us - self._heard_us > DEAF_SECONDS * 1e6
        )
        return DEAF if is_deaf else None

    @property
    def corrupt(self) -> int:
        """Packets that could not be decoded."""
        return self._track.counts.corrupt

    def feed(self, packets: Sequence[SoundPacket]) -> list[SoundEvent]:
        """Take the next packets, in order."""
        if not packets or self.failure is not None:
            return []
        begun_ns = time.thread_time_ns()
        told: list[SoundEvent] = []
        for run in _runs(packets):
            self._follow(run[0], run[-1])
            made = self._track.decode([packet.data for packet in run])
            self._samples = np.concatenate((self._samples, made))
            while len(self._samples) >= WINDOW_SAMPLES and self.failure is None:
                told += self._hear()
        self.counts.cpu_us += (time.thread_time_ns() - begun_ns) // 1000
        return told

    def finish(self) -> list[SoundEvent]:
        """The sound ended: so do all events."""
        return self._book.close()

    def _follow(self, first: SoundPacket, last: SoundPacket) -> None:
        """Keep the samples' times with the camera's clock."""
        before_us, self._packet_us = self._packet_us, last.media_us
        if before_us is None or not 0 <= first.media_us - before_us < DEAF_SECONDS * 1e6:
            self._heard_us = first.media_us  # nothing came: that is not deafness
        self._wall_offset_us = last.wall_us - last.media_us
        if self._start_us is None:
            self._start_us = first.media_us
            return
        expected_us = self._start_us + len(self._samples) * 1_000_000 // SAMPLE_RATE
        off_us = first.media_us - expected_us
        if abs(off_us) > GAP_SECONDS * 1e6:
            self.counts.gaps += 1
            self._track.restart()
            self._beeps.restart()
            self._samples = self._samples[:0]
            self._start_us = first.media_us
        else:
            self._start_us += off_us // FOLLOWING

    def _hear(self) -> list[SoundEvent]:
        """Take one window from the samples in hand."""
        samples, start_us = self._samples[:WINDOW_SAMPLES], self._start_us or 0
        self.counts.windows += 1
        is_worth = self._loudness.is_worth(samples)
        scores = None
        if is_worth or self._book.is_attentive:
            self.counts.asked += 1
            try:
                scores = self.ear.scores(np.ascontiguousarray(samples))
                self._failures = 0
            except EarError as error:
                self._failures += 1
                if self._failures >= FAILURES_MAX:
                    self.failure = str(error)
        end_us = start_us + WINDOW_SAMPLES * 1_000_000 // SAMPLE_RATE
        offset_us = self._wall_offset_us
        alarm = self._beeps.feed(samples[:STEP_SAMPLES], is_worth=is_worth)
        window = Window(start_us, end_us, start_us + offset_us, end_us + offset_us, scores, alarm)
        self._samples = self._samples[STEP_SAMPLES:]
        self._start_us = start_us + STEP_SAMPLES * 1_000_000 // SAMPLE_RATE
        self._heard_us = end_us
        return self._book.take(window)
