"""An open door left from set-up.

What it looks at: temporary Wi-Fi and Bluetooth ten minutes after set-up.

Why it matters: what helps the owner in once lets a neighbour in later. Bluetooth for set-up only is
good practice and is recorded as such.

What it cannot see: radios that wake up later.

References: EN 303 645 5.5-5, 5.12-1.
"""

from keepsight.lab.checks.observed import clear, judged_by_answer, violated
from keepsight.lab.checks.rule import Rule
from keepsight.lab.finding import Severity

RULE = Rule(
    "device/setup-network",
    "account",
    "an open door left from set-up",
    (
        "EN 303 645 V3.1.3 5.5-5",
        "EN 303 645 V3.1.3 5.12-1",
        "CWE-1188?",
    ),
)

CHECK = RULE.check(
    judged_by_answer(
        RULE,
        "setup_radio_after",
        {
            "off": clear("Temporary Wi-Fi and Bluetooth are off after set-up"),
            "bluetooth_on": violated(
                Severity.MEDIUM,
                "Bluetooth still advertises ten minutes after set-up",
                "Switch Bluetooth off once the camera is in its network.",
            ),
            "open_wifi_on": violated(
                Severity.HIGH,
                "The open set-up Wi-Fi is still on after set-up",
                "Switch the set-up network off, and ask for proof of possession while it is on.",
            ),
        },
    )
)
