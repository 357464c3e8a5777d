"""Replay: a passive capture never shows it; an active trial decides."""

from keepsight.lab.checks.capture.replay_window import CHECK
from keepsight.lab.facts.observation import Observation, Observations
from tests.lab.made import capture, message, observed, outcome, product


def test_an_active_trial_decides():
    assert outcome(CHECK, observed(replay="accepted")) == "violated"
    assert outcome(CHECK, observed(replay="refused")) == "clear"


def test_a_passive_capture_shows_granularity_only():
    passive = product(captures=(capture(messages=(message(), message())),))
    found = CHECK.judge(passive)[0]
    assert found.outcome == "unknown"
    assert "whole minutes" in found.reason
    assert "sent more than once" in found.reason


def test_nothing_to_replay():
    answers = Observations({"camera_pin": Observation("camera_pin", "none")})
    assert outcome(CHECK, product(observations=answers, captures=(capture(),))) == "not_applicable"
