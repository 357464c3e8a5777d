"""Integrations that outlive their unlinking.

What it looks at: an assistant or display was linked, unlinked, and a kept address tried again.

Why it matters: a forgotten link is an open window.

What it cannot see: copies the other vendor already made.

References: EN 303 645 6-3; CWE-613.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, open_question, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "account/integrations",
    "account",
    "integrations that outlive their unlinking",
    (
        "EN 303 645 V3.1.3 6-3A",
        "EN 303 645 V3.1.3 6-3B",
        "CWE-613?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "integration_revoke",
        {
            "revoked": clear("After unlinking, a kept address gave no picture"),
            "survives": violated(
                Severity.HIGH,
                "A kept address still gave the picture after unlinking",
                "End running sessions and addresses when an integration is unlinked.",
            ),
            "cannot": violated(
                Severity.HIGH,
                "A linked assistant or display cannot be unlinked",
                "Offer unlinking for each integration, with effect on running sessions.",
            ),
            "none_linked": open_question("No integration was linked"),
        },
    )
)
