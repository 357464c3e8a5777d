"""Settings have working defaults and refuse nonsense; by cases."""

import pytest

from keepsight.hub.settings import SettingError, Settings, read_settings


def test_defaults_stand_where_nothing_was_stored():
    assert read_settings({}) == Settings()


def test_unknown_stored_names_are_left_alone():
    assert read_settings({"retention_days": 9, "of_tomorrow": 1}).retention_days == 9


@pytest.mark.parametrize(
    ("name", "value"),
    [("retention_days", 0), ("retention_days", 4000), ("free_bytes_min", -1), ("language", "xx")],
)
def test_nonsense_is_named(name, value):
    with pytest.raises(SettingError) as caught:
        Settings().changed({name: value})
    assert caught.value.name == name
