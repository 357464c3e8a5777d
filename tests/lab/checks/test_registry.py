"""The folder's tuple holds every check of the folder."""

from pathlib import Path

import pytest

from keepsight.lab.checks import registry

FOLDERS = ("account", "app", "capture", "device", "policy", "seal", "update")
ROOT = Path(registry.__file__).parent


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_that_judges_is_listed(folder):
    judging = {p.stem for p in (ROOT / folder).glob("*.py") if "\nCHECK" in p.read_text()}
    listed = (ROOT / folder / "__init__.py").read_text()
    assert judging
    assert all(f"{name}.CHECK" in listed for name in judging)
