"""Goal: the cache never mixes, never grows, never keeps too much. Method: a small one, by hand."""

import pytest

from keepsight.door import cache as cache_module
from keepsight.door.cache import SealedCache

PATH = "/s/" + "a" * 32 + "/" + "b" * 32 + "/0-3"


def test_household_is_part_of_the_key() -> None:
    cache = SealedCache(1000)
    cache.put("home", PATH, b"sealed")
    assert cache.get("home", PATH) == b"sealed"
    assert cache.get("other", PATH) is None
    assert cache.get("home", PATH + "0") is None


def test_least_recently_used_goes_first() -> None:
    cache = SealedCache(30)
    for name in "abc":
        cache.put("home", name, name.encode() * 10)
    cache.get("home", "a")
    cache.put("home", "d", b"d" * 10)
    assert cache.get("home", "b") is None
    assert [cache.get("home", name) is not None for name in "acd"] == [True] * 3
    assert cache.bytes_held == 30


def test_putting_again_does_not_count_twice() -> None:
    cache = SealedCache(30)
    cache.put("home", "a", b"1" * 10)
    cache.put("home", "a", b"2" * 20)
    assert cache.bytes_held == 20
    assert cache.get("home", "a") == b"2" * 20


def test_zero_switches_it_off() -> None:
    cache = SealedCache(0)
    cache.put("home", "a", b"1")
    assert cache.get("home", "a") is None
    assert not cache.takes(1)


def test_large_and_empty_bodies_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_module, "ENTRY_BYTES_MAX", 10)
    cache = SealedCache(1000)
    cache.put("home", "a", b"1" * 11)
    cache.put("home", "b", b"")
    assert cache.bytes_held == 0
    assert not cache.takes(11)
