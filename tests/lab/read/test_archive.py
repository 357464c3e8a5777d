"""Goal: archives are read as Android reads them, and lies stay local. Method: archives by hand."""

import struct
import zlib

import pytest

from keepsight.lab.read.archive import Archive, FileSource, MemorySource
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic.package import archive


def opened(data):
    return Archive(MemorySource(data))


def test_entries_are_read_deflated_and_stored():
    read = opened(archive({"a": b"x" * 5000, "b/c": b"plain"}, stored=("b/c",)))
    assert list(read.entries) == ["a", "b/c"]
    assert read.read("a") == b"x" * 5000
    assert b"".join(read.chunks("a")) == b"x" * 5000
    assert read.read("b/c") == b"plain"
    part = read.part("b/c")
    assert part is not None
    assert part.read(0, 99) == b"plain"
    assert read.part("a") is None


def test_a_file_is_read_without_being_mapped(tmp_path):
    path = tmp_path / "one.zip"
    path.write_bytes(archive({"a": b"hello"}))
    source = FileSource.open(path)
    assert Archive(source).read("a") == b"hello"
    assert source.part(0, 2).read(0, 9) == b"PK"
    assert source.read(source.size, 5) == b""
    source.close()


@pytest.mark.parametrize("name", ["", "missing"])
def test_a_folder_or_a_missing_file_is_refused(tmp_path, name):
    with pytest.raises(UnreadableArtefact):
        FileSource.open(tmp_path / name)


@pytest.mark.parametrize("data", [b"", b"PK", b"not a zip" * 100, b"PK\x05\x06" + b"\0" * 17])
def test_what_is_no_archive_is_refused(data):
    with pytest.raises(UnreadableArtefact):
        opened(data)


def test_every_truncation_is_refused_or_stays_readable():
    whole = archive({"a": b"x" * 300, "b": b"y" * 300})
    for length in range(len(whole)):
        with pytest.raises(UnreadableArtefact):
            opened(whole[:length])


def test_a_name_that_is_there_twice_is_refused_and_the_rest_is_read():
    read = opened(archive([("a", b"1"), ("a", b"2"), ("b", b"3")]))
    with pytest.raises(UnreadableArtefact, match="twice"):
        read.read("a")
    assert read.read("b") == b"3"


def test_a_bomb_is_refused_before_it_is_inflated():
    with pytest.raises(UnreadableArtefact, match="times its size"):
        opened(archive({"a": b"\0" * 20_000_000})).read("a")


def test_an_entry_larger_than_asked_for_is_refused():
    with pytest.raises(UnreadableArtefact, match="larger"):
        opened(archive({"a": b"\0" * 1000})).read("a", 999)


def test_a_size_that_lies_stops_the_inflating():
    data = bytearray(archive({"a": b"x" * 1000}))
    central = data.index(b"PK\x01\x02")
    data[central + 24 : central + 28] = struct.pack("<I", 10)
    with pytest.raises(UnreadableArtefact, match="checksum or size"):
        opened(bytes(data)).read("a")
    with pytest.raises(UnreadableArtefact, match="checksum or size"):
        list(opened(bytes(data)).chunks("a"))


def test_a_damaged_entry_is_refused():
    data = bytearray(archive({"a": b"hello"}, stored=("a",)))
    data[data.index(b"hello")] ^= 1
    with pytest.raises(UnreadableArtefact, match="checksum"):
        opened(bytes(data)).read("a")


def test_what_does_not_inflate_is_refused():
    data = bytearray(archive({"a": bytes(range(256)) * 4}))
    data[31:60] = b"\xff" * 29
    for read in (
        lambda: opened(bytes(data)).read("a"),
        lambda: list(opened(bytes(data)).chunks("a")),
    ):
        with pytest.raises(UnreadableArtefact, match="inflated"):
            read()


def test_entries_on_top_of_each_other_are_refused():
    data = bytearray(archive({"a": b"1" * 50, "b": b"2" * 50}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    data[second + 42 : second + 46] = struct.pack("<I", 4)
    assert set(opened(bytes(data)).refused) == {"a", "b"}


def test_a_local_header_that_contradicts_is_refused():
    data = bytearray(archive({"abc": b"1"}))
    data[30] ^= 1
    with pytest.raises(UnreadableArtefact, match="contradicts"):
        opened(bytes(data)).read("abc")


def test_a_comment_behind_the_directory_is_skipped():
    data = archive({"a": b"1"})
    assert opened(data[:-2] + struct.pack("<H", 5) + b"hello").read("a") == b"1"


def test_an_unknown_packing_is_refused():
    data = bytearray(archive({"a": b"1"}))
    central = data.index(b"PK\x01\x02")
    for at in (8, central + 10):
        data[at : at + 2] = struct.pack("<H", 99)
    with pytest.raises(UnreadableArtefact, match="method 99"):
        opened(bytes(data)).read("a")


def test_the_checksum_is_of_the_plain_bytes():
    assert opened(archive({"a": b"abc"})).entries["a"].crc == zlib.crc32(b"abc")
