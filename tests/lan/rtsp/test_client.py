"""Goal: a right camera plays, and each wrong one ends in its own error, with nothing leaked.
Method: a scripted camera on a real socket; every fault of the field is one script."""

import asyncio
import contextlib
import logging

import pytest

from keepsight.core.clock import SystemClock
from keepsight.core.destination import Credentials, Destination
from keepsight.core.secret import Secret
from keepsight.lan.rtsp import client, dialogue
from keepsight.lan.rtsp.client import RtspSession, probe
from keepsight.lan.rtsp.dialogue import (
    ConnectionLostError,
    NotFoundError,
    NotRtspError,
    OversizeError,
    RefusedError,
    RtspError,
    SilentError,
    UnreachableError,
    UnsupportedError,
    WrongPasswordError,
)
from keepsight.lan.rtsp.message import Response
from keepsight.lan.rtsp.rtcp import RECEIVER_REPORT
from tests.lan.rtsp.scripted import SDP, USER, Film, Script, ScriptedCamera

CLOCK = SystemClock()


async def probed(script, credentials=None, **options):
    async with ScriptedCamera(script) as camera:
        return await probe(camera.destination, credentials, clock=CLOCK, **options)


async def failure(script, credentials=None, **options):
    with pytest.raises(RtspError) as caught:
        await probed(script, credentials, **options)
    return caught.value


class Units:
    def __init__(self, wanted=20):
        self.formats, self.units, self.jumps = [], [], []
        self.wanted = wanted
        self.enough = asyncio.Event()

    def on_format(self, stream_format):
        self.formats.append(stream_format)

    def on_unit(self, unit):
        self.units.append(unit)
        if len(self.units) >= self.wanted:
            self.enough.set()

    def on_jump(self, reason):
        self.jumps.append(reason)


@contextlib.asynccontextmanager
async def playing(camera, sink, credentials=None, **options):
    session = RtspSession(camera.destination, credentials, CLOCK, **options)
    try:
        await session.open()
        await session.play(sink)
        yield session
    finally:
        await session.close()


async def test_a_right_camera():
    async with ScriptedCamera() as camera:
        sink = Units(45)
        async with playing(camera, sink) as session, asyncio.timeout(30):
            await sink.enough.wait()
        assert session.transport == "tcp"
        assert session.facts.session_name == "Front door"
        assert (session.facts.server, session.facts.tool) == ("Scripted/1.0", "script 1")
        assert len(sink.formats) == 1
        assert (sink.formats[0].video.width, sink.formats[0].video.height) == (640, 360)
        assert [unit.is_keyframe for unit in sink.units[:11]] == [True] + [False] * 9 + [True]
        ticks = [unit.media_ticks for unit in sink.units]
        assert ticks == list(range(ticks[0], ticks[0] + len(ticks) * 4500, 4500))
        async with asyncio.timeout(20):
            while "TEARDOWN" not in camera.requests():  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        assert camera.requests() == ["OPTIONS", "DESCRIBE", "SETUP", "SETUP", "PLAY", "TEARDOWN"]


async def test_probe_says_what_it_found():
    found = await probed(Script())
    assert found.stream_format.video.codec_string == "avc1.42c01e"
    assert found.stream_format.audio.codec == "pcma"
    assert (found.transport, found.facts.realm, found.sound_ignored) == ("tcp", "", "")


@pytest.mark.parametrize("schemes", [("MD5",), ("SHA-256", "MD5"), ("Basic",)])
async def test_credentials_are_sent_only_after_a_challenge(schemes, caplog):
    caplog.set_level(logging.DEBUG)
    async with ScriptedCamera(Script(credentials=USER, schemes=schemes)) as camera:
        found = await probe(camera.destination, USER, clock=CLOCK)
        first = [r for c in camera.connections for r in c.requests][:2]
    assert found.facts.realm == "Scripted"
    assert all(request.header("Authorization") is None for request in first)
    assert "s3cret" not in caplog.text


async def test_a_wrong_password_is_tried_once_and_named():
    wrong = Credentials("anna", Secret("hunter2"))
    async with ScriptedCamera(Script(credentials=USER)) as camera:
        with pytest.raises(WrongPasswordError) as caught:
            await probe(camera.destination, wrong, clock=CLOCK)
        assert camera.requests() == ["OPTIONS", "DESCRIBE", "DESCRIBE"]
    assert (caught.value.realm, caught.value.has_credentials) == ("Scripted", True)
    assert "hunter2" not in str(caught.value) + repr(caught.value.__dict__)


async def test_no_password_where_one_is_asked_for():
    error = await failure(Script(credentials=USER))
    assert isinstance(error, WrongPasswordError)
    assert not error.has_credentials


