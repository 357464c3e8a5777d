"""Where optional test data lies; tests that need it skip with a reason where it is absent."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DATA = Path(os.environ.get("KEEPSIGHT_TEST_DATA", ROOT.parent / "shared"))


def _found(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"optional test data is absent: {path.relative_to(DATA)} (KEEPSIGHT_TEST_DATA)")
    return path


def shared_vector(name: str) -> Path:
    """A file of the optional vectors."""
    return _found(DATA / "vectors" / name)


def shared_data(name: str) -> Path:
    """A file of the optional footage, apps, captures or policies."""
    return _found(DATA / "data" / name)
