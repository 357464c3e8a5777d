"""Goal: messages arrive whole or not at all. Method: bytes in memory."""

import io

import pytest

from keepsight.hub.record import export_pipe
from keepsight.hub.record.export_pipe import DATA, END, PipeError, receive, send


def test_messages_arrive_as_they_were_sent():
    pipe = io.BytesIO()
    send(pipe, DATA, b"picture")
    send(pipe, END)
    pipe.seek(0)
    assert receive(pipe) == (DATA, b"picture")
    assert receive(pipe) == (END, b"")


@pytest.mark.parametrize("size", [0, 3, 5, 8])
def test_a_parent_that_died_is_noticed(size):
    pipe = io.BytesIO()
    send(pipe, DATA, b"picture")
    with pytest.raises(PipeError, match="cut off"):
        receive(io.BytesIO(pipe.getvalue()[:size]))


def test_a_length_out_of_bounds_is_not_allocated():
    with pytest.raises(PipeError, match="too long"):
        receive(io.BytesIO((export_pipe.BODY_BYTES_MAX + 1).to_bytes(4) + b"\2"))