async def test_forbidden_is_a_wrong_password():
    error = await failure(Script(answers={"DESCRIBE": Response(403, "Forbidden")}))
    assert isinstance(error, WrongPasswordError)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"DESCRIBE": Response(404, "Not Found")}, NotFoundError),
        ({"DESCRIBE": Response(500, "Oops")}, RefusedError),
        ({"SETUP": Response(453, "Not Enough Bandwidth")}, RefusedError),
        ({"PLAY": Response(454, "Session Not Found")}, RefusedError),
        ({"OPTIONS": b"HTTP/1.0 400 Bad Request\r\n\r\n"}, NotRtspError),
        ({"OPTIONS": b"\x15\x03\x03\x00\x02\x02\x46"}, NotRtspError),
        ({"OPTIONS": b"RTSP/1.0 200 OK\r\nContent-Length: 99999999\r\n\r\n"}, OversizeError),
        ({"OPTIONS": b"RTSP/1.0 200 OK\r\n" + b"X: y\r\n" * 9000}, OversizeError),
        ({"DESCRIBE": Response(200, "OK", (), b"<html>")}, NotRtspError),
        ({"DESCRIBE": Response(401, "Unauthorized")}, UnsupportedError),
    ],
)
async def test_wrong_answers(answers, expected):
    error = await failure(Script(answers=answers))
    assert type(error) is expected
    assert str(error)


async def test_refusals_carry_their_status():
    error = await failure(Script(answers={"SETUP": Response(453, "Not Enough Bandwidth")}))
    assert (error.method, error.status, error.state) == ("SETUP", 453, "refused")


async def test_nobody_listens():
    async with ScriptedCamera() as camera:
        port = camera.port
    with pytest.raises(UnreachableError) as caught:
        await probe(Destination("rtsp", "127.0.0.1", port, "/"), None, clock=CLOCK)
    assert (caught.value.port, caught.value.state) == (port, "unreachable")


async def test_an_unknown_host():
    with pytest.raises(UnreachableError):
        await probe(Destination("rtsp", "no-such-host.invalid", 554, "/"), None, clock=CLOCK)


async def test_no_answer_is_silence(monkeypatch):
    monkeypatch.setattr(dialogue, "ANSWER_SECONDS_MAX", 0.2)
    error = await failure(Script(answers={"DESCRIBE": None}))
    assert isinstance(error, SilentError)
    assert error.awaited == "answer to DESCRIBE"


async def silence(_connection):
    pass


