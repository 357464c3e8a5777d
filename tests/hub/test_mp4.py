"""Goal: everyone accepts our boxes. Method: real encoders' units, read back by FFmpeg's demuxer,
decoded, and compared sample by sample with what went in."""

import base64
import io
import itertools
import json
import shutil
import subprocess

import av
import pytest
from playwright.async_api import async_playwright

from keepsight.hub import mp4
from keepsight.lan.rtsp.unit import AccessUnit, AudioFormat, StreamFormat, VideoFormat
from tests.hub.record import footage


def _movie(stream_format, *fragments):
    return mp4.init_segment(stream_format) + b"".join(fragments)


def _gops(units, end_ticks):
    starts = [i for i, unit in enumerate(units) if unit.is_keyframe] + [len(units)]
    for number, (first, last) in enumerate(itertools.pairwise(starts), start=1):
        end = units[last].media_ticks if last < len(units) else end_ticks
        yield mp4.fragment(number, mp4.Run(mp4.VIDEO_TRACK, 0, units[first:last], end))


def _probe(data, tmp_path):
    path = tmp_path / "made.mp4"
    path.write_bytes(data)
    done = subprocess.run(
        ["ffprobe", "-v", "warning", "-show_streams", "-show_packets", "-of", "json", str(path)],
        capture_output=True, check=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout), done.stderr


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_ffmpeg_decodes_every_picture(codec, tmp_path):
    video_format, units = footage.video(codec)
    data = _movie(StreamFormat(video_format), *_gops(units, 40 * 4500))
    found, warnings = _probe(data, tmp_path)
    assert warnings == ""
    assert (found["streams"][0]["width"], found["streams"][0]["height"]) == (320, 192)
    assert [p["dts"] for p in found["packets"]] == [u.media_ticks for u in units]
    assert [int(p["size"]) for p in found["packets"]] == [u.size_bytes for u in units]
    assert ["K" in p["flags"] for p in found["packets"]] == [u.is_keyframe for u in units]
    with av.open(io.BytesIO(data)) as container:
        pictures = list(container.decode(video=0))
    assert len(pictures) == len(units)
    # Not merely decoded without complaint: it is the picture that was drawn.
    drawn = footage._picture(7, 320, 192).mean()
    assert abs(pictures[7].to_ndarray(format="rgb24").mean() - drawn) < 3


@pytest.mark.parametrize("codec", ["aac", "opus", "pcma", "pcmu"])
@pytest.mark.parametrize("is_alone", [False, True])
def test_sound_is_found_and_decoded(codec, is_alone, tmp_path):
    audio_format, sounds = footage.audio(codec)
    end = sounds[-1].media_ticks + (sounds[1].media_ticks - sounds[0].media_ticks)
    run = mp4.Run(mp4.AUDIO_TRACK, 0, sounds, end)
    if is_alone:
        data = mp4.audio_init_segment(audio_format) + mp4.fragment(1, run)
    else:
        video_format, units = footage.video()
        pictures = mp4.Run(mp4.VIDEO_TRACK, 0, units, 40 * 4500)
        data = _movie(StreamFormat(video_format, audio_format), mp4.fragment(1, pictures, run))
    found, _ = _probe(data, tmp_path)
    (stream,) = [s for s in found["streams"] if s["codec_type"] == "audio"]
    assert int(stream["sample_rate"]) == audio_format.sample_rate
    with av.open(io.BytesIO(data)) as container:
        heard = sum(frame.samples for frame in container.decode(audio=0))
    assert heard == pytest.approx(end, rel=0.05)


def test_time_starts_where_the_segment_starts(tmp_path):
    video_format, units = footage.video()
    later = units[20:]
    zero = later[0].media_ticks
    run = mp4.Run(mp4.VIDEO_TRACK, zero, later, 40 * 4500)
    found, _ = _probe(_movie(StreamFormat(video_format), mp4.fragment(1, run)), tmp_path)
    assert [p["dts"] for p in found["packets"]] == [u.media_ticks - zero for u in later]


@pytest.mark.parametrize("codec", ["h264", "h265"])
def test_b_pictures_keep_their_presentation_times(codec, tmp_path):
    video_format, units = footage.video(codec, b_pictures=2)
    presentation = [u.media_ticks for u in units]
    assert presentation != sorted(presentation), "the encoder made no B pictures"
    data = _movie(StreamFormat(video_format), *_gops(units, 40 * 4500))
    found, _ = _probe(data, tmp_path)
    shift = int(found["packets"][0]["pts"])
    decoding = [int(p["dts"]) for p in found["packets"]]
    assert decoding == sorted(decoding)
    assert [int(p["pts"]) - shift for p in found["packets"]] == presentation
    with av.open(io.BytesIO(data)) as container:
        assert len(list(container.decode(video=0))) == len(units)


