"""Goal: v2 and v3 verify what they cover and nothing else. Method: break one thing at a time."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.lab.read import signing_block
from keepsight.lab.read.archive import Archive, MemorySource
from tests.lab.synthetic import package

ENTRIES = {"classes.dex": bytes(range(256)) * 5000, "AndroidManifest.xml": b"m"}
PLAIN = package.archive(ENTRIES, stored=tuple(ENTRIES))
BOTH = package.sign_block(PLAIN, schemes=("v2", "v3"))


def verify(data):
    return signing_block.verify(Archive(MemorySource(bytes(data))))


def test_an_untouched_package_verifies_over_several_chunks():
    assert len(PLAIN) > 1 << 20
    v2, v3, _ = verify(BOTH)
    assert (v2.verified, v3.verified) == (True, True)
    assert v3.result().signers[0].subject == "CN=Synthetic"
    assert v2.result().digests == ("sha256",)


def test_without_a_block_nothing_is_present():
    v2, v3, _ = verify(PLAIN)
    assert (v2.present, v3.present) == (False, False)


@pytest.mark.parametrize("place", [100, 1_200_000])
def test_a_changed_byte_of_the_contents_is_noticed(place):
    data = bytearray(BOTH)
    data[place] ^= 1
    v2, v3, _ = verify(data)
    assert "changed after signing" in v2.reason
    assert "changed after signing" in v3.reason


def test_a_changed_directory_is_noticed():
    data = bytearray(BOTH)
    data[data.rindex(b"PK\x01\x02") + 12] ^= 1
    assert not verify(data)[0].verified


def test_a_block_without_v3_that_promised_it_is_noticed():
    data = package.sign_block(PLAIN, schemes=("v2",), v2_attributes=package.STRIP_V3)
    assert "taken away" in verify(data)[0].reason


def test_a_rotation_is_followed():
    old, new = package.signer("Old"), package.signer("New")
    data = package.sign_block(
        PLAIN, schemes=("v3",), who=new, v3_attributes=package.lineage(old, new)
    )
    v3 = verify(data)[1]
    assert v3.verified
    assert [one.subject for one in v3.rotation()] == ["CN=Old", "CN=New"]


def test_a_rotation_to_somebody_else_is_refused():
    old, new = package.signer("Old"), package.signer("New")
    attribute = package.lineage(old, new)
    data = package.sign_block(PLAIN, schemes=("v3",), who=old, v3_attributes=attribute)
    assert "does not end at the signer" in verify(data)[1].reason


@pytest.mark.parametrize("sdks", [(33, 0x7FFFFFFF), (28, 32)])
def test_android_versions_without_a_signer_are_refused(sdks):
    data = package.sign_block(PLAIN, schemes=("v3",), sdks=sdks)
    assert "no signer" in verify(data)[1].reason


@pytest.mark.parametrize("size", [0, 8, 2**40, 2**63])
def test_absurd_sizes_fail_and_do_not_raise(size):
    data = bytearray(BOTH)
    at = data.index(b"APK Sig Block 42")
    data[at - 8 : at] = struct.pack("<Q", size)
    v2, v3, _ = verify(data)
    assert v2.present
    assert not v2.verified
    assert not v3.verified


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 5000), st.integers(0, 255))
def test_a_changed_byte_of_the_block_never_verifies_both_and_never_raises(place, byte):
    small = package.archive({"a": b"1"})
    data = bytearray(package.sign_block(small, schemes=("v2", "v3")))
    start = small.index(b"PK\x01\x02")
    end = data.index(b"APK Sig Block 42") + 16
    at = start + place % (end - start)
    if data[at] == byte:
        return
    data[at] = byte
    v2, v3, _ = verify(data)
    assert not (v2.verified and v3.verified)


def rotated(**changes):
    old, new = package.signer("Old"), package.signer("New")
    options = {
        "schemes": ("v2", "v3", "v3.1"),
        "who": old,
        "rotated": new,
        "v3_attributes": package.ROTATION_FROM_33,
        "rotated_attributes": package.lineage(old, new),
    }
    return verify(package.sign_block(PLAIN, **{**options, **changes}))


def test_the_rotated_key_of_scheme_v31():
    v2, v3, v31 = rotated()
    assert (v2.verified, v3.verified, v31.verified) == (True, True, True), (v3.reason, v31.reason)
    assert v3.certificates[0].facts.subject == "CN=Old"
    assert v31.certificates[0].facts.subject == "CN=New"
    assert [one.subject for one in v31.rotation()] == ["CN=Old", "CN=New"]


def test_scheme_v3_may_end_where_v31_begins():
    assert rotated(sdks=(28, 32))[1].verified
    assert "future" in rotated(sdks=(28, 32), schemes=("v2", "v3"), v3_attributes=b"")[1].reason


@pytest.mark.parametrize(
    ("changes", "scheme", "reason"),
    [
        ({"schemes": ("v2", "v3")}, 1, "promises scheme v3.1"),
        ({"schemes": ("v2", "v3.1")}, 2, "without scheme v3"),
        ({"rotated_sdks": (30, 0x7FFFFFFF)}, 2, "before API 33"),
        ({"rotated_sdks": (33, 40)}, 2, "future"),
    ],
)
def test_lies_about_scheme_v31(changes, scheme, reason):
    assert reason in rotated(**changes)[scheme].reason
