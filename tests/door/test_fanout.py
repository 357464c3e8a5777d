"""Goal: who gets what, and who skips. Method: outlets that hold what a test says."""

import asyncio
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.door import fanout as fanout_module
from keepsight.door.fanout import UNSENT_BYTES_MAX, UNSENT_BYTES_MIN, Fanout, Viewer, frame
from keepsight.seal.header import Header, Kind, Stream, read_header

OPAQUE, OTHER = b"o" * 16, b"p" * 16
WRITER, NEXT_WRITER = b"w" * 16, b"x" * 16


def fragment(
    kind: Kind,
    sequence: int,
    *,
    writer: bytes = WRITER,
    stream: Stream = Stream.MAIN,
    size_bytes: int = 50,
    monotonic_us: int = 1,
) -> bytes:
    header = Header(
        kind, stream, b"h" * 16, b"c" * 16, 1, writer, b"k" * 32,
        sequence, 0, monotonic_us, size_bytes, 0,
    )  # fmt: skip
    return header.pack() + bytes(size_bytes)


class Outlet:
    def __init__(self) -> None:
        self.unsent = 0
        self.frames: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        if self.is_closed:  # as uvloop's transports do
            raise RuntimeError("unable to perform operation: the handler is closed")
        self.frames.append(data)

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.is_closed

    @property
    def got(self) -> list[object]:
        """Sequence numbers and texts, in order; taking them empties the list."""
        found: list[object] = []
        for data in self.frames:
            at = 2 if data[1] < 126 else 4 if data[1] == 126 else 10
            if data[0] == 0x82:
                assert data[at : at + 16] == OPAQUE
                found.append(read_header(data, at + 16).sequence)
            else:
                found.append(json.loads(data[at:]))
        self.frames.clear()
        return found


class Upstream:
    def __init__(self) -> None:
        self.told: list[tuple[str, bytes]] = []

    def watch(self, opaque: bytes) -> None:
        self.told.append(("watch", opaque))

    def unwatch(self, opaque: bytes) -> None:
        self.told.append(("unwatch", opaque))


def rig() -> tuple[Fanout, Viewer, Outlet]:
    fanout, outlet = Fanout(), Outlet()
    viewer = Viewer(outlet)
    fanout.set_watched(viewer, [OPAQUE])
    return fanout, viewer, outlet


def feed(fanout: Fanout, *fragments: bytes) -> None:
    for sealed in fragments:
        fanout.on_fragment(OPAQUE, sealed)


@pytest.mark.parametrize(
    ("size_bytes", "head"),
    [(125, b"\x82\x7d"), (126, b"\x82\x7e\0\x7e"), (65535, b"\x82\x7e\xff\xff"),
     (65536, b"\x82\x7f" + (65536).to_bytes(8))],
)  # fmt: skip
def test_frame_lengths_of_rfc_6455(size_bytes: int, head: bytes) -> None:
    assert frame(2, bytes(size_bytes)) == head + bytes(size_bytes)


async def test_init_comes_with_the_still_and_once_a_window() -> None:
    fanout, _, outlet = rig()
    feed(fanout, fragment(Kind.INIT, 0))
    assert outlet.got == []
    feed(fanout, fragment(Kind.STILL, 1), fragment(Kind.GOP, 2), fragment(Kind.STILL, 3))
    assert outlet.got == [0, 1, 2, 3]
    feed(fanout, fragment(Kind.INIT, 0, writer=NEXT_WRITER))
    feed(fanout, fragment(Kind.STILL, 1, writer=NEXT_WRITER))
    assert outlet.got == [0, 1]


async def test_late_viewer_gets_the_newest_gop() -> None:
    fanout, _, _ = rig()
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1), fragment(Kind.GOP, 2))
    feed(fanout, fragment(Kind.STILL, 3), fragment(Kind.GOP, 4))
    late = Outlet()
    fanout.set_watched(Viewer(late), [OPAQUE])
    feed(fanout, fragment(Kind.GOP, 5))
    assert late.got == [0, 3, 4, 5]


async def test_one_who_is_gone_costs_the_others_nothing() -> None:
    fanout, _, first = rig()
    second = Outlet()
    fanout.set_watched(Viewer(second), [OPAQUE])
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1))
    first.is_closed = True
    feed(fanout, fragment(Kind.GOP, 2), fragment(Kind.STILL, 3))
    assert second.got == [0, 1, 2, 3]


