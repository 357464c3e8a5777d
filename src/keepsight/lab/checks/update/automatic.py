"""Firmware that waits for its owner.

What it looks at: whether firmware updates install by themselves, by a switch, or by hand only.

Why it matters: updates nobody starts are updates nobody gets. EN 303 645 recommends automatic
updates and does not require them.

What it cannot see: how long an automatic update takes to arrive.

References: EN 303 645 5.3-4A, 5.3-4B (recommendations).
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "update/automatic",
    "updates",
    "firmware that waits for its owner",
    (
        "EN 303 645 V3.1.3 5.3-4A",
        "EN 303 645 V3.1.3 5.3-4B",
        "CWE-1277?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "update_mode",
        {
            "automatic": clear("Firmware updates install by themselves"),
            "window": clear("Firmware updates install by themselves in a window the user chooses"),
            "manual": violated(
                Severity.LOW,
                "Firmware updates are installed by hand only (automatic is a recommendation of "
                "EN 303 645, not a duty)",
                "Install updates by themselves in a window the user can choose, on by default.",
            ),
        },
    )
)
