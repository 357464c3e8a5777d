"""Films with parts made unseen. Goal: the face is a few smooth values, the rest as it was, sound
the same, and what cannot be done is said. Method: the real process over a drawn face on noise."""

import json
import os
import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest

from keepsight.detect import blur
from keepsight.detect.blur import BlurError, Wish, blur_film, open_hiding, read_wish
from keepsight.detect.model import DEFAULT_DETECTOR, FACE_MODEL
from tests.detect.drawn import drawn_face
from tests.detect.installed import need_model

WIDTH, HEIGHT, RATE = 640, 360, 10
PATH = [0.3 + number * 0.02 for number in range(20)]


def write_film(path, *, places=PATH, size=(WIDTH, HEIGHT), pix_fmt="yuv420p"):
    """A face that goes over a noisy wall, with sound."""
    noise = np.random.default_rng(1).integers(-20, 20, (size[1] // 4 + 1, size[0] // 4 + 1, 1))
    noise = noise.repeat(4, 0).repeat(4, 1).astype(np.int16)[: size[1], : size[0]]
    with av.open(str(path), "w") as film:
        video = film.add_stream("libx264", rate=RATE, options={"preset": "ultrafast", "crf": "12"})
        video.width, video.height, video.pix_fmt = *size, pix_fmt
        audio = film.add_stream("aac", rate=16_000)
        for x in places:
            picture = drawn_face(*size, x, 0.45).astype(np.int16)
            around = np.clip(picture + noise, 0, 255).astype(np.uint8)
            frame = av.VideoFrame.from_ndarray(around, "rgb24")
            film.mux(video.encode(frame.reformat(format=pix_fmt)))
        film.mux(video.encode(None))
        tone = (np.sin(np.arange(16_000 * len(places) // RATE) * 0.2) * 8000).astype(np.int16)
        for start in range(0, len(tone), 1024):
            frame = av.AudioFrame.from_ndarray(tone[None, start : start + 1024], "s16", "mono")
            frame.sample_rate, frame.pts = 16_000, start
            film.mux(audio.encode(frame))
        film.mux(audio.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    return write_film(tmp_path_factory.mktemp("films") / "in.mp4")


def made(source, target, *, models=None, **wish):
    """The process's last line."""
    wish = {"blur_faces": False, "masks": [], "has_sound": True, **wish}
    environment = {**os.environ, **({"KEEPSIGHT_MODELS": str(models)} if models else {})}
    done = subprocess.run(
        [sys.executable, "-m", "keepsight.detect.blur", str(source), str(target)],
        input=json.dumps(wish).encode(), capture_output=True, check=False, env=environment,
    )  # fmt: skip
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert (done.returncode == 0) is ("done" in lines[-1])
    return lines


def pictures(path):
    with av.open(str(path)) as container:
        return [
            (frame.time, frame.to_ndarray(format="rgb24").astype(np.int16))
            for frame in container.decode(video=0)
        ]


def sound(path):
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return None
        return [bytes(packet) for packet in container.demux(audio=0) if packet.size]


def detail(part):
    """How much neighbours differ."""
    return np.abs(np.diff(part, axis=0)).mean() + np.abs(np.diff(part, axis=1)).mean()


def test_the_face_is_gone_and_everything_else_is_there(film, tmp_path):
    need_model(FACE_MODEL)
    need_model(DEFAULT_DETECTOR)
    out = tmp_path / "out.mp4"
    lines = made(film, out, blur_faces=True)
    done = lines[-1]["done"]
    assert done["pictures"] == done["smeared"] == len(PATH)
    assert done["faces"] > 5
    assert abs(done["duration_us"] - 2e6) < 2e5
    assert any("share" in line for line in lines)
    before, after = pictures(film), pictures(out)
    assert [t for t, _ in after] == pytest.approx([t for t, _ in before], abs=0.002)
    for (_, old), (_, new), x in zip(before, after, PATH, strict=True):
        across, down = int(x * WIDTH), int(0.45 * HEIGHT)
        face = np.s_[down - 45 : down + 45, across - 32 : across + 32]
        assert detail(new[face]) < 0.35 * detail(old[face])
        assert np.abs(new[face] - old[face]).mean() > 8
        for wall in (np.s_[:, : max(2, across - 160)], np.s_[:, across + 160 :]):
            if old[wall].shape[1] > 20:
                assert np.abs(new[wall] - old[wall]).mean() < 4
    assert sound(out) == sound(film)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuvj420p"])
def test_masks_are_black_and_nothing_else_changes(tmp_path, pix_fmt):
    source = write_film(tmp_path / "in.mp4", places=[0.5] * 5, pix_fmt=pix_fmt)
    mask = [[0.4, 0.2], [0.6, 0.2], [0.6, 0.7], [0.4, 0.7]]
    lines = made(source, tmp_path / "out.mp4", masks=[mask])
    assert lines[-1]["done"]["smeared"] == 0
    for (_, old), (_, new) in zip(pictures(source), pictures(tmp_path / "out.mp4"), strict=True):
        assert new[72:252, 256:384].max() < 40
        assert np.abs(new[:, :240] - old[:, :240]).mean() < 4
        assert np.abs(new[:, 400:] - old[:, 400:]).mean() < 4


def test_sound_can_be_left_out(film, tmp_path):
    made(film, tmp_path / "out.mp4", has_sound=False)
    assert sound(film)
    assert sound(tmp_path / "out.mp4") is None


def test_an_odd_size_is_made_even(tmp_path):
    wide = write_film(tmp_path / "in.mp4", places=[0.5] * 3, size=(322, 182), pix_fmt="yuv444p")
    mask = [[0, 0], [1, 0], [1, 0.2]]
    assert made(wide, tmp_path / "out.mp4", masks=[mask])[-1]["done"]["pictures"] == 3
    assert pictures(tmp_path / "out.mp4")[0][1].shape == (182, 322, 3)


def test_without_the_model_it_says_how_to_get_it(film, tmp_path):
    empty = tmp_path / "models"
    empty.mkdir()
    assert (
        "models install"
        in made(film, tmp_path / "o.mp4", models=empty, blur_faces=True)[-1]["error"]
    )


@pytest.mark.parametrize("content", [b"", b"no film", b"\0" * 5000])
def test_what_is_no_film_is_said(tmp_path, content):
    source = tmp_path / "in.mp4"
    source.write_bytes(content)
    assert made(source, tmp_path / "out.mp4")[-1]["error"]
    assert made(tmp_path / "missing.mp4", tmp_path / "out.mp4")[-1]["error"]


def test_a_damaged_film_ends_in_words_or_in_a_film(film, tmp_path):
    generator = np.random.default_rng(1)
    whole = bytearray(film.read_bytes())
    for number in range(12):
        broken = bytearray(whole)
        for at in generator.integers(0, len(whole), 40):
            broken[at] = int(generator.integers(0, 256))
        (tmp_path / "in.mp4").write_bytes(broken[: len(broken) * (12 - number % 3) // 12])
        wish = Wish(blurs_faces=False, masks=(((0, 0), (1, 0), (1, 1)),), has_sound=True)
        try:
            done = blur_film(str(tmp_path / "in.mp4"), str(tmp_path / "out.mp4"), wish, None)
        except (BlurError, av.FFmpegError, ValueError):
            continue  # said; main() makes words of these and no others
        assert done["pictures"] > 0


def test_too_long_is_refused(film, tmp_path, monkeypatch):
    monkeypatch.setattr(blur, "SECONDS_MAX", 1.0)
    wish = Wish(blurs_faces=False, masks=(), has_sound=True)
    with pytest.raises(BlurError, match="longer"):
        blur_film(str(film), str(tmp_path / "out.mp4"), wish, None)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b'{"blur_faces":true}',
        b'{"blur_faces":true,"masks":[[[2,0]]],"has_sound":1}',
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(text):
    with pytest.raises(BlurError):
        read_wish(text)


def test_hiding_needs_both_models(tmp_path, monkeypatch):
    monkeypatch.setenv("KEEPSIGHT_MODELS", str(tmp_path))
    with pytest.raises(Exception, match="not installed"):
        open_hiding()


def test_a_still_picture_survives_as_planes():
    frame = av.VideoFrame.from_ndarray(drawn_face(66, 42, 0.5, 0.5), "rgb24")
    frame = frame.reformat(format="yuv420p")
    frame.pts, frame.time_base = 3, Fraction(1, 25)
    copied = blur._copy(frame)
    blur.planes_of(copied)[0][:] = 0
    assert frame.to_ndarray(format="gray").mean() > 50
    assert copied.to_ndarray(format="gray").mean() < 30
