"""A judgement that needs the findings of the others."""

from collections.abc import Callable
from dataclasses import dataclass

from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Finding


@dataclass(frozen=True, slots=True)
class CrossCheck:
    """One rule that runs after all checks. Otherwise like `lab.check.Check`."""

    check_id: str
    area: str
    title: str
    standards: tuple[str, ...]
    judge: Callable[[ProductFacts, tuple[Finding, ...]], tuple[Finding, ...]]
