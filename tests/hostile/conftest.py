"""The tally, and the seed: printed with every failure, settable to run the same again."""

import os
from typing import Final

import pytest

from tests.hostile.tally import TALLY, Tally

SEED_VARIABLE: Final = "KEEPSIGHT_HOSTILE_SEED"
SEED: Final = int(os.environ.get(SEED_VARIABLE, "20191226"))


@pytest.fixture
def tally() -> Tally:
    """Where to write what was counted."""
    return TALLY


@pytest.fixture
def seed() -> int:
    """Of everything that is drawn at random in a test."""
    print(f"seed: {SEED_VARIABLE}={SEED}")
    return SEED
