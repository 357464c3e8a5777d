"""Log, then release: the line is durable before a wrap exists; with a journal that can refuse."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from keepsight.hub.keyrelease import ReleasableWindow, Viewer, release_windows
from keepsight.hub.member import Device, Member, Role
from keepsight.seal.header import Context, Stream
from keepsight.seal.ledger import LedgerError

CONTEXT = Context(b"h" * 16, b"c" * 16, Stream.MAIN, 1, b"w" * 16)
WINDOW = ReleasableWindow(CONTEXT, "live", b"s" * 32, "avc1.640028", 1, 2)


class OrderedJournal:
    def __init__(self, *, is_full=False):
        self.lines = []
        self.is_full = is_full

    async def record(self, entries):
        if self.is_full:
            raise LedgerError("no space")
        self.lines += entries


@pytest.fixture
def viewer():
    public = X25519PrivateKey.generate().public_key().public_bytes_raw()
    return Viewer(
        Member(b"m" * 16, "Ann", Role.OWNER, "", 1), Device(b"d" * 16, b"m" * 16, "x", public, 1, 1)
    )


async def test_one_line_a_window_with_who_and_what(viewer):
    journal = OrderedJournal()
    releases = await release_windows(journal, viewer, [WINDOW, WINDOW])
    assert len(releases) == len(journal.lines) == 2
    line = journal.lines[0]
    assert (line["type"], line["writer"]) == ("release", CONTEXT.writer.hex())
    assert (line["device"], line["member"]) == ((b"d" * 16).hex(), (b"m" * 16).hex())
    assert (line["role"], "integration" in line) == ("owner", False)


async def test_a_display_is_written_down_with_its_integration(viewer):
    journal = OrderedJournal()
    member = replace(viewer.member, role=Role.DISPLAY, integration="smart display")
    await release_windows(journal, replace(viewer, member=member), [WINDOW])
    assert (journal.lines[0]["role"], journal.lines[0]["integration"]) == (
        "display",
        "smart display",
    )


async def test_a_refusing_ledger_releases_nothing(viewer, monkeypatch):
    wraps = []
    monkeypatch.setattr(
        "keepsight.hub.keyrelease.wrap_for_device", lambda *a, **_k: wraps.append(a) or b""
    )
    with pytest.raises(LedgerError):
        await release_windows(OrderedJournal(is_full=True), viewer, [WINDOW])
    assert wraps == []


async def test_nothing_asked_nothing_written(viewer):
    journal = OrderedJournal()
    assert await release_windows(journal, viewer, []) == []
    assert journal.lines == []
