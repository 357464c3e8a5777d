"""Options become the right camera. Method: build cameras and look at what they would serve."""

from dataclasses import replace

import pytest

from keepsight.camera.camera import MountRules
from keepsight.camera.cli import MTU_BYTES, SCENE_NAMES
from keepsight.camera.faults import Faults
from keepsight.camera.media import SourceError
from keepsight.camera.packetize import MTU_BYTES_DEFAULT
from keepsight.camera.scene import SCENES
from keepsight.camera.server import Access
from keepsight.camera.session import SessionRules
from keepsight.camera.start import Serve, Show, build

SHOW = Show(None, "living-room", "", "0" * 12, 0, 0, 1.0, None)
SERVE = Serve("127.0.0.1", 0, "S-1", Access(), SessionRules(), MountRules("/live"), Faults())


def paths(camera):
    return sorted(camera._server.mounts)


def test_a_scene_has_a_sub_stream_unless_told_otherwise(h264_film):
    assert paths(build(SHOW, SERVE)) == ["/live", "/sub"]
    assert paths(build(replace(SHOW, has_sub=False), SERVE)) == ["/live"]
    assert paths(build(replace(SHOW, clip=h264_film), SERVE)) == ["/live"]
    assert paths(build(replace(SHOW, clip=h264_film, has_sub=True), SERVE)) == ["/live", "/sub"]


def test_what_the_command_line_repeats_is_true():
    assert tuple(SCENES) == SCENE_NAMES
    assert MTU_BYTES == MTU_BYTES_DEFAULT


@pytest.mark.parametrize(
    "wrong",
    [{"household_mark": "00"}, {"camera_mark": 70_000}, {"camera_mark": -1}, {"scene": "attic"}],
)
def test_impossible_wishes_are_refused(wrong):
    with pytest.raises(SourceError):
        build(replace(SHOW, **wrong), SERVE)
