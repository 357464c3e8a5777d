"""What a passphrase must be, and what three standards say about one.

Policy: 15 characters alone, 12 where a passkey or one-time codes are enrolled; no composition rule,
no rotation; a blocklist, and words that anybody could guess about this household. That satisfies
NIST SP 800-63B-4 and OWASP ASVS 5.0 (V6.2). It does not by itself satisfy the BSI, so the three
verdicts are given one by one and never merged.
"""

from dataclasses import dataclass
from typing import Final

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from keepsight.core.secret import Secret
from keepsight.hub.keyring import normalise

LENGTH_MIN: Final = 15
LENGTH_MIN_WITH_FACTOR: Final = 12
"""With a passkey or one-time codes beside it."""
LENGTH_MAX: Final = 256
SCORE_MIN: Final = 3
OWN_CHARACTERS_MIN: Final = 8
"""Besides the names that anybody could guess."""
ZXCVBN_LENGTH_MAX: Final = 72
"""zxcvbn is slow on long texts; the first characters decide."""


@dataclass(frozen=True, slots=True)
class Standards:
    """Whether a passphrase meets each of three standards."""

    bsi: bool
    nist: bool
    asvs: bool


@dataclass(frozen=True, slots=True)
class PassphraseVerdict:
    """Whether a passphrase may be used, with codes that the UI puts into words."""

    is_accepted: bool
    score: int
    """zxcvbn, 0 to 4."""
    reasons: tuple[str, ...]
    """too_short, too_long, common, guessable."""
    hints: tuple[str, ...]
    """bsi_short (does not meet the BSI's advice)."""
    standards: Standards
    length_min: int
    """What counts for this member."""


def character_kinds(text: str) -> int:
    """How many of lower case, upper case, digits and others occur: 0 to 4."""
    kinds = {
        "lower" if c.islower() else "upper" if c.isupper() else "digit" if c.isdigit() else "other"
        for c in text
    }
    return len(kinds)


def _own_characters(text: str, words: list[str]) -> int:
    # zxcvbn rates each known word low but two of them together high enough.
    rest = text.casefold()
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 2:
            rest = rest.replace(word.casefold(), "")
    return len(rest)


def _standards(text: str, *, has_factor: bool, is_common: bool) -> Standards:
    length, kinds = len(text), character_kinds(text)
    return Standards(
        bsi=(length >= 25 and kinds >= 2)
        or (length >= 8 and kinds == 4)
        or (has_factor and length >= 8 and kinds >= 3),
        nist=(length >= 15 or (has_factor and length >= 8)) and not is_common,
        asvs=length >= 8 and not is_common,
    )


def judge_passphrase(
    passphrase: Secret, context: tuple[str, ...], *, has_factor: bool = False
) -> PassphraseVerdict:
    """Judge a passphrase by the policy above.

    Args:
        passphrase: as typed.
        context: names anybody could guess: household, member, cameras, product.
        has_factor: this member has a passkey or one-time codes, so a shorter one will do.
    """
    text = normalise(passphrase).reveal()
    length_min = LENGTH_MIN_WITH_FACTOR if has_factor else LENGTH_MIN
    reasons = []
    if len(text) < length_min:
        reasons.append("too_short")
    if len(text) > LENGTH_MAX:
        reasons.append("too_long")
    words = [word for name in (*context, "keepsight") for word in (name, *name.split()) if word]
    score = 0
    if text:
        score = int(zxcvbn(text[:ZXCVBN_LENGTH_MAX], user_inputs=words)["score"])
    is_common = text.casefold() in FREQUENCY_LISTS["passwords"]
    if is_common:
        reasons.append("common")
    elif score < SCORE_MIN or _own_characters(text, words) < OWN_CHARACTERS_MIN:
        reasons.append("guessable")
    standards = _standards(text, has_factor=has_factor, is_common=is_common)
    hints = () if standards.bsi else ("bsi_short",)
    return PassphraseVerdict(not reasons, score, tuple(reasons), hints, standards, length_min)
