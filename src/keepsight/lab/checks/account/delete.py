"""Accounts that cannot be deleted.

What it looks at: the tester's attempt to delete the account and to get the data out.

Why it matters: whoever sells the camera must be able to leave.

What it cannot see: whether the data are really gone; deleting an account is not deleting data.

References: EN 303 645 5.11-1 to 5.11-4, 6-3; GDPR articles 15 to 17.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "account/delete",
    "account",
    "accounts that cannot be deleted",
    (
        "EN 303 645 V3.1.3 5.11-1",
        "EN 303 645 V3.1.3 5.11-4",
        "EN 303 645 V3.1.3 6-3A",
        "GDPR 15-17?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "account_delete",
        {
            "in_app": clear("The account can be deleted inside the app"),
            "by_request": clear("The account is deleted on request"),
            "not_possible": violated(
                Severity.HIGH,
                "The account cannot be deleted",
                "Delete account and data from inside the app, and confirm it.",
            ),
        },
    )
)
