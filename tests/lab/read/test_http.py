"""The HTTP family: bodies of every framing, pipelines, and what is not HTTP."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lab.read.http import BODY_BYTES_MAX, MessageStream

POST = b"POST /a?b=c HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody"


def feed(data, chunk=10_000):
    stream, found = MessageStream(), []
    for at in range(0, len(data), chunk):
        found += stream.feed(data[at : at + chunk], at, 0)
    return stream, found


@pytest.mark.parametrize("chunk", [1, 7, 10_000])
def test_requests_one_after_another(chunk):
    _, found = feed(POST + b"GET / HTTP/1.1\r\nHost: i\r\n\r\n", chunk)
    assert [(m.method, m.target, m.body) for m in found] == [
        ("POST", "/a?b=c", b"body"),
        ("GET", "/", b""),
    ]
    assert found[0].headers["host"] == "h"


@pytest.mark.parametrize("chunk", [1, 5, 10_000])
def test_a_chunked_response(chunk):
    data = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    data += b"4\r\nabcd\r\n3;x=y\r\nefg\r\n0\r\n\r\n"
    _, found = feed(data + POST.replace(b"POST /a?b=c HTTP/1.1", b"HTTP/1.1 204 No"), chunk)
    assert found[0].body == b"abcdefg"
    assert found[0].status == 200
    assert found[1].status == 204


def test_a_body_until_the_end_of_the_connection():
    stream, found = feed(b"HTTP/1.1 200 OK\r\n\r\nall of it")
    assert found == []
    assert stream.close()[0].body == b"all of it"


def test_a_large_body_is_counted_and_dropped():
    size = BODY_BYTES_MAX + 50_000
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode()
    _, found = feed(head + bytes(size))
    assert found[0].body_bytes == size
    assert len(found[0].body) == BODY_BYTES_MAX
    assert not found[0].is_body_whole


def test_content_codings_are_undone_within_bounds():
    packed = gzip.compress(bytes(50_000_000))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    _, found = feed(head.encode() + packed)
    assert len(found[0].content()) == 1 << 20


def test_rtsp_with_interleaved_media():
    stream, found = feed(b"RTSP/1.0 200 OK\r\nCSeq: 4\r\n\r\n$\0\0\x04abcd")
    assert found[0].start == "RTSP/1.0 200 OK"
    assert stream.is_interleaved


def test_what_is_not_http_breaks_the_stream():
    for data in (b"\x16\x03\x01" + bytes(100) + b"\r\n\r\n", b"A" * 70_000):
        stream, found = feed(data)
        assert stream.is_broken
        assert found == []


@given(st.binary(max_size=300), st.integers(1, 50))
def test_noise_never_raises(noise, chunk):
    feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + noise, chunk)
    feed(noise, chunk)
