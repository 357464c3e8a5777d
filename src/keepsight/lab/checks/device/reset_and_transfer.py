"""A camera with two owners.

What it looks at: whether a second account can take the camera over, and what is left of the first
owner after a reset.

Why it matters: cameras are sold and given away.

What it cannot see: what remains on the vendor's servers.

References: EN 303 645 5.11-1.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, open_question, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "device/reset-and-transfer",
    "account",
    "a camera with two owners",
    (
        "EN 303 645 V3.1.3 5.11-1",
        "CWE-212?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "second_account",
        {
            "refused_until_reset": clear(
                "A second account is refused until a physical reset, and old data are gone after it"
            ),
            "refused": open_question(
                "A second account is refused; reset and old data were not tried"
            ),
            "old_data_visible": violated(
                Severity.CRITICAL,
                "After the reset, data of the first owner are still visible",
                "Erase keys, pictures and cloud recordings when the camera changes hands.",
            ),
            "accepted": violated(
                Severity.HIGH,
                "A second account took over the camera without a physical reset",
                "Bind the camera to one owner; ask for a reset at the device to change it.",
            ),
        },
    )
)
