"""The proof of RC4: the independent vectors, and everything that must not count as one."""

import base64
import json

import pytest

from keepsight.lab.facts.capture import Proof
from keepsight.lab.read import rc4message
from tests.lab.synthetic.traffic import five_fields, rc4
from tests.paths import shared_vector

NAMES = ("data", "rc4_hash__", "signature", "_nonce")


def request(fields, *, path="/app/device/rpc", response=b"", captured_us=0):
    return rc4message.Request(1, captured_us, "h", "POST", path, fields, response)


def made(data='{"id":7,"lat":52.12345}', **parts):
    return five_fields("/device/rpc", data, **parts)


def test_independent_vectors_are_proven_and_recomputed():
    cases = json.loads(shared_vector("xiaomi-cloud-rc4.json").read_text())["cases"]
    assert len(cases) >= 4
    for case in cases:
        fields = {name: case[name] for name in NAMES} | {"ssecurity": case["ssecurity_base64"]}
        found = rc4message.examine(request(fields, path=case["path"]))
        assert found.proof is Proof.PROVEN, case["name"]
        assert found.is_signature_recomputed
        assert found.nonce_minute == case["time_minutes"]


def test_a_response_under_the_same_key_is_noticed():
    fields, key = made()
    body = base64.b64encode(rc4(key, b'{"code":0,"message":"ok"}'))
    found = rc4message.examine(request(fields, response=body))
    assert (found.is_keystream_shared, found.is_response_shared) == (True, True)
    other = base64.b64encode(rc4(b"another key entirely", b'{"code":0,"message":"ok"}'))
    assert rc4message.examine(request(fields, response=other)).is_response_shared is False


def test_without_drop_or_with_a_flipped_byte_it_is_refuted():
    fields, _ = made()
    sealed = bytearray(base64.b64decode(fields["data"]))
    sealed[3] ^= 1
    flipped = fields | {"data": base64.b64encode(bytes(sealed)).decode()}
    assert rc4message.examine(request(flipped)).proof is Proof.REFUTED
    key = b"k" * 32
    assert rc4message.rc4(key, b"abc", drop=0) != rc4message.rc4(key, b"abc")
    assert rc4message.rc4(b"Key", b"Plaintext", drop=0).hex() == "bbf316e8d940af0ad3"


def test_empty_data_is_proven_by_the_hash_and_has_nothing_to_compare():
    found = rc4message.examine(request(made("")[0]))
    assert found.proof is Proof.PROVEN
    assert found.is_keystream_shared is None


def test_without_ssecurity_it_needs_the_testers():
    fields, _ = made(is_secret_sent=False)
    assert rc4message.examine(request(fields)).proof is Proof.NO_KEY
    assert rc4message.examine(request(fields), bytes(range(16))).proof is Proof.PROVEN
    assert rc4message.examine(request(fields), b"wrong").proof is Proof.REFUTED


@pytest.mark.parametrize("value", ["", "not base64!", "====", "é"])
def test_other_forms_of_these_names_are_no_proof(value):
    fields = dict.fromkeys(NAMES, value) | {"ssecurity": "AAECAwQFBgcICQoLDA0ODw=="}
    assert rc4message.examine(request(fields)).proof is not Proof.PROVEN
    assert rc4message.has_shape(fields)
    assert not rc4message.has_shape({"data": "x"})


def test_names_of_data_and_kinds_of_personal_data_but_no_values():
    found = rc4message.examine(request(made()[0], captured_us=28333333 * 60_000_000 + 42_000_000))
    assert found.data_keys == ("id", "lat")
    assert found.personal == ("location",)
    assert found.nonce_offset_seconds == 42
    assert "52.12345" not in repr(found)
