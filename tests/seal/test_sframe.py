"""SFrame agrees with RFC 9605; by the RFC's vectors (also in tests/vectors) and by wrong inputs."""

import json

import pytest
from cryptography.exceptions import InvalidTag

from keepsight.seal.sframe import SFrame, derive, encode_header
from tests.paths import shared_vector


def test_all_header_vectors_of_the_rfc():
    vectors = json.loads(shared_vector("sframe-rfc9605.json").read_text())["header"]
    assert len(vectors) > 200
    for vector in vectors:
        assert encode_header(vector["kid"], vector["ctr"]).hex() == vector["encoded"]


def test_the_suite_vector_of_the_rfc():
    vectors = json.loads(shared_vector("sframe-rfc9605.json").read_text())["sframe"]
    vector = next(v for v in vectors if v["cipher_suite"] == 5)
    base_key, metadata = bytes.fromhex(vector["base_key"]), bytes.fromhex(vector["metadata"])
    key, salt = derive(base_key, vector["kid"])
    assert (key.hex(), salt.hex()) == (vector["sframe_key"], vector["sframe_salt"])
    frame = SFrame(base_key, vector["kid"])
    plaintext = bytes.fromhex(vector["pt"])
    assert frame.encrypt(vector["ctr"], metadata, plaintext).hex() == vector["ct"]
    assert frame.decrypt(vector["ctr"], metadata, bytes.fromhex(vector["ct"])) == plaintext


def test_header_limits():
    assert encode_header(0, (1 << 64) - 1).hex() == "0fffffffffffffffff"
    with pytest.raises(OverflowError):
        encode_header(0, 1 << 64)


@pytest.mark.parametrize(
    ("counter", "metadata", "flip"), [(8, b"m", 0), (9, b"n", 0), (9, b"m", 1)]
)
def test_wrong_counter_metadata_or_sframe_header_fail(counter, metadata, flip):
    frame = SFrame(b"b" * 32)
    sealed = bytearray(frame.encrypt(9, b"m", b"text"))
    sealed[0] ^= flip
    with pytest.raises(InvalidTag):
        frame.decrypt(counter, metadata, bytes(sealed))
