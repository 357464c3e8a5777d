"""Uploads while idle: rate and length decide, and only in a capture marked idle."""

from keepsight.lab.checks.capture.countries_and_peers import CHECK
from tests.lab.made import capture, contact, outcome, product


def idle(sent_bytes, *, minutes=20, phase="idle"):
    seen = capture(
        phase=phase,
        ended_us=1_000_000 + minutes * 60_000_000,
        contacts=(contact("cloud.example.net", sent_bytes=sent_bytes),),
    )
    return product(captures=(seen,))


def test_a_steady_upload_is_violated():
    assert outcome(CHECK, idle(50_000_000)) == "violated"


def test_keep_alives_are_clear():
    assert outcome(CHECK, idle(200_000)) == "clear"


def test_a_short_or_unmarked_capture_is_unknown():
    assert outcome(CHECK, idle(50_000_000, minutes=5)) == "unknown"
    assert outcome(CHECK, idle(50_000_000, phase="use")) == "unknown"
