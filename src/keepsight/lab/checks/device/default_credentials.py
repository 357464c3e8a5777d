"""Published default passwords.

What it looks at: the tester's attempt with the published default passwords, stopped at the first
lock.

Why it matters: they are tried by machines within minutes.

What it cannot see: defaults that are not published.

References: EN 303 645 5.1-1, 5.1-2A.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, open_question, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "device/default-credentials",
    "account",
    "published default passwords",
    (
        "EN 303 645 V3.1.3 5.1-1",
        "EN 303 645 V3.1.3 5.1-2A",
        "CWE-1392?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "default_login",
        {
            "refused": clear("No published default password was accepted"),
            "accepted": violated(
                Severity.CRITICAL,
                "A published default password opened the camera",
                "Give every device its own password.",
            ),
            "lockout": open_question("The camera locked before all were tried"),
        },
    )
)
