"""A text that must not be printed by accident: a password, a token, a passphrase."""

import hmac
from typing import Final

HIDDEN: Final = "********"


class Secret:
    """Holds a secret text. Every implicit way of printing it shows asterisks.

    Only `reveal()` gives the text, so that a search for that word finds every use.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, for the one place that has to send or hash it."""
        return self._text

    def __str__(self) -> str:
        return HIDDEN

    def __repr__(self) -> str:
        return f"Secret({HIDDEN})"

    def __format__(self, _spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret is not pickled; pass it through a pipe or a file of mode 0600")
