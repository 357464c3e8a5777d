"""Goal: windows, laziness and the kept GOP as design/wire.md says. Method: a stream fed by hand.

The clock is set by the test; everything sealed is opened again with the window's own key.
"""

import secrets

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.hub.live import stream as stream_module
from keepsight.hub.live.stream import LiveStream
from keepsight.hub.live.window import Watcher
from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, StreamFormat, VideoFormat
from keepsight.seal import frame
from keepsight.seal.frame import Expectation, Opened, Reason, Refusal, WindowKey
from keepsight.seal.header import (
    FLAG_DISCONTINUITY,
    FLAG_KEYFRAME,
    FLAG_SENDER_TIME,
    Context,
    Kind,
    Stream,
    read_header,
)
from tests.hub.clocks import HandClock

SPS = bytes.fromhex("6742c00ad90141fb011000000300100000030320f1226a")
PPS = bytes.fromhex("68cb8cb2")
SOUND = AudioFormat("pcma", 8000, 1, b"", "alaw", 8000)
FORMAT = StreamFormat(VideoFormat("h264", 320, 240, (SPS, PPS), "avc1.42c00a"), SOUND)
HOUSEHOLD, CAMERA = bytes(range(16)), bytes(range(16, 32))
ANY = Expectation((Kind.INIT, Kind.STILL, Kind.GOP, Kind.EVENT))


class Rig:
    """A live stream, its clock and its keys."""

    def __init__(self, stream: Stream = Stream.MAIN) -> None:
        self.clock = HandClock()
        self.secrets: dict[Context, bytes] = {}
        self.live = LiveStream(
            household=HOUSEHOLD, camera=CAMERA, stream=stream, epoch=3,
            clock=self.clock, window_secret=self.secret,
        )  # fmt: skip
        self.live.on_format(FORMAT)
        self.ticks = 1_000_000
        self.got: list[bytes] = []

    def secret(self, context: Context) -> bytes:
        assert context not in self.secrets, "a window's secret is asked for once"
        return self.secrets.setdefault(context, secrets.token_bytes(32))

    def unit(self, size_bytes: int = 100, *, key: bool = False, **changes: object) -> AccessUnit:
        self.ticks += 3600
        fields: dict[str, object] = {
            "is_video": True,
            "media_ticks": self.ticks,
            "wall_us": self.clock.wall_us(),
            "monotonic_us": self.clock.monotonic_us(),
            "is_keyframe": key,
            "parts": [secrets.token_bytes(size_bytes)],
            "size_bytes": size_bytes,
        }
        return AccessUnit(**{**fields, **changes})  # type: ignore[arg-type]

    def shoot(self, size_bytes: int = 100, *, key: bool = False, **changes: object) -> AccessUnit:
        unit = self.unit(size_bytes, key=key, **changes)
        self.live.on_unit(unit)
        return unit

    def sound(self, milliseconds: int = 20) -> None:
        size = 8 * milliseconds
        self.ticks += size
        self.live.on_unit(
            AccessUnit(
                is_video=False, media_ticks=self.ticks, wall_us=self.clock.wall_us(),
                monotonic_us=self.clock.monotonic_us(), is_keyframe=True,
                parts=[bytes(size)], size_bytes=size,
            )
        )  # fmt: skip

    def watch(self) -> None:
        self.live.watch(self.got.append)

    def open(self, sealed: bytes) -> Opened:
        header = read_header(sealed)
        context = Context(HOUSEHOLD, CAMERA, self.live.stream, header.epoch, header.writer)
        return frame.open(WindowKey(self.secrets[context], context), ANY, sealed)

    def opened(self) -> list[Opened]:
        got, self.got[:] = list(self.got), []
        return [self.open(sealed) for sealed in got]


def kinds(opened: list[Opened]) -> list[Kind]:
    return [o.kind for o in opened]


def sequences(opened: list[Opened]) -> list[int]:
    return [o.sequence for o in opened]