def test_a_sender_that_names_decoding_times_is_believed(tmp_path):
    video_format, units = footage.video("h264", b_pictures=2)
    told = [
        AccessUnit(
            is_video=True, media_ticks=u.media_ticks + 9000, wall_us=u.wall_us, monotonic_us=0,
            is_keyframe=u.is_keyframe, parts=u.parts, size_bytes=u.size_bytes,
            composition_ticks=u.media_ticks + 9000 - index * 4500,
        )
        for index, u in enumerate(units)
    ]  # fmt: skip
    run = mp4.Run(mp4.VIDEO_TRACK, 0, told, len(told) * 4500)
    found, _ = _probe(_movie(StreamFormat(video_format), mp4.fragment(1, run)), tmp_path)
    durations = {int(p["duration"]) for p in found["packets"]}
    assert durations == {4500}


def test_parts_may_be_views_and_are_joined_in_order():
    whole = b"abcdefghij"
    unit = AccessUnit(
        is_video=True, media_ticks=0, wall_us=0, monotonic_us=0, is_keyframe=True,
        parts=[memoryview(whole)[:3], whole[3:]], size_bytes=10,
    )  # fmt: skip
    made = mp4.fragment(1, mp4.Run(mp4.VIDEO_TRACK, 0, [unit], 4500))
    assert made.endswith(b"mdat" + whole)


def test_nothing_to_write_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        mp4.fragment(1)
    with pytest.raises(ValueError, match="at least one"):
        mp4.fragment(1, mp4.Run(mp4.VIDEO_TRACK, 0, [], 0))


def test_incomplete_parameter_sets_are_refused():
    whole = footage.video("h264")[0]
    hevc = footage.video("h265")[0]
    broken = [
        VideoFormat("h264", 320, 192, (), "avc1.640028"),
        VideoFormat("h264", 320, 192, (b"\x67\x64\x00\x28", whole.parameter_sets[1]), "x"),
        VideoFormat("h265", 320, 192, hevc.parameter_sets[:2], "x"),
        VideoFormat("h265", 320, 192, tuple(s[:8] for s in hevc.parameter_sets), "x"),
        VideoFormat("h265", 320, 192, (b"\x40\1", b"\x42\1" + bytes(400), b"\x44\1"), "x"),
    ]
    for video_format in broken:
        with pytest.raises(mp4.ConfigError):
            mp4.init_segment(StreamFormat(video_format))
    with pytest.raises(mp4.ConfigError):
        mp4.audio_init_segment(AudioFormat("aac", 16_000, 1, b"", "mp4a.40.2", 16_000))


CHROMIUM = shutil.which("chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
]  # fmt: skip
MEDIA_SOURCE = """
async ([mime, pieces]) => {
  if (!MediaSource.isTypeSupported(mime)) return "unsupported " + mime;
  const video = document.createElement("video");
  video.muted = true;
  document.body.append(video);
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise(done => source.addEventListener("sourceopen", done, { once: true }));
  const buffer = source.addSourceBuffer(mime);
  for (const piece of pieces) {
    const bytes = Uint8Array.from(atob(piece), c => c.charCodeAt(0));
    await new Promise((done, fail) => {
      buffer.addEventListener("updateend", done, { once: true });
      buffer.addEventListener("error", () => fail(video.error?.message), { once: true });
      buffer.appendBuffer(bytes);
    });
  }
  source.endOfStream();
  video.currentTime = 1.5;
  await new Promise(done => video.addEventListener("seeked", done, { once: true }));
  const ranges = [...Array(video.buffered.length).keys()]
    .map(n => [video.buffered.start(n), video.buffered.end(n)]);
  return [video.error, ranges, video.videoWidth, video.getVideoPlaybackQuality().totalVideoFrames];
}
"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed")
@pytest.mark.parametrize("shape", ["groups", "units", "b_pictures"])
async def test_a_browser_plays_it(shape):
    video_format, units = footage.video("h264", b_pictures=2 if shape == "b_pictures" else 0)
    audio_format, sounds = footage.audio("aac")
    if shape == "units":
        stream_format = StreamFormat(video_format)
        fragments = [
            mp4.fragment(n, mp4.Run(mp4.VIDEO_TRACK, 0, [unit], unit.media_ticks + 4500))
            for n, unit in enumerate(units)
        ]
    else:
        stream_format = StreamFormat(video_format, audio_format)
        sound = mp4.Run(mp4.AUDIO_TRACK, 0, sounds, sounds[-1].media_ticks + 1024)
        fragments = [*_gops(units, 40 * 4500), mp4.fragment(9, sound)]
    codecs = ",".join(
        t.codec_string for t in (stream_format.video, stream_format.audio) if t is not None
    )
    pieces = [base64.b64encode(p).decode() for p in (mp4.init_segment(stream_format), *fragments)]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = await browser.new_page()
        found = await page.evaluate(MEDIA_SOURCE, [f'video/mp4; codecs="{codecs}"', pieces])
        await browser.close()
    error, ranges, width, pictures = found
    assert error is None
    assert len(ranges) == 1
    assert ranges[0] == pytest.approx([0, 2], abs=0.15)
    assert width == 320
    assert pictures > 0
