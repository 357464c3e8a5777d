"""Goal: whatever the cuts and the mix, the same pictures come out, and memory stays bounded.
Method: one recorded stream poured in reads of every size, compared with hand-made samples."""

import contextlib
import gc
import random
import sys
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from keepsight.lan.rtsp.chunk import CHUNK_BYTES
from keepsight.lan.rtsp.h264 import H264Depacketizer
from keepsight.lan.rtsp.h265 import H265Depacketizer
from keepsight.lan.rtsp.message import Interleaved, MessageError, Response
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.rtp import FragmentRun, RtpTrack
from keepsight.lan.rtsp.sound import PlainDepacketizer
from tests.lan.rtsp import test_h264, test_h265
from tests.lan.rtsp.packets import Sounds, pour, sample, video_receiver
from tests.lan.rtsp.scripted import rtp


def film(codec, *, pictures=12, size=3000, piece=140, gop=5, first_sequence=65_500):
    """Interleaved bytes of fragmented pictures, and the samples they hold."""
    data, samples, sequence = bytearray(), [], first_sequence
    for number in range(pictures):
        if codec == "h264":
            nal = bytes((0x65 if number % gop == 0 else 0x41, 0x88, number)) + bytes(range(250)) * (
                size // 250
            )
            payloads = test_h264.fragments(nal, piece)
        else:
            kind = b"\x26\x01" if number % gop == 0 else b"\x02\x01"
            nal = kind + bytes((0x80, number)) + bytes(range(250)) * (size // 250)
            payloads = test_h265.fragments(nal, piece)
        for payload in payloads:
            is_last = payload is payloads[-1]
            packet = rtp(sequence, number * 4500, payload, is_marked=is_last)
            data += Interleaved(0, packet).to_bytes()
            sequence += 1
        samples.append(sample(nal))
    return bytes(data), samples, sequence - first_sequence


@pytest.mark.parametrize(
    ("codec", "make"), [("h264", H264Depacketizer), ("h265", H265Depacketizer)]
)
@pytest.mark.parametrize("step", [1, 3, 19, 20, 155, 156, 1000, None])
def test_pictures_do_not_depend_on_the_reads(codec, make, step):
    data, samples, packets = film(codec)
    receiver, track, sink = video_receiver(make)
    pour(receiver, data, step)
    track.settle()
    assert sink.samples == samples
    assert (track.received, track.lost) == (packets, 0)
    assert track.highest_sequence == 65_500 + packets - 1


def test_pictures_across_chunks():
    data, samples, _ = film("h264", pictures=30, size=30_000, piece=1380)
    receiver, _, sink = video_receiver(H264Depacketizer)
    pour(receiver, data, 5000)
    assert receiver.chunks >= len(data) // CHUNK_BYTES
    assert sink.samples == samples


def test_the_run_takes_most_packets():
    data, _, packets = film("h264", pictures=5, size=100_000, piece=1000)
    receiver, track, _ = video_receiver(H264Depacketizer)
    slow = 0
    take = track.packet

    def counted(chunk, start, stop):
        nonlocal slow
        slow += 1
        take(chunk, start, stop)

    track.packet = counted
    pour(receiver, data)
    assert slow <= packets // 10


def test_a_gap_inside_a_run_is_seen():
    data, samples, _ = film("h264", pictures=3)
    items = data.split(b"$\x00")[1:]
    del items[5]
    receiver, track, sink = video_receiver(H264Depacketizer)
    pour(receiver, b"".join(b"$\x00" + item for item in items))
    assert track.lost == 1
    assert sink.samples == samples[1:]
    assert [after for _, _, _, after in sink.pictures] == [True, False]


def test_another_source_inside_a_run_is_seen():
    data, samples, _ = film("h264", pictures=2)
    foreign = rtp(3, 0, b"\x7c\x05junk", ssrc=99)
    receiver, _, sink = video_receiver(H264Depacketizer)
    cut = data.index(b"$\x00", 2000)
    pour(receiver, data[:cut] + Interleaved(0, foreign).to_bytes() + data[cut:])
    assert sink.samples == samples[1:]


def test_messages_and_other_channels_between():
    data, samples, _ = film("h264", pictures=2)
    cut = data.index(b"$\x00", 2000)
    messages, controls = [], []
    receiver, _, sink = video_receiver(H264Depacketizer)
    receiver._on_message = messages.append
    receiver.add_control(1, controls.append)
    answer = Response(200, "OK", (("CSeq", "4"),))
    between = answer.to_bytes() + Interleaved(1, b"rtcp").to_bytes() + b"$\x09\x00\x00"
    pour(receiver, data[:cut] + between + data[cut:], 100)
    assert (messages, controls, receiver.strays) == ([answer], [b"rtcp"], 1)
    assert sink.samples == samples


def test_datagrams_give_the_same_pictures():
    data, samples, _ = film("h264", pictures=30, size=30_000, piece=1380)
    receiver, _, sink = video_receiver(H264Depacketizer)
    position = 0
    while position < len(data):
        size = int.from_bytes(data[position + 2 : position + 4], "big")
        receiver.packet(0, data[position + 4 : position + 4 + size])
        position += 4 + size
    assert sink.samples == samples


def test_a_fragment_without_end_does_not_keep_memory():
    receiver, _, sink = video_receiver(H264Depacketizer)
    start = test_h264.fragments(b"\x65" + bytes(3000), 1000)[0]
    data = bytearray(Interleaved(0, rtp(0, 0, start)).to_bytes())
    middle = b"\x7c\x05" + bytes(1000)
    for sequence in range(1, 12_000):
        data += Interleaved(0, rtp(sequence, 0, middle)).to_bytes()
    pour(receiver, bytes(data))
    gc.collect()
    held = sum(sys.getsizeof(o) for o in gc.get_objects() if isinstance(o, memoryview))
    assert held < 6 * 1024 * 1024
    assert sink.pictures == []


class Gop:
    """Holds the pictures since the last keyframe, as a recorder does."""

    def __init__(self):
        self.held = []

    def on_video_format(self, video, reorder_pictures):
        pass

    def on_picture(self, _stamp, parts, _size, *, is_keyframe, **_flags):
        if is_keyframe:
            self.held.clear()
        self.held.append(parts)


def test_pictures_among_junk_do_not_keep_the_junk_alive():
    gop, run = Gop(), FragmentRun()
    receiver = Receiver(run, lambda _message: None)
    receiver.add_track(0, RtpTrack(96, H264Depacketizer(run, gop, []), run))
    junk = Interleaved(9, bytes(60_000)).to_bytes()
    tracemalloc.start()
    try:
        for number in range(300):
            packet = rtp(number, number, test_h264.SLICE, is_marked=True)
            pour(receiver, Interleaved(0, packet).to_bytes() + junk)
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(gop.held) == 300
    assert held < 1024 * 1024


def test_memory_of_a_camera_stays_below_six_megabytes():
    data, _, _ = film("h264", pictures=240, size=25_000, piece=1386, gop=40)
    gop, run = Gop(), FragmentRun()
    receiver = Receiver(run, lambda _message: None)
    receiver.add_track(0, RtpTrack(96, H264Depacketizer(run, gop, []), run))
    tracemalloc.start()
    try:
        pour(receiver, data, 20_000)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(gop.held) == 40
    assert all(isinstance(part, memoryview) for part in gop.held[-1])
    assert 1024 * 1024 < peak < 6 * 1024 * 1024


@pytest.mark.parametrize(
    "data", [b"\x00\x01\x02\x03", b"SSH-2.0-x\r\n\r\n", b"RTSP/1.0 200 OK\r\n:\r\n\r\n"]
)
def test_what_is_not_rtsp_is_refused(data):
    receiver = Receiver(FragmentRun(), lambda _message: None)
    with pytest.raises(MessageError):
        pour(receiver, data)


def test_room_is_never_short():
    receiver = Receiver(FragmentRun(), lambda _message: None)
    largest = Interleaved(5, bytes(65_535)).to_bytes()
    pour(receiver, largest * 5, 4096)
    assert receiver.strays == 5
    pour(receiver, b"RTSP/1.0 200 OK\r\nContent-Length: 65536\r\n\r\n" + bytes(65_536), 4096)


class Keeper:
    """Keeps every picture as it was given, and its bytes at that moment."""

    def __init__(self):
        self.kept = []

    def on_video_format(self, video, reorder_pictures):
        pass

    def on_picture(self, _stamp, parts, size_bytes, **_flags):
        assert sum(map(len, parts)) == size_bytes
        self.kept.append((parts, b"".join(parts)))


def packetized(rng, codec):
    """A random film, packetized in every way, with strangers between; and its samples."""
    module = test_h264 if codec == "h264" else test_h265
    key, plain = (module.IDR, module.SLICE) if codec == "h264" else (module.IDR, module.TRAIL)
    data, samples, sequence = bytearray(), [], rng.randrange(65_536)
    for number in range(40):
        first = (key if number % 7 == 0 else plain) + rng.randbytes(rng.choice((0, 50, 9000)))
        others = [module.SECOND_SLICE + rng.randbytes(rng.choice((0, 3, 300, 4000)))] * (
            rng.randrange(3)
        )
        nals, payloads = [first, *others], []
        sets = [module.SPS, module.PPS] if number % 7 == 0 else []
        if sets:
            payloads += [module.aggregate(*sets)] if rng.random() < 0.5 else sets
        small = [nal for nal in nals if len(nal) < 500]
        if len(small) == len(nals) and rng.random() < 0.7:
            payloads.append(module.aggregate(*(sets if rng.random() < 0.3 else []), *nals))
        else:
            for nal in nals:
                size = rng.choice((30, 700, 1386))
                payloads += module.fragments(nal, size) if rng.random() < 0.8 else [nal]
        for index, payload in enumerate(payloads):
            packet = rtp(sequence, number * 4500, payload, is_marked=index == len(payloads) - 1)
            sequence += 1
            data += Interleaved(0, packet).to_bytes()
            if rng.random() < 0.2:
                data += Interleaved(2, rtp(sequence, 0, rng.randbytes(200))).to_bytes()
        samples.append(sample(*nals))
    return bytes(data), samples


@settings(max_examples=60, deadline=None)
@given(st.randoms(use_true_random=False), st.sampled_from(["h264", "h265"]))
def test_pictures_stay_as_they_were_while_later_ones_come(rng, codec):
    rng = random.Random(rng.random())
    data, samples = packetized(rng, codec)
    keeper, sounds = Keeper(), Sounds()
    run = FragmentRun()
    make = H264Depacketizer if codec == "h264" else H265Depacketizer
    receiver = Receiver(run, lambda _message: None)
    receiver.add_track(0, RtpTrack(96, make(run, keeper, []), run))
    receiver.add_track(2, RtpTrack(96, PlainDepacketizer(sounds), FragmentRun()))
    position = 0
    while position < len(data):
        step = rng.choice((1, 40, 1500, 20_000))
        pour(receiver, data[position : position + step])
        position += step
    assert [was for _, was in keeper.kept] == samples
    assert [b"".join(parts) for parts, _ in keeper.kept] == samples


@settings(max_examples=60)
@given(st.binary(max_size=2000), st.integers(1, 300), st.integers(0, 2000))
def test_arbitrary_bytes_raise_only_message_errors(data, step, cut):
    good, _, _ = film("h264", pictures=2)
    for stream in (data, b"$\x00\x00\x40" + data, good[:cut] + data):
        receiver, _, _ = video_receiver(H264Depacketizer)
        with contextlib.suppress(MessageError):
            pour(receiver, stream, step)
