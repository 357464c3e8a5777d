"""A leaf gives back what was recorded, hides persons from whoever lacks their key, and no changed
byte passes; with real keys."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.seal import keys
from keepsight.seal.ledger import (
    LEAF_BYTES_MAX,
    OPEN_END_US,
    LedgerError,
    LineError,
    Span,
    Stamp,
    Subject,
    decode_leaf,
    encode_leaf,
    member_id,
    open_name,
    open_parts,
    read_leaf,
    seal_name,
    span_of,
)

MEMBER, OTHER = "ab" * 16, "cd" * 16
STAMP = Stamp(7, 1_800_000_000_000_000, 99)
RELEASE = {
    "type": "release", "purpose": "live", "camera": "c1" * 16, "stream": "main", "epoch": 3,
    "writer": "12" * 16, "start_us": 100, "end_us": 160, "member": MEMBER, "device": "d1" * 16,
}  # fmt: skip


class Subjects:
    def __init__(self):
        self.by_member = {}

    def find(self, member):
        return self.by_member.setdefault(member, Subject(keys.new_id(), keys.new_key()))

    def key(self, subject):
        return next((s.key for s in self.by_member.values() if s.subject_id == subject), None)


def test_a_line_comes_back_as_it_was_recorded():
    subjects = Subjects()
    leaf = encode_leaf(
        {**RELEASE, "by": OTHER, "note": {"a": [1, None, "ü"]}}, STAMP, subjects.find
    )
    entry = decode_leaf(leaf, subjects.key)
    given_back = {
        "n": 7,
        "at_us": STAMP.at_us,
        "mono_us": 99,
        "by": OTHER,
        "note": {"a": [1, None, "ü"]},
    }
    assert entry == {**RELEASE, **given_back}
    assert len(subjects.by_member) == 2


def test_only_what_is_about_no_person_stands_in_the_open():
    subjects = Subjects()
    leaf = encode_leaf({**RELEASE, "name": "Ann", "email": "ann@example.org"}, STAMP, subjects.find)
    for hidden in (bytes.fromhex(MEMBER), bytes.fromhex("d1" * 16), b"Ann", b"ann@example.org"):
        assert hidden not in leaf
    assert bytes.fromhex("c1" * 16) in leaf


def test_without_a_members_key_the_rest_is_still_there():
    subjects = Subjects()
    leaf = encode_leaf({**RELEASE, "by": OTHER}, STAMP, subjects.find)
    del subjects.by_member[bytes.fromhex(MEMBER)]
    entry = decode_leaf(leaf, subjects.key)
    assert entry["erased"]
    assert not {"member", "device"} & set(entry)
    assert (entry["by"], entry["camera"]) == (OTHER, "c1" * 16)


def test_the_same_line_twice_gives_two_leaves_that_tell_nothing_of_each_other():
    subjects = Subjects()
    first, second = (read_leaf(encode_leaf(RELEASE, STAMP, subjects.find)) for _ in range(2))
    assert first["salt"] != second["salt"]
    assert first["sealed"][0][1] != second["sealed"][0][1]


def test_a_part_can_be_shown_without_its_subjects_key():
    subjects = Subjects()
    leaf = encode_leaf(RELEASE, STAMP, subjects.find)
    found = read_leaf(leaf)
    (part,) = open_parts(found, subjects.key)
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    subject, sealed = found["sealed"][0]
    place = keys.join_parts(b"ledger part 1", (7).to_bytes(8), subject)
    assert AESGCM(part.key).encrypt(bytes(12), part.content, place) == sealed
    assert part.key != subjects.key(subject)
    assert open_parts(found, lambda _subject: None) == [None]


@given(st.data())
@settings(max_examples=400, deadline=None)
def test_no_changed_byte_passes(data):
    subjects = Subjects()
    leaf = bytearray(encode_leaf(RELEASE, STAMP, subjects.find))
    place = data.draw(st.integers(0, len(leaf) - 1))
    leaf[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        entry = decode_leaf(bytes(leaf), subjects.key)
    except LedgerError:
        return
    # Open fields and the salt are covered by the tree, not by the seal.
    assert entry != decode_leaf(encode_leaf(RELEASE, STAMP, subjects.find), subjects.key)


@given(st.binary(max_size=200))
@settings(max_examples=500, deadline=None)
def test_foreign_bytes_are_said_to_be_foreign(data):
    with pytest.raises(LedgerError):
        read_leaf(data)


def test_lines_are_bounded_and_hold_plain_values():
    subjects = Subjects()
    with pytest.raises(LineError, match="at most"):
        encode_leaf({"type": "t", "text": "x" * LEAF_BYTES_MAX}, STAMP, subjects.find)
    with pytest.raises(LineError, match="cannot be written"):
        encode_leaf({"type": "t", "value": object()}, STAMP, subjects.find)
    with pytest.raises(LedgerError):
        read_leaf(b"\x00" * (LEAF_BYTES_MAX + 1))


def test_a_caller_cannot_choose_number_time_or_salt():
    subjects = Subjects()
    leaf = encode_leaf({"type": "t", "n": 1, "at_us": 1, "salt": "x", "v": 9}, STAMP, subjects.find)
    entry = decode_leaf(leaf, subjects.key)
    assert (entry["n"], entry["at_us"]) == (7, STAMP.at_us)


def test_what_a_line_exposed():
    subjects = Subjects()
    span = span_of(read_leaf(encode_leaf(RELEASE, STAMP, subjects.find)))
    subject = subjects.by_member[bytes.fromhex(MEMBER)].subject_id
    assert span == Span(bytes.fromhex("c1" * 16), 100, 160, subject)
    assert span.width == 6
    endless = encode_leaf({**RELEASE, "end_us": None}, STAMP, subjects.find)
    assert span_of(read_leaf(endless)).end_us == OPEN_END_US
    for change in ({"type": "refused"}, {"camera": "hall"}, {"start_us": None}):
        assert span_of(read_leaf(encode_leaf({**RELEASE, **change}, STAMP, subjects.find))) is None


def test_ids_are_ids():
    assert member_id(MEMBER) == bytes.fromhex(MEMBER)
    for other in ("local", None, 5, MEMBER.upper(), "zz" * 16, "ü" * 32, "ab" * 15 + " b"):
        assert member_id(other) is None


def test_a_name_opens_for_its_subject_only():
    ann, ben = (Subject(keys.new_id(), keys.new_key()) for _ in range(2))
    sealed = seal_name(ann, "Ann")
    assert open_name(ann, sealed) == "Ann"
    with pytest.raises(LedgerError):
        open_name(ben, sealed)
