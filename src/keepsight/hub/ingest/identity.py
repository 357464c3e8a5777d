"""Is this still the camera that was added? Pinned facts against what answers now."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Final

from keepsight.core.device import DeviceFacts


class Likeness(StrEnum):
    """How what answers compares with what was pinned."""

    SAME = "same"
    CHANGED = "changed"
    """Server, session name or tool differ: a firmware update."""
    OTHER = "other"
    """Another device, until the owner says otherwise."""


DECISIVE: Final = ("realm", "tls_key_sha256")
"""Known as soon as the camera was asked: to lose one is as telling as to change it."""
DECISIVE_IF_KNOWN: Final = ("serial", "mac")
"""Not always observed; compared when both sides are known."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome, with the names of the facts that differ."""

    likeness: Likeness
    differing: tuple[str, ...] = ()


def compare(pinned: DeviceFacts, seen: DeviceFacts, *, is_complete: bool) -> Comparison:
    """Compare facts.

    Args:
        pinned: from when the camera was added, or accepted again.
        seen: now.
        is_complete: the stream was described, so that a realm still missing is missing for good.
            Before that, only what is known already is compared.
    """
    decisive: list[str] = []
    minor: list[str] = []
    for field in fields(DeviceFacts):
        name = field.name
        was, now = getattr(pinned, name), getattr(seen, name)
        if not was or was == now:
            continue
        may_miss = name in DECISIVE_IF_KNOWN or not is_complete
        if not now and may_miss:
            continue
        is_decisive = name in DECISIVE or name in DECISIVE_IF_KNOWN
        (decisive if is_decisive else minor).append(name)
    if decisive:
        return Comparison(Likeness.OTHER, tuple(decisive + minor))
    if minor:
        return Comparison(Likeness.CHANGED, tuple(minor))
    return Comparison(Likeness.SAME)


def completed(pinned: DeviceFacts, seen: DeviceFacts) -> DeviceFacts:
    """What to pin from now on: what is seen, and what was known and cannot be seen this way."""
    known = {f.name: getattr(pinned, f.name) for f in fields(DeviceFacts)}
    return replace(seen, **{name: text for name, text in known.items() if not getattr(seen, name)})