async def test_headers_and_then_nothing(monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS_MAX", 0.3)
    error = await failure(Script(play=silence))
    assert isinstance(error, SilentError)
    assert error.awaited == "keyframe"


async def test_silence_in_the_middle_is_noticed(monkeypatch):
    monkeypatch.setattr(client, "SILENCE_SECONDS_MAX", 0.5)

    async def one_picture(connection):
        for packet in Film().next_picture():
            await connection.send(0, packet)

    async with (
        ScriptedCamera(Script(play=one_picture)) as camera,
        playing(camera, Units()) as session,
        asyncio.timeout(30),
    ):
        with pytest.raises(SilentError):
            await session.run()


@pytest.mark.parametrize(
    ("sdp", "codec", "text"),
    [
        (SDP.replace("H264", "AV1"), "av1", "H.264 or H.265"),
        ("v=0\r\nm=audio 0 RTP/AVP 8\r\n", "", "no video"),
        ("v=0\r\nm=video 0 RTP/AVP 26\r\n", "jpeg", "H.264 or H.265"),
    ],
)
async def test_what_cannot_be_carried_is_named(sdp, codec, text):
    error = await failure(Script(sdp=sdp))
    assert isinstance(error, UnsupportedError)
    assert error.codec == codec
    assert text in str(error)


async def test_absurd_pictures_in_the_description():
    sps = "Z0LAHtoAAgAAIAAAQAAAIAAAQAA="
    sdp = SDP.replace("mode=1", f"mode=1;sprop-parameter-sets={sps},aM48gA==")
    error = await failure(Script(sdp=sdp))
    assert isinstance(error, UnsupportedError)


async def test_the_camera_closes_in_the_middle():
    async def leave(connection):
        for packet in Film().next_picture():
            await connection.send(0, packet)
        connection.writer.close()

    async with (
        ScriptedCamera(Script(play=leave)) as camera,
        playing(camera, Units()) as session,
        asyncio.timeout(30),
    ):
        with pytest.raises(ConnectionLostError):
            await session.run()


async def test_ten_times_the_usual_bitrate_arrives_whole():
    async def torrent(connection):
        film = Film(size=60_000)
        while True:
            for packet in film.next_picture():
                await connection.send(0, packet)
            await asyncio.sleep(0.01)

    sink = Units(120)
    async with (
        ScriptedCamera(Script(play=torrent)) as camera,
        playing(camera, sink),
        asyncio.timeout(20),
    ):
        await sink.enough.wait()
    ticks = [unit.media_ticks for unit in sink.units]
    assert ticks == list(range(ticks[0], ticks[0] + len(ticks) * 4500, 4500))
    assert {unit.size_bytes for unit in sink.units} == {60_006}


@pytest.mark.parametrize("junk", [b"\x00" * 64, b"$\x00", b"GARBAGE\r\n\r\n"])
async def test_garbage_between_packets_ends_the_session(junk):
    async def play(connection):
        for packet in Film().next_picture():
            await connection.send(0, packet)
        connection.writer.write(junk)
        connection.writer.write_eof()

    async with (
        ScriptedCamera(Script(play=play)) as camera,
        playing(camera, Units()) as session,
        asyncio.timeout(30),
    ):
        with pytest.raises((NotRtspError, ConnectionLostError)):
            await session.run()


async def test_a_redirect_on_the_same_host_is_followed():
    async with ScriptedCamera() as right:
        moved = Response(302, "Moved", (("Location", right.destination.url),))
        found = await probed(Script(answers={"DESCRIBE": moved}))
        assert right.requests()[0] == "OPTIONS"
    assert found.transport == "tcp"


@pytest.mark.parametrize("location", ["rtsp://192.0.2.1/x", "http://127.0.0.1/", "", "rtsp://["])
async def test_other_redirects_are_refused(location):
    moved = Response(301, "Moved", (("Location", location),) if location else ())
    error = await failure(Script(answers={"DESCRIBE": moved}))
    assert isinstance(error, RefusedError)
    assert error.status == 301


async def test_a_redirect_loop_ends():
    def again(connection, request):
        return Response(302, "Moved", (("Location", request.url),))

    async with ScriptedCamera(Script(answers={"DESCRIBE": again})) as camera:
        with pytest.raises(RefusedError):
            await probe(camera.destination, None, clock=CLOCK)
        assert camera.requests().count("DESCRIBE") == client.REDIRECTS_MAX + 1


async def run_until(session, question):
    """Play until the answer is true."""
    running = asyncio.ensure_future(session.run())
    try:
        async with asyncio.timeout(30):
            while not question():
                assert not running.done(), "it ended before"
                await asyncio.sleep(0.01)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_keepalive_and_reports_are_sent(monkeypatch):
    monkeypatch.setattr(client, "REPORT_SECONDS", 1)
    async with ScriptedCamera(Script(session="abc;timeout=1")) as camera:
        async with playing(camera, Units()) as session:
            await run_until(
                session,
                lambda: (
                    camera.requests().count("GET_PARAMETER") >= 2 and camera.connections[0].frames
                ),
            )
        asked, frames = camera.requests(), camera.connections[0].frames
        sessions = {r.header("Session") for r in camera.connections[0].requests[4:]}
    assert asked.count("GET_PARAMETER") >= 2
    assert sessions == {"abc"}
    assert frames[0].channel == 1
    assert frames[0].payload[1] == RECEIVER_REPORT


async def test_a_camera_without_get_parameter_gets_options():
    async with ScriptedCamera(
        Script(session="abc;timeout=1", answers={"GET_PARAMETER": Response(501, "No")})
    ) as camera:
        async with playing(camera, Units()) as session:
            await run_until(session, lambda: camera.requests().count("OPTIONS") >= 3)
        asked = camera.requests()
    assert asked.count("GET_PARAMETER") == 1
    assert asked.count("OPTIONS") >= 2


async def test_pictures_survive_a_camera_that_ignores_keepalives(monkeypatch):
    monkeypatch.setattr(dialogue, "ANSWER_SECONDS_MAX", 0.1)
    script = Script(session="abc;timeout=1", answers={"GET_PARAMETER": None})
    async with ScriptedCamera(script) as camera:
        sink = Units(10_000)
        async with playing(camera, sink) as session:
            await run_until(
                session,
                lambda: camera.requests().count("GET_PARAMETER") >= 2 and len(sink.units) > 20,
            )


async def test_facts_can_stop_a_session_before_the_password_is_answered():
    class OtherError(Exception):
        pass

    def check(facts):
        if facts.realm:
            raise OtherError

    async with ScriptedCamera(Script(credentials=USER, schemes=("Basic",))) as camera:
        session = RtspSession(camera.destination, USER, CLOCK, on_facts=check)
        with pytest.raises(OtherError):
            await session.open()
        await session.close()
        asked = [r for c in camera.connections for r in c.requests]
    assert [request.header("Authorization") for request in asked] == [None, None]


async def test_a_cancellation_is_never_lost_in_a_failing_session():
    async def leave(connection):
        connection.writer.close()

    for turns in range(12):
        async with ScriptedCamera(Script(play=leave)) as camera:
            session = RtspSession(camera.destination, None, CLOCK)
            await session.open()
            await session.play(Units())
            running = asyncio.ensure_future(session.run())
            await session.ended
            for _ in range(turns):
                await asyncio.sleep(0)
            was_done = running.done()
            running.cancel()
            await asyncio.wait((running,), timeout=5)
            assert running.cancelled() or was_done
            if was_done:
                assert isinstance(running.exception(), ConnectionLostError)
            await session.close()


async def test_close_twice_and_before_open_is_no_error():
    session = RtspSession(Destination("rtsp", "127.0.0.1", 9, "/"), None, CLOCK)
    await session.close()
    async with ScriptedCamera() as camera:
        session = RtspSession(camera.destination, None, CLOCK)
        await session.open()
        await session.close()
        await session.close()
