"""All checks, in the order of the report.

A test fails a check that is not in its folder's tuple.
"""

from keepsight.lab.check import Check
from keepsight.lab.checks.account import ACCOUNT_CHECKS
from keepsight.lab.checks.app import APP_CHECKS
from keepsight.lab.checks.capture import CAPTURE_CHECKS
from keepsight.lab.checks.device import DEVICE_CHECKS
from keepsight.lab.checks.policy import POLICY_CHECKS
from keepsight.lab.checks.seal import SEAL_CHECKS, SEAL_CROSS_CHECKS
from keepsight.lab.checks.update import UPDATE_CHECKS
from keepsight.lab.crosscheck import CrossCheck

CHECKS: tuple[Check, ...] = (
    *APP_CHECKS,
    *CAPTURE_CHECKS,
    *DEVICE_CHECKS,
    *ACCOUNT_CHECKS,
    *UPDATE_CHECKS,
    *POLICY_CHECKS,
    *SEAL_CHECKS,
)

CROSS_CHECKS: tuple[CrossCheck, ...] = SEAL_CROSS_CHECKS
"""They see the findings of the others and run last."""

ALL_CHECKS: tuple[Check | CrossCheck, ...] = (*CHECKS, *CROSS_CHECKS)
