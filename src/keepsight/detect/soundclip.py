"""A file's sound through the whole chain, as if a camera sent it: `keepsight detect --sound`."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av

from keepsight.detect.clip import ClipError, packets_of
from keepsight.detect.ear import Ear
from keepsight.detect.event import Phase
from keepsight.detect.heard import SoundBook
from keepsight.detect.hearing import STEP_SAMPLES, Hearing
from keepsight.detect.sound import SAMPLE_RATE, SOUND_KINDS, SoundEvent, SoundFormat, SoundPacket
from keepsight.detect.soundtrack import Soundtrack
from keepsight.detect.zones import Rules

STEP_US: Final = STEP_SAMPLES * 1_000_000 // SAMPLE_RATE


@dataclass(slots=True)
class Sounds:
    """What can be heard in a file."""

    events: list[SoundEvent] = field(default_factory=list)
    seconds: float = 0.0
    windows: int = 0
    asked: int = 0
    """Windows that were worth asking the model about."""
    trouble: str | None = None


def _packets(container: Any, sounds: Sounds) -> Iterator[SoundPacket]:
    def note(error: str) -> None:
        sounds.trouble = f"the file is damaged from second {sounds.seconds:.1f} on: {error}"

    last_us = 0
    for packet in packets_of(container, container.streams.audio[0], note):
        if packet.pts is not None and packet.time_base:
            last_us = int(packet.pts * packet.time_base * 1_000_000)
        sounds.seconds = max(sounds.seconds, last_us / 1e6)
        yield SoundPacket(last_us, last_us, bytes(packet))


def hear_clip(path: Path, ear: Ear, rules: Rules) -> Sounds:
    """Every kind of sound in a file.

    Raises:
        ClipError: it holds no sound, or none that can be decoded.
    """
    sounds = Sounds()
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        raise ClipError(f"{path} cannot be read ({getattr(error, 'strerror', error)})") from error
    with container:
        if not container.streams.audio:
            raise ClipError(f"{path} holds no sound")
        context = container.streams.audio[0].codec_context
        form = SoundFormat(context.name, b"", context.sample_rate, context.channels)
        book = SoundBook(tuple(kind.name for kind in SOUND_KINDS), rules)
        track = Soundtrack(form, file_context=context)
        hearing, group = Hearing(track, book, ear), list[SoundPacket]()
        for packet in _packets(container, sounds):
            group.append(packet)
            if packet.media_us - group[0].media_us >= STEP_US:
                sounds.events += hearing.feed(group)
                group = []
        sounds.events += hearing.feed(group) + hearing.finish()
    if not track.counts.samples:
        raise ClipError("the file holds no sound that can be decoded")
    sounds.windows, sounds.asked = hearing.counts.windows, hearing.counts.asked
    sounds.trouble = hearing.trouble or sounds.trouble
    ended = [event for event in sounds.events if event.phase is Phase.END]
    sounds.events = sorted(ended, key=lambda event: event.start_us)
    return sounds
