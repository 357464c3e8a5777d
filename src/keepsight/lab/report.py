"""The document about one product. A noun; the renderings are in `render`."""

from dataclasses import dataclass, field

from keepsight.lab.artefact import Artefact
from keepsight.lab.baseline import Changes
from keepsight.lab.facts.product import Product, Unread
from keepsight.lab.finding import Finding, Outcome
from keepsight.lab.suppression import Suppression
from keepsight.lab.verdict import SEVERITIES, Verdict

SCHEMA = "keepsight-report/1"
IMPORTANT_MAX = 5


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding somebody decided to live with. It stays in the report."""

    finding: Finding
    by: Suppression


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets data, for the picture on the first page."""

    owner: str
    names: tuple[str, ...]
    kind: str
    """vendor, tracker or other."""
    purposes: tuple[str, ...]
    is_contained: bool
    is_contacted: bool
    is_named: bool | None
    """In the policy; None where there is none."""
    is_clear: bool
    """Something readable went there."""
    sent_bytes: int
    received_bytes: int


@dataclass(frozen=True, slots=True)
class Report:
    """Everything there is to say about one product."""

    product: Product
    date: str
    """ISO date the judgement holds for."""
    tool: str
    """Program and version."""
    artefacts: tuple[Artefact, ...]
    findings: tuple[Finding, ...]
    """Without the suppressed ones."""
    verdict: Verdict
    area_of: dict[str, str]
    """Area of each check id."""
    measures: dict[str, object] = field(default_factory=dict)
    unread: tuple[Unread, ...] = ()
    suppressed: tuple[Suppressed, ...] = ()
    recipients: tuple[Recipient, ...] = ()
    changes: Changes | None = None

    def of(self, outcome: Outcome) -> tuple[Finding, ...]:
        """Findings of one outcome, the gravest first."""
        found = [finding for finding in self.findings if finding.outcome is outcome]
        return tuple(sorted(found, key=lambda f: -SEVERITIES.index(f.severity)))

    @property
    def important(self) -> tuple[Finding, ...]:
        """The gravest violations, one a check, for the first page."""
        seen: dict[str, Finding] = {}
        for finding in self.of(Outcome.VIOLATED):
            seen.setdefault(finding.check, finding)
        return tuple(seen.values())[:IMPORTANT_MAX]

    @property
    def title(self) -> str:
        """What the report is called."""
        if self.product.name:
            return self.product.name
        return ", ".join(a.path.name for a in self.artefacts[:3]) or "nothing readable"

    @property
    def exit_status(self) -> int:
        """0: looked at, nothing violated; 1: something violated; 2: something not examined."""
        if any(finding.outcome is Outcome.VIOLATED for finding in self.findings):
            return 1
        whole = any(part.part == "" for part in self.unread)
        failed = any(finding.outcome is Outcome.ERROR for finding in self.findings)
        return 2 if whole or failed or not self.artefacts else 0
