"""Goal: the exporting process writes what came whole and says what did not. Method: run it as the
hub does, with good, broken and missing input. Its results with every codec: test_export.py."""

import io
import json
import subprocess
import sys

import av
import pytest

from keepsight.hub import mp4
from keepsight.hub.record.export_child import write_movie
from keepsight.hub.record.export_pipe import BEGIN, DATA, END, PipeError, send
from keepsight.lan.rtsp.unit import StreamFormat
from tests.hub.record import footage


def messages(*, is_whole=True, base_us=0):
    video_format, video = footage.video("h264", pictures=40, gop=40)
    run = mp4.Run(mp4.VIDEO_TRACK, 0, video, 40 * 4500)
    pipe = io.BytesIO()
    send(pipe, BEGIN, base_us.to_bytes(8, signed=True))
    send(pipe, DATA, mp4.init_segment(StreamFormat(video_format)))
    send(pipe, DATA, mp4.fragment(1, run))
    if is_whole:
        send(pipe, END)
    return pipe.getvalue()


def run(path, data):
    child = subprocess.run(
        [sys.executable, "-m", "keepsight.hub.record.export_child", str(path)],
        input=data, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    return child.returncode, json.loads(child.stdout)


def test_it_writes_a_file_and_says_what_is_in_it(tmp_path):
    code, answer = run(tmp_path / "out", messages(base_us=7_000_000))
    assert code == 0
    assert answer["pictures"] == 40
    assert answer["duration_us"] == pytest.approx(2_000_000, abs=60_000)
    assert answer["size_bytes"] == (tmp_path / "out").stat().st_size
    # Wherever the first picture lies in its segment, the file starts at 0.
    with av.open(str(tmp_path / "out")) as container:
        assert next(p for p in container.demux(video=0) if p.size).pts == 0


@pytest.mark.parametrize("cut", [0, 3, 14, 600, 20_000])
def test_a_parent_that_died_gives_an_error(tmp_path, cut):
    code, answer = run(tmp_path / "out", messages()[:cut])
    assert code == 1
    assert "error" in answer


def test_input_without_an_end_or_a_beginning_is_an_error(tmp_path):
    with pytest.raises(PipeError):
        write_movie(io.BytesIO(messages(is_whole=False)), str(tmp_path / "a"))
    odd = io.BytesIO()
    send(odd, DATA, b"x")
    odd.seek(0)
    with pytest.raises(PipeError, match="must begin"):
        write_movie(odd, str(tmp_path / "b"))


def test_rubbish_is_an_error_and_no_crash(tmp_path):
    pipe = io.BytesIO()
    send(pipe, BEGIN, bytes(8))
    send(pipe, DATA, b"rubbish" * 1000)
    send(pipe, END)
    code, answer = run(tmp_path / "out", pipe.getvalue())
    assert code == 1
    assert "error" in answer


def test_a_place_that_cannot_be_written_is_an_error(tmp_path):
    code, answer = run(tmp_path / "missing" / "out", messages())
    assert code == 1
    assert "No such file" in answer["error"]
