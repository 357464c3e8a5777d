"""The passphrase policy and the three verdicts are those of docs/sign-in.md; by cases."""

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.signin.passphrase import character_kinds, judge_passphrase


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "too_short"),
        ("Tr0ub4dor&3", "too_short"),
        ("aaaaaaaaaaaaaaaaaaaa", "guessable"),
        ("password12345678", "guessable"),
        ("livingroomlivingroom", "guessable"),
        ("x" * 257, "too_long"),
    ],
)
def test_weak_passphrases_are_refused_with_the_reason(text, reason):
    verdict = judge_passphrase(Secret(text), ("Living room", "Ann"))
    assert not verdict.is_accepted
    assert reason in verdict.reasons


def test_context_words_count_as_guessable():
    assert judge_passphrase(Secret("brandenburg-xanthippe"), ()).is_accepted
    named = judge_passphrase(Secret("brandenburg-xanthippe"), ("Brandenburg", "Xanthippe"))
    assert not named.is_accepted


def test_four_random_words_pass_and_the_bsi_advice_is_said():
    verdict = judge_passphrase(Secret("gravel teapot orbit"), ())
    assert verdict.is_accepted
    assert verdict.hints == ("bsi_short",)
    assert judge_passphrase(Secret("gravel teapot orbit lantern"), ()).hints == ()


def test_twelve_characters_are_enough_beside_a_second_factor_only():
    short = Secret("teapot orbit")
    assert judge_passphrase(short, ()).reasons == ("too_short",)
    assert judge_passphrase(short, ()).length_min == 15
    assert judge_passphrase(short, (), has_factor=True).is_accepted
    assert not judge_passphrase(Secret("teapot orbi"), (), has_factor=True).is_accepted


@pytest.mark.parametrize(
    ("text", "has_factor", "bsi", "nist", "asvs"),
    [
        ("gravel teapot orbit", False, False, True, True),
        ("gravel teapot orbit lantern", False, True, True, True),
        ("Gr4vel-teapot", False, True, False, True),
        ("teapot orbit", False, False, False, True),
        ("teapot orbit", True, False, True, True),
        ("teapot 0rbit", True, True, True, True),
        ("teapot", True, False, False, False),
        ("qazwsxedcrfvtgb", False, False, False, False),
    ],
)
def test_each_standard_has_its_own_verdict(text, has_factor, bsi, nist, asvs):
    standards = judge_passphrase(Secret(text), (), has_factor=has_factor).standards
    assert (standards.bsi, standards.nist, standards.asvs) == (bsi, nist, asvs)


def test_character_kinds():
    assert [character_kinds(t) for t in ("", "abc", "aB", "aB1", "aB1 ")] == [0, 1, 2, 3, 4]
