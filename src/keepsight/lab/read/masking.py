"""Secrets out of quoted evidence. What goes into a finding is safe to pass on."""

import re

TEXT_CHARACTERS_MAX = 160

SECRET_NAME = re.compile(
    r"(?i)^(?:user_?)?(?:pass(?:wd|word|wort|token|code)?|pwd|psk|pin|secret|client_?secret|api_?key"
    r"|(?:access|refresh|auth|id|service|session)?[_-]?token|credentials?|session_?id|jsessionid"
    r"|phpsessid|jwt|ssecurity|private_?key|wifi_?pass\w*)$"
)
"""Names of fields whose values are secrets. Short ones of many meanings (sid, key, sign, hash) are
left out: calling a service id a credential is a false alarm."""

_QUERY_VALUE = re.compile(r"([?&;][^=&\s]{1,64}=)[^&\s]*")
_HEADER_SECRET = re.compile(
    r"(?i)((?:proxy-)?authorization:\s*\w+|(?:set-)?cookie:|x-[\w-]*(?:token|key|auth)[\w-]*:)\s*.*"
)
_USERINFO = re.compile(r"(\w+://)[^/@\s]+@")
_EMAIL = re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}\b")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def mask_value(value: str) -> str:
    """What stands for a secret: its length, and nothing of it."""
    return f"••• ({len(value)} characters)"


def mask_text(text: str) -> str:
    """One line of a message with query values, credentials and addresses replaced."""
    text = _CONTROL.sub(" ", text[: TEXT_CHARACTERS_MAX * 4])
    text = _USERINFO.sub(r"\1•••@", text)
    text = _QUERY_VALUE.sub(r"\1•••", text)
    text = _HEADER_SECRET.sub(r"\1 •••", text)
    text = _EMAIL.sub("•••@•••", text)
    return text if len(text) <= TEXT_CHARACTERS_MAX else text[: TEXT_CHARACTERS_MAX - 1] + "…"


def mask_path(target: str) -> str:
    """A request target without the values of its query."""
    path, mark, query = target.partition("?")
    if not mark:
        return mask_text(path)
    names = [part.partition("=")[0] for part in query.split("&")[:16]]
    return mask_text(path + "?" + "&".join(f"{name}=•••" for name in names))
