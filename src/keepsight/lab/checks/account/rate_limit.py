"""Endless password guessing.

What it looks at: what happened when the tester typed up to twenty wrong passwords for the own
account.

Why it matters: without a limit the shortest password falls.

What it cannot see: limits that begin later, or by address only.

References: EN 303 645 5.1-5.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "account/rate-limit",
    "account",
    "endless password guessing",
    (
        "EN 303 645 V3.1.3 5.1-5",
        "CWE-307?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "rate_limit",
        {
            "delay": clear("Failed log-ins are slowed down"),
            "lock": clear("The account locks after failed log-ins"),
            "none": violated(
                Severity.HIGH,
                "Twenty wrong passwords in a row were answered without delay",
                "Slow down after five failures, by account and by address.",
            ),
        },
    )
)
