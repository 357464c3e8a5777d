"""What every capture check asks first."""

from keepsight.lab.checks.capture import sources
from keepsight.lab.checks.capture.cleartext import RULE
from keepsight.lab.facts.product import Unread
from tests.lab.made import capture, product


def test_an_unreadable_capture_is_unknown_not_absent():
    broken = product(unread=(Unread("use.pcap", "", "cut off"),))
    assert sources.absent(RULE, broken)[0].outcome == "unknown"
    assert sources.absent(RULE, product())[0].outcome == "not_applicable"
    assert sources.absent(RULE, product(captures=(capture(),))) is None


def test_gaps_name_limits_and_unread_parts():
    cut = product(
        captures=(capture(limits=("too many",)),), unread=(Unread("use.pcap", "x", "cut"),)
    )
    assert "too many" in sources.gaps(cut)
    assert "cut" in sources.gaps(cut)
    assert sources.gaps(product(captures=(capture(),))) == ""


def test_the_window_says_how_long():
    assert sources.window(product(captures=(capture(ended_us=31_000_000),))) == "30 seconds"
