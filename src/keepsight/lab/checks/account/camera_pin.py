"""A viewing PIN nobody is told about.

What it looks at: at which step the product offers a PIN for looking through the camera.

Why it matters: an option that is found by chance protects few.

What it cannot see: how the PIN is stored and checked.

References: EN 303 645 5.12-1, 5.12-2.
"""

from keepsight.lab.checks.observed import absent, clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "account/camera-pin",
    "account",
    "a viewing PIN nobody is told about",
    (
        "EN 303 645 V3.1.3 5.12-1",
        "EN 303 645 V3.1.3 5.12-2",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "camera_pin",
        {
            "asked_in_setup": clear("A PIN for viewing is offered during set-up"),
            "offered_later": violated(
                Severity.LOW,
                "A PIN for viewing exists, but set-up does not mention it",
                "Offer the PIN during set-up, where everybody passes.",
            ),
            "none": absent("there is no PIN for viewing"),
        },
    )
)
