"""Watching or listening while the lens is closed.

What it looks at: picture and sound while the lens is closed.

Why it matters: people rely on what they see of the lens.

What it cannot see: whether a motor position is more than a position.

References: EN 303 645 5.8-3.
"""

from keepsight.lab.checks.observed import absent, clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "device/shutter",
    "account",
    "watching or listening while the lens is closed",
    ("EN 303 645 V3.1.3 5.8-3",),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "shutter",
        {
            "picture_and_sound_off": clear(
                "With the lens closed there is neither picture nor sound"
            ),
            "sound_on_told": clear("With the lens closed sound goes on, and the app says so"),
            "sound_on": violated(
                Severity.MEDIUM,
                "With the lens closed the microphone goes on without notice",
                "Switch the microphone off with the lens, or say that it stays on.",
            ),
            "picture_on": violated(
                Severity.CRITICAL,
                "With the lens reported closed a picture still arrives",
                "Close the lens in front of the sensor.",
            ),
            "none": absent("the camera has no lens cover"),
        },
    )
)
