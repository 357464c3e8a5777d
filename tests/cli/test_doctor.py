"""`doctor` finds what is wrong and says how to mend it; by breaking things."""

from keepsight.cli.doctor import CAMERA_REMEDIES, judge_status
from keepsight.hub.camera import StreamState
from tests.cli.command import keepsight
from tests.hub.journals import flip

FINE = {StreamState.RUNNING, StreamState.STARTING, StreamState.STOPPED}


def test_every_state_that_needs_the_owner_has_a_remedy():
    assert set(CAMERA_REMEDIES) == {state.value for state in StreamState} - {s.value for s in FINE}


def test_troubles_become_problems_with_remedies():
    status = {
        "cameras": [
            {"name": "Hall", "state": "wrong_password"},
            {"name": "Door", "state": "running"},
        ],
        "refusals": {"total": 3, "by_reason": {"stale": 3}},
        "alarms": [{"text": "the disk is full"}],
    }
    results = list(judge_status("home", status))
    assert [r.verdict for r in results] == ["problem", "ok", "warning", "problem"]
    assert "password" in results[0].remedy


async def test_a_new_machine_is_told_to_start(tmp_path):
    answer = await keepsight("doctor", "--data", tmp_path / "none", "--json")
    found = {result["what"]: result for result in answer.json}
    assert found["data directory"]["remedy"] == "run `keepsight serve`"


async def test_open_keys_and_a_broken_ledger_are_problems(installed):
    data, home = installed
    (home.directory / "keys" / "keyring.json").chmod(0o644)
    await home.household.journal.record([{"type": "test"}])
    flip(home.directory / "ledger.db", 1)
    answer = await keepsight("doctor", "--data", data)
    assert answer.status == 1
    assert "can be read by others" in answer.out
    assert "line 1" in answer.out