def decode_time(opened: Opened) -> int:
    at = opened.payload.index(b"tfdt") + 8
    return int.from_bytes(opened.payload[at : at + 8])


def test_nothing_is_sealed_while_nobody_watches() -> None:
    rig = Rig()
    for _ in range(10):
        rig.shoot(key=True)
        rig.shoot()
    rig.clock.tick(61)
    rig.shoot(key=True)
    assert not rig.secrets
    assert not rig.live.is_watched


def test_first_watch_gives_init_still_and_the_rest_at_once() -> None:
    rig = Rig()
    rig.shoot()  # before any keyframe: of no use
    rig.shoot(key=True)
    key = rig.shoot(key=True)
    rest = [rig.shoot(), rig.shoot()]
    rig.watch()
    opened = rig.opened()
    assert kinds(opened) == [Kind.INIT, Kind.STILL, Kind.GOP, Kind.GOP]
    assert sequences(opened) == [0, 1, 2, 3]
    assert opened[1].payload.endswith(key.join())
    assert [o.payload.endswith(u.join()) for o, u in zip(opened[2:], rest, strict=True)] == [
        True
    ] * 2
    assert [o.flags & FLAG_KEYFRAME for o in opened] == [1, 1, 0, 0]
    rig.shoot()
    rig.shoot(key=True)
    later = rig.opened()
    assert kinds(later) == [Kind.GOP, Kind.STILL]
    assert sequences(later) == [4, 5]


def test_two_watchers_get_the_same_bytes_sealed_once() -> None:
    rig = Rig()
    rig.shoot(key=True)
    other: list[bytes] = []
    rig.watch()
    rig.live.watch(other.append)
    rig.shoot()
    rig.shoot(key=True)
    assert rig.got == other
    assert sequences(rig.opened()) == [0, 1, 2, 3]


def test_media_time_starts_at_zero_in_each_window() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    rig.shoot()
    rig.clock.tick(60)
    rig.shoot()
    rig.shoot(key=True)
    rig.shoot()
    opened = [o for o in rig.opened() if o.kind is not Kind.INIT]
    assert [decode_time(o) for o in opened] == [0, 3600, 7200, 0, 3600]
    assert len({o.context.writer for o in opened}) == 2


def test_window_ends_at_the_keyframe_after_sixty_seconds_and_the_next_is_known() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    first = rig.live.current_window()
    assert first is not None
    assert first.codec == "avc1.42c00a"
    assert first.context.epoch == 3
    assert first.expires_us == rig.clock.wall_us() + 60_000_000
    rig.clock.tick(44)
    assert rig.live.next_window() is None
    rig.clock.tick(1)
    following = rig.live.next_window()
    assert following is not None
    assert following.expires_us == first.expires_us + 60_000_000
    assert rig.live.next_window() == following
    rig.clock.tick(16)
    rig.shoot()  # not a keyframe: still the old window
    assert rig.live.current_window().context == first.context  # type: ignore[union-attr]
    rig.shoot(key=True)
    assert rig.live.current_window().context == following.context  # type: ignore[union-attr]
    opened = rig.opened()
    assert kinds(opened)[-2:] == [Kind.INIT, Kind.STILL]
    assert sequences(opened) == [0, 1, 2, 0, 1]
    assert {o.context for o in opened[-2:]} == {following.context}


def test_roll_seals_the_kept_gop_anew_and_drops_the_window_whose_key_was_out() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    rig.shoot()
    rig.clock.tick(50)
    before, early = rig.live.current_window(), rig.live.next_window()
    assert before is not None
    assert early is not None
    rig.opened()
    rig.live.roll(epoch=4)
    opened = rig.opened()
    assert kinds(opened) == [Kind.INIT, Kind.STILL, Kind.GOP]
    rig.shoot()
    rig.clock.tick(61)
    rig.shoot(key=True)
    opened += rig.opened()
    assert not {o.context.writer for o in opened} & {before.context.writer, early.context.writer}
    assert {o.context.epoch for o in opened} == {4}


