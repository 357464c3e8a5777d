"""One-time codes of an authenticator program (TOTP, RFC 6238): SHA-1, 6 digits, 30 seconds.

A code is good for its own step, the one before and the one after, and once only: the last step
that was used is remembered, and nothing up to it is taken again.
"""

import hmac
from typing import Final

import pyotp

from keepsight.core.secret import Secret

STEP_SECONDS: Final = 30
DIGITS: Final = 6
STEPS_AROUND: Final = 1
"""A clock that is off by less than half a minute, and a person who types slowly."""
SECRET_CHARACTERS: Final = 32
"""Base32: 160 bits, as RFC 4226 (section 4) recommends."""


def new_secret() -> Secret:
    """A fresh secret in base32."""
    return Secret(pyotp.random_base32(SECRET_CHARACTERS))


def provisioning_uri(secret: Secret, member: str, household: str) -> str:
    """What the QR code holds: an otpauth address (Key Uri Format)."""
    totp = pyotp.TOTP(secret.reveal(), digits=DIGITS, interval=STEP_SECONDS)
    return totp.provisioning_uri(name=member, issuer_name=f"Keepsight {household}".strip())


def used_step(secret: Secret, code: str, now_us: int, last_step: int) -> int | None:
    """The time step that this code belongs to, or None when it is wrong, old or used.

    Args:
        secret: base32.
        code: as typed; spaces are left out.
        now_us: wall time.
        last_step: the newest step that was used; 0 for none.
    """
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    totp = pyotp.TOTP(secret.reveal(), digits=DIGITS, interval=STEP_SECONDS)
    now = now_us // 1_000_000 // STEP_SECONDS
    found = None
    for step in range(now - STEPS_AROUND, now + STEPS_AROUND + 1):
        # Every step is computed, so that the time tells nothing about which one matched.
        if hmac.compare_digest(totp.generate_otp(step), digits) and step > last_step:
            found = step
    return found
