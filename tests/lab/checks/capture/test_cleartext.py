"""Readable traffic: judged from made facts, one test an outcome."""

from keepsight.lab.checks.capture.cleartext import CHECK
from keepsight.lab.facts.capture import Reach, UnknownFlow
from tests.lab.made import capture, clear_message, outcome, product


def test_readable_content_on_the_internet_weighs_more_than_at_home():
    outside = product(captures=(capture(clear_messages=(clear_message(),)),))
    inside = product(captures=(capture(clear_messages=(clear_message(reach=Reach.LOCAL),)),))
    assert outcome(CHECK, outside) == outcome(CHECK, inside) == "violated"
    assert CHECK.judge(outside)[0].severity == "high"
    assert CHECK.judge(inside)[0].severity == "medium"
    assert CHECK.judge(outside)[0].evidence[0].place == "packet 4"


def test_nothing_readable_is_clear_and_says_in_how_many_minutes():
    found = CHECK.judge(product(captures=(capture(actions=("live view",)),)))[0]
    assert found.outcome == "clear"
    assert "23 minutes of live view" in found.title


def test_connectivity_checks_are_no_fault():
    harmless = capture(clear_messages=(clear_message(is_harmless=True),))
    assert outcome(CHECK, product(captures=(harmless,))) == "clear"


def test_what_was_not_understood_is_never_clear():
    flow = UnknownFlow(9, "tcp", "1.2.3.4:5222", "", Reach.INTERNET, 1024, 7.9, 7.7)
    assert outcome(CHECK, product(captures=(capture(unknown_flows=(flow,)),))) == "unknown"
    assert outcome(CHECK, product(captures=(capture(limits=("cut",)),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
