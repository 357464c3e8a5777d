"""What the lab may read is enough to run, and never contains what it must not read."""

import sys
from pathlib import Path

import pytest

import keepsight
from keepsight.hub.walls.surroundings import ExposedError, readable_paths


def test_interpreter_and_package_are_there_and_the_data_is_not(tmp_path):
    found = [Path(path) for path in readable_paths(tmp_path)]
    for needed in (Path(sys.executable), Path(keepsight.__file__)):
        assert any(needed.resolve().is_relative_to(path) for path in found), needed
    assert not any(tmp_path.resolve().is_relative_to(path) for path in found)
    assert all(path.exists() for path in found)


def test_data_inside_the_installation_is_refused():
    with pytest.raises(ExposedError, match="lies inside"):
        readable_paths(Path(sys.prefix) / "share" / "keepsight")


def test_more_is_readable_unless_it_is_of_the_data(tmp_path):
    models, data = tmp_path / "models", tmp_path / "data"
    models.mkdir()
    (data / "models").mkdir(parents=True)
    assert str(models.resolve()) in readable_paths(data, models, tmp_path / "missing")
    with pytest.raises(ExposedError, match="inside the data directory"):
        readable_paths(data, data / "models")
    with pytest.raises(ExposedError, match="has to be readable"):
        readable_paths(data, tmp_path)
