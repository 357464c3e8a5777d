"""Exchanges: readable ones are quoted, decrypted ones examined, harmless ones known."""

import base64

from keepsight.lab.facts.capture import Proof
from keepsight.lab.read.exchange import is_harmless, note_request
from keepsight.lab.read.http import Message
from keepsight.lab.read.notes import Conversation, Notes
from tests.lab.synthetic.traffic import five_fields, form, rc4


def talk():
    made = Conversation(
        "tcp", (bytes([192, 168, 1, 2]), bytes([1, 2, 3, 4])), (40000, 80), 1, 0, "HTTP"
    )
    made.host = "api.example.net"
    return made


def request(start, body=b"", **headers):
    return Message(start, {k.replace("_", "-"): v for k, v in headers.items()}, 5, 0, body)


def test_a_readable_request_is_quoted_without_its_values():
    notes = Notes()
    note_request(talk(), notes, request("GET /x?token=hunter2 HTTP/1.1"), None)
    assert notes.clear_messages[0].text == "GET /x?token=•••"
    assert notes.credentials[0].field_name == "query field token"
    assert "hunter2" not in repr(notes)


def test_inside_tls_nothing_counts_as_readable():
    notes = Notes(is_decrypted=True)
    note_request(talk(), notes, request("GET /x HTTP/1.1", authorization="Basic YTpi"), None)
    assert notes.clear_messages == notes.credentials == []
    assert notes.exchanges[0].is_authorised


def test_a_five_field_form_is_examined_with_its_response():
    notes = Notes(is_decrypted=True)
    fields, key = five_fields("/device/rpc", '{"id":1}')
    body = base64.b64encode(rc4(key, b'{"code":0}'))
    note_request(
        talk(), notes, request("POST /app/device/rpc HTTP/1.1", form(fields).encode()),
        Message("HTTP/1.1 200 OK", {}, 6, 0, body),
    )  # fmt: skip
    assert [(m.proof, m.is_response_shared) for m in notes.messages] == [(Proof.PROVEN, True)]


def test_connectivity_and_certificate_checks_are_harmless():
    assert is_harmless(request("GET /generate_204 HTTP/1.1"), None)
    assert is_harmless(request("POST / HTTP/1.1", content_type="application/ocsp-request"), None)
    assert not is_harmless(request("GET /firmware.bin HTTP/1.1"), None)
    assert not is_harmless(None, Message("HTTP/1.1 200 OK", {}, 1, 0))
