"""A camera's server answers right requests rightly and survives every other. Method: a real
server on a free port, a bare client that can also be rude, and a client that reads slowly.
"""

import asyncio
import itertools

import pytest

from keepsight.camera.clip import Clip
from keepsight.camera.server import SESSIONS_MAX, Access, Identity, ServerOptions
from keepsight.camera.session import REFUSALS_MAX, SessionRules
from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret
from keepsight.lan.rtsp.auth import Answerer, choose_challenge, parse_challenges
from tests.camera.client import connect, parse_rtp, until
from tests.camera.clips import Film
from tests.camera.conftest import CLOCK, running

USER = Credentials("watcher", Secret("pass word"))


async def test_describes_itself_and_its_tracks(h264_clip):
    async with running(h264_clip) as server:
        client = await connect(server.port)
        options = await client.ask("OPTIONS", "*")
        answer = await client.ask("DESCRIBE", Accept="application/sdp")
        client.close()
    assert "SETUP" in options.header("Public")
    sdp = answer.body.decode()
    assert answer.header("Server").startswith("Keepsight-Camera/")
    assert answer.header("Content-Base") == client.url + "/"
    for line in ("s=Test", "a=tool:Keepsight camera", "a=control:track1", "a=control:track2"):
        assert line in sdp.splitlines()
    assert "sprop-parameter-sets=" in sdp
    assert "config=" in sdp


async def test_plays_over_tcp_from_a_keyframe_with_a_report_in_front(h264_clip):
    async with running(h264_clip) as server:
        client = await connect(server.port)
        await client.play(tracks=2)
        await client.collect(0, 40)
        await client.collect(2, 10)
        await client.collect(1, 1)
        client.close()
    video = client.rtp(0)
    assert [p.payload[0] & 31 for p in video[:2]] == [7, 8]
    assert all((b.sequence - a.sequence) & 0xFFFF == 1 for a, b in itertools.pairwise(video))
    assert client.packets[1][0][1] == 200
    assert {p.payload_type for p in client.rtp(2)} == {97}


@pytest.mark.parametrize("has_basic", [False, True])
async def test_lets_in_who_knows_the_password(h264_clip, has_basic):
    options = ServerOptions(Access(USER, has_basic=has_basic))
    async with running(h264_clip, options) as server:
        client = await connect(server.port)
        refused = await client.ask("DESCRIBE")
        challenges = parse_challenges(refused.all("WWW-Authenticate"))
        for challenge in challenges:
            answerer = Answerer(challenge, USER)
            value = answerer.authorization("DESCRIBE", client.url)
            assert (await client.ask("DESCRIBE", Authorization=value)).status == 200
        client.close()
    assert refused.status == 401
    assert {c.scheme for c in challenges} == ({"Digest", "Basic"} if has_basic else {"Digest"})
    assert challenges[0].realm == "Keepsight-T-1"


async def test_refuses_wrong_passwords_and_hangs_up_after_a_few(h264_clip):
    async with running(h264_clip, ServerOptions(Access(USER))) as server:
        client = await connect(server.port)
        refused = await client.ask("DESCRIBE")
        challenge = choose_challenge(parse_challenges(refused.all("WWW-Authenticate")))
        wrong = Answerer(challenge, Credentials("watcher", Secret("password")))
        for _ in range(REFUSALS_MAX - 1):
            value = wrong.authorization("DESCRIBE", client.url)
            assert (await client.ask("DESCRIBE", Authorization=value)).status == 401
        with pytest.raises(ConnectionError):
            await client.ask("DESCRIBE", Authorization=value)
        client.close()


async def test_an_open_session_needs_no_new_digest_but_its_own_name(h264_clip):
    async with running(h264_clip, ServerOptions(Access(USER))) as server:
        client = await connect(server.port)
        refused = await client.ask("DESCRIBE")
        answerer = Answerer(
            choose_challenge(parse_challenges(refused.all("WWW-Authenticate"))), USER
        )
        url = client.url + "/track1"
        await client.ask(
            "SETUP", url,
            Transport="RTP/AVP/TCP;unicast;interleaved=0-1",
            Authorization=answerer.authorization("SETUP", url),
        )  # fmt: skip
        assert (await client.ask("PLAY")).status == 200
        client.session = "0000"
        assert (await client.ask("GET_PARAMETER")).status == 401
        client.close()


