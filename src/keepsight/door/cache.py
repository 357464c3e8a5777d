"""Recorded sealed fragments that were asked for before. Bounded, least recently used out first.

Only what can never change goes in, and only under the household and the full path: a wrong entry
would be refused by `open` in the browser, but nothing here relies on that. Never holds anything of
/api.
"""

from collections import OrderedDict
from typing import Final

ENTRY_BYTES_MAX: Final = 8 * 1024 * 1024
"""A longer answer is passed on and not kept."""


class SealedCache:
    """Answers by (household, path)."""

    def __init__(self, bytes_max: int) -> None:
        """`bytes_max` 0 switches it off."""
        self.bytes_max = bytes_max
        self.bytes_held = 0
        self._entries: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    def get(self, household: str, path: str) -> bytes | None:
        """What was kept, or None."""
        key = (household, path)
        body = self._entries.get(key)
        if body is not None:
            self._entries.move_to_end(key)
        return body

    def takes(self, size_bytes: int) -> bool:
        """Whether a body of this size would be kept."""
        return size_bytes <= min(self.bytes_max, ENTRY_BYTES_MAX)

    def put(self, household: str, path: str, body: bytes) -> None:
        """Keep a body; one that is too large is ignored."""
        if not body or not self.takes(len(body)):
            return
        key = (household, path)
        self.bytes_held -= len(self._entries.pop(key, b""))
        self._entries[key] = body
        self.bytes_held += len(body)
        while self.bytes_held > self.bytes_max:
            _, dropped = self._entries.popitem(last=False)
            self.bytes_held -= len(dropped)
