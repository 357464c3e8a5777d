"""The list is exactly the release lines of the time, whoever they are about; on a real ledger."""

import pytest

from keepsight.hub.exposure import (
    JOINT_US,
    Exposure,
    Person,
    TooManyExposuresError,
    Wanted,
    as_document,
    find_exposures,
    join,
    summary,
)
from tests.hub.journals import running_journal

ANN, BEN, HUE = "aa" * 16, "bb" * 16, "ee" * 16
HALL, YARD = "c1" * 16, "c2" * 16
PHONE = "d1" * 16
PEOPLE = {
    ANN: Person("Ann", "owner", ""),
    BEN: Person("Ben", "guest", ""),
    HUE: Person("Hub in the kitchen", "display", "google"),
}
MINUTE = 60_000_000


def release(member, camera, start, end, **more):
    return {
        "type": "release", "purpose": "live", "camera": camera, "stream": "main", "epoch": 1,
        "writer": "11" * 16, "start_us": start, "end_us": end, "member": member, "device": PHONE,
        **more,
    }  # fmt: skip


@pytest.fixture
async def journal(tmp_path):
    async with running_journal(tmp_path) as made:
        await made.record(
            [
                {"type": "device_enrolled", "member": ANN, "device": PHONE, "name": "Ann's phone"},
                *(release(ANN, HALL, n * MINUTE, (n + 1) * MINUTE) for n in range(10)),
                release(BEN, YARD, 3 * MINUTE, 4 * MINUTE),
                {"type": "refused", "camera": HALL, "stream": "main", "reason": "stale"},
                release(HUE, HALL, 5 * MINUTE, None),
                release(ANN, HALL, 20 * MINUTE, 21 * MINUTE, purpose="rec", stream="sub"),
            ]
        )
        yield made


def ask(journal, from_us=0, to_us=100 * MINUTE, size=1 << 40, **more):
    wanted = Wanted(from_us, to_us, **more)
    unknown = Person("", "", "")
    return find_exposures(
        journal.reader, wanted, size, lambda known: PEOPLE.get(known, unknown), {HALL: "Hall"}
    )


def test_all_of_it(journal):
    found = ask(journal)
    assert len(found) == 13
    assert [e.n for e in found] == sorted(e.n for e in found)
    first = found[0]
    assert (first.member, first.role, first.device, first.camera) == (
        "Ann", "owner", "Ann's phone", "Hall",
    )  # fmt: skip
    assert (first.n, first.from_us, first.to_us) == (2, 0, MINUTE)
    assert {e.member for e in found} == {"Ann", "Ben", "Hub in the kitchen"}


def test_by_time_camera_member_integration_and_size(journal):
    assert [e.n for e in ask(journal, 0, 1)] == [2]
    assert [e.n for e in ask(journal, MINUTE, MINUTE + 1)] == [3]
    assert [e.n for e in ask(journal, MINUTE - 1, MINUTE + 1)] == [2, 3]
    assert [e.n for e in ask(journal, 50 * MINUTE, 51 * MINUTE)] == [14]
    assert [e.n for e in ask(journal, camera=bytes.fromhex(YARD))] == [12]
    assert [e.n for e in ask(journal, member=bytes.fromhex(BEN))] == [12]
    assert [e.n for e in ask(journal, integration="Google")] == [14]
    assert ask(journal, integration="alexa") == []
    assert ask(journal, member=b"\x99" * 16) == []
    assert [e.n for e in ask(journal, size=3)] == [2, 3]


async def test_what_the_line_says_of_the_integration_comes_first(journal):
    await journal.record([release(HUE, HALL, 70 * MINUTE, 71 * MINUTE, integration="homekit")])
    found = ask(journal, 70 * MINUTE, 72 * MINUTE, integration="homekit")
    assert [e.integration for e in found] == ["homekit"]


async def test_an_erased_person_is_still_one_person_on_the_list(journal):
    await journal.erase_subject(bytes.fromhex(ANN), by="local")
    found = ask(journal)
    assert len(found) == 13
    erased = [e for e in found if e.member_id is None]
    assert len(erased) == 11
    assert {e.member for e in erased} == {None}
    assert len({e.subject for e in erased}) == 1
    assert len(summary(found)) == 3
    assert ask(journal, member=bytes.fromhex(ANN)) == []


def test_nothing_is_left_out_silently(journal, monkeypatch):
    monkeypatch.setattr("keepsight.hub.exposure.EXPOSURES_MAX", 12)
    with pytest.raises(TooManyExposuresError):
        ask(journal)
    assert len(ask(journal, 0, 10 * MINUTE)) == 12


def exposure(n, from_us, to_us, **more):
    given = {
        "member": "Ann", "member_id": ANN, "subject": "s", "role": "owner", "integration": "",
        "device": "Phone", "device_id": PHONE, "camera": "Hall", "camera_id": HALL,
        "stream": "main", "purpose": "live", "released_us": from_us, **more,
    }  # fmt: skip
    return Exposure(n=n, from_us=from_us, to_us=to_us, **given)


def test_windows_without_a_gap_are_one_stretch():
    joined = join(
        [
            exposure(3, 200, 260), exposure(1, 0, 100), exposure(2, 100, 200),
            exposure(4, 260 + JOINT_US, 270 + JOINT_US),
            exposure(5, 271 + 2 * JOINT_US, 300 + 2 * JOINT_US),
            exposure(6, 100, 200, stream="sub"),
        ]
    )  # fmt: skip
    shown = [(s.stream, s.from_us, s.to_us, s.releases, s.first_n, s.last_n) for s in joined]
    assert shown == [
        ("main", 0, 270 + JOINT_US, 4, 1, 4),
        ("sub", 100, 200, 1, 6, 6),
        ("main", 271 + 2 * JOINT_US, 300 + 2 * JOINT_US, 1, 5, 5),
    ]


def test_a_window_without_end_takes_in_all_that_follows():
    (joined,) = join([exposure(1, 0, None), exposure(2, 10**9, 10**9 + 1)])
    assert (joined.to_us, joined.releases) == (None, 2)
    assert join([]) == []


def test_the_document_says_both_counts(journal):
    document = as_document(ask(journal), Wanted(0, 100 * MINUTE), "5e" * 16, {"size": 15})
    assert document["counts"] == {"releases": 13, "stretches": 4}
    assert len(document["exposures"]) == 13
    ann = next(m for m in document["members"] if m["member"] == "Ann")
    assert ann["releases"] == 11
    assert ann["devices"] == [{"device": "Ann's phone", "device_id": PHONE}]
    (hall,) = ann["cameras"]
    assert (hall["from_us"], hall["to_us"], hall["releases"]) == (0, 21 * MINUTE, 11)
