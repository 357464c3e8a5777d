"""Each fault does what it says, and no more. Method: samples through it by a clock set by hand;
a real server for those of connections.
"""

import asyncio
import itertools

import pytest

from keepsight.camera.clip import Clip
from keepsight.camera.faults import FaultError, Faults, Mischief, parse_faults
from keepsight.camera.media import Sample
from keepsight.camera.server import Identity, ServerOptions
from tests.camera.client import connect, until
from tests.camera.clips import Film
from tests.camera.conftest import CLOCK, running

SAMPLE = Sample("main", True, 900_000, 5, True, (b"\x67set", b"\x65" + b"p" * 999))


class HandClock:
    seconds = 0.0

    def monotonic_us(self):
        return round(self.seconds * 1_000_000)

    def wall_us(self):
        return self.monotonic_us()


def at(faults, seconds):
    clock = HandClock()
    mischief = Mischief(faults, clock)
    clock.seconds = seconds
    return mischief


def test_without_faults_nothing_changes():
    mischief = at(Faults(), 1e6)
    assert mischief.alter(SAMPLE, "h264", 90_000) is SAMPLE
    packets = [b"a", b"b"]
    assert mischief.datagrams(packets) is packets
    assert mischief.garbage() is None


def test_silence_begins_and_ends():
    faults = Faults(silence_after_seconds=5, silence_seconds=3)
    heard = [at(faults, s).alter(SAMPLE, "h264", 90_000) is not None for s in (4.9, 5.1, 7.9, 8.1)]
    assert heard == [True, False, False, True]
    assert at(Faults(silence_after_seconds=5), 1e6).alter(SAMPLE, "h264", 90_000) is None


def test_time_jumps_back_in_the_tracks_own_clock():
    faults = Faults(backwards_after_seconds=1, backwards_seconds=2)
    assert at(faults, 2).alter(SAMPLE, "h264", 90_000).media_ticks == 900_000 - 180_000
    assert at(faults, 2).alter(SAMPLE, "h264", 8_000).media_ticks == 900_000 - 16_000


@pytest.mark.parametrize(("codec", "head"), [("h264", 0x0C), ("h265", 0x4C)])
def test_a_burst_is_ten_times_as_large_and_keeps_the_picture(codec, head):
    faults = Faults(burst_after_seconds=1, burst_seconds=2)
    altered = at(faults, 2).alter(SAMPLE, codec, 90_000)
    assert altered.parts[:2] == SAMPLE.parts
    assert altered.parts[2][0] == head
    size, before = (sum(map(len, s.parts)) for s in (altered, SAMPLE))
    assert size == pytest.approx(before * 10, rel=0.01)
    assert at(faults, 3.5).alter(SAMPLE, codec, 90_000) is SAMPLE


def test_garbage_keeps_sizes_and_repeats_by_seed():
    faults = Faults(garbage_media_after_seconds=0, garbage_stream_after_seconds=1, seed=4)
    one, two = (at(faults, 2).alter(SAMPLE, "h264", 90_000) for _ in range(2))
    assert one == two
    assert one.parts != SAMPLE.parts
    assert [len(p) for p in one.parts] == [len(p) for p in SAMPLE.parts]
    assert at(faults, 0.5).garbage() is None
    assert at(faults, 1.5).garbage()


def test_the_network_loses_and_swaps_about_as_much_as_asked():
    packets = [n.to_bytes(2) for n in range(4000)]
    lossy = at(Faults(loss_ratio=0.2), 0).datagrams(packets)
    assert len(lossy) == pytest.approx(3200, abs=150)
    assert lossy == sorted(lossy)
    swapped = at(Faults(reorder_ratio=0.1), 0).datagrams(packets)
    assert sorted(swapped) == packets
    assert swapped != packets


def test_reads_faults_as_written():
    assert parse_faults(["loss_ratio=0.1", "seed=3"]) == Faults(loss_ratio=0.1, seed=3)
    with pytest.raises(FaultError, match=r"there are: .*silence_after_seconds"):
        parse_faults(["fire=1"])
    with pytest.raises(FaultError, match="needs a number"):
        parse_faults(["loss_ratio=much"])


async def watch_forever(client):
    await client.play()
    await client.collect(0, 1_000_000)


async def test_reboots_drop_everybody_and_end(h264_clip):
    options = ServerOptions(faults=Faults(reboot_every_seconds=0.4, reboot_seconds=0.1))
    async with running(h264_clip, options) as server:
        for _ in range(2):
            async with asyncio.timeout(10):
                while True:
                    try:
                        client = await connect(server.port)
                        break
                    except ConnectionError:
                        await asyncio.sleep(0.02)
            try:
                with pytest.raises(ConnectionError):
                    await watch_forever(client)
            finally:
                client.close()


async def test_another_device_takes_its_place(h264_clip):
    faults = Faults(identity_after_seconds=0.1, reboot_seconds=0.05)
    other = Identity("T-9", "Other")
    async with running(h264_clip, ServerOptions(faults=faults), other_identity=other) as server:
        await until(lambda: server.session_name == "Other")
        assert server.identity is other


async def test_garbage_on_the_connection_is_garbage(h264_clip):
    options = ServerOptions(faults=Faults(garbage_stream_after_seconds=0))
    async with running(h264_clip, options) as server:
        client = await connect(server.port)
        await client.ask("SETUP", client.url + "/track1", Transport="RTP/AVP/TCP;interleaved=0-1")
        await client.ask("PLAY")
        data = b""
        async with asyncio.timeout(20):
            while len(data) < 5000:
                data += await client.reader.read(65536)
        client.close()
    # 256 values, about equally often: nothing of RTP's structure.
    assert len(set(data)) == 256


@pytest.mark.parametrize("has_same_codec", [True, False])
async def test_another_film_plays_in_band_or_after_a_reboot(films, has_same_codec):
    film = Film(audio=None, width=160, height=120)
    if not has_same_codec:
        film = Film("libx265", None, suffix=".mkv")
    first = Clip(films(Film(audio=None)), CLOCK)
    faults = Faults(switch_after_seconds=1.5, reboot_seconds=0.05)
    second = Clip(films(film), CLOCK)
    async with running(first, ServerOptions(faults=faults), other_source=second) as server:
        client = await connect(server.port)
        await client.play()
        if has_same_codec:
            await client.collect(0, 10)
            sets = {p.payload for p in client.rtp() if p.payload[0] & 31 == 7}
            async with asyncio.timeout(10):
                while len(sets) < 2:
                    await client.read()
                    sets = {p.payload for p in client.rtp() if p.payload[0] & 31 == 7}
            ticks = [p.ticks for p in client.rtp()]
            steps = {(b - a) & 0xFFFFFFFF for a, b in itertools.pairwise(ticks)}
            assert max(steps) < 90_000
        else:
            with pytest.raises(ConnectionError):
                await client.collect(0, 100_000)
            assert server.mounts["/main"].tracks.video.codec == "h265"
        client.close()
