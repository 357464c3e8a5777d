"""A check that rests on one answered question of the dossier."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from keepsight.lab.checks.rule import Rule
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Evidence, Finding, Outcome, Severity


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one answer comes to."""

    outcome: Outcome
    title: str
    severity: Severity = Severity.NOTE
    remedy: str = ""
    is_note: bool = False
    """The answer is written down and judged by nobody."""


def clear(title: str) -> Judgement:
    """The answer shows that all is well."""
    return Judgement(Outcome.CLEAR, title)


def noted(title: str) -> Judgement:
    """The answer is worth knowing and no fault."""
    return Judgement(Outcome.CLEAR, f"Noted, not judged: {title}", is_note=True)


def violated(severity: Severity, title: str, remedy: str) -> Judgement:
    """The answer shows a fault."""
    return Judgement(Outcome.VIOLATED, title, severity, remedy)


def absent(title: str) -> Judgement:
    """The answer says that the thing does not exist here."""
    return Judgement(Outcome.NOT_APPLICABLE, title)


def open_question(title: str) -> Judgement:
    """The answer leaves it open."""
    return Judgement(Outcome.UNKNOWN, title)


def judged_by_answer(
    rule: Rule, key: str, answers: Mapping[str, Judgement]
) -> Callable[[ProductFacts], tuple[Finding, ...]]:
    """A judge for a rule that one answer decides. No answer is unknown, never clear."""

    def judge(facts: ProductFacts) -> tuple[Finding, ...]:
        if facts.observations is None:
            return rule.not_applicable("no dossier with observations was given")
        answer = facts.observations.text(key)
        found = None if answer is None else answers.get(answer)
        if answer is None or found is None:
            return rule.unknown(
                f"Not observed: {rule.title}", f"the question {key} is not answered in the dossier"
            )
        proof = (evidence_of(facts, key),)
        if found.outcome is Outcome.VIOLATED:
            return rule.violated(found.severity, found.title, proof, remedy=found.remedy)
        if found.outcome is Outcome.CLEAR:
            return rule.clear(
                found.title, proof, details={"noted": True} if found.is_note else None
            )
        if found.outcome is Outcome.NOT_APPLICABLE:
            return rule.not_applicable(found.title)
        return rule.unknown(found.title, f"the tester answered: {answer}", proof)

    return judge


def evidence_of(facts: ProductFacts, key: str) -> Evidence:
    """The tester's answer as evidence."""
    observations = facts.observations
    if observations is None or key not in observations.answers:
        return Evidence(f"{key}: not answered")
    seen = observations.answers[key]
    value = ", ".join(seen.value) if isinstance(seen.value, tuple) else str(seen.value)
    text = f"{key.replace('_', ' ')}: {value.replace('_', ' ')}"
    if seen.note:
        text += f" ({seen.note})"
    if seen.date:
        text += f", seen on {seen.date}"
    return Evidence(text, observations.source, f"observation {key}")
