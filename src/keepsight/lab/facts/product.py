"""All facts about one product: what the checks see."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from keepsight.lab.facts.app import AppFacts
    from keepsight.lab.facts.capture import CaptureFacts
    from keepsight.lab.facts.observation import Observations
    from keepsight.lab.facts.policy import PolicyFacts
    from keepsight.lab.facts.seal import SealClaim


@dataclass(frozen=True, slots=True)
class Unread:
    """An artefact or a part of one that could not be read: makes outcomes unknown, never clear."""

    artefact: str
    part: str
    """What could not be read, e.g. classes3.dex."""
    reason: str


@dataclass(frozen=True, slots=True)
class Product:
    """What the dossier says about the product itself; empty where a bare file is checked."""

    name: str = ""
    vendor: str = ""
    model: str = ""
    price: str = ""
    functions: tuple[str, ...] = ()
    """What the product does, in the words of the dossier template (live view, talk, ...)."""
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProductFacts:
    """Everything observed, and everything that could not be."""

    product: Product = field(default_factory=Product)
    report_date: str = ""
    """ISO date the judgement is made for; dated tables are compared with it."""
    apps: tuple["AppFacts", ...] = ()
    captures: tuple["CaptureFacts", ...] = ()
    policies: tuple["PolicyFacts", ...] = ()
    observations: "Observations | None" = None
    seals: tuple["SealClaim", ...] = ()
    unread: tuple[Unread, ...] = ()
