"""Goal: what arrives from a server that is not ours is, byte for byte, what was encoded.
Method: FFmpeg makes a film, GStreamer serves it, PyAV reads both sides and decodes ours."""

import asyncio
import contextlib
import itertools
import shutil
import subprocess
import sys
from pathlib import Path

import av
import pytest

from keepsight.core.clock import SystemClock
from keepsight.core.destination import Credentials, Destination
from keepsight.core.secret import Secret
from keepsight.lan.rtsp.client import RtspSession, probe
from keepsight.lan.rtsp.dialogue import RtspError, WrongPasswordError

pytestmark = pytest.mark.foreign

SYSTEM_PYTHON = "/usr/bin/python3"
SERVER = Path(__file__).with_name("gstreamer_server.py")
CLOCK = SystemClock()
USER = Credentials("anna", Secret("s3cret"))
PICTURES = 60
X264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "20"]
FILMS = {
    "h264": [*X264, "-bf", "0", "-x264-params", "slices=3"],
    "h264_b": ["-c:v", "libx264", "-preset", "veryfast", "-g", "20", "-bf", "3"],
    "h265": ["-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=20:log-level=1"],
}


@pytest.fixture(scope="session")
def films(tmp_path_factory):
    """Files by name: 3 s of a moving picture with a tone."""
    if shutil.which("ffmpeg") is None:
        pytest.skip("ffmpeg is not installed")
    folder = tmp_path_factory.mktemp("films")
    for name, options in FILMS.items():
        command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i"]
        command += ["testsrc2=size=1280x720:rate=20", "-f", "lavfi", "-i", "sine=sample_rate=16000"]
        command += ["-t", str(PICTURES / 20), *options, "-pix_fmt", "yuv420p", "-c:a", "aac"]
        subprocess.run([*command, folder / f"{name}.mp4"], check=True, timeout=120)
    return folder