def test_removed_device_opens_nothing_after_roll() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    old = rig.live.current_window()
    assert old is not None
    key = WindowKey(rig.secrets[old.context], old.context)
    rig.got.clear()
    rig.live.roll()
    rig.shoot()
    rig.shoot(key=True)
    assert len(rig.got) == 4
    for sealed in rig.got:
        with pytest.raises(Refusal) as refusal:
            frame.open(key, ANY, sealed)
        assert refusal.value.reason is Reason.WRONG_WINDOW


def test_large_gop_keeps_only_its_keyframe(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "GOP_BYTES_MAX", 1000)
    rig = Rig()
    early: list[bytes] = []
    rig.live.watch(early.append)
    rig.shoot(500, key=True)
    rig.shoot(400)
    rig.shoot(400)  # one too many
    rig.watch()
    assert kinds(rig.opened()) == [Kind.INIT, Kind.STILL]
    rig.shoot(10)  # refers to pictures that the late watcher never got
    assert not rig.got
    assert sequences([rig.open(sealed) for sealed in early]) == [0, 1, 2, 3, 4]
    rig.shoot(key=True)
    rig.shoot()
    assert sequences(rig.opened()) == [5, 6]  # no second INIT of the same window


def test_still_is_sealed_once_for_each_keyframe() -> None:
    rig = Rig()
    assert rig.live.still() is None
    rig.shoot(key=True)
    rig.shoot()
    still = rig.live.still()
    assert still is not None
    assert rig.live.still() == still
    first = read_header(still)
    init, picture = still[: 122 + first.length], still[122 + first.length :]
    assert [rig.open(init).kind, rig.open(picture).kind] == [Kind.INIT, Kind.STILL]
    assert not rig.live.is_watched
    rig.watch()
    assert rig.got[:2] == [init, picture]
    assert sequences(rig.opened()) == [0, 1, 2]


def test_break_forgets_the_picture_and_the_next_window_says_so() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    old = rig.live.current_window()
    rig.live.on_break(BreakReason.CONNECTION_LOST, 0)
    assert rig.live.still() is None
    assert rig.live.current_window() is None
    assert rig.live.next_window() is None
    rig.shoot(key=True)  # without a format nothing is taken
    rig.opened()
    rig.live.on_format(FORMAT)
    assert rig.live.current_window().context != old.context  # type: ignore[union-attr]
    rig.shoot()
    rig.shoot(key=True)
    rig.shoot()
    opened = rig.opened()
    assert kinds(opened) == [Kind.INIT, Kind.STILL, Kind.GOP]
    assert [o.flags & FLAG_DISCONTINUITY for o in opened] == [0, FLAG_DISCONTINUITY, 0]


def test_clock_jump_starts_a_window_without_a_new_format() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    old = rig.live.current_window()
    rig.live.on_break(BreakReason.CLOCK_JUMPED, 0)
    rig.shoot(key=True)
    assert rig.live.current_window().context != old.context  # type: ignore[union-attr]
    assert kinds(rig.opened()) == [Kind.INIT, Kind.STILL] * 2


def test_same_format_again_changes_nothing_and_another_starts_a_window() -> None:
    rig = Rig()
    first = rig.live.current_window()
    rig.live.on_format(FORMAT)
    assert rig.live.current_window() == first
    other = VideoFormat("h264", 640, 480, (SPS, PPS), "avc1.640028")
    rig.live.on_format(StreamFormat(other))
    second = rig.live.current_window()
    assert second is not None
    assert second.codec == "avc1.640028"
    assert first is not None
    assert second.context.writer != first.context.writer


