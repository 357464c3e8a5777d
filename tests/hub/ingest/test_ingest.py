"""Goal: a stream comes back from every fault, says how it does, and never publishes another
device's pictures. Method: the real client against scripted cameras; pauses are shortened."""

import asyncio
import contextlib

import pytest

from keepsight.core.clock import SystemClock
from keepsight.core.destination import Credentials
from keepsight.core.device import DeviceFacts
from keepsight.core.secret import Secret
from keepsight.hub.camera import StreamSource, StreamState
from keepsight.hub.ingest import ingest
from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.hub.ingest.identity import Likeness
from keepsight.hub.ingest.ingest import Listener, StreamIngest, StreamPlan
from keepsight.lan.rtsp import client
from keepsight.lan.rtsp.message import Response
from keepsight.seal.header import Stream
from tests.lan.rtsp.scripted import PPS, SDP, SPS, USER, Film, Script, ScriptedCamera, rtp

CLOCK = SystemClock()


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch):
    monkeypatch.setattr(ingest, "RETRY_SECONDS_MIN", 0.02)
    monkeypatch.setattr(ingest, "RETRY_SECONDS_MAX", 0.1)
    monkeypatch.setattr(client, "CLOSE_SECONDS_MAX", 0.05)


class Watcher(Listener):
    """A reader of the fan-out and a listener of the ingest in one."""

    def __init__(self):
        self.states, self.pins, self.identities = [], [], []
        self.formats, self.units, self.breaks = [], [], []
        self.changed = asyncio.Event()

    def note(self, seen, value):
        seen.append(value)
        self.changed.set()

    def on_state(self, state):
        self.note(self.states, state)

    def on_identity(self, comparison, facts):
        self.note(self.identities, (comparison, facts))

    def on_pin(self, facts):
        self.note(self.pins, facts)

    def on_format(self, stream_format):
        self.note(self.formats, stream_format)

    def on_unit(self, unit):
        self.note(self.units, unit)

    def on_break(self, reason, wall_us):
        assert wall_us > 10**15
        self.note(self.breaks, reason)

    async def until(self, condition):
        async with asyncio.timeout(30):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@contextlib.asynccontextmanager
async def ingesting(camera, credentials=None, pinned=None):
    watcher, fanout = Watcher(), Fanout("cam")
    fanout.attach(watcher)
    source = StreamSource(Stream.MAIN, camera.destination)
    plan = StreamPlan("cam", source, credentials, pinned)
    stream = StreamIngest(plan, fanout, CLOCK, listener=watcher)
    task = asyncio.ensure_future(stream.run())
    try:
        yield stream, watcher
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_stream_runs_and_says_so():
    async with ScriptedCamera() as camera:
        async with ingesting(camera) as (stream, watcher):
            assert stream.status.state is StreamState.STARTING
            await watcher.until(lambda: len(watcher.units) > 30)
            status = stream.status
        assert (status.state, status.detail, status.transport) == (StreamState.RUNNING, "", "tcp")
        assert (status.codec, status.width, status.height) == ("avc1.42c01e", 640, 360)
        assert CLOCK.monotonic_us() - status.unit_monotonic_us < 10_000_000
        assert watcher.pins == [stream._pinned]
        assert watcher.pins[0].session_name == "Front door"
    assert watcher.states == [StreamState.RUNNING, StreamState.STOPPED]
    assert watcher.breaks == [BreakReason.STOPPED]
    assert stream.status.transport == ""


async def test_it_comes_back_when_the_camera_leaves():
    async def leave(connection):
        film = Film()
        for _ in range(5):
            for packet in film.next_picture():
                await connection.send(0, packet)
        connection.writer.close()

    async with ScriptedCamera(Script(play=leave)) as camera, ingesting(camera) as (_, watcher):
        await watcher.until(lambda: len(watcher.formats) == 3)
    assert watcher.breaks[:2] == [BreakReason.CONNECTION_LOST] * 2
    assert watcher.states[:3] == [
        StreamState.RUNNING,
        StreamState.UNREACHABLE,
        StreamState.RUNNING,
    ]


async def test_an_absent_camera_is_unreachable_until_it_comes():
    async with ScriptedCamera() as camera:
        pass
    async with ingesting(camera) as (stream, watcher):
        await watcher.until(lambda: StreamState.UNREACHABLE in watcher.states)
        assert str(camera.port) in stream.status.detail
    assert watcher.breaks == []


