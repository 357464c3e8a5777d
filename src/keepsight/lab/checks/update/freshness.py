"""Known holes in the newest firmware.

What it looks at: the newest firmware and the known vulnerabilities at the date of the search.

Why it matters: a known hole is a used hole.

What it cannot see: holes found after the search.

References: EN 303 645 5.3-5, 5.2-3.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "update/freshness",
    "updates",
    "known holes in the newest firmware",
    (
        "EN 303 645 V3.1.3 5.3-5",
        "EN 303 645 V3.1.3 5.2-3",
        "CWE-1329?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "firmware_known_holes",
        {
            "no": clear("No known hole in the newest firmware, by the tester's search"),
            "yes": violated(
                Severity.HIGH,
                "The newest firmware has known holes",
                "Repair them, and publish what was repaired.",
            ),
        },
    )
)
