"""No use without an account.

What it looks at: whether the product can be used in the home network without an account.

Why it matters: a required account ties the picture to a vendor. It is noted and not judged.

What it cannot see: functions that work without it and are not advertised.

References: EN 303 645 6-4.
"""

from keepsight.lab.checks.observed import absent, clear, judged_by_answer, noted
from keepsight.lab.checks.rule import Rule

RULE = Rule(
    "account/required",
    "account",
    "no use without an account",
    ("EN 303 645 V3.1.3 6-4?",),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "account_required",
        {
            "no": clear("Usable in the home network without an account"),
            "yes": noted("an account is required before first use"),
            "none": absent("the product has no account"),
        },
    )
)
