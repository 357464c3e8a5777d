"""What a privacy policy states. Statements of a text, never facts about behaviour."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class TextFigures:
    """How long and how hard a text is. Formulas: docs/lab/readability.md."""

    words: int
    sentences: int
    characters: int
    """Without white space."""
    syllables: int
    words_per_sentence: float
    minutes_at_238: float
    """Words divided by 238 a minute, the speed of adults reading English silently."""
    minutes_by_character: float
    """14.69 ms a character without white space: what readability libraries call reading time."""
    reading_ease: float
    """Flesch for English, Amstad for German; higher is easier."""
    reading_ease_formula: str
    reading_ease_band: str
    """E.g. college, of the reading-ease scale."""
    kincaid_grade: float | None
    """Flesch-Kincaid school grade; None for languages it was not made for."""


class ClauseKind(StrEnum):
    """What a sentence is about."""

    CONTACT = "contact"
    EU_CONTACT = "eu_contact"
    OFFICER = "officer"
    CATEGORY = "category"
    PURPOSE = "purpose"
    RETENTION = "retention"
    RECIPIENT = "recipient"
    TRANSFER = "transfer"
    ACCESS = "access"
    CORRECT = "correct"
    DELETE = "delete"
    OBJECT = "object"
    WITHDRAW = "withdraw"
    NO_SALE = "no_sale"
    SALE = "sale"
    ENCRYPTED = "encrypted"
    ENCRYPTED_TO_THIRD = "encrypted_to_third"
    TELEMETRY = "telemetry"
    INCORPORATES = "incorporates"


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence, quoted."""

    kind: ClauseKind
    text: str
    sentence: int
    """Number of the sentence in the text, counted from 1."""
    subject: str = ""
    """The category, address, document or period the sentence names."""


class Winner(StrEnum):
    """Which document a precedence clause lets win."""

    THIS = "this"
    OTHER = "other"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Precedence:
    """A clause by which one document overrides another."""

    text: str
    sentence: int
    winner: Winner
    this_document: str
    other_document: str
    """Name of the other document as the clause gives it."""
    condition: str = "conflict"
    """conflict: where the two differ; silence: where this document says nothing; language."""


@dataclass(frozen=True, slots=True)
class FunctionData:
    """Data categories the text ties to one function of the product."""

    function: str
    """Heading or the function's name."""
    categories: tuple[str, ...]
    sentence: int


@dataclass(frozen=True, slots=True)
class PolicyFacts:
    """One policy, reduced."""

    artefact: str
    title: str
    language: str
    """en, de, or empty where neither was recognised."""
    text_sha256: str
    figures: TextFigures
    clauses: tuple[Clause, ...] = ()
    precedences: tuple[Precedence, ...] = ()
    functions: tuple[FunctionData, ...] = ()
    named_parties: tuple[str, ...] = ()
    """Trackers of the fact table whose name, owner or synonym appears, by tracker name."""
    party_quotes: dict[str, str] | None = None
    """Tracker name to the sentence that names it."""
    folded_text: str = ""
    """Lower case, white space folded, for searching names in cross-checks."""

    def of(self, kind: ClauseKind) -> tuple[Clause, ...]:
        """The clauses of one kind."""
        return tuple(clause for clause in self.clauses if clause.kind is kind)
