"""Goal: every reader gets everything, and a broken one harms only itself. Method: fake readers."""

from keepsight.hub.ingest.fanout import BreakReason, Fanout
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat

FORMAT = StreamFormat(VideoFormat("h264", 640, 360, (b"s", b"p"), "avc1.42c01e"))
UNIT = AccessUnit(True, 0, 0, 0, is_keyframe=True, parts=[b"x"], size_bytes=1)


class Reader:
    def __init__(self, fails_at=None):
        self.seen = []
        self.fails_at = fails_at

    def note(self, event):
        if self.fails_at == len(self.seen):
            raise RuntimeError("broken reader")
        self.seen.append(event)

    on_format = note
    on_unit = note

    def on_break(self, reason, wall_us):
        self.note((reason, wall_us))


def play(fanout):
    fanout.publish_format(FORMAT)
    fanout.publish(UNIT)
    fanout.publish_break(BreakReason.SILENT, 7)


def test_all_readers_get_all_in_order():
    fanout, readers = Fanout("cam"), [Reader(), Reader()]
    for reader in readers:
        fanout.attach(reader)
    play(fanout)
    assert [reader.seen for reader in readers] == [[FORMAT, UNIT, (BreakReason.SILENT, 7)]] * 2


def test_a_late_reader_gets_the_format_and_a_detached_one_nothing():
    fanout, early, late = Fanout("cam"), Reader(), Reader()
    fanout.attach(early)
    fanout.publish_format(FORMAT)
    fanout.attach(late)
    fanout.detach(early)
    fanout.detach(early)
    fanout.publish(UNIT)
    assert (early.seen, late.seen) == ([FORMAT], [FORMAT, UNIT])


def test_after_a_break_there_is_no_format():
    fanout, reader = Fanout("cam"), Reader()
    play(fanout)
    fanout.attach(reader)
    assert (fanout.format, reader.seen) == (None, [])


def test_a_reader_that_raises_is_detached_and_named(caplog):
    for fails_at in range(3):
        fanout, broken, good = Fanout("cam"), Reader(fails_at), Reader()
        fanout.attach(broken)
        fanout.attach(good)
        play(fanout)
        play(fanout)
        assert len(broken.seen) == fails_at
        assert len(good.seen) == 6
    assert caplog.text.count("cam: a reader failed") == 3
