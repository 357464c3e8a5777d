"""Permissions: does the app ask for more than the product needs?

What it looks at:
    The dangerous permissions of the manifest, against the functions that the dossier names.

Why it matters:
    Each permission is data that can leave the phone, and that a stolen account or SDK can reach.

What it cannot see:
    Whether the app asks at run time or works without. Bluetooth and location are needed to find
    cameras on older Android versions, so they count as part of setting up.

References:
    MASTG-TEST-0254 to 0257, MASWE-0117.
"""

from typing import Final

from keepsight.lab.checks.app_rule import EN, AppRule, in_manifest
from keepsight.lab.facts.app import AppFacts, Permission
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE: Final = AppRule(
    "app/permissions",
    "permissions that no function needs",
    (EN + "6-1", EN + "6-4", "MASTG-TEST-0254", "MASTG-TEST-0255", "MASTG-TEST-0256",
     "MASTG-TEST-0257", "MASWE-0117", "CWE-250?"),
    "Drop the permissions that no function needs, and say for the others which one does.",
    area="privacy",
)  # fmt: skip
_SETUP: Final = ("setup", "pairing", "set up", "bluetooth", "wi-fi", "wifi", "camera", "live")
NEEDED_BY: Final[dict[str, tuple[str, ...]]] = {
    "ACCESS_FINE_LOCATION": _SETUP,
    "ACCESS_COARSE_LOCATION": _SETUP,
    "NEARBY_WIFI_DEVICES": _SETUP,
    "BLUETOOTH_SCAN": _SETUP,
    "BLUETOOTH_CONNECT": _SETUP,
    "BLUETOOTH_ADVERTISE": _SETUP,
    "CAMERA": ("qr", "pairing", "setup", "set up", "scan", "video call"),
    "RECORD_AUDIO": ("talk", "speak", "two-way", "audio", "voice", "intercom"),
    "POST_NOTIFICATIONS": ("alert", "notification", "detection", "event", "motion", "push"),
    "READ_EXTERNAL_STORAGE": ("record", "save", "export", "photo", "clip", "playback", "album"),
    "WRITE_EXTERNAL_STORAGE": ("record", "save", "export", "photo", "clip", "playback", "album"),
    "READ_MEDIA_IMAGES": ("photo", "album", "export", "save"),
    "READ_MEDIA_VIDEO": ("record", "clip", "album", "export", "save", "playback"),
    "READ_MEDIA_AUDIO": ("audio", "sound"),
    "ACCESS_BACKGROUND_LOCATION": ("geofence", "presence", "automation", "coming home"),
    "ACTIVITY_RECOGNITION": ("fitness", "steps"),
    "BODY_SENSORS": ("health", "heart"),
    "READ_CONTACTS": ("contact", "invite", "share"),
    "WRITE_CONTACTS": ("contact",),
    "GET_ACCOUNTS": ("account sign-in",),
    "READ_CALENDAR": ("calendar",),
    "WRITE_CALENDAR": ("calendar",),
    "READ_PHONE_STATE": ("phone call", "telephone"),
    "READ_PHONE_NUMBERS": ("phone call", "telephone"),
    "CALL_PHONE": ("phone call", "telephone"),
    "ANSWER_PHONE_CALLS": ("phone call", "telephone"),
    "READ_CALL_LOG": ("call log",),
    "WRITE_CALL_LOG": ("call log",),
    "PROCESS_OUTGOING_CALLS": ("phone call",),
    "SEND_SMS": ("sms", "text message"),
    "RECEIVE_SMS": ("sms", "text message"),
    "READ_SMS": ("sms", "text message"),
    "RECEIVE_MMS": ("mms",),
    "USE_SIP": ("sip",),
    "ADD_VOICEMAIL": ("voicemail",),
}
"""Dangerous permission of Android to words of functions that need it."""
_PREFIX: Final = "android.permission."


def function_for(permission: Permission, functions: tuple[str, ...]) -> str | None:
    """Return the first function that needs a permission, None if there is none."""
    words = NEEDED_BY[permission.name.removeprefix(_PREFIX)]
    return next((one for one in functions if any(word in one.lower() for word in words)), None)


def judge(rule: AppRule, app: AppFacts, facts: ProductFacts) -> tuple[Finding, ...]:
    """Judge one app against the product's functions."""
    if app.manifest is None:
        return (rule.no_manifest(app),)
    dangerous = [
        one for one in app.manifest.permissions
        if one.name.startswith(_PREFIX) and one.name.removeprefix(_PREFIX) in NEEDED_BY
    ]  # fmt: skip
    if not dangerous:
        return (rule.clear(app, "The app asks for no dangerous permission"),)
    functions = facts.product.functions
    found = {one.name: function_for(one, functions) for one in dangerous}
    lines = [_line(app, one, found[one.name]) for one in dangerous]
    if not functions:
        title = f"{len(dangerous)} dangerous permissions, functions not entered"
        reason = "the dossier names no functions to compare with"
        return (rule.unknown(app, title, reason, lines),)
    needless = [name.removeprefix(_PREFIX) for name, function in found.items() if not function]
    if needless:
        title = f"No function of the product needs: {', '.join(needless)}"
        return (rule.violated(Severity.MEDIUM, title, lines, {"needless": needless}),)
    return (rule.clear(app, "Every dangerous permission has a function", lines),)


def _line(app: AppFacts, one: Permission, function: str | None) -> Evidence:
    limit = f" (up to API {one.max_sdk})" if one.max_sdk is not None else ""
    text = f"{one.name.removeprefix(_PREFIX)}{limit}: {function or 'no function named'}"
    return in_manifest(app, text, "uses-permission")


CHECK: Final = RULE.check(judge)
