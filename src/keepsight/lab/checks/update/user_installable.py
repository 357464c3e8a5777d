"""Updates the owner cannot start.

What it looks at: whether the user can look for an update and install it.

Why it matters: an update should be simple to apply.

What it cannot see: whether the newest version was really offered.

References: EN 303 645 5.3-3.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "update/user-installable",
    "updates",
    "updates the owner cannot start",
    ("EN 303 645 V3.1.3 5.3-3",),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "update_user_start",
        {
            "yes": clear("The user can look for an update and install it in the app"),
            "no": violated(
                Severity.MEDIUM,
                "The user cannot start an update",
                "Offer a button that looks for an update and installs it.",
            ),
        },
    )
)
