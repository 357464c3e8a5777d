"""Goal: the door says no in the hub's shape. Method: each status once."""

import json

import pytest

from keepsight.door.answers import MESSAGES, refusal


@pytest.mark.parametrize("status", sorted(MESSAGES))
def test_shape(status: int) -> None:
    answer = refusal(status)
    assert answer.status == status
    assert answer.content_type == "application/json"
    assert isinstance(answer.body, bytes)
    content = json.loads(answer.body)
    assert set(content) == {"error", "message", "fields"}
    assert content["error"] == MESSAGES[status][0]
    assert len(content["message"]) > 10


def test_own_words() -> None:
    answer = refusal(503, "busy", "come again")
    assert isinstance(answer.body, bytes)
    assert json.loads(answer.body) == {"error": "busy", "message": "come again", "fields": {}}
