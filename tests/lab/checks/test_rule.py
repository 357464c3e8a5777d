"""How a rule words its outcomes, and how much evidence it shows."""

from keepsight.lab.checks.rule import EVIDENCE_MAX, Rule, unread_kind, why
from keepsight.lab.facts.product import Unread
from keepsight.lab.finding import Evidence, Outcome, Severity
from tests.lab.made import product

RULE = Rule("x/y", "app", "something", ("S 1",))


def test_only_violations_carry_a_severity():
    for found in (RULE.clear("a"), RULE.unknown("a", "b"), RULE.not_applicable("c")):
        assert found[0].severity is Severity.NOTE
        assert found[0].standards == ("S 1",)
    assert RULE.violated(Severity.HIGH, "a")[0].outcome is Outcome.VIOLATED


def test_evidence_is_bounded_and_says_how_much_there_was():
    found = RULE.violated(Severity.LOW, "a", tuple(Evidence(str(n)) for n in range(100)))[0]
    assert len(found.evidence) == EVIDENCE_MAX
    assert found.details["evidence_total"] == 100


def test_whole_and_partly_unread_artefacts_differ():
    facts = product(unread=(Unread("a.pcap", "", "x"), Unread("b.pcap", "its end", "y")))
    assert [part.artefact for part in unread_kind(facts, (".pcap",))] == ["a.pcap"]
    assert why(facts.unread) == "a.pcap: x; b.pcap its end: y"
