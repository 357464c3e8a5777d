"""Three standards, three verdicts: BSI, NIST and ASVS side by side."""

import pytest

from keepsight.lab.checks.account.password_policy import CHECK, by_asvs, by_bsi, by_nist
from keepsight.lab.facts.observation import Observation, Observations
from tests.lab.made import observed, outcome, product

WELL = {
    "password_composition_rule": "no", "password_rotation": "no", "password_blocklist": "yes",
    "password_paste": "yes", "password_length_max": 128,
}  # fmt: skip


def answers(**given):
    return Observations({key: Observation(key, value) for key, value in given.items()})


@pytest.mark.parametrize(
    ("length", "types", "factor", "expected"),
    [
        (25, 2, False, "clear"),
        (8, 4, False, "clear"),
        (8, 3, True, "clear"),
        (8, 3, False, "violated"),
        (8, 3, None, "unknown"),
        (8, 2, True, "violated"),
        (24, 2, False, "violated"),
        (7, 4, True, "violated"),
        (12, None, True, "unknown"),
    ],
)
def test_bsi_knows_three_routes(length, types, factor, expected):
    assert by_bsi(length, types, has_factor=factor).outcome == expected


def test_nist_does_not_accept_an_e_mailed_pin():
    assert by_nist(8, answers(**WELL), ("email_pin",)).outcome == "violated"
    assert by_nist(8, answers(**WELL), ("totp",)).outcome == "clear"
    assert by_nist(15, answers(**WELL), ()).outcome == "clear"
    assert by_nist(15, answers(), ()).outcome == "unknown"
    assert (
        by_nist(15, answers(**{**WELL, "password_composition_rule": "yes"}), ()).outcome
        == "violated"
    )


def test_asvs_breaks_on_composition_and_knows_what_was_not_observed():
    assert by_asvs(8, answers(**WELL)).outcome == "clear"
    assert "15" in by_asvs(8, answers(**WELL)).reason
    assert by_asvs(8, answers(**{**WELL, "password_composition_rule": "yes"})).outcome == "violated"
    assert by_asvs(8, answers(**{**WELL, "password_length_max": 20})).outcome == "violated"
    assert by_asvs(8, answers()).outcome == "unknown"


def test_the_accounts_worked_case_fails_each_standard_for_its_own_reason():
    found = CHECK.judge(
        observed(
            password_length_min=8, password_types_min=2, password_composition_rule="yes",
            second_factor=("email_pin",),
        )
    )[0]  # fmt: skip
    assert found.outcome == "violated"
    assert {row["outcome"] for row in found.details.values()} == {"violated"}
    assert len({row["reason"] for row in found.details.values()}) == 3


def test_other_outcomes():
    assert outcome(CHECK, product()) == "not_applicable"
    assert outcome(CHECK, observed(account_required="none")) == "not_applicable"
    assert outcome(CHECK, observed()) == "unknown"
    assert CHECK.judge(observed(password_default="universal"))[0].severity == "critical"
    whole = observed(
        password_length_min=25, password_types_min=2, second_factor=("passkey",), **WELL
    )
    assert outcome(CHECK, whole) == "clear"
