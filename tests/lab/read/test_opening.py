"""The first bytes decide the protocol, on whatever port."""

import pytest

from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.opening import Opening
from tests.lab.synthetic.traffic import noise, tls_pieces


@pytest.mark.parametrize(
    ("pieces", "protocol"),
    [
        ([(0, tls_pieces("a.example")[0][1])], "TLS"),
        ([(0, b"GET / HTTP/1.1\r\n\r\n")], "HTTP"),
        ([(0, b"G"), (0, b"ET / HTTP/1.1\r\n\r\n")], "HTTP"),
        ([(0, b"DESCRIBE rtsp://a/ RTSP/1.0\r\nCSeq: 1\r\n\r\n")], "RTSP"),
        ([(0, b"REGISTER sip:a SIP/2.0\r\n\r\n")], "SIP"),
        ([(1, b"HTTP/1.1 200 OK\r\n\r\n")], "HTTP"),
        ([(0, b"\x10\x10\0\4MQTT\x04\x02\0\0\0\4abcd")], "MQTT"),
        ([(1, b"SSH-2.0-dropbear\r\n")], "SSH"),
        ([(1, b"\xff\xfd\x18\xff\xfd\x20")], "Telnet"),
        ([(1, b"220 FTP ready\r\n")], "FTP or SMTP"),
        ([(0, noise(5000))], "unknown"),
        ([(0, b"\x01\x02")], "unknown"),
    ],
)
def test_protocols(pieces, protocol):
    talk = Conversation("tcp", (bytes([192, 168, 1, 2]), bytes([1, 2, 3, 4])), (40000, 9999), 1, 0)
    opening = Opening(talk, Notes())
    for side, data in pieces:
        opening.feed(data, side, 1, 0)
    opening.close()
    assert talk.protocol == protocol