async def test_frame_is_the_same_object_for_all() -> None:
    fanout, _, first = rig()
    second = Outlet()
    fanout.set_watched(Viewer(second), [OPAQUE])
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1))
    assert first.frames[1] is second.frames[1]


async def test_slow_viewer_waits_for_a_keyframe_and_is_told_how_much_it_missed() -> None:
    fanout, _, outlet = rig()
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1))
    outlet.unsent = UNSENT_BYTES_MIN + 1
    feed(fanout, fragment(Kind.GOP, 2))
    outlet.unsent = 0
    feed(fanout, fragment(Kind.GOP, 3))
    feed(fanout, fragment(Kind.STILL, 4), fragment(Kind.GOP, 5))
    assert outlet.got == [0, 1, {"stream": OPAQUE.hex(), "skipped": 2}, 4, 5]


async def test_slow_viewer_that_missed_a_window_gets_its_init() -> None:
    fanout, _, outlet = rig()
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1))
    outlet.unsent = UNSENT_BYTES_MIN + 1
    feed(fanout, fragment(Kind.GOP, 2), fragment(Kind.INIT, 0, writer=NEXT_WRITER))
    feed(fanout, fragment(Kind.STILL, 1, writer=NEXT_WRITER))
    outlet.unsent = UNSENT_BYTES_MIN // 2 + 1
    feed(fanout, fragment(Kind.STILL, 2, writer=NEXT_WRITER))  # not enough room yet
    outlet.unsent = UNSENT_BYTES_MIN // 2
    feed(fanout, fragment(Kind.STILL, 3, writer=NEXT_WRITER))
    assert outlet.got == [0, 1, {"stream": OPAQUE.hex(), "skipped": 3}, 0, 3]


async def test_burst_of_the_kept_gop_does_not_count_as_slow() -> None:
    fanout, _, _ = rig()
    large = UNSENT_BYTES_MIN
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1, size_bytes=large))
    feed(fanout, fragment(Kind.GOP, 2, size_bytes=large))
    late = Outlet()
    viewer = Viewer(late)
    fanout.set_watched(viewer, [OPAQUE])
    late.unsent = 2 * large  # nothing of the burst is through
    feed(fanout, fragment(Kind.GOP, 3))
    late.unsent = 0
    feed(fanout, fragment(Kind.GOP, 4))
    late.unsent = 2 * large  # now it is slow
    feed(fanout, fragment(Kind.GOP, 5))
    assert late.got == [0, 1, 2, 3, 4]


async def test_limit_follows_what_is_watched() -> None:
    fanout, viewer, _ = rig()
    feed(fanout, fragment(Kind.INIT, 0))
    for second in range(1, 4):
        feed(
            fanout,
            fragment(Kind.STILL, second, size_bytes=1_000_000, monotonic_us=second * 1_000_000),
        )
    viewer.measure()
    assert 1_000_000 < viewer.unsent_bytes_max < 1_001_000
    for second in range(4, 6):
        feed(
            fanout,
            fragment(Kind.STILL, second, size_bytes=9_000_000, monotonic_us=second * 1_000_000),
        )
    viewer.measure()
    assert viewer.unsent_bytes_max == UNSENT_BYTES_MAX
    fanout.set_watched(viewer, [])
    viewer.measure()
    assert viewer.unsent_bytes_max == UNSENT_BYTES_MIN


async def test_large_gop_keeps_its_keyframe_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout_module, "GOP_BYTES_MAX", 1000)
    fanout, _, first = rig()
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1, size_bytes=500))
    feed(fanout, fragment(Kind.GOP, 2, size_bytes=500), fragment(Kind.GOP, 3))
    late = Outlet()
    fanout.set_watched(Viewer(late), [OPAQUE])
    feed(fanout, fragment(Kind.GOP, 4), fragment(Kind.STILL, 5))
    assert first.got == [0, 1, 2, 3, 4, 5]
    assert late.got == [0, 1, {"stream": OPAQUE.hex(), "skipped": 1}, 5]


