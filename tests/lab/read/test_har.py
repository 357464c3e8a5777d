"""A HAR: requests inside TLS, five-field proof, damaged entries, and no HAR at all."""

import json

import pytest

from keepsight.lab.facts.capture import Proof
from keepsight.lab.read.capture import CaptureContext
from keepsight.lab.read.har import read_har
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic import dossier
from tests.lab.synthetic.traffic import har


def read(tmp_path, data, **context):
    path = tmp_path / "a.har"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return read_har(path, CaptureContext(**context))


def test_five_field_messages_are_proven(tmp_path):
    facts, unread = read(tmp_path, dossier.cloud(), markers=("tester-7f3a",))
    assert unread == ()
    assert [m.proof for m in facts.messages] == [Proof.PROVEN, Proof.PROVEN]
    assert facts.clear_messages == ()
    assert facts.contacts[0].name == "api.camera-vendor.example"
    assert facts.is_decrypted


def test_plain_http_in_a_har_was_readable(tmp_path):
    facts, _ = read(
        tmp_path, har(("GET", "http://plain.example/a", "", "x", "text/plain", None, None))
    )
    assert facts.clear_messages[0].host == "plain.example"


def test_a_damaged_entry_is_unread_and_the_others_are_read(tmp_path):
    data = har(("GET", "https://a.example/", "", "", "text/plain", None, None))
    data["log"]["entries"].append({"request": None})
    facts, unread = read(tmp_path, data)
    assert facts.packets == 1
    assert unread[0].part == "entry 2"


@pytest.mark.parametrize(
    "data", ["", "{}", "[]", '{"log":{"entries":[]}}', '{"log":{"entries":[3]}}', "[" * 100_000]
)
def test_no_har_is_unreadable(tmp_path, data):
    with pytest.raises(UnreadableArtefact):
        read(tmp_path, data)
