"""Asking together: goal: everybody gets the answer it would have got alone, in fewer questions.

Method: many threads at once, a tiny ONNX model on the CPU as if it were on a GPU, and detectors
that fail. No GPU was there when this was written.
"""

import threading

import numpy as np
import pytest

from keepsight.detect.detector import DetectorError
from keepsight.detect.pool import Pool
from keepsight.detect.sight import Box, Detection
from tests.detect.installed import LABELS, SIDE, tiny_yolo

THREADS = 8


class Slow:
    """Says how bright each picture is; slowly, so that questions come together."""

    name, input_width, input_height, batch_max = "slow", 16, 16, 6

    def __init__(self):
        self.batches = []

    def detect(self, pictures):
        self.batches.append(len(pictures))
        threading.Event().wait(0.01)
        if (pictures == 13).any():
            raise ZeroDivisionError(len(pictures))
        box = Box(0, 0, 1, 1)
        return [[Detection("person", float(each.mean()) / 255, box)] for each in pictures]


def flat(level, count=1, side=16):
    return np.full((count, side, side, 3), level, np.uint8)


def in_threads(ask, count=THREADS):
    results, begin = [None] * count, threading.Barrier(count)

    def run(number):
        begin.wait()
        results[number] = ask(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return results


def test_everybody_gets_its_own_answer_in_few_questions():
    detector = Slow()
    pool = Pool(detector, gather_seconds=0.2)
    levels = [20 + 25 * number for number in range(THREADS)]
    found = in_threads(lambda number: pool.detect(flat(levels[number], 1 + number % 3)))
    for number, level in enumerate(levels):
        assert len(found[number]) == 1 + number % 3
        for each in found[number]:
            assert each[0].confidence == pytest.approx(level / 255)
    assert len(detector.batches) < THREADS
    assert max(detector.batches) <= detector.batch_max


def test_one_question_may_be_larger_than_a_batch():
    pool = Pool(Slow())
    assert len(pool.detect(flat(50, 9))) == 9
    assert pool.detect(flat(50, 0)) == []


def test_a_real_model_answers_together_as_it_does_alone():
    pytest.importorskip("onnxruntime")
    from keepsight.detect.detectors.onnx_yolo import OnnxYolo

    alone = OnnxYolo(tiny_yolo(), name="tiny", labels=LABELS)
    together = OnnxYolo(tiny_yolo(), name="tiny", labels=LABELS)
    together.batch_max = 32  # as on a GPU
    pool = Pool(together, gather_seconds=0.1)
    generator = np.random.default_rng(4)
    asked = [
        generator.integers(0, 256, (1 + number % 3, SIDE, SIDE, 3), np.uint8)
        for number in range(THREADS)
    ]
    for number, found in enumerate(in_threads(lambda number: pool.detect(asked[number]))):
        expected = alone.detect(asked[number])
        assert [len(each) for each in found] == [len(each) for each in expected]
        for one, other in zip(found, expected, strict=True):
            for mine, theirs in zip(one, other, strict=True):
                assert mine.kind == theirs.kind
                assert mine.confidence == pytest.approx(theirs.confidence, abs=1e-4)


def test_a_failure_is_told_to_who_asked_and_the_pool_goes_on():
    pool = Pool(Slow())
    with pytest.raises(DetectorError):
        pool.detect(flat(13))
    with pytest.raises(DetectorError, match="pictures must be"):
        pool.detect(flat(50, side=8))
    assert len(pool.detect(flat(50))) == 1


def test_many_questions_one_after_the_other():
    pool = Pool(Slow(), gather_seconds=0.0)

    def ask(number):
        return [pool.detect(flat(number + 20))[0][0].confidence for _ in range(20)]

    for number, found in enumerate(in_threads(ask)):
        assert found == pytest.approx([(number + 20) / 255] * 20)
