"""Declared provisions against findings: only a public declaration is contradicted."""

from keepsight.lab.checks.seal.claim_vs_finding import CHECK
from keepsight.lab.finding import Finding, Outcome, Severity
from tests.lab.made import product, seal

FAULT = Finding(
    "update/notified", Outcome.VIOLATED, Severity.LOW, "t", standards=("EN 303 645 V3.1.3 5.3-3",)
)


def judged(claim, *findings):
    return CHECK.judge(product(seals=(claim,)), findings)[0]


def test_outcomes():
    declared = seal(provisions=("5.3-3",))
    assert judged(declared, FAULT).outcome == "violated"
    assert judged(declared).outcome == "clear"
    hidden = judged(seal(), FAULT)
    assert hidden.outcome == "unknown"
    assert len(hidden.evidence) == 1
    assert CHECK.judge(product(), ())[0].outcome == "not_applicable"
