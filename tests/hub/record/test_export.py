"""Goal: an exported file plays everywhere and says what is missing. Method: record real footage,
export it through the exporting process, demux and decode the file, compare with what went in."""

import itertools
import stat
import subprocess

import av
import pytest

from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.record.export import Exporter, ExportError
from keepsight.hub.record.segment import segment_path
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat
from keepsight.seal.frame import Reason
from keepsight.seal.header import Kind
from tests.hub.record import footage, room
from tests.hub.record.room import CAMERA, HOUSEHOLD, MAIN, OTHER_CAMERA

ALL = (0, 1 << 62)
RANGE = (footage.WALL_US, footage.WALL_US + 3_600_000_000)


def moved(units, by_us, rate):
    """The same units, later by some wall and media time."""
    return [
        AccessUnit(
            is_video=u.is_video, media_ticks=u.media_ticks + by_us * rate // 1_000_000,
            wall_us=u.wall_us + by_us, monotonic_us=u.monotonic_us + by_us,
            is_keyframe=u.is_keyframe, parts=u.parts, size_bytes=u.size_bytes,
        )
        for u in units
    ]  # fmt: skip


def record(here, stream_format, units, camera=CAMERA):
    recorder = here.recorder(camera)
    recorder.on_format(stream_format)
    for unit in sorted(units, key=lambda u: u.wall_us):
        recorder.on_unit(unit)
    recorder.on_break(BreakReason.STOPPED, max(u.wall_us for u in units) + 50_000)
    here.settle()


def exporter(here):
    return Exporter(HOUSEHOLD, here.catalogue, here.playback)


def packets(path, kind="video"):
    with av.open(str(path)) as container:
        return [bytes(p) for p in container.demux(**{kind: 0}) if p.size]


