"""Claims: goal: what the watcher says is read in full or not at all; method: its own documents, and
the same with one thing wrong."""

import contextlib
import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.detect.event import Event as TheirEvent
from keepsight.detect.event import Phase, as_document
from keepsight.detect.sight import Box
from keepsight.hub.watch import claims
from keepsight.hub.watch.claims import ClaimError
from keepsight.hub.watch.watchstate import WatchPhase

NOW_US = 1_790_000_000_000_000
ID = "0f" * 16
JPEG = b"\xff\xd8\xff\xe0" + bytes(40) + b"\xff\xd9"
THEIRS = TheirEvent(
    id=ID, phase=Phase.UPDATE, kind="person", start_us=5, end_us=3_000_005,
    start_wall_us=NOW_US, end_wall_us=NOW_US + 3_000_000, noticed_us=400_005, confidence=0.91,
    best_box=Box(0.1, 0.2, 0.3, 0.6), best_us=1_000_005, best_wall_us=NOW_US + 1_000_000,
    zones=("Door",), count=2, path=((5, Box(0.1, 0.2, 0.3, 0.6)),),
)  # fmt: skip


def event(**changes):
    document = {**as_document(THEIRS), **changes}
    return json.dumps({name: v for name, v in document.items() if v is not ...}).encode()


def test_an_event_of_the_watcher_is_read_whole():
    claim = claims.read_event(event())
    assert (claim.event_id, claim.phase, claim.kind) == (bytes.fromhex(ID), "update", "person")
    assert (claim.start_us, claim.last_us) == (NOW_US, NOW_US + 3_000_000)
    assert (claim.confidence, claim.best_us) == (0.91, NOW_US + 1_000_000)
    assert claim.best_box == (0.1, 0.2, 0.3, 0.6)
    assert claim.zones == ("Door",)
    assert claim.path == ((0.0, 0.2, 0.6),)
    assert claims.read_event(event(best_box=None, zones=..., path=...)).best_box is None


WRONG = {
    "id": ["", "0F" * 16, "x" * 32, 3, None, "0" * 31, "0" * 33],
    "phase": ["begin", None, 1, ["start"]],
    "kind": ["", "k" * 41, "per\nson", "\x1b[2J", None, 4],
    "start_us": [-1, 1 << 60, "now", None, True, 1.5],
    "end_us": [NOW_US - 1, None, 1 << 70],
    "best_us": [None, "x"],
    "confidence": [-0.1, 1.1, None, True, "1"],
    "best_box": [[0, 0, 1], [1, 0, 0, 1], [0, 1, 1, 0], "box", [0, 0, 1, 99], [0, 0, None, 1]],
    "zones": ["Door", ["x" * 65], [""], ["a\nb"], [str(n) for n in range(33)], [3]],
    "path": [[[0, 1]], [[-1, 0, 0]], [[0, 9, 0]], [[0, 0, 0]] * 513, {"0": 1}],
}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, each in WRONG.items() for v in each])
def test_an_event_with_one_thing_wrong_is_none(name, value):
    with pytest.raises(ClaimError):
        claims.read_event(event(**{name: value}))


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{", b"\xff\xfe", b'{"id":' * 2000, b"[" * 100_000,
     event().replace(b"0.91", b"NaN"), event().replace(b"0.91", b"Infinity")],
    ids=lambda body: repr(body[:20]),
)  # fmt: skip
def test_what_is_no_document_is_no_claim(body):
    for read in (claims.read_event, claims.read_state, claims.read_boxes):
        with pytest.raises(ClaimError):
            read(body)


def test_edges_just_outside_are_pulled_in_and_the_best_moment_lies_inside():
    claim = claims.read_event(event(best_box=[-0.01, 0, 1.02, 1], best_us=NOW_US - 5))
    assert claim.best_box == (0.0, 0.0, 1.0, 1.0)
    assert claim.best_us == NOW_US


