"""The questions of the template are complete, and each is used by a check."""

from pathlib import Path

from keepsight.lab import checks
from keepsight.lab.read.questions import questions


def test_each_says_why_and_how():
    for question in questions():
        assert question.ask.strip()
        assert question.why
        assert question.how
        assert bool(question.choices) == (question.kind in ("choice", "several")), question.key
    assert len({question.key for question in questions()}) == len(questions())


def test_each_is_used_by_a_check():
    source = "".join(p.read_text() for p in Path(checks.__file__).parent.rglob("*.py"))
    unused = [q.key for q in questions() if f'"{q.key}"' not in source]
    assert unused == []