async def test_pauses_grow_to_a_bound(monkeypatch):
    pauses = []
    enough = asyncio.Event()

    async def rest(_self, pause):
        pauses.append(pause)
        if len(pauses) == 12:
            enough.set()
            await asyncio.sleep(60)

    monkeypatch.setattr(ingest, "RETRY_SECONDS_MIN", 1.0)
    monkeypatch.setattr(ingest, "RETRY_SECONDS_MAX", 60.0)
    monkeypatch.setattr(StreamIngest, "_rest", rest)
    async with ScriptedCamera() as camera:
        pass
    async with ingesting(camera), asyncio.timeout(30):
        await enough.wait()
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]


async def test_a_wrong_password_is_not_hammered_and_a_new_one_is_tried_at_once():
    wrong = Credentials("anna", Secret("hunter2"))
    async with (
        ScriptedCamera(Script(credentials=USER)) as camera,
        ingesting(camera, wrong) as (stream, watcher),
    ):
        await watcher.until(lambda: watcher.states == [StreamState.WRONG_PASSWORD])
        await asyncio.sleep(0.4)
        assert camera.requests() == ["OPTIONS", "DESCRIBE", "DESCRIBE"]
        assert "hunter2" not in repr(stream.status)
        stream.change_credentials(USER)
        await watcher.until(lambda: len(watcher.units) > 3)


