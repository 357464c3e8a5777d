"""A check survives being written down."""

import json

import pytest

from keepsight.hub.inspection import (
    Confinement,
    FailureReason,
    GivenFile,
    Inspection,
    InspectionState,
    Summary,
    inspection_document,
    read_inspection,
)

BEGUN = Inspection(
    b"1" * 16, 7, InspectionState.RECEIVING, "Camera", (GivenFile("a.apk", 5),), "local"
)
HELD = Confinement(7, seccomp=True, namespaces=False)
SUMMARY = Summary("Camera", 41.5, "D", 0.5, 3, 2, 1, 0)


@pytest.mark.parametrize(
    "inspection",
    [
        BEGUN,
        BEGUN.ended(FailureReason.DIED, 9, HELD),
        Inspection(
            b"1" * 16, 7, InspectionState.DONE, "", (), "local", b"c" * 16, 8, 9,
            None, SUMMARY, HELD,
        ),
    ],
)  # fmt: skip
def test_there_and_back(inspection):
    document = json.loads(json.dumps(inspection_document(inspection)))
    found = read_inspection(
        document,
        inspection_id=inspection.inspection_id,
        created_us=inspection.created_us,
        state=inspection.state.value,
        camera_id=inspection.camera_id,
    )
    assert found == inspection
    assert not {"camera_id", "state"} & set(document)


def test_an_end_is_done_or_failed():
    assert BEGUN.ended(None, 9, HELD).state is InspectionState.DONE
    failed = BEGUN.ended(FailureReason.TOO_SLOW, 9, None)
    assert (failed.state, failed.is_over, failed.size_bytes) == (InspectionState.FAILED, True, 5)
