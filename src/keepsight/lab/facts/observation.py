"""What a person saw while using the product: the answers of a dossier's guided questions."""

from dataclasses import dataclass, field

Answer = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """One answered question."""

    key: str
    """E.g. password_length_min."""
    value: Answer
    note: str = ""
    date: str = ""
    """ISO date of the look; empty where the tester gave none."""


@dataclass(frozen=True, slots=True)
class Observations:
    """All answers. A question that was not answered is absent, never a default."""

    answers: dict[str, Observation] = field(default_factory=dict)
    source: str = "dossier.toml"

    def text(self, key: str) -> str | None:
        """The chosen word, or None where it was not answered."""
        found = self.answers.get(key)
        return None if found is None or not isinstance(found.value, str) else found.value

    def number(self, key: str) -> int | None:
        """The number, or None where it was not answered."""
        found = self.answers.get(key)
        if found is None or isinstance(found.value, bool) or not isinstance(found.value, int):
            return None
        return found.value

    def words(self, key: str) -> tuple[str, ...] | None:
        """The chosen words of a question with several answers, or None."""
        found = self.answers.get(key)
        return None if found is None or not isinstance(found.value, tuple) else found.value

    def note(self, key: str) -> str:
        """What the tester wrote beside the answer."""
        found = self.answers.get(key)
        return "" if found is None else found.note
