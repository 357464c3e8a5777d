"""What the hostile set has tried and seen, summed up in one line.

Every test of tests/hostile writes here what it counted, besides asserting it. `make hostile` prints
the line last and fails on it, so that a run in which nothing was tried cannot look like a good one.
"""

from dataclasses import dataclass, field
from typing import Final

from tests.hostile.homes import OF_EVENTS, Judge

FAULTS: Final = 15
"""The seeded faults that must each have misled the plaintext control."""


@dataclass
class Tally:
    """Counts of one run."""

    opens: int = 0
    """Times a fragment of another household (or camera) was given to `open`."""
    opened: int = 0
    """How many of those it opened. The promise is 0."""
    control_leaks: int = 0
    """Foreign or unmarked old pictures that the same middle delivered where nothing was sealed."""
    event_opens: int = 0
    """Of `opens`: where a picture, a strip or the boxes of an event were asked for."""
    event_leaks: int = 0
    """The same of `control_leaks`."""
    faults: set[str] = field(default_factory=set)
    """Seeded faults that misled the control at least once."""
    caches: set[str] = field(default_factory=set)
    """Real caches through which the control leaked."""
    frames: int = 0
    """Pictures read back from a browser's screen."""
    absent: set[str] = field(default_factory=set)
    """Programs that are not installed, and what was therefore not shown."""

    def add(self, plain: Judge, sealed: Judge) -> None:
        """The two runs of one middle."""
        self.control_leaks += plain.foreign
        self.opens += sealed.opens
        self.opened += sealed.foreign
        self.event_leaks += sum(plain.foreign_by[sort] for sort in OF_EVENTS)
        self.event_opens += sum(sealed.opens_by[sort] for sort in OF_EVENTS)

    def line(self) -> str:
        """The one line."""
        return (
            f"hostile opens={self.opens} opened={self.opened} "
            f"control_leaks={self.control_leaks} event_opens={self.event_opens} "
            f"event_leaks={self.event_leaks} faults={len(self.faults)} caches={len(self.caches)}"
        )

    def broken(self) -> list[str]:
        """Why this run must not count as good; empty when it may."""
        reasons = []
        if self.opened:
            reasons.append(f"{self.opened} foreign fragments were opened")
        if not self.opens:
            reasons.append("nothing was tried")
        if not self.control_leaks:
            reasons.append("the plaintext control did not leak: this test cannot see")
        if not (self.event_opens and self.event_leaks):
            reasons.append("no picture of an event was tried and leaked")
        if len(self.faults) < FAULTS:
            reasons.append(f"only {len(self.faults)} of {FAULTS} faults misled the control")
        return reasons


TALLY: Final = Tally()
"""Of this process."""
