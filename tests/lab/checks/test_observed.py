"""Checks that one answer decides: every answer of every question, and no answer."""

import pytest

from keepsight.lab.checks.account import ACCOUNT_CHECKS
from keepsight.lab.checks.device import DEVICE_CHECKS
from keepsight.lab.checks.observed import evidence_of
from keepsight.lab.checks.update import UPDATE_CHECKS
from keepsight.lab.facts.observation import Observation, Observations
from keepsight.lab.read.questions import questions
from tests.lab.made import observed, outcome, product

KEYS = {
    "account/rate-limit": "rate_limit", "account/camera-pin": "camera_pin",
    "account/required": "account_required", "account/delete": "account_delete",
    "account/integrations": "integration_revoke", "device/setup-network": "setup_radio_after",
    "device/reset-and-transfer": "second_account", "device/shutter": "shutter",
    "device/default-credentials": "default_login", "update/automatic": "update_mode",
    "update/notified": "update_notice", "update/user-installable": "update_user_start",
    "update/downgrade": "update_downgrade", "update/freshness": "firmware_known_holes",
}  # fmt: skip
CHECKS = {c.check_id: c for c in (*ACCOUNT_CHECKS, *DEVICE_CHECKS, *UPDATE_CHECKS)}
QUESTIONS = {question.key: question for question in questions()}
GOOD = {"in_app", "by_request", "asked_in_setup", "off", "refused_until_reset", "automatic"}
BAD = {
    "not_possible",
    "offered_later",
    "accepted",
    "manual",
    "survives",
    "picture_on",
    "old_data_visible",
}


@pytest.mark.parametrize("check_id", KEYS)
def test_every_answer_of_the_template_is_judged(check_id):
    check, key = CHECKS[check_id], KEYS[check_id]
    for answer in QUESTIONS[key].choices:
        found = outcome(check, observed(**{key: answer}))
        if answer in GOOD:
            assert found == "clear", answer
        if answer in BAD:
            assert found == "violated", answer


@pytest.mark.parametrize("check_id", KEYS)
def test_no_answer_is_unknown_and_no_dossier_not_applicable(check_id):
    assert outcome(CHECKS[check_id], observed()) == "unknown"
    assert outcome(CHECKS[check_id], product()) == "not_applicable"


def test_evidence_shows_note_and_date():
    row = Observation("update_mode", "manual", "seen in settings", "2024-03-01")
    text = evidence_of(product(observations=Observations({"update_mode": row})), "update_mode").text
    assert text == "update mode: manual (seen in settings), seen on 2024-03-01"
