"""What the watcher is told: goal: it takes all that an owner can set; method: its own reader."""

import json

from keepsight.detect.config import read_config
from keepsight.hub.grant import Hours
from keepsight.hub.watch.config import camera_config
from keepsight.hub.watching import Watching, Zone, read_watching
from keepsight.lan.rtsp.unit import VideoFormat

VIDEO = VideoFormat("h265", 640, 360, (b"\x40\x01v", b"\x42\x01s", b"\x44\x01p"), "hvc1.1.6.L90.90")
TRIANGLE = ((0.0, 0.0), (0.5, 0.0), (0.0, 0.5))


def told(watching, models):
    return read_config(json.loads(json.dumps(camera_config(VIDEO, watching, models))))


def test_a_new_camera_is_watched_with_the_default_model(tmp_path):
    found = told(Watching(), tmp_path)
    assert (found.codec, found.parameter_sets) == ("h265", VIDEO.parameter_sets)
    assert found.choice.name == Watching().model
    assert found.rules.kinds == frozenset(Watching().kinds)
    assert found.rules.schedule == ()
    assert found.privacy_masks == ()


def test_everything_that_can_be_set_arrives(tmp_path):
    watching = Watching(
        model="none",
        kinds=("person", "dog"),
        person_confidence=0.7,
        min_area=0.01,
        cooldown_seconds=30.0,
        zones=(Zone("Door", TRIANGLE, ("person",)),),
        masks=(TRIANGLE,),
        privacy_masks=(TRIANGLE,),
        hours=(Hours(frozenset({6, 0}), 22 * 60 + 5, 1440), Hours(frozenset({2}), 60, 60)),
    )
    found = told(read_watching(json.loads(json.dumps(watching.as_fields()))), tmp_path)
    assert found.choice is None
    assert found.rules.kinds == {"person", "dog"}
    assert found.rules.person_confidence == 0.7
    assert (found.rules.min_area, found.rules.cooldown_seconds) == (0.01, 30.0)
    (zone,) = found.rules.zones
    assert (zone.name, zone.points, zone.kinds) == ("Door", TRIANGLE, {"person"})
    assert found.privacy_masks == (TRIANGLE,)
    assert found.rules.masks == (TRIANGLE, TRIANGLE)
    evening, around = found.rules.schedule
    assert (evening.days, evening.begin_minute, evening.end_minute) == ({0, 6}, 1325, 1440)
    assert around.holds(2, 61)
    assert around.holds(3, 59)
    assert not around.holds(3, 60)


def test_own_models_lie_in_their_folder_and_nowhere_else(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "bees.txt").write_text("bee\n")
    found = told(Watching(model="own:bees.onnx"), tmp_path)
    assert found.choice.file == tmp_path / "own" / "bees.onnx"
    assert found.choice.labels == tmp_path / "own" / "bees.txt"
    found = told(Watching(model="own:../../../etc/passwd.onnx"), tmp_path)
    assert found.choice.file == tmp_path / "own" / "passwd.onnx"
    assert found.choice.labels is None
