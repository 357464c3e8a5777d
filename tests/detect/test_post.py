"""One camera's post: goal: newest work first, and said; messages as agreed. Method: coded walks."""

import base64
import io
import json
import struct
from itertools import pairwise

import av
import pytest

from keepsight.detect.config import read_config
from keepsight.detect.decoder import DecoderError
from keepsight.detect.post import QUEUE_BYTES_MAX, WatchState, open_post, reconfigure
from keepsight.detect.unit import Unit
from keepsight.detect.wire import FromWatcher, Reader
from tests.detect.stage import RedEye, code, walk

CAMERA = b"c" * 16


def config_of(sets, **more):
    encoded = [base64.b64encode(each).decode() for each in sets]
    return read_config({"codec": "h264", "parameter_sets": encoded, **more})


def work_off(post, detector=None):
    said = []
    while units := post.take_some(16):
        said += [each for unit in units for each in post.work(unit, detector)]
    return [message for each in said for message in Reader().feed(each)]


def test_a_visit_becomes_event_picture_and_boxes():
    sets, units = code(walk(16, enters=6, leaves=10), gop=10)
    post = open_post(CAMERA, config_of(sets, privacy_masks=[[[0, 0], [0.2, 0], [0, 0.2]]]))
    post.wants_boxes = True
    said = []
    for unit in units:
        post.put(unit)
        said += work_off(post, RedEye())
    kinds = [message.kind for message in said]
    events = [json.loads(each.body) for each in said if each.kind == FromWatcher.EVENT]
    assert [events[0]["phase"], events[-1]["phase"]] == ["start", "end"]
    picture = next(each for each in said if each.kind == FromWatcher.PICTURE)
    assert picture.body[:16].hex() == events[0]["id"]
    with av.open(io.BytesIO(picture.body[16:])) as container:
        assert container.streams.video[0].width == 320
    boxes = json.loads(said[kinds.index(FromWatcher.BOXES)].body)
    assert boxes["wall_us"] >= 10**15
    assert {message.camera for message in said} == {CAMERA}


def test_a_visit_has_preview_strips_before_its_end():
    sets, units = code(walk(24, enters=4, leaves=16), gop=10)
    post = open_post(CAMERA, config_of(sets))
    said = []
    for unit in units:
        post.put(unit)
        said += work_off(post, RedEye())
    phases = [
        json.loads(each.body)["phase"] if each.kind == FromWatcher.EVENT else "preview"
        for each in said
        if each.kind in (FromWatcher.EVENT, FromWatcher.PREVIEW)
    ]
    assert phases.count("preview") == 2
    assert phases[-2:] == ["preview", "end"]
    assert phases[0] == "start"
    event_id = json.loads(next(each for each in said if each.kind == FromWatcher.EVENT).body)["id"]
    strips = [each.body for each in said if each.kind == FromWatcher.PREVIEW]
    for body in strips:
        columns, rows, count = body[16:19]
        assert body[:16].hex() == event_id
        assert 2 <= count <= columns * rows <= 12
        with av.open(io.BytesIO(body[19:])) as container:
            assert container.streams.video[0].width == 240 * columns
    assert strips[-1][18] > strips[0][18]


def test_who_goes_with_the_camera_leaves_a_strip():
    sets, units = code(walk(12, enters=4, leaves=12), gop=10)
    post = open_post(CAMERA, config_of(sets))
    for unit in units:
        post.put(unit)
        work_off(post, RedEye())
    said = [message.kind for each in post.close() for message in Reader().feed(each)]
    assert said == [FromWatcher.PREVIEW, FromWatcher.EVENT]


def test_stills_are_masked_marked_and_made_only_when_wanted():
    sets, units = code(walk(12, enters=0, leaves=12, stands=True), gop=5)
    mask = [[0.25, 0.25], [0.75, 0.25], [0.75, 1], [0.25, 1]]  # over where the figure stands
    post = open_post(CAMERA, config_of(sets, privacy_masks=[mask]))
    said = []
    for number, unit in enumerate(units):
        post.still_number = 7 if number >= 40 else None
        post.put(unit)
        said += [(number, each) for each in work_off(post, RedEye())]
    stills = [(number, each.body) for number, each in said if each.kind == FromWatcher.STILL]
    assert 6 <= len(stills) <= 9
    assert stills[0][0] >= 40
    assert {struct.unpack(">I", body[:4])[0] for _, body in stills} == {7}
    times = [struct.unpack(">q", body[4:12])[0] for _, body in stills]
    assert min(b - a for a, b in pairwise(times)) >= 900_000
    assert times[0] > 10**15
    for _, body in stills:
        with av.open(io.BytesIO(body[12:])) as container:
            picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
        assert picture[50:, 82:238].max() < 40
        assert picture[:40].mean() > 50


