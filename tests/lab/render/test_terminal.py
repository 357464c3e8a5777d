"""The terminal says the rating, the faults, and what is not known."""

import io

from rich.console import Console

from keepsight.lab.baseline import Changes
from keepsight.lab.render.terminal import show, show_summary
from tests.lab.reported import report


def shown(**parts):
    console = Console(file=io.StringIO(), width=100)
    show(report(**parts), console, all_findings=True)
    return console.file.getvalue()


def test_everything_is_said():
    changes = Changes(("a/b: fresh",), ("a/c: done",), (), ("a/d: gone",), is_same_rating=True)
    text = shown(changes=changes)
    for part in (
        "capture/cleartext",
        "none of it counts as clean",
        "Not read",
        "Suppressed",
        "fresh",
        "gone",
    ):
        assert part in text


def test_hostile_names_are_text_not_markup():
    assert "<script>" in shown()


def test_the_summary_has_a_line_a_product():
    console = Console(file=io.StringIO(), width=100)
    show_summary([report(), report()], console)
    assert console.file.getvalue().count("Camera") == 2
