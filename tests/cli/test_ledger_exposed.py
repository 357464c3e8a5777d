"""`keepsight ledger exposed`: the exact list, in words and as JSON; as processes, on real lines."""

import pytest

from keepsight.cli.ledger_exposed import NotKnownError, choose, interval, sentence
from keepsight.cli.terminal import parse_time
from tests.cli.command import keepsight

CAMERA, ANN, GONE = "c1" * 16, "aa" * 16, "bb" * 16
MINUTE = 60_000_000
DAY_US = parse_time("2026-05-04T18:00", 0)


def release(member, start, **more):
    return {
        "type": "release", "purpose": "live", "camera": CAMERA, "stream": "main", "epoch": 1,
        "writer": "11" * 16, "start_us": start, "end_us": start + MINUTE, "member": member,
        "device": "d1" * 16, **more,
    }  # fmt: skip


async def test_the_exact_list(installed):
    data, home = installed
    await home.household.journal.record(
        [
            {"type": "camera_added", "camera": CAMERA, "name": "Hall"},
            {"type": "member_added", "member": GONE, "name": "Ben"},
            *(release(ANN, DAY_US + n * MINUTE) for n in range(5)),
            release(GONE, DAY_US, integration="google", role="display"),
            release(ANN, DAY_US - 2 * 86_400_000_000),
        ]
    )
    day = ("--data", data, "--from", "2026-05-04", "--to", "2026-05-04")
    answer = await keepsight("ledger", "exposed", *day, "--json")
    assert answer.status == 0, answer.err
    found = answer.json
    assert found["counts"] == {"releases": 6, "stretches": 2}
    assert set(found["exposures"][0]) == {
        "member", "member_id", "subject", "role", "integration", "device", "device_id", "camera",
        "camera_id", "stream", "purpose", "from_us", "to_us", "released_us", "n",
    }  # fmt: skip
    assert found["household"] == home.household.household_id.hex()
    assert found["checkpoint"]["size"] >= 9
    words = await keepsight("ledger", "exposed", *day)
    assert "2 people or displays could see something" in words.out
    assert "Nobody else could" in words.out
    assert "Ben [google]" in words.out
    for choice in (("--member", "ben"), ("--integration", "Google"), ("--member", GONE[:6])):
        one = (await keepsight("ledger", "exposed", *day, *choice, "--json")).json
        assert [e["member"] for e in one["exposures"]] == ["Ben"]
    nothing = await keepsight(
        "ledger", "exposed", "--data", data, "--from", "2020-01-01", "--to", "2020-02-01",
        "--camera", "hall",
    )  # fmt: skip
    assert (nothing.status, "No key was handed out" in nothing.out) == (0, True)


async def test_names_that_nobody_knows_are_said_with_the_known_ones(installed):
    data, home = installed
    await home.household.journal.record(
        [{"type": "camera_added", "camera": CAMERA, "name": "Hall"}, release(ANN, DAY_US)]
    )
    span = ("--data", data, "--from", "-2h", "--to", "now")
    camera = await keepsight("ledger", "exposed", *span, "--camera", "Attic")
    assert (camera.status, "cameras: Hall" in camera.err) == (2, True)
    member = await keepsight("ledger", "exposed", *span, "--member", "Zoe")
    assert (member.status, "Ann" in member.err) == (2, True)
    for bad in (("yesterday", "now"), ("now", "-2h")):
        time = await keepsight(
            "ledger", "exposed", "--data", data, "--from", bad[0], "--to", bad[1]
        )
        assert time.status == 2


def test_a_list_too_long_for_one_answer_is_put_together():
    """The halves of a time, each asked for by itself; with a hub that answers little at once."""
    import asyncio

    from keepsight.cli.ledger_exposed import _ask
    from keepsight.serve.control import ControlError

    everything = [
        {
            "n": n, "member": "Ann", "member_id": ANN, "subject": "s", "role": "", "device": None,
            "integration": "", "device_id": None, "camera": "Hall", "camera_id": CAMERA,
            "stream": "main", "purpose": "live", "from_us": n * 10, "to_us": n * 10 + 25,
            "released_us": n,
        }
        for n in range(100)
    ]  # fmt: skip

    class SmallHub:
        async def ask(self, _method, _path, _body, **query):
            found = [
                e for e in everything if e["from_us"] < query["to"] and e["to_us"] > query["from"]
            ]
            if len(found) > 9:
                raise ControlError("too long", "too_many_exposures")
            return {"exposures": found, "household": "5e", "checkpoint": {"size": 100}}

    found = asyncio.run(_ask(SmallHub(), {}, 0, 2000))
    assert [e["n"] for e in found["exposures"]] == list(range(100))
    assert found["counts"] == {"releases": 100, "stretches": 1}


def test_names_and_beginnings_of_ids():
    known = {"c1" * 16: "Hall", "c2" * 16: "Yard", "c2c3" * 8: ""}
    assert choose("hall", known, "camera") == "c1" * 16
    assert choose("c1c1", known, "camera") == "c1" * 16
    for bad in ("c1", "attic", ""):
        with pytest.raises(NotKnownError):
            choose(bad, known, "camera")
    with pytest.raises(NotKnownError, match="more than one"):
        choose("hall", {**known, "c9" * 16: "HALL"}, "camera")


def test_a_day_is_all_of_it():
    from_us, to_us = interval("2026-05-04", "2026-05-04", 0)
    assert to_us - from_us == 86_400_000_000
    from_us, to_us = interval("-2h", "now", 10**15)
    assert (from_us, to_us) == (10**15 - 7_200_000_000, 10**15)


def test_the_answer_in_one_line():
    nobody = {"counts": {"releases": 0}, "members": []}
    assert "nothing could be seen" in sentence(nobody, "today", is_everybody=True)
    one = {"counts": {"releases": 1}, "members": [1]}
    assert sentence(one, "today", is_everybody=True).startswith("1 person or display could see")
    assert "Nobody else" not in sentence(one, "today for Ann", is_everybody=False)