@pytest.mark.parametrize("codec", ["h264", "h265"])
@pytest.mark.parametrize("sound", [None, "aac", "opus", "pcma", "pcmu"])
def test_every_codec_becomes_a_file_that_plays(tmp_path, codec, sound):
    video_format, video = footage.video(codec, pictures=100, gop=40)
    audio_format, audio = footage.audio(sound, seconds=5) if sound else (None, ())
    with room.open_room(tmp_path / "room") as here:
        record(here, StreamFormat(video_format, audio_format), (*video, *audio))
        heard = []
        report = exporter(here).export(
            CAMERA, MAIN, *RANGE, tmp_path / "out.mp4", progress=heard.append
        )
    (file,) = report.files
    assert (report.refused, report.holes) == ([], [])
    assert file.pictures == 100
    assert file.duration_us == pytest.approx(5_000_000, abs=100_000)
    assert heard == sorted(heard)
    assert heard[-1] == 1.0
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert list(tmp_path.glob("*.part")) == []
    assert packets(file.path) == [u.join() for u in video]
    # Progressive: the index comes before the pictures.
    raw = file.path.read_bytes()
    assert raw.index(b"moov") < raw.index(b"mdat")
    with av.open(str(file.path)) as container:
        assert container.streams.video[0].codec_context.codec_tag == (
            "avc1" if codec == "h264" else "hvc1"
        )
        if sound:
            assert container.streams.audio[0].codec_context.name == "aac"
            samples = sum(f.samples for f in container.decode(audio=0))
            rate = container.streams.audio[0].rate
            assert samples / rate == pytest.approx(5, abs=0.2)
    if sound == "aac":
        assert packets(file.path, "audio") == [u.join() for u in audio]
    checked = subprocess.run(
        ["ffmpeg", "-v", "error", "-xerror", "-i", str(file.path), "-f", "null", "-"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (checked.returncode, checked.stderr) == (0, "")


def test_a_range_is_exact_to_the_keyframe(tmp_path):
    video_format, video = footage.video("h264", pictures=200, gop=40)
    with room.open_room(tmp_path / "room") as here:
        record(here, StreamFormat(video_format), video)
        start = footage.WALL_US
        # 5.0 s lies in the group that starts at 4.0 s; 7.0 s in the one that ends at 8.0 s.
        report = exporter(here).export(
            CAMERA, MAIN, start + 5_000_000, start + 7_000_000, tmp_path / "out.mp4"
        )
    (file,) = report.files
    assert packets(file.path) == [u.join() for u in video[80:160]]
    assert (file.start_us, file.end_us) == (start + 4_000_000, start + 8_000_000)
    with av.open(str(file.path)) as container:
        first = next(p for p in container.demux(video=0) if p.size)
        assert first.dts == 0


def test_segments_are_joined_and_holes_closed_up(tmp_path):
    video_format, video = footage.video("h264", pictures=100, gop=40)
    audio_format, audio = footage.audio("pcma", seconds=5)
    later = moved(video, 65_000_000, 90_000) + moved(audio, 65_000_000, 8_000)
    joined = moved(video, 5_000_000, 90_000) + moved(audio, 5_000_000, 8_000)
    with room.open_room(tmp_path / "room") as here:
        stream_format = StreamFormat(video_format, audio_format)
        here.recorder().on_format(stream_format)
        here.reel()._length_us = 4_000_000
        record(here, stream_format, (*video, *audio, *joined))
        record(here, stream_format, later)
        segments = here.catalogue.segments(CAMERA, MAIN, *ALL)
        assert len(segments) >= 3
        report = exporter(here).export(CAMERA, MAIN, *RANGE, tmp_path / "out.mp4")
    (file,) = report.files
    assert file.pictures == 300
    assert file.duration_us == pytest.approx(15_000_000, abs=150_000)
    (hole,) = report.holes
    assert hole.end_us - hole.start_us == pytest.approx(55_000_000, abs=100_000)
    with av.open(str(file.path)) as container:
        times = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.size]
    steps = [b - a for a, b in itertools.pairwise(times)]
    assert max(steps) < 0.2


def test_a_flipped_bit_costs_one_group_and_is_named(tmp_path):
    video_format, video = footage.video("h264", pictures=200, gop=40)
    with room.open_room(tmp_path / "room") as here:
        record(here, StreamFormat(video_format), video)
        (segment,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        victim = next(r for r in segment.fragments if r.kind is Kind.STILL and r.sequence > 3)
        path = segment_path(here.root, segment)
        with path.open("r+b") as file:
            file.seek(segment.offsets()[victim.sequence] + victim.size_bytes // 2)
            byte = file.read(1)
            file.seek(-1, 1)
            file.write(bytes((byte[0] ^ 1,)))
        report = exporter(here).export(CAMERA, MAIN, *RANGE, tmp_path / "out.mp4")
    (refused,) = report.refused
    assert (refused.sequence, refused.reason) == (victim.sequence, Reason.TAMPERED)
    assert packets(report.files[0].path) == [u.join() for u in (*video[:80], *video[120:])]


def test_pieces_of_another_camera_are_refused(tmp_path):
    video_format, video = footage.video("h264", pictures=100, gop=40)
    with room.open_room(tmp_path / "room") as here:
        record(here, StreamFormat(video_format), video)
        record(here, StreamFormat(video_format), video, OTHER_CAMERA)
        (mine,) = here.catalogue.segments(CAMERA, MAIN, *ALL)
        (other,) = here.catalogue.segments(OTHER_CAMERA, MAIN, *ALL)
        path, other_path = segment_path(here.root, mine), segment_path(here.root, other)
        foreign = other_path.read_bytes()[other.offsets()[3] : other.offsets()[4]]
        raw = bytearray(path.read_bytes())
        assert len(foreign) == mine.offsets()[4] - mine.offsets()[3]
        raw[mine.offsets()[3] : mine.offsets()[4]] = foreign
        path.write_bytes(raw)
        report = exporter(here).export(CAMERA, MAIN, *RANGE, tmp_path / "out.mp4")
        (refused,) = report.refused
        assert (refused.sequence, refused.reason) == (3, Reason.FOREIGN_CAMERA)
        # A whole file of the other camera under this one's name opens nothing at all.
        path.write_bytes(other_path.read_bytes())
        with pytest.raises(ExportError, match="can be opened"):
            exporter(here).export(CAMERA, MAIN, *RANGE, tmp_path / "none.mp4")
    assert not (tmp_path / "none.mp4").exists()


def test_pieces_of_another_file_of_the_same_camera_are_refused(tmp_path):
    video_format, video = footage.video("h264", pictures=100, gop=40)
    with room.open_room(tmp_path / "room") as here:
        record(here, StreamFormat(video_format), video)
        record(here, StreamFormat(video_format), moved(video, 5_000_000, 90_000))
        first, second = here.catalogue.segments(CAMERA, MAIN, *ALL)
        path, raw = segment_path(here.root, first), bytearray()
        raw += path.read_bytes()
        other = segment_path(here.root, second).read_bytes()
        start, end = first.offsets()[5:7]
        assert second.offsets()[5:7] == [start, end]
        raw[start:end] = other[start:end]
        path.write_bytes(raw)
        report = exporter(here).export(CAMERA, MAIN, *RANGE, tmp_path / "out.mp4")
    (refused,) = report.refused
    assert (refused.segment, refused.sequence) == (first, 5)
    assert refused.reason is Reason.WRONG_WINDOW


def test_a_change_of_format_makes_a_second_file(tmp_path):
    small_format, small = footage.video("h264", pictures=100, gop=40)
    large_format, large = footage.video("h264", pictures=40, gop=20, width=640, height=384)
    with room.open_room(tmp_path / "room") as here:
        record(here, StreamFormat(small_format), small)
        record(here, StreamFormat(large_format), moved(large, 5_000_000, 90_000))
        report = exporter(here).export(CAMERA, MAIN, *RANGE, tmp_path / "out.mp4")
        pieces = []
        in_memory = exporter(here).export_in_memory(
            CAMERA, MAIN, *RANGE, pieces.append, piece_bytes=4096
        )
    assert [f.path.name for f in report.files] == ["out.mp4", "out-2.mp4"]
    assert [f.pictures for f in report.files] == [100, 40]
    with av.open(str(report.files[1].path)) as container:
        assert container.streams.video[0].width == 640
    assert all(len(piece) == 4096 for piece in pieces[:-1])
    longest = max(report.files, key=lambda f: f.size_bytes)
    assert b"".join(pieces) == longest.path.read_bytes()
    assert in_memory.files[0].path is None


def test_what_cannot_be_exported_says_so(tmp_path):
    video_format, video = footage.video("h264", pictures=100, gop=40)
    out = tmp_path / "out.mp4"
    with room.open_room(tmp_path / "room") as here:
        export = exporter(here).export
        with pytest.raises(ExportError, match="nothing was recorded"):
            export(CAMERA, MAIN, *RANGE, out)
        record(here, StreamFormat(video_format), video)
        with pytest.raises(ExportError, match="at most 24 hours"):
            export(CAMERA, MAIN, 0, 1 << 60, out)
        with pytest.raises(ExportError, match="stopped"):
            export(CAMERA, MAIN, *RANGE, out, should_stop=lambda: True)
        with pytest.raises(ExportError, match="cannot be written"):
            export(CAMERA, MAIN, *RANGE, tmp_path / "missing" / "out.mp4")
        out.write_bytes(b"precious")
        with pytest.raises(ExportError, match="exists already"):
            export(CAMERA, MAIN, *RANGE, out)
    assert out.read_bytes() == b"precious"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.mp4", "room"]