async def test_sound_begins_at_any_fragment() -> None:
    fanout, _, outlet = rig()
    feed(fanout, fragment(Kind.INIT, 0, stream=Stream.AUDIO))
    feed(fanout, fragment(Kind.GOP, 1, stream=Stream.AUDIO))
    outlet.unsent = UNSENT_BYTES_MIN + 1
    feed(fanout, fragment(Kind.GOP, 2, stream=Stream.AUDIO))
    outlet.unsent = 0
    feed(fanout, fragment(Kind.GOP, 3, stream=Stream.AUDIO))
    assert outlet.got == [0, 1, {"stream": OPAQUE.hex(), "skipped": 1}, 3]


@pytest.mark.parametrize(
    "sealed",
    [
        b"",
        b"KSF1",
        bytes(200),
        fragment(Kind.STILL, 1)[:-1],
        fragment(Kind.STILL, 1) + b"x",
        fragment(Kind.STILL, 1, writer=NEXT_WRITER),
    ],
)
async def test_what_is_no_fragment_of_the_window_is_dropped(
    sealed: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    fanout, _, outlet = rig()
    feed(fanout, fragment(Kind.INIT, 0), sealed)
    assert outlet.got == []
    assert "dropped a live fragment" in caplog.text


async def test_fragment_nobody_asked_for_goes_nowhere() -> None:
    fanout, _, outlet = rig()
    fanout.on_fragment(OTHER, fragment(Kind.INIT, 0))
    fanout.on_fragment(OTHER, fragment(Kind.STILL, 1))
    fanout.on_state(OTHER, b'{"state": "running"}')
    assert outlet.got == []
    assert fanout.still(OTHER) is None


async def test_still_is_init_and_newest_still() -> None:
    fanout, _, _ = rig()
    init, still = fragment(Kind.INIT, 0), fragment(Kind.STILL, 4)
    assert fanout.still(OPAQUE) is None
    feed(fanout, init)
    assert fanout.still(OPAQUE) is None
    feed(fanout, fragment(Kind.STILL, 1), still, fragment(Kind.GOP, 5))
    assert fanout.still(OPAQUE) == init + still
    fanout.on_state(OPAQUE, b'{"state": "unreachable"}')
    assert fanout.still(OPAQUE) is None


async def test_a_masked_still_begins_like_a_keyframe() -> None:
    fanout, viewer, outlet = rig()
    feed(
        fanout,
        fragment(Kind.INIT, 0, stream=Stream.STILL),
        fragment(Kind.THUMB, 1, stream=Stream.STILL),
        fragment(Kind.THUMB, 2, stream=Stream.STILL),
    )
    assert outlet.got == [0, 1, 2]
    assert [read_header(fanout.still(OPAQUE) or b"", at).sequence for at in (0, 172)] == [0, 2]
    late, late_outlet = Viewer(Outlet()), Outlet()
    late.outlet = late_outlet
    fanout.set_watched(late, [OPAQUE])
    assert late_outlet.got == [0, 2]
    assert viewer.streams


async def test_no_still_comes_from_a_stream_that_the_hub_gives_none_of() -> None:
    fanout, _, outlet = rig()
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1))
    fanout.on_state(OPAQUE, b'{"state": "running", "stills": false}')
    assert fanout.still(OPAQUE) is None
    feed(fanout, fragment(Kind.GOP, 2))
    assert outlet.got == [0, 1, {"stream": OPAQUE.hex(), "state": "running"}, 2]
    fanout.on_state(OPAQUE, b'{"state": "running"}')
    assert fanout.still(OPAQUE) is not None


async def test_states_are_told_once_and_to_late_viewers() -> None:
    fanout, _, outlet = rig()
    for state in (b'{"state": "running"}', b'{"state": "running"}', b'{"state": "silent"}'):
        fanout.on_state(OPAQUE, state)
    assert [text["state"] for text in outlet.got] == ["running", "silent"]  # type: ignore[index]
    late = Outlet()
    fanout.set_watched(Viewer(late), [OPAQUE])
    assert late.got == [{"stream": OPAQUE.hex(), "state": "silent"}]


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"state": "' + b"x" * 2000])
async def test_state_that_cannot_be_read_is_dropped(text: bytes) -> None:
    fanout, _, outlet = rig()
    fanout.on_state(OPAQUE, text)
    assert outlet.got == []


