"""The threat model names tests that exist. Method: every name in it is looked up."""

import re

from tests.hostile.faults import FAULTS
from tests.paths import ROOT

MODEL = (ROOT / "design" / "threat-model.md").read_text()
FIGURES = (ROOT / "docs" / "hostile.md").read_text()


def test_every_answer_names_a_test_that_exists() -> None:
    named = re.findall(r"`((?:tests|web|src|docs)/[\w/.]+)`", MODEL)
    assert len(named) > 20
    missing = [name for name in named if not (ROOT / name).exists()]
    assert not missing, missing
    rows = [line for line in MODEL.splitlines() if line.startswith("| ") and "`tests/" in line]
    assert len(rows) > 12


def test_every_function_it_names_exists() -> None:
    sources = "".join(path.read_text() for path in (ROOT / "tests" / "hostile").glob("*.py"))
    for name in re.findall(r"`(test_\w+)`", MODEL + FIGURES):
        assert f"def {name}(" in sources, name


def test_every_hostile_test_file_is_named() -> None:
    files = {path.name for path in (ROOT / "tests" / "hostile").glob("test_*.py")}
    unnamed = [name for name in files if f"tests/hostile/{name}" not in MODEL]
    assert not unnamed, unnamed


def test_every_fault_is_explained() -> None:
    missing = [fault.__name__ for fault in FAULTS if f"`{fault.__name__}`" not in FIGURES]
    assert not missing, missing
