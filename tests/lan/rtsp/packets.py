"""Hand-built packets and sinks for the depacketizers' tests."""

from keepsight.lan.rtsp.chunk import Chunk
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.rtp import FragmentRun, RtpTrack


class Pictures:
    """Remembers what a picture depacketizer gives out."""

    def __init__(self):
        self.formats = []
        self.pictures = []

    def on_video_format(self, video, reorder_pictures):
        self.formats.append(video)
        self.reorder = reorder_pictures

    def on_picture(self, stamp, parts, size_bytes, *, is_keyframe, is_after_loss):
        sample = b"".join(parts)
        assert len(sample) == size_bytes
        self.pictures.append((stamp, sample, is_keyframe, is_after_loss))

    @property
    def samples(self):
        return [sample for _, sample, _, _ in self.pictures]


class Sounds:
    """Remembers what a sound depacketizer gives out."""

    def __init__(self):
        self.frames = []

    def on_sound(self, stamp, parts, size_bytes, *, is_after_loss):
        frame = b"".join(parts)
        assert len(frame) == size_bytes
        self.frames.append((stamp, frame, is_after_loss))


def sample(*nals):
    """The MP4 sample of these NAL units."""
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


def is_sample(data):
    """Whether lengths and NAL units tile it exactly."""
    while data:
        size = int.from_bytes(data[:4], "big")
        if not 0 < size <= len(data) - 4:
            return False
        data = data[4 + size :]
    return True


def feed(depacketizer, payload, stamp, *, is_marked=False):
    """Give one payload, laid out as in a receive chunk."""
    chunk = Chunk()
    chunk.data[16 : 16 + len(payload)] = payload
    return depacketizer.payload(chunk, 16, 16 + len(payload), stamp, is_marked=is_marked)


def video_receiver(make, *, payload_type=96, sets=()):
    """A receiver with one video track on channel 0."""
    run, sink = FragmentRun(), Pictures()
    depacketizer = make(run, sink, list(sets))
    track = RtpTrack(payload_type, depacketizer, run)
    receiver = Receiver(run, lambda _message: None)
    receiver.add_track(0, track)
    return receiver, track, sink


def pour(receiver, data, step=None):
    """Receive bytes in reads of `step`."""
    position = 0
    while position < len(data):
        room = receiver.room()
        piece = data[position : position + min(step or len(room), len(room))]
        room[: len(piece)] = piece
        receiver.received(len(piece))
        position += len(piece)
