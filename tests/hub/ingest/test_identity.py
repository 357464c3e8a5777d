"""Goal: another device is told from a firmware update. Method: every fact changed on its own."""

import pytest

from keepsight.core.device import DeviceFacts
from keepsight.hub.ingest.identity import Likeness, compare, completed

PINNED = DeviceFacts("Cam 77", "Acme/1", "Front", "tool 1", "SN77", "ab" * 32, "aa:bb:cc:dd:ee:01")


def changed(**facts):
    return DeviceFacts(**{name: getattr(PINNED, name) for name in PINNED.__slots__} | facts)


@pytest.mark.parametrize("fact", ["realm", "tls_key_sha256", "serial", "mac"])
def test_a_decisive_fact_means_another_device(fact):
    found = compare(PINNED, changed(**{fact: "other"}), is_complete=True)
    assert (found.likeness, found.differing) == (Likeness.OTHER, (fact,))


@pytest.mark.parametrize("fact", ["server", "session_name", "tool"])
def test_a_minor_fact_alone_means_new_firmware(fact):
    found = compare(PINNED, changed(**{fact: "other"}), is_complete=True)
    assert (found.likeness, found.differing) == (Likeness.CHANGED, (fact,))


@pytest.mark.parametrize("fact", ["serial", "mac"])
def test_what_cannot_always_be_seen_may_be_missing(fact):
    assert compare(PINNED, changed(**{fact: ""}), is_complete=True).likeness is Likeness.SAME


@pytest.mark.parametrize("fact", ["realm", "tls_key_sha256"])
def test_to_lose_a_lock_is_to_be_another_device(fact):
    assert compare(PINNED, changed(**{fact: ""}), is_complete=True).likeness is Likeness.OTHER
    assert compare(PINNED, changed(**{fact: ""}), is_complete=False).likeness is Likeness.SAME


def test_what_was_never_known_is_not_missed():
    assert compare(DeviceFacts(), PINNED, is_complete=True).likeness is Likeness.SAME


def test_a_decisive_fact_is_seen_before_all_are_known():
    found = compare(PINNED, DeviceFacts(realm="Cam 78"), is_complete=False)
    assert found.likeness is Likeness.OTHER


def test_completing_keeps_what_cannot_be_seen():
    seen = changed(server="Acme/2", serial="", mac="")
    assert completed(PINNED, seen) == changed(server="Acme/2")
