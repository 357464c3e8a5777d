"""Whole policies: our own to the last right, real ones for what is known of them."""

import pytest

from keepsight.lab.facts.policy import ClauseKind, Winner
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.policy import read_policy
from tests.lab.synthetic.dossier import TEXTS
from tests.paths import shared_data


def test_our_own_policy():
    facts, unread = read_policy(TEXTS / "product-policy.html")
    assert unread == ()
    assert facts.title == "Example Home Privacy Policy"
    stated = "access correct delete object withdraw no_sale eu_contact contact transfer retention"
    for kind in (*stated.split(), "encrypted_to_third", "telemetry"):
        assert facts.of(ClauseKind(kind)), kind
    assert facts.of(ClauseKind.SALE) == ()
    assert "AutoNavi / Amap" in facts.named_parties
    assert "Facebook Login" in facts.named_parties
    assert "Bugly" not in facts.named_parties
    assert {"account", "live view", "setting up a device"} <= {
        row.function for row in facts.functions
    }
    assert facts.precedences[0].winner is Winner.OTHER


def test_scripts_are_not_text():
    facts, _ = read_policy(TEXTS / "product-policy.html")
    assert "everyone" not in facts.folded_text.split("sell")[1][:40]


def test_a_policy_in_a_foreign_language_is_unreadable(tmp_path):
    path = tmp_path / "p.txt"
    path.write_text("Ceci est notre politique de confidentialité pour les caméras. " * 20)
    with pytest.raises(UnreadableArtefact, match="neither English nor German"):
        read_policy(path)


def test_names_that_are_common_words_count_inside_a_sentence_only(tmp_path):
    path = tmp_path / "p.txt"
    text = "You can adjust the settings of the camera and the app as you like it. " * 5
    path.write_text(text)
    assert read_policy(path)[0].named_parties == ()
    path.write_text(text + "We work together with Adjust for the measurement of our campaigns.")
    assert read_policy(path)[0].named_parties == ("Adjust",)


@pytest.mark.parametrize(
    ("name", "words", "has", "lacks"),
    [
        ("TP-Link", 2985, ("withdraw", "object", "contact"), ("retention", "no_sale", "officer")),
        ("Samsung", 7835, ("officer", "withdraw", "transfer"), ()),
        ("ASUS", 5357, ("no_sale", "retention", "contact"), ("sale",)),
        ("Tencent", 1623, ("officer", "correct", "access"), ("no_sale",)),
        ("Google_Nest", 3586, ("delete",), ("withdraw",)),
    ],
)
def test_real_policies(name, words, has, lacks):
    facts, _ = read_policy(shared_data(f"policies/{name}.md"))
    assert abs(facts.figures.words - words) / words < 0.03
    assert all(facts.of(ClauseKind(kind)) for kind in has)
    assert not any(facts.of(ClauseKind(kind)) for kind in lacks)
