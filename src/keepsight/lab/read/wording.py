"""Loads how policies say things (`data/policy_wording.toml`), compiled once."""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from keepsight.lab.facts.policy import ClauseKind

LANGUAGES = ("en", "de")
SENTENCE_CHARACTERS_MAX = 2_000

Pattern = re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Wording:
    """How one kind of clause reads."""

    kind: ClauseKind
    any_of: Pattern
    with_any: Pattern | None
    none_of: Pattern | None

    def matches(self, sentence: str) -> bool:
        """Whether a sentence is of this kind."""
        return (
            bool(self.any_of.search(sentence))
            and (self.with_any is None or bool(self.with_any.search(sentence)))
            and (self.none_of is None or not self.none_of.search(sentence))
        )


@dataclass(frozen=True, slots=True)
class Language:
    """All wording of one language."""

    clauses: tuple[Wording, ...]
    categories: dict[str, Pattern]
    functions: dict[str, Pattern]
    collects: Pattern
    precedence: dict[str, Pattern]


def _joined(patterns: list[str] | None) -> Pattern | None:
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


@cache
def wording(language: str) -> Language:
    """The wording of a language; English for any that is not known."""
    text = (resources.files("keepsight.lab") / "data" / "policy_wording.toml").read_text("utf-8")
    table = tomllib.loads(text)
    language = language if language in LANGUAGES else "en"
    clauses = []
    for kind, row in table[language].items():
        any_of = _joined(row["any"])
        if any_of is not None:
            found = Wording(
                ClauseKind(kind), any_of, _joined(row.get("with")), _joined(row.get("not"))
            )
            clauses.append(found)

    def compiled(rows: dict[str, str]) -> dict[str, Pattern]:
        return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in rows.items()}

    return Language(
        tuple(clauses),
        compiled(table["categories"][language]),
        compiled(table["functions"][language]),
        re.compile(table["collects"][language], re.IGNORECASE),
        compiled(table["precedence"][language]),
    )


_STOPWORDS = {
    "en": frozenset(
        [
            "the",
            "and",
            "of",
            "to",
            "your",
            "you",
            "we",
            "our",
            "that",
            "for",
            "with",
            "may",
            "this",
            "is",
            "are",
            "or",
        ]
    ),
    "de": frozenset(
        [
            "der",
            "die",
            "das",
            "und",
            "zu",
            "ihre",
            "sie",
            "wir",
            "unsere",
            "dass",
            "für",
            "mit",
            "kann",
            "dieser",
            "ist",
            "sind",
            "oder",
        ]
    ),
}


def language_of(text: str) -> str:
    """The language of a text by its commonest words: en, de, or empty."""
    words = re.findall(r"[a-zäöüß]+", text[:40_000].lower())
    if not words:
        return ""
    shares = {
        language: sum(word in known for word in words) / len(words)
        for language, known in _STOPWORDS.items()
    }
    best = max(shares, key=lambda language: shares[language])
    return best if shares[best] >= 0.08 else ""