async def test_hub_is_asked_once_and_lingers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fanout_module, "LINGER_SECONDS", 0.05)
    fanout, upstream = Fanout(), Upstream()
    fanout.connect(upstream)
    first, second = Viewer(Outlet()), Viewer(Outlet())
    fanout.set_watched(first, [OPAQUE])
    fanout.set_watched(second, [OPAQUE, OTHER])
    assert upstream.told == [("watch", OPAQUE), ("watch", OTHER)]
    fanout.set_watched(first, [])
    fanout.set_watched(second, [OTHER])
    fanout.set_watched(second, [OPAQUE, OTHER])  # back before it was given up
    await asyncio.sleep(0.1)
    assert len(upstream.told) == 2
    fanout.set_watched(second, [])
    await asyncio.sleep(0.1)
    assert sorted(upstream.told[2:]) == [("unwatch", OPAQUE), ("unwatch", OTHER)]


async def test_hub_that_comes_back_is_asked_for_everything() -> None:
    fanout, _, outlet = rig()
    first, second = Upstream(), Upstream()
    fanout.connect(first)
    feed(fanout, fragment(Kind.INIT, 0), fragment(Kind.STILL, 1))
    fanout.disconnect()
    feed(fanout, fragment(Kind.GOP, 2))  # of a window that nobody knows any more
    fanout.connect(second)
    assert second.told == [("watch", OPAQUE)]
    feed(fanout, fragment(Kind.INIT, 0, writer=NEXT_WRITER))
    feed(fanout, fragment(Kind.STILL, 1, writer=NEXT_WRITER))
    starting = {"stream": OPAQUE.hex(), "state": "starting"}
    assert outlet.got == [0, 1, starting, 0, 1]


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(
            ["still", "picture", "picture", "window", "slow", "fast", "leave", "join", "away"]
        ),
        st.integers(0, 2),
    ),
    max_size=60,
)


@given(ACTIONS)
@settings(max_examples=300, deadline=None)
def test_no_viewer_ever_gets_a_picture_whose_predecessor_it_lacks(
    actions: list[tuple[str, int]],
) -> None:
    """Whatever happens: INIT first, and each GOP fragment right after the one before it."""
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(_play(actions))
    finally:
        loop.close()


async def _play(actions: list[tuple[str, int]]) -> None:
    fanout, outlets = Fanout(), [Outlet() for _ in range(3)]
    viewers = [Viewer(outlet) for outlet in outlets]
    known: dict[int, tuple[bytes, int]] = {}
    """Viewer to the window it has INIT of, and the last sequence it got."""
    window, sequence = 0, 0
    for action, number in actions:
        writer = window.to_bytes(16)
        if action in {"still", "picture"} and window:
            sequence += 1
            kind = Kind.STILL if action == "still" else Kind.GOP
            feed(fanout, fragment(kind, sequence, writer=writer))
        elif action == "window":
            window, sequence = window + 1, 1
            writer = window.to_bytes(16)
            feed(fanout, fragment(Kind.INIT, 0, writer=writer))
            feed(fanout, fragment(Kind.STILL, 1, writer=writer))
        elif action in {"slow", "fast"}:
            outlets[number].unsent = UNSENT_BYTES_MAX * 3 if action == "slow" else 0
        elif action in {"leave", "join"}:
            fanout.set_watched(viewers[number], [OPAQUE] if action == "join" else [])
        elif action == "away":
            fanout.disconnect()
            fanout.connect(Upstream())
            window += 1  # as a hub that begins anew: nothing before its INIT
            sequence = 0
        for index, outlet in enumerate(outlets):
            for data in outlet.frames:
                _check(known, index, data)
            outlet.frames.clear()


def _check(known: dict[int, tuple[bytes, int]], index: int, data: bytes) -> None:
    if data[0] != 0x82:
        return
    at = 2 if data[1] < 126 else 4 if data[1] == 126 else 10
    header = read_header(data, at + 16)
    if header.kind == Kind.INIT:
        known[index] = header.writer, -1
        return
    writer, before = known[index]
    assert writer == header.writer
    if header.kind == Kind.GOP:
        assert before == header.sequence - 1
    known[index] = writer, header.sequence
