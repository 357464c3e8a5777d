"""How surely people are found on the clips with known truth, by day and darkened.

Thresholds were tuned on the same twelve pictures of one clip; other scenes are not proved.
"""

import csv
from typing import Any, Final

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from benchmarks.detect_clip import CLIP, CLIP_RATE, FOOTAGE, VISITS
from benchmarks.figure import Figure
from keepsight.detect.clip import Findings, watch_clip
from keepsight.detect.decoder import Colour, Picture
from keepsight.detect.detector import Detector
from keepsight.detect.detectors.registry import Choice, open_detector
from keepsight.detect.look import WHOLE, ask, halves, look_thoroughly
from keepsight.detect.lowlight import lifted
from keepsight.detect.model import MODELS
from keepsight.detect.sight import Box, Detection, overlap
from keepsight.detect.tracker import SURE_CONFIDENCE
from keepsight.detect.zones import Rules

TRUTH: Final = FOOTAGE / "vtest_gt_sample.csv"
PRECISION_GOAL: Final = 0.95
RECALL_GOAL: Final = 0.90
OVERLAP_RIGHT: Final = 0.5
DARK_SHARE: Final = 0.06
DARK_SIGMA: Final = 2.5
NOTICE_SECONDS: Final = 2.0

Truth = dict[int, list[Box]]


def _truth(width: int, height: int) -> Truth:
    found: Truth = {}
    with TRUTH.open() as file:
        for row in csv.DictReader(file):
            x, y, w, h = (float(row[name]) for name in ("x", "y", "w", "h"))
            box = Box(x / width, y / height, (x + w) / width, (y + h) / height)
            found.setdefault(int(row["frame"]), []).append(box)
    return found


def _frames(numbers: set[int]) -> dict[int, Any]:
    with av.open(str(FOOTAGE / "vtest.avi")) as container:
        return {
            number: frame
            for number, frame in enumerate(container.decode(video=0), 1)
            if number in numbers
        }


def score(found: dict[int, list[Detection]], truth: Truth) -> tuple[float, float]:
    """Precision and recall of people at OVERLAP_RIGHT; each true box may be found once."""
    right = wrong = 0
    for number, boxes in truth.items():
        left = list(boxes)
        for each in sorted(found[number], key=lambda one: -one.confidence):
            if each.kind != "person" or each.confidence < SURE_CONFIDENCE:
                continue
            best = max(left, key=lambda box: overlap(box, each.box), default=None)
            if best is not None and overlap(best, each.box) >= OVERLAP_RIGHT:
                left.remove(best)
                right += 1
            else:
                wrong += 1
    total = sum(len(boxes) for boxes in truth.values())
    return right / max(right + wrong, 1), right / total


def _darkened(colour: Colour, generator: np.random.Generator) -> Colour:
    noise = generator.normal(0, DARK_SIGMA, colour.shape)
    dark: Colour = np.clip(colour * DARK_SHARE + noise, 0, 255).astype(np.uint8)
    return dark


def _outdoor(detector: Detector) -> list[Figure]:
    truth = _truth(768, 576)
    frames = _frames(set(truth))
    scaler = VideoReformatter()
    pictures = {number: Picture(frame, scaler, 0, 0) for number, frame in frames.items()}
    windows = (WHOLE, *halves(768, 576))
    by_day = {number: look_thoroughly(detector, each) for number, each in pictures.items()}
    whole = {number: ask(detector, each.colour(), (WHOLE,)) for number, each in pictures.items()}
    generator = np.random.default_rng(1)
    dark = {number: _darkened(each.colour(), generator) for number, each in pictures.items()}
    unlifted = {number: ask(detector, each, windows) for number, each in dark.items()}
    up = {number: ask(detector, lifted(each), windows) for number, each in dark.items()}
    name = f"detect_accuracy.{detector.name}"
    (precision, recall), (whole_precision, whole_recall) = score(by_day, truth), score(whole, truth)
    peer = "whole picture only"
    return [
        Figure(
            f"{name}.precision", precision, "of 12 pictures", peer, whole_precision,
            f"{PRECISION_GOAL}", precision >= PRECISION_GOAL,
        ),
        Figure(
            f"{name}.recall", recall, "of 71 people", peer, whole_recall, f"{RECALL_GOAL}",
            recall >= RECALL_GOAL,
        ),
        Figure(
            f"{name}.recall_dark", score(up, truth)[1], "of 71 people", "not lifted",
            score(unlifted, truth)[1], note="6 % of the light, noise of 2.5 levels",
        ),
        Figure(
            f"{name}.precision_dark", score(up, truth)[0], "of 12 pictures", "not lifted",
            score(unlifted, truth)[0],
        ),
    ]  # fmt: skip


def _visits(findings: Findings) -> list[Figure]:
    people = [event for event in findings.events if event.kind == "person"]
    figures = []
    for number, (first, last) in enumerate(VISITS, 1):
        begin, end = first / CLIP_RATE, last / CLIP_RATE
        own = [event for event in people if begin - 3 <= event.start_us / 1e6 <= end]
        if not own:
            figures.append(Figure(f"detect_accuracy.visit_{number}", -1, "s, missed", met=False))
            continue
        delay = own[0].noticed_us / 1e6 - begin
        covered = min(end, own[-1].end_us / 1e6) - max(begin, own[0].start_us / 1e6)
        figures.append(
            Figure(
                f"detect_accuracy.visit_{number}",
                delay,
                "s until told",
                goal="2 s",
                met=delay <= NOTICE_SECONDS,
                note=f"event covers {covered / (end - begin):.0%} of the visit, {len(own)} events",
            )
        )
        print(f"  visit {number} at {begin} s: told after {delay:.1f} s; {figures[-1].note}")
    return figures


def run() -> list[Figure]:
    """Figures of every installed detector outdoors, and of the default one on the other clips."""
    if not TRUTH.exists():
        print("  the footage is not here (KEEPSIGHT_TEST_DATA)")
        return []
    figures = []
    for model in MODELS:
        if model.role == "detector":
            figures += _outdoor(open_detector(Choice(model.name)))
    detector = open_detector(Choice())
    figures += _visits(watch_clip(CLIP, detector, Rules()))
    park = watch_clip(FOOTAGE / "intel_car-detection.mp4", detector, Rules())
    wrong = sum(event.kind == "person" for event in park.events)
    figures.append(
        Figure("detect_accuracy.car_park_people", wrong, "events", goal="0", met=wrong == 0)
    )
    return figures