def test_flags_follow_the_unit() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True, is_sender_time=True)
    rig.shoot(is_after_loss=True)
    _, still, rest = rig.opened()
    assert still.flags == FLAG_KEYFRAME | FLAG_SENDER_TIME
    assert rest.flags == FLAG_DISCONTINUITY


def test_format_that_cannot_be_described_is_no_picture(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    rig.live.on_format(StreamFormat(VideoFormat("h264", 1, 1, (), "avc1")))
    rig.watch()
    rig.shoot(key=True)
    assert rig.live.current_window() is None
    assert not rig.got
    assert "no live view of this format" in caplog.text


def test_unit_that_is_too_large_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_module, "UNIT_BYTES_MAX", 1000)
    rig = Rig()
    rig.watch()
    rig.shoot(1001, key=True)
    assert not rig.got
    rig.shoot(key=True)
    assert [o.flags & FLAG_DISCONTINUITY for o in rig.opened()] == [0, FLAG_DISCONTINUITY]


def test_unwatch_stops_and_a_later_watch_goes_on_in_the_window() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    rig.live.unwatch(rig.got.append)
    rig.live.unwatch(rig.got.append)
    rig.opened()
    rig.shoot()
    assert not rig.got
    rig.watch()
    opened = rig.opened()
    assert sequences(opened) == [0, 1, 2]


def test_sound_is_a_stream_of_its_own_in_pieces_of_a_tenth_of_a_second() -> None:
    rig = Rig(Stream.AUDIO)
    rig.shoot(key=True)  # pictures are not its business
    rig.sound()
    rig.watch()
    for _ in range(10):
        rig.sound()
    opened = rig.opened()
    assert kinds(opened) == [Kind.INIT, Kind.GOP, Kind.GOP]
    assert sequences(opened) == [0, 1, 2]
    assert b"soun" in opened[0].payload
    assert b"vide" not in opened[0].payload
    assert len(opened[1].payload) > 5 * 160
    assert decode_time(opened[2]) - decode_time(opened[1]) == 5 * 160
    rig.clock.tick(61)
    for _ in range(5):
        rig.sound()
    assert kinds(rig.opened()) == [Kind.INIT, Kind.GOP]
    assert rig.live.still() is None


def test_main_says_nothing_of_sound() -> None:
    rig = Rig()
    rig.watch()
    rig.sound()
    rig.shoot(key=True)
    init, _ = rig.opened()
    assert b"vide" in init.payload
    assert b"soun" not in init.payload


def test_stream_without_sound_has_no_audio_window() -> None:
    rig = Rig(Stream.AUDIO)
    rig.live.on_format(StreamFormat(FORMAT.video))
    assert rig.live.current_window() is None


def test_reader_of_a_real_fan_out(caplog: pytest.LogCaptureFixture) -> None:
    rig = Rig()
    fanout = Fanout("front door")
    fanout.attach(rig.live)
    fanout.publish_format(FORMAT)
    rig.watch()
    fanout.publish(rig.unit(key=True))
    fanout.publish_break(BreakReason.SILENT, rig.clock.wall_us())
    fanout.publish_format(FORMAT)
    fanout.publish(rig.unit(key=True))
    assert len(rig.opened()) == 4
    assert not caplog.records


def test_views_into_a_receive_buffer_are_sealed_as_bytes() -> None:
    rig = Rig()
    buffer = bytearray(b"\0\0\0\6abcdef")
    rig.shoot(10, key=True, parts=[memoryview(buffer)[:4], memoryview(buffer)[4:]])
    rig.watch()
    assert rig.opened()[1].payload.endswith(b"\0\0\0\6abcdef")


STEPS = st.lists(
    st.sampled_from(
        ["key", "unit", "unit", "unit", "large", "watch", "other", "unwatch", "still", "roll",
         "minute", "break", "jump", "format"]
    ),
    max_size=60,
)  # fmt: skip