@contextlib.contextmanager
def serving(pipeline, *, credentials=None, protocols="all"):
    """GStreamer's server on an ephemeral port."""
    look = [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"]
    try:
        subprocess.run(look, check=True, capture_output=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        pytest.skip("GStreamer's RTSP server (gir1.2-gst-rtsp-server-1.0) is not installed")
    user = [credentials.user, credentials.password.reveal()] if credentials else ["", ""]
    with subprocess.Popen(
        [SYSTEM_PYTHON, SERVER, pipeline, *user, protocols],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        port = int(process.stdout.readline())
        try:
            yield Destination("rtsp", "127.0.0.1", port, "/stream")
        finally:
            process.stdin.close()
            process.wait(10)


def file_pipeline(path, codec):
    pay = f"rtp{codec}pay name=pay0 pt=96 config-interval=-1"
    return (
        f"filesrc location={path} ! qtdemux name=d d.video_0 ! queue ! {codec}parse ! {pay} "
        "d.audio_0 ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97"
    )


class Collector:
    def __init__(self, pictures):
        self.formats, self.units, self.jumps = [], [], []
        self.pictures = pictures
        self.enough = asyncio.Event()

    def on_format(self, stream_format):
        self.formats.append(stream_format)

    def on_unit(self, unit):
        self.units.append(unit)
        if sum(u.is_video for u in self.units) >= self.pictures:
            self.enough.set()

    def on_jump(self, reason):
        self.jumps.append(reason)

    def samples(self, *, is_video):
        return [unit.join() for unit in self.units if unit.is_video is is_video]


async def collect(destination, credentials, pictures, **options):
    sink = Collector(pictures)
    session = RtspSession(destination, credentials, CLOCK, **options)
    try:
        await session.open()
        await session.play(sink)
        wait = asyncio.ensure_future(sink.enough.wait())
        done, _ = await asyncio.wait(
            (wait, session.ended), timeout=30, return_when=asyncio.FIRST_COMPLETED
        )
        wait.cancel()
        assert done, f"{len(sink.units)} units in 30 s"
    finally:
        await session.close()
    return session, sink


def packets_of(path, kind):
    with av.open(str(path)) as container:
        stream = next(s for s in container.streams if s.type == kind)
        return [(bytes(p), p.is_keyframe, p.pts, p.dts) for p in container.demux(stream) if p.size]


def nal_units(sample):
    while sample:
        size = int.from_bytes(sample[:4], "big")
        yield sample[4 : 4 + size]
        sample = sample[4 + size :]


def without_sets(sample, codec):
    """The source's sample as ours should be: parameter sets and delimiters taken out."""
    kind = (lambda n: n[0] & 31) if codec == "h264" else (lambda n: n[0] >> 1 & 63)
    dropped = {7, 8, 9, 12} if codec == "h264" else {32, 33, 34, 35, 38}
    kept = [nal for nal in nal_units(sample) if kind(nal) not in dropped]
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in kept)


def decoded(codec, stream_format, samples):
    """Pictures that FFmpeg's decoder makes of our units."""
    context = av.CodecContext.create("hevc" if codec == "h265" else codec, "r")
    start = b"\x00\x00\x00\x01"
    sets = b"".join(start + nal for nal in stream_format.video.parameter_sets)
    frames = []
    for index, sample in enumerate(samples):
        data = b"".join(start + nal for nal in nal_units(sample))
        frames += context.decode(av.Packet((sets if index == 0 else b"") + data))
    return frames + context.decode(None)


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_a_film_arrives_as_it_was_encoded(films, name, transport):
    path, codec = films / f"{name}.mp4", name[:4]
    with serving(file_pipeline(path, codec), credentials=USER) as destination:
        session, sink = await collect(destination, USER, PICTURES, transport=transport)
    assert (session.transport, session.facts.realm, sink.jumps) == (transport, "Foreign", [])
    source = packets_of(path, "video")
    ours = sink.samples(is_video=True)
    assert ours == [without_sets(data, codec) for data, _, _, _ in source][: len(ours)]
    # The last picture has no successor whose arrival could end it where the marker is missing.
    assert len(ours) >= PICTURES - 1
    keys = [unit.is_keyframe for unit in sink.units if unit.is_video]
    assert keys == [is_key for _, is_key, _, _ in source][: len(keys)]
    frames = decoded(codec, sink.formats[0], ours)
    assert len(frames) == len(ours)
    assert {(frame.width, frame.height) for frame in frames} == {(1280, 720)}
    assert (sink.formats[0].video.width, sink.formats[0].video.height) == (1280, 720)


@pytest.mark.parametrize("name", FILMS)
async def test_times_are_those_of_the_source(films, name):
    path, codec = films / f"{name}.mp4", name[:4]
    with serving(file_pipeline(path, codec)) as destination:
        _, sink = await collect(destination, None, PICTURES)
    units = [unit for unit in sink.units if unit.is_video]
    shown = [unit.media_ticks + unit.composition_ticks for unit in units]
    source = [pts for _, _, pts, _ in packets_of(path, "video")][: len(units)]
    ratio = 4500 / (sorted(source)[1] - min(source))
    expected = [round((pts - source[0]) * ratio) for pts in source]
    assert all(
        abs(ours - shown[0] - theirs) <= 90 for ours, theirs in zip(shown, expected, strict=True)
    )
    decode = [unit.media_ticks for unit in units]
    assert decode == sorted(set(decode))
    walls = [unit.wall_us for unit in units]
    assert walls == sorted(walls)


async def test_aac_arrives_frame_by_frame(films):
    path = films / "h264.mp4"
    with serving(file_pipeline(path, "h264")) as destination:
        _, sink = await collect(destination, None, PICTURES)
    source = [data for data, _, _, _ in packets_of(path, "audio")]
    ours = sink.samples(is_video=False)
    first = source.index(ours[0])
    assert first <= 2
    assert ours == source[first : first + len(ours)]
    assert len(ours) > 30
    audio = sink.formats[0].audio
    assert (audio.codec, audio.sample_rate, audio.clock_rate) == ("aac", 16000, 16000)
    context = av.CodecContext.create("aac", "r")
    context.extradata = audio.config
    frames = [frame for sample in ours for frame in context.decode(av.Packet(sample))]
    assert sum(frame.samples for frame in frames) >= 1024 * (len(ours) - 1)


@pytest.mark.parametrize(
    ("chain", "codec", "rate"),
    [
        ("audio/x-raw,rate=8000,channels=1 ! alawenc ! rtppcmapay", "pcma", 8000),
        ("audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay", "pcmu", 8000),
        ("audio/x-raw,rate=48000,channels=2 ! opusenc ! rtpopuspay", "opus", 48000),
    ],
)
async def test_live_sound(films, chain, codec, rate):
    video = f"filesrc location={films / 'h264.mp4'} ! qtdemux ! h264parse ! rtph264pay name=pay0"
    sound = f"audiotestsrc is-live=true ! audioconvert ! audioresample ! {chain} name=pay1 pt=97"
    if codec != "opus":
        sound = sound.replace(" pt=97", "")
    with serving(f"{video} {sound}") as destination:
        _, sink = await collect(destination, None, PICTURES - 2)
    audio = sink.formats[0].audio
    assert (audio.codec, audio.sample_rate) == (codec, rate)
    sounds = [unit for unit in sink.units if not unit.is_video]
    seconds = (sounds[-1].media_ticks - sounds[0].media_ticks) / audio.clock_rate
    assert seconds > 1
    assert len({b.media_ticks - a.media_ticks for a, b in itertools.pairwise(sounds)}) <= 3


async def test_a_server_without_tcp_is_read_over_udp(films):
    pipeline = file_pipeline(films / "h264.mp4", "h264")
    with serving(pipeline, protocols="udp") as destination:
        found = await probe(destination, None, clock=CLOCK)
    assert found.transport == "udp"


async def test_a_foreign_digest_refuses_what_it_should(films):
    pipeline = file_pipeline(films / "h264.mp4", "h264")
    with serving(pipeline, credentials=USER) as destination:
        with pytest.raises(WrongPasswordError):
            await probe(destination, Credentials("anna", Secret("wrong")), clock=CLOCK)
        with pytest.raises(WrongPasswordError):
            await probe(destination, None, clock=CLOCK)
        assert (await probe(destination, USER, clock=CLOCK)).facts.realm == "Foreign"


async def test_a_foreign_404(films):
    with serving(file_pipeline(films / "h264.mp4", "h264")) as destination:
        wrong = Destination("rtsp", destination.host, destination.port, "/other")
        with pytest.raises(RtspError) as caught:
            await probe(wrong, None, clock=CLOCK)
    assert caught.value.state == "not_found"


def test_this_file_needs_no_system_packages_to_be_collected():
    assert "gi" not in sys.modules
