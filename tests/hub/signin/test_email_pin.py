"""A PIN is good for ten minutes, five tries, once, and for the browser that asked; a hand clock."""

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.signin import email_pin as module
from keepsight.hub.signin.email_pin import EmailPins
from tests.hub.clocks import HandClock

ANN, BOB = b"a" * 16, b"b" * 16


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def pins(clock):
    return EmailPins(clock)


def wrong(pin):
    return Secret(f"{(int(pin.reveal()) + 1) % 10**8:08d}")


def test_once_and_only_once(pins):
    pin = pins.make("ticket", ANN)
    assert len(pin.reveal()) == 8
    assert pins.use("ticket", ANN, pin)
    assert not pins.use("ticket", ANN, pin)


def test_another_browser_or_member_cannot_use_it(pins):
    pin = pins.make("ticket", ANN)
    pins.make("other", BOB)
    assert not pins.use("other", ANN, pin)
    assert not pins.use("other", BOB, pin)
    assert not pins.use("ticket", BOB, pin)
    assert pins.use("ticket", ANN, Secret(f" {pin.reveal()[:4]} {pin.reveal()[4:]} "))


def test_five_tries(pins):
    pin = pins.make("ticket", ANN)
    for _ in range(5):
        assert not pins.use("ticket", ANN, wrong(pin))
    assert not pins.use("ticket", ANN, pin)


def test_ten_minutes_by_a_clock_that_does_not_jump(pins, clock):
    pin = pins.make("ticket", ANN)
    clock.jump_wall(24 * 3600)
    clock.tick(599)
    assert pins.use("ticket", ANN, pin)
    pin = pins.make("ticket", ANN)
    clock.jump_wall(-24 * 3600)
    clock.tick(601)
    assert not pins.use("ticket", ANN, pin)


def test_a_new_one_replaces_the_old_one(pins):
    first, second = pins.make("ticket", ANN), pins.make("ticket", ANN)
    assert first.reveal() == second.reveal() or not pins.use("ticket", ANN, first)
    assert pins.use("ticket", ANN, second)


def test_a_mailbox_is_not_flooded(pins, clock):
    for number in range(3):
        assert pins.make(f"ticket {number}", ANN)
    assert pins.make("ticket 4", ANN) is None
    assert pins.make("ticket 5", BOB)
    clock.tick(3601)
    assert pins.make("ticket 6", ANN)


def test_memory_is_bounded(pins, monkeypatch):
    monkeypatch.setattr(module, "PENDING_MAX", 4)
    for number in range(20):
        pins.make(f"ticket {number}", number.to_bytes(16))
    assert len(pins._pending) == 4
    assert len(pins._sent) == 4