@given(STEPS)
@settings(max_examples=200, deadline=None)
def test_every_watcher_can_decode_whatever_happens(steps: list[str]) -> None:
    """Everything opens; INIT comes first; a GOP fragment follows what it refers to."""
    rig = Rig()
    followers: dict[str, list[bytes]] = {"watch": [], "other": []}
    takers = {name: got.append for name, got in followers.items()}
    known: dict[str, tuple[bytes, int]] = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream_module, "GOP_BYTES_MAX", 2000)
        for step in steps:
            _take_step(rig, step, takers)
            for name, got in followers.items():
                if step == name:
                    known.pop(name, None)
                for sealed in got:
                    known[name] = _follow(known.get(name), rig.open(sealed))
                got.clear()


def _take_step(rig: Rig, step: str, takers: dict[str, Watcher]) -> None:
    if step in {"key", "unit", "large"}:
        rig.shoot(1200 if step == "large" else 100, key=step == "key")
    elif step in takers:
        rig.live.unwatch(takers[step])
        rig.live.watch(takers[step])
    elif step == "minute":
        rig.clock.tick(61)
        rig.live.next_window()
    elif step == "format":
        rig.live.on_format(FORMAT)
    elif step == "unwatch":
        rig.live.unwatch(takers["watch"])
    elif step in {"break", "jump"}:
        lost = BreakReason.CONNECTION_LOST if step == "break" else BreakReason.CLOCK_JUMPED
        rig.live.on_break(lost, 0)
    elif step == "still":
        rig.live.still()
    else:
        rig.live.roll()


def _follow(before: tuple[bytes, int] | None, opened: Opened) -> tuple[bytes, int]:
    """The window and the last sequence after a fragment."""
    writer, sequence = opened.context.writer, opened.sequence
    if opened.kind is Kind.INIT:
        assert sequence == 0
        assert before is None or before[0] != writer  # no INIT twice
        return writer, 0
    assert before is not None
    assert before[0] == writer
    assert sequence > before[1]
    if opened.kind is Kind.GOP:
        assert sequence == before[1] + 1
    return writer, sequence


BOXES = b'{"wall_us":1,"boxes":[]}'


def test_what_is_seen_goes_to_who_has_the_pictures() -> None:
    rig = Rig()
    rig.live.on_boxes(BOXES)
    rig.shoot(key=True)
    rig.live.on_boxes(BOXES)
    rig.watch()
    rig.live.on_boxes(BOXES)
    rig.shoot()
    opened = rig.opened()
    assert kinds(opened) == [Kind.INIT, Kind.STILL, Kind.EVENT, Kind.GOP]
    assert sequences(opened) == [0, 1, 2, 3]
    assert opened[2].payload == BOXES
    assert opened[2].wall_us == rig.clock.wall_us()


def test_who_comes_later_in_a_group_of_pictures_misses_no_number() -> None:
    rig = Rig()
    rig.watch()
    rig.shoot(key=True)
    rig.live.on_boxes(BOXES)
    rig.shoot()
    rig.live.on_boxes(BOXES)
    rig.live.on_boxes(BOXES)
    first = rig.opened()
    late: list[bytes] = []
    rig.live.watch(late.append)
    assert sequences([rig.open(sealed) for sealed in late]) == sequences(first) == [*range(6)]
    rig.live.roll()
    rig.shoot()
    again = rig.opened()
    assert kinds(again) == [Kind.INIT, Kind.STILL, Kind.GOP, Kind.GOP]
    assert sequences(again) == [0, 1, 2, 3]
    rig.shoot(key=True)
    rig.got.clear()
    rig.live.watch(rig.got.append)
    assert kinds(rig.opened()) == [Kind.INIT, Kind.STILL]


def test_somebody_is_told_when_watching_begins_and_ends() -> None:
    rig, told = Rig(), []
    rig.live.on_watching = lambda: told.append(rig.live.is_watched)
    rig.watch()
    rig.live.unwatch(rig.got.append)
    assert told[0]
    assert not told[-1]
