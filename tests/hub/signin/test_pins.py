"""PINs are asked where they should be, for as long as they should; with a hand clock."""

import pytest

from keepsight.core.secret import Secret
from keepsight.hub import keyring as costs
from keepsight.hub.signin import pins as module
from keepsight.hub.signin.pins import PinError, Pins, hash_pin, is_pin
from keepsight.hub.store.factors import StoredPin
from tests.hub.clocks import HandClock

CAMERA, SESSION, OTHER = b"c" * 16, b"s" * 32, b"o" * 32


@pytest.fixture(autouse=True)
def _cheap(monkeypatch):
    monkeypatch.setattr(costs, "ARGON2_MEMORY_KIB", 64)
    monkeypatch.setattr(costs, "ARGON2_PASSES", 1)


def stored(*, is_everywhere=False, pin="4729"):
    return StoredPin(CAMERA, hash_pin(Secret(pin)), is_everywhere, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "123",
        "1234567890123",
        "1111",
        "1234",
        "9876",
        "7890",
        "12a4",
        "٤٧٢٩",
        "0000000",
        " 4729",
    ],
)
def test_what_is_no_pin_or_too_simple(text):
    with pytest.raises(PinError):
        hash_pin(Secret(text))


def test_only_the_pin_is_the_pin():
    kept = stored()
    assert kept.pin_hash.startswith("$argon2id$")
    assert is_pin(kept, Secret("4729"))
    for wrong in ("4728", "", "47290", "4729 "):
        assert not is_pin(kept, Secret(wrong))
    assert not is_pin(StoredPin(CAMERA, "damaged", False, 1), Secret("4729"))


def test_it_is_asked_on_shared_devices_or_everywhere_by_choice():
    pins = Pins(HandClock(), [stored()])
    assert pins.must_ask(SESSION, CAMERA, is_shared=True)
    assert not pins.must_ask(SESSION, CAMERA, is_shared=False)
    assert not pins.must_ask(SESSION, b"d" * 16, is_shared=True)
    pins.put(stored(is_everywhere=True))
    assert pins.must_ask(SESSION, CAMERA, is_shared=False)


def test_it_holds_a_quarter_of_an_hour_for_one_session():
    clock = HandClock()
    pins = Pins(clock, [stored()])
    pins.given(SESSION, CAMERA)
    assert not pins.must_ask(SESSION, CAMERA, is_shared=True)
    assert pins.must_ask(OTHER, CAMERA, is_shared=True)
    clock.jump_wall(-99_999)
    clock.tick(899)
    assert not pins.must_ask(SESSION, CAMERA, is_shared=True)
    clock.tick(1)
    assert pins.must_ask(SESSION, CAMERA, is_shared=True)


def test_a_new_pin_or_an_ended_session_asks_again():
    pins = Pins(HandClock(), [stored()])
    pins.given(SESSION, CAMERA)
    pins.put(stored(pin="8164"))
    assert pins.must_ask(SESSION, CAMERA, is_shared=True)
    pins.given(SESSION, CAMERA)
    pins.end_session(SESSION)
    assert pins.must_ask(SESSION, CAMERA, is_shared=True)
    pins.remove(CAMERA)
    assert not pins.must_ask(SESSION, CAMERA, is_shared=True)


def test_memory_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "OPENINGS_MAX", 4)
    pins = Pins(HandClock(), [stored()])
    for number in range(20):
        pins.given(number.to_bytes(32), CAMERA)
    assert len(pins._opened) == 4
