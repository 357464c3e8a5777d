"""Notes are bounded, and entropy is judged by the size of its sample."""

import pytest

from keepsight.lab.facts.capture import Reach
from keepsight.lab.read import notes
from tests.lab.synthetic.traffic import noise


def talk(source=bytes([192, 168, 1, 2]), target=bytes([1, 2, 3, 4])):
    return notes.Conversation("tcp", (source, target), (40000, 80), 1, 0, "HTTP")


@pytest.mark.parametrize("size", [256, 300, 512, 1024, 2048, 4096])
def test_random_bytes_lie_above_the_bound_and_text_below(size):
    bound = notes.random_bound_bits(size)
    for seed in range(50):
        assert notes.entropy_bits(noise(size, bytes([seed]))) > bound
    text = (b"the camera said hello to its cloud; " * 200)[:size]
    assert notes.entropy_bits(text) < bound


def test_a_short_sample_says_nothing():
    assert notes.random_bound_bits(255) == 0
    assert notes.entropy_bits(b"") == 0


def test_the_first_messages_of_a_place_are_kept_and_the_rest_not():
    kept = notes.Notes()
    for number in range(100):
        kept.note_clear(talk(), number, "GET /", harmless=False)
    assert len(kept.clear_messages) == notes.CLEAR_MESSAGES_A_PLACE_MAX


def test_full_lists_leave_a_limit(monkeypatch):
    monkeypatch.setattr(notes, "CREDENTIALS_MAX", 2)
    kept = notes.Notes()
    for number in range(3):
        kept.note_credential(talk(), number, "password", "•••")
    assert len(kept.credentials) == 2
    assert list(kept.limits) == ["more credentials than are kept (2)"]


def test_the_product_is_the_side_at_home():
    assert talk().remote_side == 1
    assert talk(bytes([1, 2, 3, 4]), bytes([192, 168, 1, 2])).remote_side == 0
    assert talk().reach is Reach.INTERNET
    assert talk().server == "1.2.3.4:80"
