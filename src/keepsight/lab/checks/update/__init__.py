"""Checks of updates: firmware, support, and whom to tell."""

from keepsight.lab.check import Check
from keepsight.lab.checks.update import (
    automatic,
    downgrade,
    freshness,
    notified,
    support_period,
    transport,
    user_installable,
    vulnerability_contact,
)

UPDATE_CHECKS: tuple[Check, ...] = (
    automatic.CHECK,
    notified.CHECK,
    user_installable.CHECK,
    transport.CHECK,
    downgrade.CHECK,
    support_period.CHECK,
    vulnerability_contact.CHECK,
    freshness.CHECK,
)
