"""Goal: the watcher understands every order, as the owner meant it.

Method: the watcher's own reader reads what the hub writes, for whatever the API accepts.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given

from keepsight.detect.config import read_config
from keepsight.detect.zones import is_scheduled
from keepsight.hub.grant import Hours
from keepsight.hub.watch.config import camera_config
from keepsight.hub.watching import Watching
from keepsight.lan.rtsp.unit import VideoFormat
from tests.hub.watch.wishes import wishes

VIDEO = VideoFormat("h264", 640, 360, (b"\x67sps", b"\x68pps"), "avc1.640028")


@given(wishes)
def test_the_watcher_takes_whatever_is_accepted(tmp_path_factory, wish):
    folder = tmp_path_factory.getbasetemp()
    config = read_config(json.loads(json.dumps(camera_config(VIDEO, wish, folder))))
    assert (config.codec, config.parameter_sets) == ("h264", VIDEO.parameter_sets)
    assert config.rules.kinds == frozenset(wish.kinds)
    assert [(z.name, z.points, tuple(sorted(z.kinds))) for z in config.rules.zones] == [
        (zone.name, zone.points, tuple(sorted(zone.kinds))) for zone in wish.zones
    ]
    assert config.rules.masks == (*wish.masks, *wish.privacy_masks)
    assert config.privacy_masks == wish.privacy_masks
    assert config.rules.min_area == wish.min_area
    assert config.rules.person_confidence == wish.person_confidence
    assert len(config.rules.schedule) == len(wish.hours)
    if wish.model == "none":
        assert config.choice is None
    elif wish.model.startswith("own:"):
        assert config.choice.file == folder / "own" / "yard.onnx"
    else:
        assert config.choice.name == wish.model


def test_hours_go_past_midnight_there_too():
    hours = (Hours(frozenset({0}), 22 * 60, 6 * 60), Hours(frozenset({2}), 0, 1440))
    message = camera_config(VIDEO, Watching(hours=hours), Path())
    rules = read_config(message).rules

    def counts(day, hour):
        moment = datetime(2024, 1, 1 + day, hour, 30, tzinfo=UTC)  # 1 January 2024 was a Monday
        return is_scheduled(rules, int(moment.timestamp() * 1e6), UTC)

    assert counts(0, 23)
    assert counts(1, 5)
    assert not counts(1, 7)
    assert not counts(0, 21)
    assert counts(2, 0)
    assert counts(2, 23)


def test_labels_are_named_where_there_are_any(tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "yard.onnx").write_bytes(b"x")
    wish = Watching(model="own:yard.onnx")
    assert "labels_file" not in camera_config(VIDEO, wish, tmp_path)
    (tmp_path / "own" / "yard.txt").write_text("person\n")
    message = camera_config(VIDEO, wish, tmp_path)
    assert message["labels_file"] == str(tmp_path / "own" / "yard.txt")
    assert "model" not in message
