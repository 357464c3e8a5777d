"""Goal: the file is the one of design/wire.md, and nothing in it opens elsewhere or after deletion.
Method: write small segments, read the bytes by the page's table, move them, delete them."""

import os
import struct

import pytest

from keepsight.hub.record import segment as segment_module
from keepsight.hub.record.segment import (
    SegmentError,
    SegmentWriter,
    erase,
    make_folder,
    open_secret,
    read_head,
    read_name,
)
from keepsight.seal.frame import Expectation, WindowKey
from keepsight.seal.frame import open as open_sealed
from keepsight.seal.header import Context, Kind, Stream
from keepsight.seal.keys import UnwrapError
from keepsight.seal.press import Press

CONTEXT = Context(b"\1" * 16, b"\2" * 16, Stream.SUB, 7, b"\3" * 16)
START_US = 1_780_000_000_000_000
DAY_KEY = b"\4" * 32


def writer(root):
    make_folder(segment_module.day_folder(root, CONTEXT.camera, CONTEXT.stream, "2026-05-28"))
    return SegmentWriter(root, CONTEXT, START_US, DAY_KEY)


def write(file, press, *payloads):
    file.begin(press)
    sizes = [
        press.add(file.sealer, Kind.GOP, [payload], wall_us=1, monotonic_us=2, flags=0)
        for payload in payloads
    ]
    file.write(press)
    return sizes


def finished(root, *payloads):
    file = writer(root)
    sizes = write(file, Press(), *payloads)
    file.sync(is_last=True)
    file.finish()
    (path,) = root.rglob("*.ksg")
    return path, sizes


def test_the_layout_is_the_documented_one(tmp_path):
    path, (size,) = finished(tmp_path, b"picture")
    raw = path.read_bytes()
    assert path.relative_to(tmp_path).as_posix() == (
        f"{'02' * 16}/sub/2026-05-28/{START_US}-{'03' * 16}.ksg"
    )
    assert raw[0:4] == b"KSS1"
    assert raw[4:20] == CONTEXT.household
    assert raw[20:36] == CONTEXT.camera
    assert raw[36] == 2
    assert struct.unpack(">I", raw[37:41]) == (7,)
    assert raw[41:57] == CONTEXT.writer
    assert struct.unpack(">Q", raw[57:65]) == (START_US,)
    assert raw[125:128] == bytes(3)
    assert len(raw) == 128 + size
    key = WindowKey(open_secret(read_head(raw), DAY_KEY), CONTEXT)
    assert open_sealed(key, Expectation((Kind.GOP,)), raw[128:]).payload == b"picture"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("is_direct", [True, False])
def test_many_writes_give_the_same_file_with_and_without_direct_io(
    tmp_path, monkeypatch, is_direct
):
    if not is_direct:
        monkeypatch.setattr(segment_module, "_set_direct", lambda *_, **__: False)
    payloads = [os.urandom(size) for size in (1, 3900, 4096, 100_000, 5, 3_000_000, 17)]
    file, press, sizes = writer(tmp_path), Press(), []
    assert (file._alignment > 1) is is_direct or not is_direct
    for number, payload in enumerate(payloads):
        sizes += write(file, press, payload)
        if number == 3:
            file.sync()
            # What is durable can be read while the file grows; behind it there is only padding.
            (part,) = tmp_path.rglob("*.part")
            rest = part.read_bytes()[128 + sum(sizes) :]
            assert rest == bytes(len(rest))
    file.sync(is_last=True)
    file.finish()
    (path,) = tmp_path.rglob("*.ksg")
    raw = path.read_bytes()
    assert len(raw) == 128 + sum(sizes) == file.written_bytes
    key, at = WindowKey(open_secret(read_head(raw), DAY_KEY), CONTEXT), 128
    for sequence, (size, payload) in enumerate(zip(sizes, payloads, strict=True)):
        expected = Expectation((Kind.GOP,), sequence, sequence)
        assert open_sealed(key, expected, raw[at : at + size]).payload == payload
        at += size


def test_a_file_system_that_refuses_direct_writes_gets_plain_ones(tmp_path, monkeypatch):
    real, refused = os.pwrite, []

    def picky(descriptor, data, offset):
        if len(data) % 4096 == 0 and not refused:
            refused.append(offset)
            raise OSError(22, "Invalid argument")
        return real(descriptor, data, offset)

    monkeypatch.setattr(os, "pwrite", picky)
    path, sizes = finished(tmp_path, b"a", b"bc")
    assert refused
    assert path.stat().st_size == 128 + sum(sizes)


def test_a_deleted_segment_opens_for_nobody_who_kept_the_file(tmp_path):
    path, _ = finished(tmp_path, b"picture")
    before = path.read_bytes()
    kept = tmp_path / "kept"
    kept.hardlink_to(path)
    erase(path)
    assert not path.exists()
    after = kept.read_bytes()
    assert after[65:125] == bytes(60)
    assert after[:65] + after[125:] == before[:65] + before[125:]
    assert read_head(after).is_erased
    with pytest.raises(UnwrapError):
        open_secret(read_head(after), DAY_KEY)
    erase(path)  # again is no error


@pytest.mark.parametrize(
    ("offset", "what"), [(4, "household"), (20, "camera"), (41, "writer"), (57, "start")]
)
def test_a_header_that_claims_to_be_another_does_not_open(tmp_path, offset, what):
    path, _ = finished(tmp_path, b"picture")
    raw = bytearray(path.read_bytes())
    raw[offset] ^= 1
    with pytest.raises(UnwrapError):
        open_secret(read_head(bytes(raw)), DAY_KEY)


def test_what_is_no_segment_is_named():
    for raw in (b"", b"KSS1" + bytes(120), b"RIFF" + bytes(124), b"KSS1" + bytes(124)):
        with pytest.raises(SegmentError):
            read_head(raw)


def test_only_our_names_are_segments():
    good = f"12-{'ab' * 16}.ksg"
    assert read_name(good) == (12, b"\xab" * 16, False)
    assert read_name(good + ".part") == (12, b"\xab" * 16, True)
    for name in ("day.key", good + ".bad", good + ".part.bad", "x" + good, good.upper(), ""):
        assert read_name(name) is None


def test_abandoned_files_keep_what_was_durable(tmp_path):
    file, press = writer(tmp_path), Press()
    sizes = write(file, press, b"one")
    file.sync()
    durable = file.written_bytes
    write(file, press, b"two" * 5000)
    assert file.abandon(durable)
    (path,) = tmp_path.rglob("*.ksg")
    assert path.stat().st_size == durable == 128 + sizes[0]


def test_abandoned_files_without_anything_durable_vanish(tmp_path):
    file, press = writer(tmp_path), Press()
    write(file, press, b"one")
    assert not file.abandon(0)
    assert list(tmp_path.rglob("*.ksg*")) == []
