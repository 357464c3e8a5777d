"""A way back to old firmware.

What it looks at: the tester's attempt to install an older signed image on a spare device.

Why it matters: an old image brings repaired faults back.

What it cannot see: without a spare device it is not tried.

References: EN 303 645 5.3-9.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "update/downgrade",
    "updates",
    "a way back to old firmware",
    (
        "EN 303 645 V3.1.3 5.3-9",
        "CWE-1328?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "update_downgrade",
        {
            "refused": clear("An older signed image was refused"),
            "accepted": violated(
                Severity.MEDIUM,
                "An older signed image was accepted",
                "Refuse versions below the installed one.",
            ),
        },
    )
)
