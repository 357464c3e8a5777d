"""`keepsight detect`: the whole watching chain on a video file, without a hub."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from keepsight.cli.terminal import CommandError, print_table
from keepsight.detect.clip import (
    ClipError,
    Findings,
    Frame,
    duration_seconds,
    look_at_frames,
    watch_clip,
)
from keepsight.detect.detector import Detector, DetectorError
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.ear import EarError, open_ear
from keepsight.detect.event import Event
from keepsight.detect.model import DEFAULT_DETECTOR, find_model
from keepsight.detect.sight import Box
from keepsight.detect.sound import SoundEvent
from keepsight.detect.soundclip import Sounds, hear_clip
from keepsight.detect.zones import RuleError, Rules, read_rules

EXIT_BAD_INPUT = 2
NO_MODEL = "none"


class Progressing(StrEnum):
    """How the command says how far it is."""

    BAR = "bar"
    NONE = "none"


def _polygon(text: str) -> list[list[float]]:
    try:
        numbers = [float(part) for part in text.replace(";", ",").split(",")]
    except ValueError:
        numbers = []
    if len(numbers) < 6 or len(numbers) % 2:
        raise CommandError(f"{text!r} is no polygon: write x,y;x,y;x,y with shares from 0 to 1")
    return [[numbers[at], numbers[at + 1]] for at in range(0, len(numbers), 2)]


def rules_from(zones: list[str], masks: list[str], kinds: list[str], min_area: float) -> Rules:
    """Rules from what was typed; a zone is NAME=x,y;x,y;x,y or the polygon alone.

    Raises:
        CommandError: one of them makes no sense.
    """
    drawn = []
    for number, text in enumerate(zones, 1):
        name, _, points = text.rpartition("=")
        drawn.append({"name": name or f"zone {number}", "points": _polygon(points)})
    document: dict[str, Any] = {
        "zones": drawn,
        "masks": [_polygon(text) for text in masks],
        "min_area": min_area,
    }
    if kinds:
        document["kinds"] = kinds
    try:
        return read_rules(document)
    except RuleError as error:
        raise CommandError(str(error)) from error


def _choice(model: str, labels: Path | None) -> Choice:
    if find_model(model) is None and ("/" in model or Path(model).suffix in (".tflite", ".onnx")):
        return Choice(file=Path(model), labels=labels)
    return Choice(model, labels=labels)


def _pixels(box: Box, width: int, height: int) -> list[float]:
    edges = (box.left * width, box.top * height, box.right * width, box.bottom * height)
    return [round(edge, 1) for edge in edges]


def event_document(event: Event, findings: Findings) -> dict[str, Any]:
    """An event as JSON: times in seconds from the clip's beginning, boxes in pixels."""
    return {
        "kind": event.kind,
        "start_seconds": round(event.start_us / 1e6, 3),
        "end_seconds": round(event.end_us / 1e6, 3),
        "confidence": round(event.confidence, 3),
        "best_box": _pixels(event.best_box, findings.width, findings.height),
        "best_seconds": round(event.best_us / 1e6, 3),
        "noticed_seconds": round(event.noticed_us / 1e6, 3),
        "zones": list(event.zones),
        "count": event.count,
    }


def frame_document(frame: Frame) -> dict[str, Any]:
    """A looked-at picture as JSON; boxes as [left, top, right, bottom] in pixels."""
    boxes = [
        {
            "kind": each.kind,
            "confidence": round(each.confidence, 3),
            "box": _pixels(each.box, frame.width, frame.height),
        }
        for each in frame.detections
    ]
    return {"seconds": round(frame.seconds, 3), "boxes": boxes}


def sound_document(event: SoundEvent) -> dict[str, Any]:
    """A sound as JSON: times in seconds from the clip's beginning."""
    return {
        "kind": event.kind,
        "start_seconds": round(event.start_us / 1e6, 3),
        "end_seconds": round(event.end_us / 1e6, 3),
        "confidence": round(event.confidence, 3),
        "noticed_seconds": round(event.noticed_us / 1e6, 3),
    }


def _warn(text: str) -> None:
    typer.echo(f"keepsight: {text}", err=True)


def _refuse(text: str) -> typer.Exit:
    _warn(text)
    return typer.Exit(EXIT_BAD_INPUT)


@contextmanager
def _progress(
    what: str, seconds: float | None, *, shown: bool
) -> Iterator[Callable[[float], None]]:
    columns = (TextColumn(what), BarColumn(), TextColumn("{task.percentage:>3.0f} %"))
    console = Console(stderr=True)
    with Progress(*columns, TimeRemainingColumn(), console=console, disable=not shown) as bar:
        task = bar.add_task(what, total=seconds)
        yield lambda done: bar.update(task, completed=done)


def _show(findings: Findings, frames: list[Frame] | None, cpu_seconds: float) -> None:
    rows = [
        (
            event.kind,
            f"{event.start_us / 1e6:.1f}",
            f"{event.end_us / 1e6:.1f}",
            f"{event.confidence:.2f}",
            str(event.count),
            ", ".join(event.zones),
        )
        for event in findings.events
    ]
    columns = ("kind", "from s", "to s", "confidence", "at once", "zones")
    print_table(columns, rows, "nobody and nothing that counts was seen")
    moved = sum(span.end_us - span.start_us for span in findings.spans) / 1e6
    said = f"{findings.seconds:.1f} s of video, {cpu_seconds:.1f} CPU seconds"
    if findings.spans:
        said += f", other movement {len(findings.spans)} times ({moved:.0f} s)"
    if frames is not None:
        said += (
            f", {sum(len(frame.detections) for frame in frames)} boxes in {len(frames)} pictures"
        )
    typer.echo(said)


