"""Goal: a chunk answers by its first picture. Method: two chunks."""

from keepsight.hub.record.chunk import Chunk
from tests.hub.record import footage


def test_it_is_what_its_first_picture_is():
    units = list(footage.paper_units(2, gop=5))
    for first in (0, 3):
        chunk = Chunk(footage.PAPER_FORMAT, units[first:], [], 1, 1, is_new=False, lost=None)
        assert chunk.begins_with_keyframe is units[first].is_keyframe
        assert chunk.start_us == units[first].wall_us
