"""Changing only what is still as it was read: ETag and If-Match (RFC 9110, 8.8.3 and 13.1.1)."""

import hashlib
import json
import re
from typing import Any, Final

from keepsight.hub.api.answers import ApiError

ANY: Final = "*"
_TAG: Final = re.compile(r'(?P<weak>W/)?(?P<tag>"[\x21\x23-\x7e\x80-\xff]*")')
TAG_LETTERS: Final = 32
"""Of the hash that is a tag: 128 bits."""


def tag_of(document: Any) -> str:
    """The strong ETag of a JSON document: of its content, so that it outlives the process."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:TAG_LETTERS]}"'


def is_met(if_match: str | None, document: Any) -> bool:
    """Whether a request with this If-Match may change what is like this now.

    Tags are compared strongly: a weak one matches nothing. What is no list of tags matches nothing
    either. Without the header everything may be changed.
    """
    if if_match is None or if_match.strip() == ANY:
        return True
    found = [each["tag"] for each in _TAG.finditer(if_match) if each["weak"] is None]
    return tag_of(document) in found


def changed_meanwhile() -> ApiError:
    """What such a request is answered where something else is there by now: 412."""
    text = "somebody else has changed this meanwhile: read it again, then change it"
    return ApiError(412, "changed_meanwhile", text)