@given(st.binary(max_size=200))
def test_any_bytes_are_a_claim_or_refused(body):
    for read in (claims.read_event, claims.read_state, claims.read_boxes, claims.read_activity,
                 claims.read_picture, claims.read_preview, claims.read_still):  # fmt: skip
        with contextlib.suppress(ClaimError):
            read(body)


def state(**changes):
    document = {"state": "off", "reason": "no model", "mode": "keyframes", "dropped": 3, "looks": 4}
    return json.dumps({**document, **changes}).encode()


def test_states():
    claim = claims.read_state(state())
    assert (claim.state, claim.said, claim.mode) == (WatchPhase.OFF, "no model", "keyframes")
    assert (claim.dropped, claim.looks) == (3, 4)
    short = claims.read_state(b'{"state": "failed", "reason": null}')
    assert (short.state, short.said, short.mode) == (WatchPhase.FAILED, None, None)
    hostile = claims.read_state(state(reason="a\x1b[31m\nb" + "c" * 9000, mode="<b>"))
    assert hostile.mode is None
    assert hostile.said.isprintable()
    assert len(hostile.said) <= claims.REASON_LENGTH_MAX
    both = claims.read_state(state(sound={"state": "failed", "reason": "deaf"}))
    assert (both.words, short.words) == ("no model; deaf", None)
    # Only the hub says that a camera starts, or is not watched.
    for wrong in ({"state": "unwatched"}, {"state": "starting"}, {"dropped": -1}, {"looks": "9"}):
        with pytest.raises(ClaimError):
            claims.read_state(state(**wrong))


def test_pictures_and_previews():
    head = bytes.fromhex(ID)
    assert claims.read_picture(head + JPEG) == (head, JPEG)
    assert claims.read_preview(head + bytes((4, 2, 7)) + JPEG) == (head, 4, 2, 7, JPEG)
    for body in (head, head + b"GIF89a", head + JPEG[:-2], JPEG, b""):
        with pytest.raises(ClaimError):
            claims.read_picture(body)
    for shape in ((0, 1, 1), (1, 0, 1), (4, 2, 9), (4, 2, 0), (200, 1, 1)):
        with pytest.raises(ClaimError):
            claims.read_preview(head + bytes(shape) + JPEG)


def test_activity():
    body = struct.pack(">qqqq", NOW_US, NOW_US + 5, NOW_US + 9, NOW_US + 9)
    assert claims.read_activity(body) == [(NOW_US, NOW_US + 5), (NOW_US + 9, NOW_US + 9)]
    assert claims.read_activity(b"") == []
    for wrong in (body[:-1], struct.pack(">qq", 9, 8), struct.pack(">qq", -1, 8), body * 200):
        with pytest.raises(ClaimError):
            claims.read_activity(wrong)


def test_boxes_are_written_anew():
    said = {"wall_us": NOW_US, "boxes": [["person", 0.9, 0.1, 0.2, 0.3, 0.4]], "more": "<script>"}
    claim = claims.read_boxes(json.dumps(said).encode())
    assert json.loads(claim.as_json()) == {
        "wall_us": NOW_US, "boxes": [["person", 0.9, 0.1, 0.2, 0.3, 0.4]],
    }  # fmt: skip
    right = ["person", 0.9, 0, 0, 1, 1]
    wrong = ([["person", 0.9]], [["person", 2, *right[2:]]], [[3, *right[1:]]], "none",
             [["person", 0.9, 0.5, 0, 0.4, 1]], [right] * 101)  # fmt: skip
    for boxes in wrong:
        with pytest.raises(ClaimError):
            claims.read_boxes(json.dumps({**said, "boxes": boxes}).encode())


def test_a_still_carries_its_number_and_time():
    body = struct.pack(">Iq", 7, 10**15) + JPEG
    assert claims.read_still(body) == (7, 10**15, JPEG)
    for wrong in (b"", JPEG, body[:-2], body[:11]):
        with pytest.raises(ClaimError):
            claims.read_still(wrong)
