"""Firmware downloads: HTTP alone is unknown, a changed image decides."""

from keepsight.lab.checks.update.transport import CHECK
from keepsight.lab.facts.observation import Observation, Observations
from tests.lab.made import capture, exchange, outcome, product


def download(*, clear, signature=None):
    seen = exchange(path="/ota/firmware_4.1.bin", is_clear=clear)
    answers = {} if signature is None else {"firmware_signature": Observation("s", signature)}
    return product(captures=(capture(exchanges=(seen,)),), observations=Observations(answers))


def test_outcomes():
    assert outcome(CHECK, download(clear=True, signature="not_checked")) == "violated"
    assert outcome(CHECK, download(clear=True, signature="checked")) == "clear"
    assert outcome(CHECK, download(clear=True)) == "unknown"
    assert outcome(CHECK, download(clear=False)) == "clear"
    assert outcome(CHECK, product(captures=(capture(),))) == "unknown"
    assert outcome(CHECK, product()) == "not_applicable"
