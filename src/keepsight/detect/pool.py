"""One detector on a GPU for all worker threads: what they ask at the same time is asked at once.

A GPU answers thirty windows in little more time than one. So windows of different cameras go
through it together: who asks first waits a moment for others, takes them along, and hands out the
answers. On a CPU nothing is gained by that, and each worker has its own detector (crew.py).
"""

import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from keepsight.detect.detector import Detector, DetectorError, Pictures, check_pictures
from keepsight.detect.sight import Detection

GATHER_SECONDS: Final = 0.002
"""For others to come along; a quiet camera waits two seconds for its next look anyway."""


@dataclass(slots=True)
class _Question:
    pictures: Pictures
    answer: list[list[Detection]] | None = None
    error: Exception | None = None
    is_answered: bool = field(default=False)


class Pool:
    """A detector for several threads."""

    def __init__(self, detector: Detector, gather_seconds: float = GATHER_SECONDS) -> None:
        """Args: the detector, which nobody else asks; the time is for tests."""
        self.name = detector.name
        self.input_width, self.input_height = detector.input_width, detector.input_height
        self.batch_max = detector.batch_max
        self._detector = detector
        self._gather_seconds = gather_seconds
        self._changed = threading.Condition()
        self._waiting: deque[_Question] = deque()
        """At most one a thread."""
        self._is_asking = False

    def detect(self, pictures: Pictures) -> list[list[Detection]]:
        """See Detector; from any thread."""
        check_pictures(pictures, self.input_width, self.input_height)
        if not len(pictures):
            return []
        question = _Question(pictures)
        with self._changed:
            self._waiting.append(question)
            while self._is_asking and not question.is_answered:
                self._changed.wait()
            must_ask = not question.is_answered
            self._is_asking = self._is_asking or must_ask
        if must_ask:
            self._ask_until(question)
        if question.error is not None:
            raise DetectorError(str(question.error)) from question.error
        return question.answer or []

    def _ask_until(self, question: _Question) -> None:
        """Ask for everybody until one's own question is answered; then another goes on."""
        time.sleep(self._gather_seconds)
        try:
            while not question.is_answered:
                with self._changed:
                    batch = self._next()
                self._answer(batch)
                with self._changed:
                    for each in batch:
                        each.is_answered = True
                    self._changed.notify_all()
        finally:
            with self._changed:
                self._is_asking = False
                self._changed.notify_all()

    def _next(self) -> list[_Question]:
        """The oldest questions that fit into one batch; at least one."""
        batch = [self._waiting.popleft()]
        count = len(batch[0].pictures)
        while self._waiting and count + len(self._waiting[0].pictures) <= self.batch_max:
            batch.append(self._waiting.popleft())
            count += len(batch[-1].pictures)
        return batch

    def _answer(self, batch: list[_Question]) -> None:
        try:
            found = self._detector.detect(np.concatenate([each.pictures for each in batch]))
        except Exception as error:  # noqa: BLE001 - the boundary between threads
            # Whoever asked gets it, and says so for its camera.
            for each in batch:
                each.error = error
            return
        for each in batch:
            each.answer, found = found[: len(each.pictures)], found[len(each.pictures) :]
