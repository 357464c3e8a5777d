"""Loads the guided observations: what is asked, why, and how to find out."""

import tomllib
from dataclasses import dataclass, field
from functools import cache
from importlib import resources


@dataclass(frozen=True, slots=True)
class Question:
    """One observation a person makes."""

    key: str
    group: str
    ask: str
    why: str
    how: str
    kind: str
    """choice, several, number, date or text."""
    choices: dict[str, str] = field(default_factory=dict)


@cache
def questions() -> tuple[Question, ...]:
    """All questions, in the order of the template."""
    text = (resources.files("keepsight.lab") / "data" / "questions.toml").read_text("utf-8")
    return tuple(
        Question(
            row["key"],
            row["group"],
            row["ask"],
            row["why"],
            row["how"],
            row["kind"],
            row.get("choices", {}),
        )
        for row in tomllib.loads(text)["question"]
    )