def _show_sounds(sounds: Sounds) -> None:
    rows = [
        (
            event.kind,
            f"{event.start_us / 1e6:.1f}",
            f"{event.end_us / 1e6:.1f}",
            f"{event.confidence:.2f}",
        )
        for event in sounds.events
    ]
    print_table(("sound", "from s", "to s", "confidence"), rows, "no sound that counts was heard")
    typer.echo(f"{sounds.seconds:.1f} s of sound, {sounds.asked} of {sounds.windows} windows asked")


@contextmanager
def _foreign_chatter_left_out() -> Iterator[None]:
    """LiteRT greets on standard error, and has no switch for it."""
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)


def _detector(model: str, labels: Path | None, *, must_be: bool) -> Detector | None:
    if model == NO_MODEL:
        return None
    try:
        with _foreign_chatter_left_out():
            return open_detector(_choice(model, labels))
    except DetectorError as error:
        if must_be or model != DEFAULT_DETECTOR:
            raise _refuse(str(error)) from error
        _warn(f"{error}; reporting movement only")
        return None


def detect(  # noqa: PLR0913 - the options of a command
    clip: Annotated[Path, typer.Argument(help="A video file of your own camera.")],
    *,
    json_file: Annotated[
        str | None, typer.Option("--json", help="Write the findings as JSON; - for the terminal.")
    ] = None,
    frames: Annotated[
        bool,
        typer.Option(
            "--frames", help="Also look at every picture with the full detector: boxes in the JSON."
        ),
    ] = False,
    model: Annotated[
        str,
        typer.Option(
            "--model",
            help="A model of `keepsight models list`, your own file, or none for movement.",
        ),
    ] = DEFAULT_DETECTOR,
    labels: Annotated[
        Path | None, typer.Option("--labels", help="Labels of your own model, one a line.")
    ] = None,
    zone: Annotated[
        list[str] | None,
        typer.Option(
            "--zone", help="NAME=x,y;x,y;x,y with shares 0..1: only there; again for more."
        ),
    ] = None,
    mask: Annotated[
        list[str] | None, typer.Option("--mask", help="x,y;x,y;x,y: never there; again for more.")
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option("--kind", help="Only this: person, vehicle, cat, dog, package."),
    ] = None,
    min_area: Annotated[
        float, typer.Option("--min-area", help="Smallest box that counts, as share of the picture.")
    ] = 0.0,
    sound: Annotated[
        bool, typer.Option("--sound", help="Listen too: speech, alarms, glass, barking and more.")
    ] = False,
    progress: Annotated[
        Progressing | None, typer.Option("--progress", help="Without: a bar at a terminal.")
    ] = None,
) -> None:
    """Try a clip of your own camera: what events would it have raised?

    Exit status 2, with the reason, when the file is missing, no video, or nothing of it decodes.
    What can be read of a damaged file is watched, and the rest said.
    """
    rules = rules_from(zone or [], mask or [], kind or [], min_area)
    shown = sys.stderr.isatty() if progress is None else progress is Progressing.BAR
    detector = _detector(model, labels, must_be=frames)
    try:
        tried = _tried(clip, detector, rules, frames=frames, sound=sound, shown=shown)
    except (ClipError, DetectorError, EarError) as error:
        raise _refuse(str(error)) from error
    for problem in tried.problems:
        _warn(problem)
    if json_file is not None:
        _write(_document(clip, tried, detector), json_file)
        return
    _show(tried.findings, tried.seen, tried.cpu_seconds)
    if tried.heard is not None:
        _show_sounds(tried.heard)


@dataclass(frozen=True, slots=True)
class _Tried:
    findings: Findings
    seen: list[Frame] | None
    """None: not asked for."""
    heard: Sounds | None
    cpu_seconds: float

    @property
    def problems(self) -> list[str]:
        heard = self.heard.trouble if self.heard else None
        return [each for each in (self.findings.damage, self.findings.failure, heard) if each]


def _tried(  # noqa: PLR0913 - the options of a command
    clip: Path,
    detector: Detector | None,
    rules: Rules,
    *,
    frames: bool,
    sound: bool,
    shown: bool,
) -> _Tried:
    begun = time.process_time()
    seconds, seen, heard = duration_seconds(clip), None, None
    with _progress("watching", seconds, shown=shown) as report:
        findings = watch_clip(clip, detector, rules, report)
    cpu_seconds = time.process_time() - begun
    if frames and detector is not None:
        with _progress("every picture", seconds, shown=shown) as report:
            seen = look_at_frames(clip, detector, rules, report)
    if sound:
        with _foreign_chatter_left_out():
            heard = hear_clip(clip, open_ear(), rules)
    return _Tried(findings, seen, heard, cpu_seconds)


def _write(document: dict[str, Any], json_file: str) -> None:
    text = json.dumps(document, indent=1)
    if json_file == "-":
        typer.echo(text)
        return
    try:
        Path(json_file).write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{json_file} cannot be written: {error.strerror}") from error


def _document(clip: Path, tried: _Tried, detector: Detector | None) -> dict[str, Any]:
    findings = tried.findings
    document = {
        "clip": clip.name,
        "model": detector.name if detector else None,
        "width": findings.width,
        "height": findings.height,
        "events": [event_document(event, findings) for event in findings.events],
        "activity": [
            [round(span.start_us / 1e6, 3), round(span.end_us / 1e6, 3)] for span in findings.spans
        ],
        "cpu_seconds": round(tried.cpu_seconds, 3),
        "seconds": round(findings.seconds, 3),
        "mode": findings.mode,
        "damage": findings.damage,
    }
    if tried.seen is not None:
        document["frames"] = [frame_document(frame) for frame in tried.seen]
    if tried.heard is not None:
        document["sounds"] = [sound_document(event) for event in tried.heard.events]
    return document
