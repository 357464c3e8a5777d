"""UDP: names learned, QUIC opened, discovery known, media and noise told apart."""

import pytest

from keepsight.lab.read.datagrams import DatagramTalk
from keepsight.lab.read.notes import Conversation, Notes
from tests.lab.read.test_quic import crypto, initial
from tests.lab.synthetic.traffic import client_hello, dns_answer, dns_query, noise, server_hello


def flow(ports=(40000, 9999), target=(1, 2, 3, 4)):
    notes = Notes()
    talk = Conversation("udp", (bytes([192, 168, 1, 2]), bytes(target)), ports, 1, 0)
    return talk, notes, DatagramTalk(talk, notes)


def test_names_are_learned_from_dns():
    _, notes, listener = flow((40000, 53))
    assert listener.feed(dns_query("api.example.net"), 0, 3, 30)
    assert listener.feed(dns_answer("api.example.net", "9.8.7.6"), 1, 4, 40)
    assert notes.asked == {"api.example.net": (3, 30)}
    assert notes.names == {bytes([9, 8, 7, 6]): "api.example.net"}


def test_quic_gives_name_version_and_cipher():
    talk, notes, listener = flow((40000, 443))
    assert listener.feed(initial("client", crypto(0, client_hello("api.example.net"))), 0, 1, 0)
    assert not listener.feed(initial("server", crypto(0, server_hello())), 1, 2, 0)
    found = notes.handshakes[0]
    assert (found.sni, found.version, found.is_quic) == ("api.example.net", "TLS 1.3", True)
    assert talk.protocol == "QUIC"


@pytest.mark.parametrize(
    ("data", "protocol"),
    [
        (b"M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250\r\n\r\n", "SSDP"),
        (b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12), "STUN"),
        (b"\x21\x31\x00\x20" + b"\xff" * 28, "miIO"),
        (b"\xf1\x30\x00\x00", "CS2 peer to peer"),
        (b"\x00\x00\x55\xaa" + bytes(12) + b'{"ip":"192.168.1.9"}', "Tuya discovery"),
        (b"REGISTER sip:a SIP/2.0\r\nContent-Length: 0\r\n\r\n", "SIP"),
        (noise(2000), "unknown"),
    ],
)
def test_protocols(data, protocol):
    talk, _, listener = flow()
    listener.feed(data, 0, 1, 0)
    listener.close()
    assert talk.protocol == protocol


def test_discovery_at_home_is_harmless():
    _, notes, listener = flow(target=(239, 255, 255, 250))
    listener.feed(b"M-SEARCH * HTTP/1.1\r\n\r\n", 0, 1, 0)
    assert notes.clear_messages[0].is_harmless


def test_rtp_is_recognised_by_rising_numbers_and_leaves_a_limit():
    talk, notes, listener = flow()
    for number in range(4):
        listener.feed(
            b"\x80\x60" + number.to_bytes(2, "big") + bytes(4) + b"SSRC" + noise(200), 0, number, 0
        )
    assert talk.protocol == "RTP"
    assert "RTP media" in next(iter(notes.limits))
