"""`keepsight detect`: goal: a clip tried as a person would; method: the command, own clips."""

import json

import pytest

from tests.camera.clips import Film, make_film
from tests.cli.command import keepsight
from tests.detect.installed import need_model
from tests.detect.stage import walk
from tests.detect.test_clip import write_clip
from tests.paths import shared_data


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("clips") / "walk.mp4"
    return write_clip(path, walk(10, enters=4, leaves=8))


async def test_movement_without_a_model(clip):
    answer = await keepsight("detect", clip, "--model", "none", "--json", "-")
    assert answer.status == 0
    assert answer.json["model"] is None
    assert answer.json["events"] == []
    assert answer.json["activity"]
    assert answer.json["seconds"] == pytest.approx(10, abs=0.3)


async def test_a_person_with_boxes_of_every_picture(tmp_path):
    need_model("efficientdet-lite1")
    clip = shared_data("footage/pose2sim_multi.mp4")
    target = tmp_path / "found.json"
    answer = await keepsight("detect", clip, "--frames", "--json", target)
    assert answer.status == 0, answer.err
    found = json.loads(target.read_text())
    assert (found["width"], found["height"]) == (1088, 1920)
    assert found["events"][0]["kind"] == "person"
    assert set(found["events"][0]) >= {"start_seconds", "end_seconds", "confidence", "best_box"}
    assert len(found["frames"]) == 100
    for frame in found["frames"]:
        people = [box for box in frame["boxes"] if box["kind"] == "person"]
        assert len(people) >= 2
        for box in people:
            left, top, right, bottom = box["box"]
            assert 0 <= left < right <= 1088
            assert 0 <= top < bottom <= 1920


async def test_a_table_for_people(clip):
    answer = await keepsight("detect", clip, "--model", "none", "--progress", "bar")
    assert answer.status == 0
    assert "CPU seconds" in answer.out


@pytest.mark.parametrize("name", ["absent.mp4", "text.mp4"])
async def test_what_is_no_video_is_status_2_with_the_reason(tmp_path, name):
    (tmp_path / "text.mp4").write_text("no video")
    answer = await keepsight("detect", tmp_path / name, "--model", "none")
    assert answer.status == 2
    assert answer.err.startswith("keepsight: ")
    assert "Traceback" not in answer.err


async def test_a_damaged_clip_is_watched_as_far_as_it_goes(tmp_path):
    whole = write_clip(tmp_path / "a.mkv", walk(10, enters=2, leaves=5)).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    answer = await keepsight("detect", tmp_path / "cut.mkv", "--model", "none", "--json", "-")
    assert answer.status == 0
    assert 2 < answer.json["seconds"] < 9


async def test_a_missing_model_means_movement_or_with_a_named_one_a_refusal(tmp_path, clip):
    env = {"KEEPSIGHT_MODELS": str(tmp_path)}
    answer = await keepsight("detect", clip, "--json", "-", env=env)
    assert answer.status == 0
    assert "keepsight models install" in answer.err
    assert answer.json["activity"]
    named = await keepsight("detect", clip, "--model", "efficientdet-lite2", env=env)
    assert named.status == 2


@pytest.mark.parametrize(
    "options", [("--zone", "1,2"), ("--mask", "a"), ("--zone", "a=0,0;2,0;1,1"), ("--min-area", 2)]
)
async def test_zones_that_make_no_sense_are_one_line(clip, options):
    answer = await keepsight("detect", clip, "--model", "none", *options)
    assert answer.status == 1
    assert answer.err.count("\n") == 1


async def test_a_mask_over_everything_leaves_nothing(clip):
    everything = "0,0;1,0;1,1;0,1"
    answer = await keepsight("detect", clip, "--model", "none", "--mask", everything, "--json", "-")
    assert answer.json["activity"] == []


async def test_sound_is_listened_to_when_asked_for(clip, tmp_path):
    need_model("yamnet")
    silent = await keepsight("detect", clip, "--model", "none", "--sound")
    assert silent.status == 2
    assert "holds no sound" in silent.err
    path = make_film(tmp_path, Film(seconds=6.0))
    answer = await keepsight("detect", path, "--model", "none", "--sound", "--json", "-")
    assert answer.status == 0, answer.err
    assert isinstance(answer.json["sounds"], list)
    table = await keepsight("detect", path, "--model", "none", "--sound")
    assert "s of sound" in table.out
