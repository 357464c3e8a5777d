"""Goal: RTSP messages survive any split and any bytes. Method: round trips, cuts, hypothesis."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.lan.rtsp.message import (
    BODY_BYTES_MAX,
    HEADER_BYTES_MAX,
    HEADER_LINES_MAX,
    Interleaved,
    MessageError,
    MessageReader,
    OversizeMessageError,
    Request,
    Response,
    parse_message,
)

REQUEST = Request("DESCRIBE", "rtsp://10.0.0.7/a", (("CSeq", "2"), ("Accept", "application/sdp")))
RESPONSE = Response(
    401, "Unauthorized", (("CSeq", "2"), ("WWW-Authenticate", "a"), ("www-authenticate", "b"))
)


def test_request_round_trip():
    assert parse_message(REQUEST.to_bytes()) == (REQUEST, len(REQUEST.to_bytes()))


def test_response_with_body_gets_its_content_length():
    response = Response(200, "OK", (("CSeq", "1"),), b"v=0\r\n")
    parsed = parse_message(response.to_bytes() + b"$")
    assert parsed is not None
    message, end = parsed
    assert isinstance(message, Response)
    assert (message.body, message.header("content-LENGTH")) == (b"v=0\r\n", "5")
    assert end == len(response.to_bytes())


def test_header_lookup_ignores_case_and_gives_all():
    assert RESPONSE.header("cseq") == "2"
    assert RESPONSE.all("WWW-AUTHENTICATE") == ["a", "b"]
    assert RESPONSE.header("Session") is None


def test_bare_line_feeds_and_folded_headers_are_read():
    parsed = parse_message(b"RTSP/1.0 200 OK\nCSeq: 3\nPublic: OPTIONS,\n DESCRIBE\n\n")
    assert parsed is not None
    assert parsed[0].header("Public") == "OPTIONS, DESCRIBE"


def test_messages_and_packets_mix_at_every_cut():
    items = [REQUEST, Interleaved(1, b"abc"), RESPONSE, Interleaved(0, b""), REQUEST]
    data = b"".join(item.to_bytes() for item in items)
    for cut in range(len(data) + 1):
        reader = MessageReader()
        assert [*reader.feed(data[:cut]), *reader.feed(data[cut:])] == items


def test_one_byte_at_a_time():
    data = REQUEST.to_bytes() + Interleaved(2, b"\x00" * 9).to_bytes()
    reader = MessageReader()
    found = [item for i in range(len(data)) for item in reader.feed(data[i : i + 1])]
    assert found == [REQUEST, Interleaved(2, b"\x00" * 9)]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 400 Bad Request\r\n\r\n",
        b"\x16\x03\x01\x02\x00",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"RTSP/1.0 OK\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nno colon\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "RTSP/1.0 200 OK\r\nContent-Length: \u00b2\r\n\r\n".encode("latin-1"),
        b"GET\x00 x RTSP/1.0\r\n\r\n",
    ],
)
def test_what_is_not_rtsp_is_refused(data):
    with pytest.raises(MessageError):
        parse_message(data)


@pytest.mark.parametrize(
    "data",
    [
        b"RTSP/1.0 200 OK\r\nX: " + b"a" * HEADER_BYTES_MAX,
        b"RTSP/1.0 200 OK\r\n" + b"X: 1\r\n" * (HEADER_LINES_MAX + 1) + b"\r\n",
        b"RTSP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % (BODY_BYTES_MAX + 1),
        b"RTSP/1.0 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n",
    ],
)
def test_oversize_is_refused_before_it_is_held(data):
    with pytest.raises(OversizeMessageError) as caught:
        parse_message(data)
    assert caught.value.limit > 0


def test_a_line_break_cannot_be_smuggled_into_a_header():
    with pytest.raises(MessageError):
        Request("OPTIONS", "*", (("User-Agent", "a\r\nX: b"),)).to_bytes()


@given(st.binary(max_size=400))
def test_arbitrary_bytes_raise_only_message_errors(data):
    for prefix in (b"", b"RTSP/1.0 200 OK\r\n", b"OPTIONS * RTSP/1.0\r\n"):
        with contextlib.suppress(MessageError):
            list(MessageReader().feed(prefix + data))
