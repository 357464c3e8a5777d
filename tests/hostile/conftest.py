"""The tally, and the seed: printed with every failure, settable to run the same again."""

import os
from pathlib import Path
from typing import Final

import pytest

from tests.hostile.tally import TALLY, Tally

FOLDER: Final = Path(__file__).parent
SEED_VARIABLE: Final = "KEEPSIGHT_HOSTILE_SEED"
SEED: Final = int(os.environ.get(SEED_VARIABLE, "20191226"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder can be asked for by `-m hostile`."""
    for item in items:
        if item.path.is_relative_to(FOLDER):
            item.add_marker(pytest.mark.hostile)


@pytest.fixture
def tally() -> Tally:
    """Where to write what was counted."""
    return TALLY


@pytest.fixture
def seed() -> int:
    """Of everything that is drawn at random in a test."""
    print(f"seed: {SEED_VARIABLE}={SEED}")
    return SEED
