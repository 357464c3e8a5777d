"""Checks of seals: dates, scope and meaning. A seal never raises the rating."""

from keepsight.lab.check import Check
from keepsight.lab.checks.seal import claim_vs_finding, meaning, scope, validity
from keepsight.lab.crosscheck import CrossCheck

SEAL_CHECKS: tuple[Check, ...] = (validity.CHECK, scope.CHECK, meaning.CHECK)

SEAL_CROSS_CHECKS: tuple[CrossCheck, ...] = (claim_vs_finding.CHECK,)
