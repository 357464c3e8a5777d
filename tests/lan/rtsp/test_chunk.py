"""Goal: what the receive loop relies on in a chunk. Method: look at a fresh one."""

from keepsight.lan.rtsp.chunk import CHUNK_BYTES, READ_AHEAD_BYTES, Chunk
from keepsight.lan.rtsp.message import BODY_BYTES_MAX, HEADER_BYTES_MAX
from keepsight.lan.rtsp.receive import _LOOK, READ_BYTES_MIN


def test_a_fresh_chunk_is_zero_and_view_and_data_are_the_same_memory():
    chunk = Chunk()
    assert not any(chunk.data)
    chunk.view[5] = 7
    assert chunk.data[5] == 7


def test_the_loop_may_look_ahead_anywhere():
    assert _LOOK(Chunk().data, CHUNK_BYTES) == (0, 0, 0, 0)
    assert READ_AHEAD_BYTES >= 20


def test_the_largest_item_fits_with_room_to_read():
    largest_item = max(HEADER_BYTES_MAX + BODY_BYTES_MAX, 65_535 + 4)
    assert largest_item + READ_BYTES_MIN < CHUNK_BYTES
