"""A camera's sound post: goal: bounded, and alone in its trouble; method: real packets, own ear."""

import json

from keepsight.detect.config import SoundOrder
from keepsight.detect.post import WatchState
from keepsight.detect.sound import SoundFormat, SoundPacket
from keepsight.detect.soundpost import QUEUE_BYTES_MAX, QUEUE_PACKETS_MAX, SoundPost
from keepsight.detect.wire import Reader
from keepsight.detect.zones import Rules
from tests.detect.noises import code_sound, silence, tone
from tests.detect.test_hearing import LoudEar

CAMERA = b"c" * 16


def post_of(form, kinds=("speech",)):
    return SoundPost(CAMERA, SoundOrder(form, kinds), Rules())


def said(messages):
    return [json.loads(each.body) for data in messages for each in Reader().feed(data)]


def test_half_a_second_is_worked_on_at_once():
    form, packets = code_sound(tone(500, 2), "pcma")
    post = post_of(form)
    assert post.take_some(16) == []
    for packet in packets[:20]:
        post.put(packet)
    assert not post.has_work
    assert post.take_some(16) == []
    for packet in packets[20:30]:
        post.put(packet)
    (taken,) = post.take_some(16)
    assert len(taken) == 30
    assert not post.queue


def test_a_sound_is_told_and_wants_a_picture():
    form, packets = code_sound(tone(500, 6), "aac")
    post, told = post_of(form), []
    for packet in packets:
        post.put(packet)
        for taken in post.take_some(16):
            told += said(post.work(taken, LoudEar()))
    (start, *_), ended = told, said(post.close())
    assert (start["phase"], start["kind"], start["best_box"]) == ("start", "speech", None)
    assert post.started == [bytes.fromhex(start["id"])]
    assert [each["phase"] for each in ended] == ["end"]
    assert post.state == (WatchState.WATCHING, None)
    assert post.report()["windows"] >= 9


def test_what_waits_is_bounded_and_said():
    form, _ = code_sound(silence(1), "pcma")
    late, many, much = post_of(form), post_of(form), post_of(form)
    for number in range(500):
        late.put(SoundPacket(number * 20_000, 0, b"x"))
    for _ in range(QUEUE_PACKETS_MAX + 1):
        many.put(SoundPacket(0, 0, b"x"))
    for _ in range(20):
        much.put(SoundPacket(0, 0, bytes(QUEUE_BYTES_MAX // 16)))
    for post in (late, many, much):
        assert post.dropped_packets
        assert len(post.queue) <= 410
        assert post.queue_bytes <= QUEUE_BYTES_MAX
        assert post.state[0] is WatchState.BEHIND


def test_a_clock_that_goes_back_does_not_stop_it():
    form, _ = code_sound(silence(1), "pcma")
    post = post_of(form)
    post.put(SoundPacket(10**9, 0, b"x"))
    post.put(SoundPacket(10**9 - 2_000_000, 0, b"x"))
    (taken,) = post.take_some(16)
    assert len(taken) == 2


def test_a_codec_that_is_unknown_is_this_sounds_failure():
    post = post_of(SoundFormat("g726", b"", 8_000, 1))
    packets = [SoundPacket(number * 20_000, 0, b"x") for number in range(40)]
    assert post.work(packets, LoudEar()) == []
    assert post.state == (WatchState.FAILED, "sound coded as g726 cannot be decoded here")
    assert not post.is_for(post.order, post.rules)


def test_without_a_model_it_is_off():
    form, packets = code_sound(tone(500, 2), "pcma")
    post = post_of(form)
    post.missing_model = "the model yamnet is not installed"
    assert post.work(packets, None) == []
    assert post.state[0] is WatchState.OFF
    assert post.close() == []


def test_it_goes_on_under_the_same_order_only():
    form, _ = code_sound(silence(1), "pcma")
    post = post_of(form)
    assert post.is_for(SoundOrder(form, ("speech",)), Rules())
    assert not post.is_for(SoundOrder(form, ("bark",)), Rules())
    assert not post.is_for(None, Rules())