async def test_silence_is_noticed_and_tried_again(monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS_MAX", 0.3)

    async def one_picture(connection):
        for packet in Film().next_picture():
            await connection.send(0, packet)

    async with (
        ScriptedCamera(Script(play=one_picture)) as camera,
        ingesting(camera) as (_, watcher),
    ):
        await watcher.until(lambda: len(watcher.formats) == 2)
    assert watcher.breaks[0] is BreakReason.SILENT
    assert StreamState.SILENT in watcher.states


@pytest.mark.parametrize(
    ("script", "state"),
    [
        (Script(answers={"DESCRIBE": Response(404, "No")}), StreamState.NOT_FOUND),
        (Script(answers={"SETUP": Response(453, "Full")}), StreamState.REFUSED),
        (Script(answers={"OPTIONS": b"HTTP/1.1 400 Bad\r\n\r\n"}), StreamState.NOT_RTSP),
        (Script(answers={"OPTIONS": b"RTSP/1.0 200 " + b"a" * 70_000}), StreamState.NOT_RTSP),
        (Script(sdp=SDP.replace("H264", "AV1")), StreamState.UNSUPPORTED),
    ],
)
async def test_each_refusal_has_its_state(script, state):
    async with ScriptedCamera(script) as camera, ingesting(camera) as (stream, watcher):
        await watcher.until(lambda: bool(watcher.states))
        assert watcher.states[0] is state
        assert stream.status.detail
    assert watcher.breaks == []


async def test_a_defect_of_ours_is_logged_and_the_stream_tried_again(monkeypatch, caplog):
    def broken(*_args, **_kwargs):
        monkeypatch.undo()
        raise RuntimeError("a defect")

    monkeypatch.setattr(client, "parse_sdp", broken)
    async with ScriptedCamera() as camera, ingesting(camera) as (_, watcher):
        await watcher.until(lambda: len(watcher.units) > 2)
    assert watcher.states[0] is StreamState.UNREACHABLE
    assert "a defect" in caplog.text


PINNED = DeviceFacts(realm="Scripted", server="Scripted/1.0", session_name="Front door")


async def test_another_realm_stops_everything_before_the_password_is_sent():
    script = Script(credentials=USER, realm="Impostor", schemes=("Basic",))
    async with ScriptedCamera(script) as camera:
        async with ingesting(camera, USER, PINNED) as (stream, watcher):
            await watcher.until(lambda: watcher.states == [StreamState.IDENTITY_CHANGED])
            await asyncio.sleep(0.3)
            asked = [r for c in camera.connections for r in c.requests]
            assert [r.method for r in asked] == ["OPTIONS", "DESCRIBE"]
            assert asked[1].header("Authorization") is None
            assert "realm" in stream.status.detail
            assert stream.pending_identity.realm == "Impostor"
            assert watcher.units == []
            stream.accept_identity()
            await watcher.until(lambda: len(watcher.units) > 3)
            assert stream.pending_identity is None
        assert watcher.pins[-1].realm == "Impostor"
        assert watcher.identities[0][0].likeness is Likeness.OTHER


async def test_a_camera_that_stops_asking_for_its_password_is_another_device():
    async with ScriptedCamera() as camera, ingesting(camera, USER, PINNED) as (_, watcher):
        await watcher.until(lambda: watcher.states == [StreamState.IDENTITY_CHANGED])
        assert "SETUP" not in camera.requests()


async def test_another_device_in_mid_run_breaks_the_stream():
    async def leave(connection):
        for packet in Film().next_picture():
            await connection.send(0, packet)
        camera.guard._realm = "Impostor"
        connection.writer.close()

    script = Script(credentials=USER, play=leave)
    async with ScriptedCamera(script) as camera, ingesting(camera, USER, PINNED) as (_, watcher):
        await watcher.until(lambda: StreamState.IDENTITY_CHANGED in watcher.states)
    assert len(watcher.formats) == 1


async def test_new_firmware_is_noted_and_accepted():
    script = Script(credentials=USER, server="Scripted/2.0", tool="script 2")
    async with ScriptedCamera(script) as camera, ingesting(camera, USER, PINNED) as (_, watcher):
        await watcher.until(lambda: len(watcher.units) > 3)
    comparison, facts = watcher.identities[0]
    assert (comparison.likeness, comparison.differing) == (Likeness.CHANGED, ("server",))
    assert watcher.pins[-1].server == facts.server == "Scripted/2.0"


def other_size(film):
    """A keyframe whose parameter sets differ."""
    nals = [SPS, PPS[:-1] + b"\x84", b"\x65\x88" + bytes(50)]
    packets = []
    for nal in nals:
        packets.append(rtp(film.sequence, film.stamp, nal, is_marked=nal is nals[-1]))
        film.sequence += 1
    film.stamp += 4500
    film.number = 1
    return packets


async def test_a_format_change_is_a_break_and_a_format():
    async def change(connection):
        film = Film()
        for number in range(10_000):
            packets = other_size(film) if number == 5 else film.next_picture()
            for packet in packets:
                await connection.send(0, packet)
            await asyncio.sleep(0.01)

    async with ScriptedCamera(Script(play=change)) as camera, ingesting(camera) as (_, watcher):
        await watcher.until(lambda: len(watcher.formats) == 2)
        await watcher.until(lambda: len(watcher.units) > 8)
    assert watcher.breaks[0] is BreakReason.FORMAT_CHANGED
    assert watcher.units[5].is_keyframe


async def test_a_camera_that_flaps_between_formats_is_disconnected():
    async def flap(connection):
        film = Film()
        for number in range(10_000):
            film.number = 0
            packets = other_size(film) if number % 2 else film.next_picture()
            for packet in packets:
                await connection.send(0, packet)
            await asyncio.sleep(0.001)

    async with ScriptedCamera(Script(play=flap)) as camera, ingesting(camera) as (_, watcher):
        await watcher.until(lambda: StreamState.UNSUPPORTED in watcher.states)
    assert watcher.breaks.count(BreakReason.FORMAT_CHANGED) == ingest.FORMAT_CHANGES_MAX


async def test_time_going_back_is_a_clock_jump_and_the_same_format():
    async def go_back(connection):
        film = Film()
        for number in range(10_000):
            if number == 10:
                film.stamp -= 90_000 * 30
            for packet in film.next_picture():
                await connection.send(0, packet)
            await asyncio.sleep(0.01)

    async with ScriptedCamera(Script(play=go_back)) as camera, ingesting(camera) as (_, watcher):
        await watcher.until(lambda: len(watcher.units) > 20)
    assert watcher.breaks[0] is BreakReason.CLOCK_JUMPED
    assert watcher.formats[0] == watcher.formats[1]
    ticks = [unit.media_ticks for unit in watcher.units]
    assert ticks == sorted(ticks)


async def test_a_stop_that_a_session_loses_is_heeded(monkeypatch):
    monkeypatch.setattr(ingest, "RETRY_SECONDS_MIN", 600.0)
    begun = asyncio.Event()

    async def lose(_self):
        begun.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(600)

    monkeypatch.setattr(StreamIngest, "_try", lose)
    camera = ScriptedCamera()
    async with camera, asyncio.timeout(60), ingesting(camera) as (stream, _watcher):
        await begun.wait()
    assert stream.status.state is StreamState.STOPPED
