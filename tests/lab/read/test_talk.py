"""What connections say: handshakes, requests, log-ins line by line, unknown bytes."""

from keepsight.lab.read.notes import Conversation, Notes
from keepsight.lab.read.talk import (
    LineTalk,
    MessageTalk,
    MqttTalk,
    TlsTalk,
    UnknownTalk,
    is_plain_text,
)
from tests.lab.synthetic.traffic import noise, tls_pieces


def talk():
    return Conversation("tcp", (bytes([192, 168, 1, 2]), bytes([1, 2, 3, 4])), (40000, 80), 1, 0)


def feed(listener, pieces):
    return [listener.feed(data, side, n, n) for n, (side, data) in enumerate(pieces, 1)]


def test_a_handshake_is_noted_once_and_then_nothing_more_is_wanted():
    notes = Notes()
    pieces = [(0 if client else 1, data) for client, data in tls_pieces("a.example")]
    assert feed(TlsTalk(talk(), notes), pieces)[:2] == [True, False]
    assert [(h.sni, h.version) for h in notes.handshakes] == [("a.example", "TLS 1.3")]


def test_a_hello_without_answer_is_noted_when_the_connection_ends():
    notes, pieces = Notes(), tls_pieces("a.example")
    listener = TlsTalk(talk(), notes)
    feed(listener, [(0, pieces[0][1])])
    listener.close()
    listener.close()
    assert [(h.version, h.cipher) for h in notes.handshakes] == [("", "")]


def test_requests_meet_their_responses():
    notes = Notes()
    listener = MessageTalk(talk(), notes, "HTTP")
    feed(listener, [
        (0, b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"),
        (1, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
        (1, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"),
    ])  # fmt: skip
    assert [(x.path, x.status) for x in notes.exchanges] == [("/1", 200), ("/2", 404)]
    assert {m.host for m in notes.clear_messages} == {"h"}


def test_tls_inside_a_proxy_tunnel_is_followed():
    notes = Notes()
    pieces = [(0, b"CONNECT api.example.net:443 HTTP/1.1\r\n\r\n"), (1, b"HTTP/1.1 200 OK\r\n\r\n")]
    pieces += [(0 if client else 1, data) for client, data in tls_pieces("api.example.net")]
    feed(MessageTalk(talk(), notes, "HTTP"), pieces)
    assert [h.sni for h in notes.handshakes] == ["api.example.net"]


def test_mqtt_without_a_whole_connect_is_readable_all_the_same():
    notes = Notes()
    listener = MqttTalk(talk(), notes)
    listener.feed(b"\x10\x20\0\4MQTT", 0, 1, 0)
    listener.close()
    assert "without a complete CONNECT" in notes.clear_messages[0].text


def test_a_password_at_a_telnet_prompt():
    notes = Notes()
    pieces = [
        (1, b"\xff\xfd\x01login: "),
        (0, b"root\r\n"),
        (1, b"Password: "),
        (0, b"hun"),
        (0, b"ter2\r\n"),
    ]
    feed(LineTalk(talk(), notes, "Telnet"), pieces)
    assert [(c.field_name, c.masked) for c in notes.credentials] == [
        ("password at the prompt", "••• (7 characters)")
    ]


def test_a_password_command_of_ftp():
    notes = Notes()
    feed(
        LineTalk(talk(), notes, "FTP"), [(1, b"220 hello\r\n"), (0, b"USER a\r\nPASS hunter2\r\n")]
    )
    assert notes.credentials[0].masked == "••• (7 characters)"
    assert "hunter2" not in repr(notes)


def test_unknown_bytes_are_judged_by_entropy_and_text_is_text():
    notes = Notes()
    for data in (noise(5000), b"\x01\x02\x03" * 500, b"plain words of some device, again\n" * 40):
        listener = UnknownTalk(talk(), notes)
        listener.feed(data, 0, 1, 0)
        listener.close()
    assert [f.is_random_looking for f in notes.unknown_flows] == [True, False]
    assert notes.clear_messages[0].protocol == "plain text"
    assert not is_plain_text(b"short")
