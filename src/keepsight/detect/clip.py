"""A video file through the whole chain, as if a camera sent it: what `keepsight detect` runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import av

from keepsight.detect.decoder import Decoder, Picture
from keepsight.detect.detector import Detector
from keepsight.detect.event import Event, Phase
from keepsight.detect.look import look_thoroughly
from keepsight.detect.sight import Detection
from keepsight.detect.sign import Sign
from keepsight.detect.tracker import SURE_CONFIDENCE
from keepsight.detect.unit import Unit
from keepsight.detect.watcher import Span, Watcher
from keepsight.detect.zones import Rules, counts, sure_confidence

DAMAGED_PACKETS_MAX: Final = 1000
FRAME_SECONDS_DEFAULT: Final = 0.04
"""Between pictures of a file that does not say when they are."""


class ClipError(Exception):
    """A file that is no video; the text says why."""


@dataclass(frozen=True, slots=True)
class Frame:
    """What the detector sees in one picture, whatever moved."""

    seconds: float
    detections: tuple[Detection, ...]
    width: int
    height: int


@dataclass(slots=True)
class Findings:
    """What a clip holds."""

    width: int = 0
    height: int = 0
    seconds: float = 0.0
    """Of the clip, as far as it could be read."""
    events: list[Event] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    frames: list[Frame] = field(default_factory=list)
    damage: str | None = None
    """What of the file could not be read."""
    mode: str = ""
    failure: str | None = None
    """Why people were not recognised to the end."""


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    try:
        container = av.open(str(path))
    except (av.FFmpegError, OSError) as error:
        reason = "is no video" if path.is_file() else "is missing or no file"
        raise ClipError(f"{path} {reason} ({getattr(error, 'strerror', None) or error})") from error
    with container:
        if not container.streams.video:
            raise ClipError(f"{path} holds no pictures")
        yield container


def duration_seconds(path: Path) -> float | None:
    """How long the file says it is.

    Raises:
        ClipError: it is no video.
    """
    with _opened(path) as container:
        return container.duration / av.time_base if container.duration else None


def packets_of(container: Any, stream: Any, on_damage: Callable[[str], None]) -> Iterator[Any]:
    """Packets of one stream; damage is told, and reading goes on behind it."""
    damaged = 0
    packets = container.demux(stream)
    while damaged < DAMAGED_PACKETS_MAX:
        try:
            packet = next(packets)
        except (StopIteration, EOFError):
            return
        except (av.FFmpegError, OSError) as error:
            damaged += 1
            on_damage(str(error))
            continue
        if packet.size:
            yield packet


def _packets(container: Any, findings: Findings) -> Iterator[Any]:
    def note(error: str) -> None:
        findings.damage = f"the file is damaged from second {findings.seconds:.1f} on: {error}"

    return packets_of(container, container.streams.video[0], note)


def _units(container: Any, findings: Findings) -> Iterator[Unit]:
    stream = container.streams.video[0]
    rate = stream.average_rate or stream.guessed_rate
    step_us = int(1e6 / rate) if rate else int(FRAME_SECONDS_DEFAULT * 1e6)
    first_us: int | None = None
    last_us = -step_us
    for packet in _packets(container, findings):
        stamp = packet.pts if packet.pts is not None else packet.dts
        media_us = last_us + step_us
        if stamp is not None and packet.time_base:
            media_us = int(stamp * packet.time_base * 1_000_000)
        first_us = media_us if first_us is None else first_us
        media_us -= first_us
        last_us = media_us
        findings.seconds = max(findings.seconds, (media_us + step_us) / 1e6)
        is_damaged = bool(packet.is_corrupt)
        if is_damaged:
            findings.damage = f"the file is damaged at second {media_us / 1e6:.1f}"
        yield Unit(media_us, media_us, bool(packet.is_keyframe), is_damaged, bytes(packet))


def watch_clip(
    path: Path,
    detector: Detector | None,
    rules: Rules,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Findings:
    """Events of a clip, found as they would be found in a camera's stream.

    Raises:
        ClipError: it is no video, or nothing in it can be decoded.
    """
    findings = Findings()
    with _opened(path) as container:
        context = container.streams.video[0].codec_context
        findings.width, findings.height = context.width, context.height
        decoder = Decoder(context.codec.name, file_context=context)
        watcher = Watcher(decoder, Sign("", ()), rules, detector)
        latest: dict[str, Event] = {}
        for unit in _units(container, findings):
            sighting = watcher.feed(unit)
            findings.spans += sighting.spans
            latest.update({told.event.id: told.event for told in sighting.told})
            on_progress(findings.seconds)
        last = watcher.finish()
        findings.spans += last.spans
        latest.update({told.event.id: told.event for told in last.told})
    findings.events = sorted(latest.values(), key=lambda event: event.start_us)
    findings.mode = watcher.mode.value
    findings.failure = watcher.failure
    _note_damage(findings, watcher.counts.looks, decoder)
    return findings


def _note_damage(findings: Findings, looks: int, decoder: Decoder) -> None:
    if not findings.seconds or (not looks and decoder.counts.corrupt):
        raise ClipError("the file holds no picture that can be decoded")
    if decoder.counts.corrupt and findings.damage is None:
        findings.damage = f"{decoder.counts.corrupt} pictures could not be decoded"


def _pictures(container: Any, findings: Findings) -> Iterator[Picture]:
    stream = container.streams.video[0]
    context = stream.codec_context
    decoder = Decoder(context.codec.name, file_context=context, is_exact=True)
    for unit in _units(container, findings):
        yield from decoder.decode_all(unit)
    yield from decoder.finish_all()
    if decoder.counts.corrupt and findings.damage is None:
        findings.damage = f"{decoder.counts.corrupt} pictures could not be decoded"


def look_at_frames(
    path: Path,
    detector: Detector,
    rules: Rules,
    on_progress: Callable[[float], None] = lambda _: None,
) -> list[Frame]:
    """Every picture of a clip, each looked at thoroughly, with no memory of the one before.

    Raises:
        ClipError: it is no video.
        DetectorError: the detector failed.
    """
    frames = []
    findings = Findings()
    with _opened(path) as container:
        for picture in _pictures(container, findings):
            found = [
                each
                for each in look_thoroughly(detector, picture)
                if counts(rules, each)
                and each.confidence >= sure_confidence(rules, each.kind, SURE_CONFIDENCE)
            ]
            seconds = picture.media_us / 1e6
            frames.append(Frame(seconds, tuple(found), picture.width, picture.height))
            on_progress(findings.seconds)
    return frames


def ended(event: Event) -> bool:
    """Whether the event is over."""
    return event.phase is Phase.END
