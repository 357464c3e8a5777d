"""What is encoded decodes, in GOPs of two seconds, with keyframes on demand. Method: a decoder
beside it.
"""

import av
import numpy as np
import pytest

from keepsight.camera import encode
from keepsight.camera.encode import AacEncoder, VideoEncoder, VideoShape, choose_encoder
from keepsight.camera.media import SourceError
from keepsight.camera.nal import nal_type

SHAPE = VideoShape(320, 180, 10, 200_000, is_bt709=True)


def grey(level):
    frame = av.VideoFrame(SHAPE.width, SHAPE.height, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes((level,)) * plane.buffer_size)
    return frame


def brightness(frame):
    rows = np.frombuffer(frame.planes[0], np.uint8).reshape(-1, frame.planes[0].line_size)
    return float(rows[:, : frame.width].mean())


def test_gops_keyframes_on_demand_and_no_reordering():
    encoder = VideoEncoder(SHAPE)
    pictures = []
    for number in range(45):
        is_wanted = number == 27
        found = encoder.encode(grey(60 + number), number * 9000, is_keyframe_wanted=is_wanted)
        assert len(found) == 1
        pictures += found
    assert [p.media_ticks for p in pictures] == [n * 9000 for n in range(45)]
    keys = [n for n, p in enumerate(pictures) if p.is_keyframe]
    assert keys[:3] == [0, 20, 27]
    for number in keys:
        kinds = [nal_type("h264", unit) for unit in pictures[number].units]
        assert kinds[:2] == [7, 8]
        assert 5 in kinds


def test_decodes_to_what_was_put_in_with_its_colours_named():
    encoder = VideoEncoder(SHAPE)
    decoder = av.CodecContext.create("h264", "r")
    levels = []
    for number in range(10):
        for picture in encoder.encode(grey(100 + number), number * 9000):
            data = b"".join(b"\x00\x00\x00\x01" + unit for unit in picture.units)
            for frame in decoder.decode(av.Packet(data)):
                levels.append(brightness(frame))
                assert frame.colorspace == 1
    levels += [brightness(f) for f in decoder.decode(None)]
    assert levels[:5] == pytest.approx([100, 101, 102, 103, 104], abs=1.5)


def test_an_encoder_that_does_not_work_is_passed_over(monkeypatch):
    listed = (("h264_v4l2m2m", {}), ("no_such_encoder", {}), *encode.ENCODERS[-1:])
    monkeypatch.setattr(encode, "ENCODERS", listed)
    assert choose_encoder(SHAPE)[0] in ("h264_v4l2m2m", "libx264")
    monkeypatch.setattr(encode, "ENCODERS", listed[1:2])
    with pytest.raises(SourceError, match="--clip"):
        choose_encoder(SHAPE)


def test_aac_of_a_tone_decodes():
    encoder = AacEncoder(16_000)
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.track.config
    tone = np.sin(np.arange(16_384) * 0.2).astype(np.float32) * 0.5
    loudest, ticks = 0.0, []
    for first in range(0, 16_384, 1024):
        for at, data in encoder.encode(tone[first : first + 1024], first):
            ticks.append(at)
            for frame in decoder.decode(av.Packet(data)):
                loudest = max(loudest, float(np.abs(frame.to_ndarray()).max()))
    assert 0.3 < loudest < 1.0
    assert ticks == list(range(ticks[0], ticks[0] + 1024 * len(ticks), 1024))
