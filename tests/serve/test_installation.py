"""A data directory knows its households; by making, damaging and reading some."""

import pytest

from keepsight.serve.installation import (
    InstallationError,
    add_household,
    default_data_directory,
    ensure_installation,
    read_installation,
)


def test_nothing_is_there_before_the_first_start(tmp_path):
    assert read_installation(tmp_path / "none").places == ()


def test_the_first_start_makes_room_for_one_household(tmp_path):
    made = ensure_installation(tmp_path / "data")
    assert len(made.places) == 1
    assert made.places[0].directory.stat().st_mode & 0o777 == 0o700
    assert ensure_installation(tmp_path / "data") == made


def test_each_household_has_its_own_port(tmp_path):
    for _ in range(3):
        add_household(tmp_path)
    places = read_installation(tmp_path).places
    assert [place.port_offset for place in places] == [0, 1, 2]
    assert len({place.household for place in places}) == 3


def test_a_household_is_chosen_by_the_beginning_of_its_id(tmp_path):
    add_household(tmp_path)
    installation = add_household(tmp_path)
    second = installation.places[1]
    assert installation.only_place(second.household[:8]) == second
    with pytest.raises(InstallationError, match="--household"):
        installation.only_place()
    with pytest.raises(InstallationError, match="no such household"):
        installation.only_place("zz")


@pytest.mark.parametrize("content", ["", "{", '{"households": [{}]}', "[]"])
def test_a_damaged_file_is_said_with_a_way_out(tmp_path, content):
    (tmp_path / "installation.json").write_text(content)
    with pytest.raises(InstallationError, match="damaged"):
        read_installation(tmp_path)


def test_a_file_in_the_place_of_the_directory_is_said(tmp_path):
    (tmp_path / "data").write_text("x")
    with pytest.raises((InstallationError, NotADirectoryError)):
        ensure_installation(tmp_path / "data")


def test_the_default_directory_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("KEEPSIGHT_DATA", str(tmp_path / "chosen"))
    assert default_data_directory() == tmp_path / "chosen"
    monkeypatch.delenv("KEEPSIGHT_DATA")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    assert default_data_directory() == tmp_path / "xdg" / "keepsight"
