"""Checks of the device, as far as a person with the camera in hand can see."""

from keepsight.lab.check import Check
from keepsight.lab.checks.device import (
    default_credentials,
    reset_and_transfer,
    setup_network,
    shutter,
)

DEVICE_CHECKS: tuple[Check, ...] = (
    setup_network.CHECK,
    reset_and_transfer.CHECK,
    shutter.CHECK,
    default_credentials.CHECK,
)
