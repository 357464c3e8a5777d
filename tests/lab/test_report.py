"""Exit status and the five findings that matter."""

from dataclasses import replace

from keepsight.lab.facts.product import Product, Unread
from keepsight.lab.finding import Finding, Outcome, Severity
from tests.lab.reported import report


def row(check, severity, outcome=Outcome.VIOLATED):
    return Finding(check, outcome, severity, "t")


def test_exit_status():
    clear = (row("a/b", Severity.NOTE, Outcome.CLEAR),)
    assert report(findings=clear, unread=()).exit_status == 0
    assert report(findings=clear).exit_status == 0, (
        "a part that was not read is an unknown, no failure"
    )
    assert report(findings=clear, unread=(Unread("x.apk", "", "broken"),)).exit_status == 2
    assert report(findings=clear, artefacts=(), unread=()).exit_status == 2
    assert report(findings=(row("a/b", Severity.NOTE, Outcome.ERROR),), unread=()).exit_status == 2
    violated = (*clear, row("a/c", Severity.LOW))
    assert report(findings=violated, unread=(Unread("x.apk", "", "broken"),)).exit_status == 1


def test_the_gravest_first_and_one_a_check():
    rows = [row("a/low", Severity.LOW), row("a/high", Severity.HIGH), row("a/high", Severity.HIGH)]
    rows += [row(f"a/m{n}", Severity.MEDIUM) for n in range(9)]
    found = report(findings=tuple(rows)).important
    assert [f.check for f in found] == ["a/high", "a/m0", "a/m1", "a/m2", "a/m3"]


def test_a_report_without_a_product_is_called_after_its_files():
    made = report(product=Product())
    assert made.title == "use.pcap"
    assert replace(made, artefacts=()).title == "nothing readable"