async def test_pauses_resumes_with_a_keyframe_and_tears_down(h264_clip):
    async with running(h264_clip) as server:
        client = await connect(server.port)
        await client.play()
        await client.collect(0, 5)
        assert (await client.ask("PAUSE")).status == 200
        client.packets.clear()
        await asyncio.sleep(0.2)
        assert (await client.ask("GET_PARAMETER")).status == 200
        assert not client.packets
        assert (await client.ask("PLAY")).status == 200
        await client.collect(0, 3)
        assert client.rtp()[0].payload[0] & 31 == 7
        assert (await client.ask("TEARDOWN")).status == 200
        assert (await client.ask("PLAY")).status == 454
        client.close()


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("DESCRIBE", "/nowhere", {}, 404),
        ("DESCRIBE", "/main/track9", {}, 404),
        ("DESCRIBE", "/main", {"Accept": "text/html"}, 406),
        ("SETUP", "/main", {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"}, 459),
        ("SETUP", "/main/track1", {"Transport": "RTP/AVP;multicast"}, 461),
        ("SETUP", "/main/track1", {"Transport": "RTP/AVP;unicast;client_port=7-8"}, 461),
        ("SETUP", "/main/track1", {"Transport": "RTP/AVP;unicast;client_port=99999"}, 461),
        ("SETUP", "/main/track1", {"Transport": "RTP/AVP/TCP;interleaved=255-256"}, 461),
        ("SETUP", "/main/track1", {"Transport": ";" * 9000}, 461),
        ("PLAY", "/main", {}, 454),
        ("PAUSE", "/main", {"Session": "0"}, 454),
        ("RECORD", "/main", {}, 501),
        ("PLAY", "/main", {"Require": "www.onvif.org/ver20/backchannel"}, 551),
        ("DESCRIBE", "//[", {}, 404),
    ],
)
async def test_says_what_it_does_not_do(h264_clip, method, path, headers, status):
    async with running(h264_clip) as server:
        client = await connect(server.port)
        answer = await client.ask(method, f"rtsp://127.0.0.1{path}", **headers)
        assert answer.status == status
        assert (await client.ask("DESCRIBE")).status == 200
        client.close()


@pytest.mark.parametrize(
    "rude",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x00" * 4096,
        b"A" * 100_000,
        b"DESCRIBE rtsp://x/main RTSP/1.0\r\nContent-Length: 999999999\r\n\r\n",
        b"DESCRIBE rtsp://[ RTSP/1.0\r\nCSeq: 1\r\n\r\n" * 20,
        b"$\x00\xff\xff" + bytes(65535) + b"DESCRIBE",
        b"SETUP rtsp://x/main/track1 RTSP/1.0\r\nCSeq: " + b"9" * 5000 + b"\r\n\r\n",
    ],
)
async def test_rude_clients_harm_nobody(h264_clip, rude):
    async with running(h264_clip) as server:
        other = await connect(server.port)
        await other.play()
        client = await connect(server.port)
        client.writer.write(rude)
        client.writer.write_eof()
        async with asyncio.timeout(5):
            await client.reader.read()
        seen = len(other.packets.get(0, ()))
        await other.collect(0, seen + 20)
        other.close()
        client.close()


async def read_to_a_hole(client, holes_wanted):
    """The packets that do not follow the one before."""
    seen, holes = 0, []
    while len(holes) < holes_wanted:
        await client.read()
        packets = client.packets.get(0, [])
        for one, other in itertools.pairwise(packets[max(0, seen - 1) :]):
            if (int.from_bytes(other[2:4]) - int.from_bytes(one[2:4])) & 0xFFFF != 1:
                holes.append(parse_rtp(other))
        seen = len(packets)
    return holes


async def test_a_slow_client_loses_whole_gops_and_no_memory_grows(films):
    film = films(Film(width=1280, height=720, seconds=2, audio=None))
    limit = 128 * 1024
    options = ServerOptions(rules=SessionRules(buffer_bytes_max=limit))
    largest = 0
    async with running(Clip(film, CLOCK, speed=20), options) as server:
        client = await connect(server.port)
        await client.play()
        (session,) = server.sessions
        async with asyncio.timeout(60):
            while session.dropped_batches <= 100:
                await asyncio.sleep(0.01)
                largest = max(largest, session._transport.get_write_buffer_size())
        assert largest < limit + 400_000  # one picture may come on top
        # Megabytes wait in the kernel's buffers before the first hole.
        async with asyncio.timeout(60):
            holes = await read_to_a_hole(client, holes_wanted=1)
        client.close()
    assert all(packet.payload[0] & 31 == 7 for packet in holes), "a GOP was torn"


async def test_turns_clients_away_when_full(h264_clip):
    async with running(h264_clip) as server:
        clients = [await connect(server.port) for _ in range(SESSIONS_MAX)]
        assert (await clients[-1].ask("OPTIONS")).status == 200
        extra = await connect(server.port)
        with pytest.raises(ConnectionError):
            await extra.ask("OPTIONS")
        for client in (*clients, extra):
            client.close()


async def test_comes_back_on_its_port_as_another_device(h264_clip):
    async with running(h264_clip, ServerOptions(Access(USER))) as server:
        port = server.port
        client = await connect(port)
        await client.ask("DESCRIBE")
        await server.reboot(0.05, Identity("T-2", "Other"))
        with pytest.raises(ConnectionError):
            await client.read()
        client.close()
        again = await connect(port)
        refused = await again.ask("DESCRIBE")
        again.close()
    assert parse_challenges(refused.all("WWW-Authenticate"))[0].realm == "Keepsight-T-2"


async def test_nothing_is_made_for_nobody(h264_clip):
    async with running(h264_clip) as server:
        assert not server.demand.is_watched("main")
        client = await connect(server.port)
        await client.play()
        await client.collect(0, 1)
        assert server.demand.is_watched("main")
        client.close()
        await until(lambda: not server.demand.is_watched("main"))
