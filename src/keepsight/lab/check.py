"""A judgement rule: a pure function from facts to findings."""

from collections.abc import Callable
from dataclasses import dataclass

from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding


@dataclass(frozen=True, slots=True)
class Check:
    """One rule. Its module's docstring is its page: what it looks at, why, what it cannot see."""

    check_id: str
    area: str
    """app, communication, account, updates, privacy or seals: where it counts in the verdict."""
    title: str
    """The pattern, readable after the word "allows", e.g. "cleartext traffic"."""
    standards: tuple[str, ...]
    judge: Callable[[ProductFacts], tuple[Finding, ...]]
    """Reads no file and no network. Raises nothing; if it does, the lab makes an ERROR of it."""