def test_movement_of_nobody_is_activity_in_wall_time():
    sets, units = code(walk(22, enters=6, leaves=10), gop=10)
    post = open_post(CAMERA, config_of(sets))
    said = []
    for unit in units:
        post.put(unit)
        said += work_off(post)
    said += [message for each in post.close() for message in Reader().feed(each)]
    body = next(each.body for each in said if each.kind == FromWatcher.ACTIVITY)
    begin_us, end_us = struct.unpack(">qq", body[:16])
    assert 10**15 + 6e6 <= begin_us <= end_us <= 10**15 + 11.5e6


def units_of(seconds, *, gop=20, size=1000, rate=10):
    for number in range(int(seconds * rate)):
        us = int(number * 1e6 / rate)
        yield Unit(us, us, number % gop == 0, False, bytes(size))


def test_when_it_falls_behind_the_oldest_goes_and_it_is_said():
    sets, _ = code(walk(0.5))
    post = open_post(CAMERA, config_of(sets))
    for unit in units_of(60):
        post.put(unit)
        assert post.newest_media_us - post.queue[0].media_us <= 8e6
        assert post.queue[0].is_keyframe
    assert post.dropped_units > 400
    state, reason = post.state
    assert state is WatchState.BEHIND
    assert str(post.dropped_units) in reason
    assert post.queue_bytes == sum(len(unit.data) for unit in post.queue)


def test_one_group_that_is_too_much_alone_is_dropped_whole():
    sets, _ = code(walk(0.5))
    post = open_post(CAMERA, config_of(sets))
    for unit in units_of(30, gop=1000, size=1 << 20):
        post.put(unit)
    assert post.queue_bytes <= QUEUE_BYTES_MAX
    assert post.dropped_units > 0


def test_after_dropped_work_it_goes_on_at_a_keyframe():
    sets, units = code(walk(30, enters=24, leaves=28), gop=10)
    post = open_post(CAMERA, config_of(sets))
    for unit in units[:200]:
        post.put(unit)
    said = work_off(post, RedEye())
    for unit in units[200:]:
        post.put(unit)
        said += work_off(post, RedEye())
    assert post.watcher.decoder.counts.corrupt == 0
    assert [message.kind for message in said].count(FromWatcher.EVENT) >= 2


def test_a_missing_model_and_a_failure_are_said():
    sets, _ = code(walk(0.5))
    post = open_post(CAMERA, config_of(sets))
    assert post.state == (WatchState.WATCHING, None)
    post.missing_model = "not installed"
    assert post.state[0] is WatchState.OFF
    assert "not installed" in post.report()["reason"]
    post.failure = "broke"
    assert post.report()["state"] == "failed"


def test_a_new_format_keeps_what_is_known_and_new_rules_do_not():
    sets, _ = code(walk(0.5))
    other, _ = code(walk(0.5), b_pictures=2)
    post = open_post(CAMERA, config_of(sets))
    known = post.watcher
    assert reconfigure(post, config_of(other))
    assert post.watcher is known
    assert post.config.parameter_sets == other
    assert not reconfigure(post, config_of(other, rules={"kinds": ["dog"]}))
    post.missing_model = "not installed"
    assert not reconfigure(post, config_of(other))


def test_a_codec_that_is_not_here_is_said(monkeypatch):
    sets, _ = code(walk(0.5))
    config = config_of(sets)
    monkeypatch.setattr("keepsight.detect.decoder._CODECS", {"h264": "none-such"})
    with pytest.raises(DecoderError):
        open_post(CAMERA, config)


def test_nobody_is_woken_before_there_is_something_to_look_at():
    sets, units = code(walk(12), gop=20)
    post = open_post(CAMERA, config_of(sets))
    woken = 0
    for unit in units:
        post.put(unit)
        if post.has_work:
            woken += 1
            work_off(post)
    assert woken <= 24  # of 120 units: keyframes, once between, and more while they are unknown
    assert post.watcher.mode.value == "keyframes"
    post.take_some(16)
    post.put(Unit(12_000_000, 0, False, False, b"x"))
    assert not post.has_work
    post.put(Unit(12_100_000, 0, True, False, units[0].data))
    assert post.has_work
    assert [unit.is_keyframe for unit in post.take_some(16)] == [False, True]
    assert post.keyframes_waiting == 0


def test_who_is_followed_is_not_kept_waiting():
    sets, units = code(walk(30, enters=6, leaves=26), gop=100)
    post = open_post(CAMERA, config_of(sets))
    for unit in units[:120]:
        post.put(unit)
        work_off(post, RedEye())
    post.put(units[120])
    assert post.has_work
