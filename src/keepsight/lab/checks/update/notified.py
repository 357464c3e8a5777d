"""Silent updates.

What it looks at: whether the user is told of an update and what it contains.

Why it matters: people decide about what they know.

What it cannot see: announcements in other channels.

References: EN 303 645 5.3-6, 5.3-11 (recommendations).
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "update/notified",
    "updates",
    "silent updates",
    (
        "EN 303 645 V3.1.3 5.3-6A",
        "EN 303 645 V3.1.3 5.3-6B",
        "EN 303 645 V3.1.3 5.3-11",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "update_notice",
        {
            "with_notes": clear("The app announces updates and says what they contain"),
            "announced": clear("The app announces updates, without saying what they contain"),
            "none": violated(
                Severity.MEDIUM,
                "Updates are not announced",
                "Announce updates in the app, with what they repair.",
            ),
        },
    )
)
