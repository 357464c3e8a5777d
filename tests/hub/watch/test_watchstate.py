"""Goal: who may know why watching goes badly does, and nobody else.

Method: one state, shown to each who may ask.
"""

import json

import pytest

from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.watchstate import WatchPhase, WatchState

SAID = "words of the watcher"
WHY = Reason(ReasonCode.OWN_REFUSED, {"file": "yard.onnx"})
DEAF = Reason(ReasonCode.SOUND_FAILED)
STATE = WatchState(WatchPhase.OFF, WHY, "keyframes", 5, sound=(WatchPhase.FAILED, DEAF), said=SAID)


def test_an_owner_gets_the_hubs_reasons_and_no_words_of_the_watcher():
    found = STATE.as_fields(is_owner=True)
    assert found["reason"] == WHY.as_fields()
    assert found["sound"] == {"state": "failed", "reason": DEAF.as_fields()}
    assert "said" not in found
    assert SAID not in json.dumps(found)


def test_others_learn_how_it_goes_and_not_why():
    found = STATE.as_fields(is_owner=False)
    assert (found["state"], found["reason"]) == ("off", None)
    assert found["sound"] == {"state": "failed", "reason": None}
    assert "yard" not in json.dumps(found)


def test_the_command_line_is_told_what_the_watcher_says():
    assert STATE.as_fields(is_owner=True, is_local=True)["said"] == SAID


@pytest.mark.parametrize(
    ("phase", "is_recognising", "is_troubled"),
    [
        ("watching", True, False),
        ("behind", True, True),
        ("off", False, True),
        ("failed", False, True),
        ("starting", False, False),
        ("unwatched", False, False),
    ],
)
def test_where_no_event_means_nobody(phase, is_recognising, is_troubled):
    state = WatchState(WatchPhase(phase), None, None, 0)
    assert (state.is_recognising, state.is_troubled) == (is_recognising, is_troubled)
    assert state.as_fields(is_owner=True)["sound"] is None
