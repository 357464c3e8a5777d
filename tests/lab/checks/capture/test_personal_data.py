"""Personal data to third parties: proven in readable requests only."""

from keepsight.lab.checks.capture.personal_data import CHECK
from tests.lab.made import capture, contacted, exchange, handshake, outcome, product


def seen(host, **parts):
    exchanges = (exchange(host=host, personal=("email", "location")),)
    trackers = (contacted("Bugly", "bugly.qq.com"),)
    return product(captures=(capture(exchanges=exchanges, trackers=trackers, **parts),))


def test_sent_to_a_third_party_is_violated():
    assert outcome(CHECK, seen("bugly.qq.com")) == "violated"


def test_sent_to_the_maker_is_listed_only():
    assert outcome(CHECK, seen("api.example.net")) == "clear"


def test_encrypted_traffic_leaves_it_unknown():
    assert outcome(CHECK, seen("api.example.net", handshakes=(handshake(),))) == "unknown"
