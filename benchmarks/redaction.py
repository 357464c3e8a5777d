"""What changing an export costs, and a visit's preview strip, against coding and decoding alone.

Exports are the real thing: sealed recordings, opened, handed through the exporting process and,
where something is hidden, through the process behind walls; their start is counted too. The floor
decodes the same film and codes it with the same encoder, changing nothing, in one thread. A strip
is made of pictures that are decoded anyway; its floor is decoding the pictures of its visit.
"""

import contextlib
import resource
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from tests.hub.record import footage, room

from benchmarks.detect_clip import Day, Setting, build, is_here
from benchmarks.figure import Figure
from keepsight.detect.blur import ENCODERS
from keepsight.detect.decoder import Decoder
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.masks import Veil
from keepsight.detect.model import DEFAULT_DETECTOR
from keepsight.detect.models import models_folder
from keepsight.detect.preview import Previews
from keepsight.detect.sign import Sign
from keepsight.detect.watcher import Watcher
from keepsight.detect.zones import Rules
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.export import Exporter
from keepsight.hub.record.redaction import Redaction, RedactionError, Redactor
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat

SETTINGS: Final = (
    Setting(640, 360, 10, 2, visits=1, quiet_seconds=4, quiet_times=1),
    Setting(1280, 720, 15, 2, visits=1, quiet_seconds=4, quiet_times=1),
)
"""Somebody is there for 12 s; faces are looked for in the quiet before and after all the same."""
MASK: Final = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.4), (0.0, 0.4))
WAYS: Final = (
    ("plain", Redaction()),
    ("masked", Redaction(masks=(MASK,))),
    ("faces", Redaction(blurs_faces=True)),
)
FLOOR: Final = "decode + encode"
FLOOR_NOTE: Final = "the same film through the same encoder, nothing changed, in one thread"
STRIP_SETTING: Final = Setting(640, 360, 10, 2, visits=3, quiet_seconds=10, quiet_times=1)
STRIP_NOTE: Final = "PyAV decodes every picture of the visits, one thread"
CLOCK_RATE: Final = 90_000


def _cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def _format(day: Day) -> StreamFormat:
    setting, sets = day.setting, day.parameter_sets
    video = VideoFormat("h264", setting.width, setting.height, sets, "avc1." + sets[0][1:4].hex())
    return StreamFormat(video, footage.audio("aac", seconds=day.seconds)[0])


def _units(day: Day) -> list[AccessUnit]:
    """The day's pictures and a tone, as a camera would send them."""
    pictures = [
        AccessUnit(
            is_video=True, media_ticks=unit.media_us * CLOCK_RATE // 1_000_000,
            wall_us=footage.WALL_US + unit.media_us, monotonic_us=unit.media_us,
            is_keyframe=unit.is_keyframe, parts=[unit.data], size_bytes=len(unit.data),
        )
        for unit in day.units
    ]  # fmt: skip
    sounds = footage.audio("aac", seconds=day.seconds)[1]
    return sorted([*pictures, *sounds], key=lambda unit: unit.wall_us)


@contextlib.contextmanager
def _recorded(day: Day, folder: Path) -> Iterator[Any]:
    """The day as sealed recordings on the disk."""
    with room.open_room(folder) as here:
        recorder = here.recorder()
        recorder.on_format(_format(day))
        for unit in _units(day):
            recorder.on_unit(unit)
        recorder.on_break(BreakReason.STOPPED, footage.WALL_US + int(day.seconds * 1e6))
        here.settle()
        yield here


def _export(here: Any, redaction: Redaction, out: Path, secret: Path) -> tuple[float, float, int]:
    """CPU seconds, seconds of film, and pictures in which something was blurred."""
    redactor = Redactor(models_folder(), secret)
    exporter = Exporter(room.HOUSEHOLD, here.catalogue, here.playback, redaction, redactor)
    begin_us = footage.WALL_US
    redactor.check(redaction, begin_us, begin_us + 600_000_000)
    begun = _cpu_seconds()
    report = exporter.export(room.CAMERA, room.MAIN, begin_us, begin_us + 600_000_000, out)
    (file,) = report.files
    return _cpu_seconds() - begun, file.duration_us / 1e6, file.smeared


