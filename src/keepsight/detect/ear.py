"""The model that tells sounds from each other: YAMNet (Apache-2.0), with LiteRT on one thread."""

from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from keepsight.detect.model import SOUND_MODEL
from keepsight.detect.models import ModelError, known_model, load_model
from keepsight.detect.soundtrack import Samples

WINDOW_SAMPLES: Final = 15_600
"""0.975 s at 16 kHz."""
CLASSES: Final = 521
"""Of AudioSet, in the model's order."""

Scores = NDArray[np.float32]


class EarError(Exception):
    """The model for sounds cannot be had or asked; the text says why and what to do."""


class Ear(Protocol):
    """Says what a window sounds like. Not for several threads at once."""

    def scores(self, window: Samples) -> Scores:
        """For each class how sure it is that it can be heard, 0..1.

        Args:
            window: WINDOW_SAMPLES samples of -1..1, 16 kHz.

        Raises:
            EarError: another size, or the model failed.
        """
        ...


class Yamnet:
    """One interpreter."""

    def __init__(self, content: bytes) -> None:
        """Load the model from its verified bytes.

        Raises:
            EarError: it does not run here.
        """
        try:
            from ai_edge_litert.interpreter import (  # no wheel for some machines
                Interpreter,
            )

            self._interpreter: Any = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        except (ImportError, ValueError, RuntimeError) as error:
            raise EarError(f"the model for sounds does not run here: {error}") from error
        given, made = self._interpreter.get_input_details(), self._interpreter.get_output_details()
        if tuple(given[0]["shape"]) != (WINDOW_SAMPLES,) or made[0]["shape"][-1] != CLASSES:
            raise EarError("the model for sounds has another shape")
        self._input, self._output = given[0]["index"], made[0]["index"]

    def scores(self, window: Samples) -> Scores:
        """See Ear."""
        if window.shape != (WINDOW_SAMPLES,) or window.dtype != np.float32:
            raise EarError(f"a window has {WINDOW_SAMPLES} float32 samples, not {window.shape}")
        try:
            self._interpreter.set_tensor(self._input, window)
            self._interpreter.invoke()
            scores: Scores = np.array(self._interpreter.get_tensor(self._output)[0])
        except (ValueError, RuntimeError) as error:
            raise EarError(f"the model for sounds failed: {error}") from error
        return scores


def open_ear() -> Ear:
    """The installed model, ready to be asked.

    Raises:
        EarError: not installed, broken, or it does not run here.
    """
    try:
        return Yamnet(load_model(known_model(SOUND_MODEL)))
    except ModelError as error:
        raise EarError(str(error)) from error
