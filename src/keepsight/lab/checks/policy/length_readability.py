"""Texts too hard to read.

What it looks at: words, words per sentence, reading time by two formulas, Flesch reading ease
(Amstad's for German) with its plain-language band, and the Flesch-Kincaid grade, which is another
scale.

Why it matters: information that is not understood is not information.

What it cannot see: whether a text is clear. The figures count syllables and words.

References: GDPR article 12(1); docs/lab/readability.md.
"""

from keepsight.lab.checks.policy.sources import absent
from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.policy import PolicyFacts
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Severity

RULE = Rule("policy/length-readability", "privacy", "texts too hard to read", ("GDPR 12(1)?",))
READING_EASE_MIN = 30.0
"""Version 1 of the threshold: below it only college graduates read with ease."""
WORDS_MAX = 10_000
"""Version 1: more than 42 minutes at 238 words a minute."""


def judge(facts: ProductFacts) -> tuple[Finding, ...]:
    """Numbers first; violated only past the published thresholds."""
    nothing = absent(RULE, facts)
    if nothing is not None:
        return nothing
    shown = tuple(
        Evidence(line(policy), policy.artefact, "whole text") for policy in facts.policies
    )
    hard = [p for p in facts.policies if p.figures.reading_ease < READING_EASE_MIN]
    long = [p for p in facts.policies if p.figures.words > WORDS_MAX]
    if hard or long:
        parts = [
            f"{p.artefact}: reading ease {p.figures.reading_ease} ({p.figures.reading_ease_band})"
            for p in hard
        ] + [f"{p.artefact}: {p.figures.words:,} words" for p in long]
        return RULE.violated(
            Severity.LOW,
            f"Hard or long to read: {'; '.join(parts)}",
            shown,
            remedy="Shorten sentences, and put a summary of a page in front.",
        )
    figures = facts.policies[0].figures
    return RULE.clear(
        f"{figures.words:,} words, {figures.words_per_sentence} a sentence, "
        f"{figures.minutes_at_238:.1f} minutes at 238 words a minute, reading ease "
        f"{figures.reading_ease} ({figures.reading_ease_band})",
        shown,
    )


def line(policy: PolicyFacts) -> str:
    """All figures of a text in a line, each with the formula's name."""
    f = policy.figures
    formula = f.reading_ease_formula.split(":", maxsplit=1)[0]
    parts = [
        f"{f.words:,} words in {f.sentences} sentences ({f.words_per_sentence} a sentence)",
        f"{f.minutes_at_238:.1f} minutes at 238 words a minute",
        f"{f.minutes_by_character:.2f} minutes at 14.69 ms a character",
        f"{formula} reading ease {f.reading_ease}, band {f.reading_ease_band}",
    ]
    if f.kincaid_grade is not None:
        parts.append(f"Flesch-Kincaid grade {f.kincaid_grade}")
    return "; ".join([*parts, f"text SHA-256 {policy.text_sha256[:16]}"])


CHECK = RULE.check(judge)
