"""A drawn scene as a source: main and sub stream from one drawing, and its quiet sound."""

import threading
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Final

import av
import numpy as np

from keepsight.camera.ambience import SAMPLE_RATE, Ambience
from keepsight.camera.canvas import Planes
from keepsight.camera.encode import AacEncoder, VideoEncoder, VideoShape
from keepsight.camera.media import MAIN, SUB, VIDEO_CLOCK_RATE, Demand, Emit, Sample, Tracks
from keepsight.camera.pace import Pace
from keepsight.camera.scene import Caption, Picture, Scene
from keepsight.core.clock import Clock

FRAMES_PER_SECOND: Final = 15
MAIN_SHAPE: Final = VideoShape(1280, 720, FRAMES_PER_SECOND, 1_500_000, is_bt709=True)
SUB_SHAPE: Final = VideoShape(640, 360, FRAMES_PER_SECOND, 500_000, is_bt709=True)


@dataclass(frozen=True, slots=True)
class DrawnOptions:
    """Everything about a drawn source that has a default."""

    seed: int = 0
    zone: tzinfo | None = None
    """Of the clock in the picture; None: this machine's."""
    has_sub: bool = True
    has_sound: bool = True


def to_frame(planes: Planes) -> av.VideoFrame:
    """A frame with a copy of the planes."""
    height, width = planes.y.shape
    frame = av.VideoFrame(width, height, "yuv420p")
    for plane, values in zip(frame.planes, (planes.y, planes.u, planes.v), strict=True):
        rows = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
        rows[: values.shape[0], : values.shape[1]] = values
    return frame


class DrawnScene:
    """Draws, encodes and plays one scene. Encodes a stream only while somebody watches it."""

    def __init__(
        self, scene: Scene, caption: Caption, clock: Clock, options: DrawnOptions | None = None
    ) -> None:
        """Paint the background and open the encoders.

        Raises:
            SourceError: this machine has no H.264 encoder.
        """
        options = options or DrawnOptions()
        self._clock = clock
        self._zone = options.zone
        self._picture = Picture(scene, caption, MAIN_SHAPE.width, MAIN_SHAPE.height, options.seed)
        self._encoders = {MAIN: VideoEncoder(MAIN_SHAPE)}
        if options.has_sub:
            self._encoders[SUB] = VideoEncoder(SUB_SHAPE)
        self._sound = AacEncoder(SAMPLE_RATE) if options.has_sound else None
        self._ambience = Ambience(scene.sound, options.seed)
        self.streams = {name: Tracks(encoder.track) for name, encoder in self._encoders.items()}
        if self._sound is not None:
            self.streams[MAIN] = Tracks(self._encoders[MAIN].track, self._sound.track)

    def run(self, emit: Emit, demand: Demand, stop: threading.Event) -> None:
        """Draw until stopped."""
        pace = Pace(self._clock, stop)
        start_us, frame, samples = self._clock.wall_us(), 0, 0
        while (wall_us := pace.wait(frame * 1_000_000 // FRAMES_PER_SECOND)) is not None:
            self._show(frame, wall_us, emit, demand)
            due = frame * SAMPLE_RATE // FRAMES_PER_SECOND
            while self._sound is not None and samples + AacEncoder.frame_samples <= due:
                self._speak(samples, start_us, emit, demand)
                samples += AacEncoder.frame_samples
            frame += 1

    def _local(self, wall_us: int) -> datetime:
        return datetime.fromtimestamp(wall_us / 1_000_000, UTC).astimezone(self._zone)

    def _show(self, number: int, wall_us: int, emit: Emit, demand: Demand) -> None:
        watched = [name for name in self._encoders if demand.is_watched(name)]
        if not watched:
            return
        frame = to_frame(self._picture.draw(self._local(wall_us), number))
        ticks = number * VIDEO_CLOCK_RATE // FRAMES_PER_SECOND
        for name in watched:
            encoder = self._encoders[name]
            scaled = frame if name == MAIN else frame.reformat(SUB_SHAPE.width, SUB_SHAPE.height)
            is_wanted = demand.take_keyframe(name)
            for picture in encoder.encode(scaled, ticks, is_keyframe_wanted=is_wanted):
                sample = Sample(
                    name, True, picture.media_ticks, wall_us, picture.is_keyframe, picture.units
                )
                emit(sample)

    def _speak(self, first: int, start_us: int, emit: Emit, demand: Demand) -> None:
        if self._sound is None:
            return
        samples = self._ambience.samples(first, AacEncoder.frame_samples)
        for ticks, data in self._sound.encode(samples, first):
            # The encoder's first frame is its run-up, from before the beginning.
            if ticks >= 0 and demand.is_watched(MAIN):
                wall_us = start_us + ticks * 1_000_000 // SAMPLE_RATE
                emit(Sample(MAIN, False, ticks, wall_us, False, (data,)))
