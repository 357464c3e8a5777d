"""Goal: facts never say more than was read. Method: build them and ask."""

import pytest

from keepsight.lab.facts.app import AppFacts, SchemeResult, Signing
from keepsight.lab.facts.product import Unread
from tests.lab.checks.app.facts import CERTIFICATE, app, call


def test_calls_are_filtered_in_order():
    facts = app(calls=(call("a", 1), call("b", 2), call("a", 3)))
    assert [one.arguments for one in facts.calls_of("a")] == [(1,), (3,)]
    assert len(facts.calls_of("a", "b")) == 3


@pytest.mark.parametrize("part", ["classes2.dex", "x.apk/classes.dex", "assets/p.jar", "archive"])
def test_unread_code_is_a_gap(part):
    assert app(unread=(Unread("app.apk", part, "cut"),)).code_gaps == (f"{part}: cut",)


def test_other_parts_are_no_gap_in_the_code():
    facts = app(unread=(Unread("app.apk", "signing", "broken"),))
    assert facts.code_gaps == ()
    assert facts.gaps_of(["signing"]) == ("signing: broken",)


def test_no_code_at_all_is_a_gap():
    assert AppFacts("app.apk").code_gaps


def test_places_are_written_for_people():
    text = str(call("a").place)
    assert text == "classes.dex org.example.app.Main.run at 0x1234"


def test_the_newest_verified_scheme_names_the_signers():
    old = SchemeResult("v1", present=True, verified=True, signers=())
    new = SchemeResult("v3", present=True, verified=True, signers=(CERTIFICATE,))
    bad = SchemeResult("v2", present=True, verified=False)
    signing = Signing((old, bad, new))
    assert signing.verified == ("v1", "v3")
    assert signing.current_signers == (CERTIFICATE,)
    assert Signing().current_signers == ()