def _encoder(output: Any, source: Any) -> Any:
    for name, options in ENCODERS:
        with contextlib.suppress(av.FFmpegError, ValueError):
            stream = output.add_stream(name, rate=source.average_rate or Fraction(25))
            context = stream.codec_context
            context.width, context.height = source.codec_context.width, source.codec_context.height
            context.pix_fmt, context.time_base = source.codec_context.pix_fmt, source.time_base
            context.gop_size, context.thread_count = round(float(source.average_rate) * 2), 1
            context.options = options
            return stream
    raise RuntimeError("this machine has no encoder for H.264")


def _floor(film: Path, out: Path) -> float:
    """CPU seconds of decoding a film and coding it anew."""
    begun = _cpu_seconds()
    with av.open(str(film)) as source, av.open(str(out), "w", format="mp4") as output:
        video = source.streams.video[0]
        video.codec_context.thread_count = 1
        coded = _encoder(output, video)
        for frame in source.decode(video):
            frame.pict_type = 0
            output.mux(coded.encode(frame))
        output.mux(coded.encode(None))
    return _cpu_seconds() - begun


def _exports(setting: Setting, folder: Path) -> list[Figure]:
    day = build(setting)
    secret = folder / "secret"
    secret.mkdir()
    costs: dict[str, tuple[float, float, int]] = {}
    with _recorded(day, folder / "room") as here:
        for name, redaction in WAYS:
            try:
                costs[name] = _export(here, redaction, folder / f"{name}.mp4", secret)
            except RedactionError as error:
                print(f"  {name}: {error}")
    floor = _floor(folder / "plain.mp4", folder / "floor.mp4")
    found = []
    for name, (cpu, seconds, smeared) in costs.items():
        note = f"{FLOOR_NOTE}; {seconds:.0f} s of film"
        if smeared:
            note += f", something blurred in {smeared} pictures"
        found.append(
            Figure(
                f"redaction.{name}_{setting.height}p{setting.rate}",
                *(cpu / seconds, "CPU s/s", FLOOR, floor / seconds), note=note,
            )
        )  # fmt: skip
    return found


def _strip_cpu(day: Day) -> tuple[float, int]:
    """CPU seconds for all strips of a day, and how many visits got one."""
    decoder = Decoder("h264", day.parameter_sets)
    sign = Sign("h264", day.parameter_sets)
    watcher = Watcher(decoder, sign, Rules(), open_detector(Choice(DEFAULT_DETECTOR)))
    previews, cpu = Previews(Veil(())), 0.0
    events: set[str] = set()
    for sighting in (*(watcher.feed(unit) for unit in day.units), watcher.finish()):
        begun = time.thread_time()
        sheets = previews.take(sighting.picture, sighting.told)
        cpu += time.thread_time() - begun
        events.update(sheet.event_id for sheet in sheets)
    return cpu, len(events)


def _decode_cpu(day: Day) -> float:
    """CPU seconds to decode what the visits show."""
    decoder, cpu = Decoder("h264", day.parameter_sets, is_exact=True), 0.0
    for unit in day.units:
        begun = time.thread_time()
        pictures = list(decoder.decode_all(unit))
        if any(begin <= unit.media_us / 1e6 <= end for begin, end in day.visits):
            cpu += time.thread_time() - begun
        del pictures
    return cpu


def _strips() -> list[Figure]:
    day = build(STRIP_SETTING)
    cpu, events = _strip_cpu(day)
    if not events:
        return []
    floor = _decode_cpu(day) / len(day.visits)
    lasted = sum(end - begin for begin, end in day.visits) / len(day.visits)
    note = f"{STRIP_NOTE}; {events} strips of visits of {lasted:.0f} s, each made twice"
    values = (1000 * cpu / events, "CPU ms/event", "decoding its pictures", 1000 * floor)
    return [Figure(f"redaction.strip_{STRIP_SETTING.height}p", *values, note=note)]


def run() -> list[Figure]:
    """CPU for each second of film, and for each strip; none where the footage is missing."""
    if not is_here():
        print("  the footage is not here (KEEPSIGHT_TEST_DATA)")
        return []
    figures = []
    for setting in SETTINGS:
        with tempfile.TemporaryDirectory() as folder:
            figures += _exports(setting, Path(folder))
    return figures + _strips()
