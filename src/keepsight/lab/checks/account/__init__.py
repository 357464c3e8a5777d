"""Checks of the account: what a person saw while registering and logging in."""

from keepsight.lab.check import Check
from keepsight.lab.checks.account import (
    camera_pin,
    delete,
    integrations,
    password_policy,
    rate_limit,
    required,
    second_factor,
)

ACCOUNT_CHECKS: tuple[Check, ...] = (
    password_policy.CHECK,
    rate_limit.CHECK,
    second_factor.CHECK,
    camera_pin.CHECK,
    required.CHECK,
    delete.CHECK,
    integrations.CHECK,
)
