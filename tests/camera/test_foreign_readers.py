"""Other people's software reads our cameras cleanly. Method: ffprobe, ffmpeg and GStreamer
against each codec over TCP and UDP, with and without a password.
"""

import asyncio
import json
import shutil

import pytest

from keepsight.camera.clip import Clip
from keepsight.camera.drawn import DrawnScene
from keepsight.camera.scene import Caption, find_scene
from keepsight.camera.server import Access, ServerOptions
from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret
from tests.camera.clips import Film
from tests.camera.conftest import CLOCK, running

pytestmark = pytest.mark.foreign

FILMS = {
    "h264-aac": (Film(), "h264", "aac"),
    "h264-b-frames": (Film(b_frames=2, audio=None), "h264", None),
    "h264-opus": (Film("libx264", "libopus", suffix=".mkv"), "h264", "opus"),
    "h265-pcma": (Film("libx265", "pcm_alaw", suffix=".mov"), "hevc", "pcm_alaw"),
    "h264-pcmu": (Film("libx264", "pcm_mulaw", suffix=".mov"), "h264", "pcm_mulaw"),
}
GSTREAMER = """
import sys, gi
gi.require_version("Gst", "1.0")
from gi.repository import Gst
Gst.init(None)
url, protocol, depay, user, password, wanted = sys.argv[1:]
who = f'user-id="{user}" user-pw="{password}"'
source = f"rtspsrc location={url} protocols={protocol} latency=200 {who}"
line = Gst.parse_launch(f"{source} ! {depay} ! fakesink name=end num-buffers={wanted} sync=false")
line.set_state(Gst.State.PLAYING)
ends = Gst.MessageType.EOS | Gst.MessageType.ERROR
found = line.get_bus().timed_pop_filtered(20 * Gst.SECOND, ends)
line.set_state(Gst.State.NULL)
if found is None:
    sys.exit("nothing came")
if found.type == Gst.MessageType.ERROR:
    sys.exit(str(found.parse_error()))
"""
DEPAYLOADERS = {"h264": "rtph264depay ! h264parse", "hevc": "rtph265depay ! h265parse"}


async def run(*command):
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(40):
        output, errors = await process.communicate()
    return process.returncode, output.decode(), errors.decode()


def need(program):
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")


async def need_gstreamer():
    check = "import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst"
    if (await run("/usr/bin/python3", "-c", check))[0] != 0:
        pytest.skip("GStreamer for the system's Python is not installed")


@pytest.mark.parametrize("name", list(FILMS))
@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_ffmpeg_decodes_without_a_complaint(films, name, transport):
    need("ffmpeg")
    film, video, audio = FILMS[name]
    async with running(Clip(films(film), CLOCK)) as server:
        url = f"rtsp://127.0.0.1:{server.port}/main"
        # Both at once, as a camera is watched. Three seconds: over the film's joint at two.
        probed, decoded = await asyncio.gather(
            run("ffprobe", "-v", "error", "-rtsp_transport", transport, "-of", "json",
                "-show_streams", url),
            run("ffmpeg", "-v", "error", "-xerror", "-err_detect", "explode",
                "-rtsp_transport", transport, "-i", url, "-t", "3", "-f", "framecrc", "-"),
        )  # fmt: skip
    status, output, errors = probed
    assert (status, errors) == (0, "")
    codecs = [stream["codec_name"] for stream in json.loads(output)["streams"]]
    assert codecs == [codec for codec in (video, audio) if codec]
    status, output, errors = decoded
    assert (status, errors) == (0, "")
    pictures = [line for line in output.splitlines() if line.startswith("0,")]
    assert len(pictures) >= 55


@pytest.mark.parametrize("name", ["h264-aac", "h265-pcma"])
@pytest.mark.parametrize("transport", ["tcp", "udp"])
async def test_gstreamer_reads(films, name, transport):
    await need_gstreamer()
    film, video, _ = FILMS[name]
    options = ServerOptions(Access(Credentials("me", Secret("pass"))))
    async with running(Clip(films(film), CLOCK), options) as server:
        url = f"rtsp://127.0.0.1:{server.port}/main"
        arguments = (url, transport, DEPAYLOADERS[video])
        good, bad = await asyncio.gather(
            *(
                run("/usr/bin/python3", "-c", GSTREAMER, *arguments, "me", word, "50")
                for word in ("pass", "wrong")
            )
        )
    assert good[0] == 0, good
    assert bad[0] != 0
    # GStreamer asks again and again; what it reports depends on when we hang up.
    assert "Unauthorized" in bad[2] or "Could not receive message" in bad[2], bad


@pytest.mark.parametrize("has_basic", [False, True])
async def test_ffmpeg_knows_our_password_question(h264_clip, has_basic):
    need("ffprobe")
    who = Credentials("me", Secret("p@ss"))
    access = Access(who, has_basic=has_basic, has_digest=not has_basic)
    async with running(h264_clip, ServerOptions(access)) as server:
        answers = await asyncio.gather(*(
            run("ffprobe", "-v", "error", "-rtsp_transport", "tcp",
                f"rtsp://me:{word}@127.0.0.1:{server.port}/main")
            for word in ("p%40ss", "wrong")
        ))  # fmt: skip
    assert answers[0][0] == 0, answers[0]
    assert answers[1][0] != 0
    assert "401" in answers[1][2]


@pytest.mark.parametrize("path", ["/main", "/sub"])
async def test_ffmpeg_reads_a_drawn_scene(path):
    need("ffmpeg")
    scene = DrawnScene(find_scene("front-door"), Caption("Test", b"abcdef", 1), CLOCK)
    async with running(scene) as server:
        status, output, errors = await run(
            "ffmpeg", "-v", "error", "-xerror", "-rtsp_transport", "tcp",
            "-i", f"rtsp://127.0.0.1:{server.port}{path}", "-t", "2", "-f", "framecrc", "-",
        )  # fmt: skip
    assert (status, errors) == (0, "")
    assert len([line for line in output.splitlines() if line.startswith("0,")]) >= 25
