"""Kinds of personal data in a readable body. Only the kind leaves this module, never the value."""

import re

TEXT_CHARACTERS_MAX = 1 << 18

_KINDS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("email", re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,3}\.[A-Za-z]{2,24}\b")),
    (
        "location",
        re.compile(
            r"""["']?\b(?:lat|latitude|lng|lon|longitude)["']?\s*[=:]\s*["']?-?\d{1,3}\.\d{4,}"""
        ),
    ),
    (
        "wifi_name",
        re.compile(r"""["']?\b[bs]?ssid(?:_name)?["']?\s*[=:]\s*["']?[^"'&\s,}]{1,64}"""),
    ),
    (
        "device_identifier",
        re.compile(
            r"""["']?\b(?:imei|imsi|android_?id|oaid|gaid|idfa|advertising_?id|aaid|oaid)["']?"""
            r"""\s*[=:]\s*["']?[0-9A-Fa-f-]{12,40}"""
        ),
    ),
    ("mac_address", re.compile(r"\b(?:[0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}\b")),
    (
        "phone_number",
        re.compile(
            r"""["']?\b(?:phone|mobile|msisdn|tel)\w{0,8}["']?\s*[=:]\s*["']?\+?\d{7,15}\b"""
        ),
    ),
)
"""Names with a value of the right shape; a name alone, or a number alone, proves nothing."""


def personal_kinds(text: str, markers: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Kinds of personal data in a text.

    Args:
        text: A decrypted body.
        markers: Values of the tester's own account; finding one is proof.
    """
    text = text[:TEXT_CHARACTERS_MAX]
    kinds = [kind for kind, pattern in _KINDS if pattern.search(text.replace("%40", "@"))]
    if any(marker in text for marker in markers if len(marker) >= 4):
        kinds.append("account_marker")
    return tuple(kinds)
