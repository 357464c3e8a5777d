"""Facts default to 'not observed'; by construction."""

from dataclasses import fields

from keepsight.core.device import DeviceFacts


def test_nothing_observed_is_empty_text():
    facts = DeviceFacts()
    assert all(getattr(facts, field.name) == "" for field in fields(facts))
