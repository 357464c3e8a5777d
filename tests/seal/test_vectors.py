"""Goal: Python and the browser agree on every byte. Method: read the same vectors."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keepsight.seal.frame import Expectation, Reason, Refusal, WindowKey
from keepsight.seal.frame import open as open_fragment
from keepsight.seal.header import HEADER_BYTES, Context, Kind, Stream, read_header
from keepsight.seal.release import DevicePrivateKey, hybrid_private_key, unwrap_on_device
from keepsight.seal.sframe import SFrame, derive, encode_header
from tests.vectors.make_seal_vectors import document, kept_wraps

VECTORS = Path(__file__).parents[1] / "vectors"
SFRAME: dict[str, Any] = json.loads((VECTORS / "sframe.json").read_text())
SEAL: dict[str, Any] = json.loads((VECTORS / "seal.json").read_text())


def context_of(fields: dict[str, Any]) -> Context:
    return Context(
        bytes.fromhex(fields["household"]),
        bytes.fromhex(fields["camera"]),
        Stream[fields["stream"].upper()],
        fields["epoch"],
        bytes.fromhex(fields["writer"]),
    )


def expectation_of(fields: dict[str, Any]) -> Expectation:
    return Expectation(
        tuple(Kind[name] for name in fields["kinds"]),
        sequence_min=int(fields["sequence_min"]),
        sequence_max=int(fields["sequence_max"]),
        now_us=None if fields["now_us"] is None else int(fields["now_us"]),
        age_us_max=int(fields["age_us_max"]),
    )


def test_sframe_headers_are_those_of_the_rfc() -> None:
    for kid, counter, encoded in SFRAME["headers"]:
        assert encode_header(int(kid), int(counter)).hex() == encoded


def test_sframe_suite_5_is_that_of_the_rfc() -> None:
    vector = {
        k: v if k in ("kid", "counter") else bytes.fromhex(v) for k, v in SFRAME["suite_5"].items()
    }
    kid, counter = int(vector["kid"]), int(vector["counter"])
    assert derive(vector["base_key"], kid) == (vector["key"], vector["salt"])
    frame = SFrame(vector["base_key"], kid)
    assert frame.encrypt(counter, vector["metadata"], vector["plaintext"]) == vector["ciphertext"]
    assert frame.decrypt(counter, vector["metadata"], vector["ciphertext"]) == vector["plaintext"]


@pytest.mark.parametrize("case", SEAL["fragments"], ids=lambda case: case["name"])
def test_open(case: dict[str, Any]) -> None:
    key = WindowKey(bytes.fromhex(SEAL["secret"]), context_of(case["context"]))
    expected, sealed = expectation_of(case["expectation"]), bytes.fromhex(case["sealed"])
    if "refused" in case:
        with pytest.raises(Refusal) as refusal:
            open_fragment(key, expected, sealed)
        assert refusal.value.reason == case["refused"]
        return
    opened, wanted = open_fragment(key, expected, sealed), case["opened"]
    assert opened.payload.hex() == wanted["payload"]
    assert opened.kind.name == wanted["kind"]
    assert (opened.sequence, opened.wall_us, opened.monotonic_us, opened.flags) == (
        int(wanted["sequence"]),
        int(wanted["wall_us"]),
        int(wanted["monotonic_us"]),
        wanted["flags"],
    )


def test_every_reason_has_a_vector() -> None:
    assert {case.get("refused") for case in SEAL["fragments"]} - {None} == set(Reason)


def test_the_collision_is_real() -> None:
    """Without the commitment the same ciphertext would open under our key as well."""
    case = next(c for c in SEAL["fragments"] if c["name"].startswith("one ciphertext"))
    sealed, key = bytes.fromhex(case["sealed"]), bytes.fromhex(SEAL["secret"])
    header = read_header(sealed)
    ours = header._replace(commitment=WindowKey(key, context_of(case["context"])).commitment)
    assert ours.commitment != header.commitment
    SFrame(key).decrypt(header.sequence, ours.pack(), sealed[HEADER_BYTES:])
    aead_key, salt = derive(key)
    nonce = (int.from_bytes(salt) ^ header.sequence).to_bytes(12)
    AESGCM(aead_key).decrypt(nonce, sealed[HEADER_BYTES + 1 :], sealed[122:123] + ours.pack())


@pytest.mark.parametrize("kind", ["release", "release_hybrid"])
@pytest.mark.parametrize("number", range(len(SEAL["release"]["cases"])))
def test_release(kind: str, number: int) -> None:
    release = SEAL[kind]
    case = release["cases"][number]
    private: DevicePrivateKey
    if kind == "release":
        private = X25519PrivateKey.from_private_bytes(bytes.fromhex(release["device_private"]))
    else:
        private, public = hybrid_private_key(bytes.fromhex(release["device_seed"]))
        assert public == b64decode(release["device_public"])

    def unwrap() -> bytes:
        return unwrap_on_device(
            b64decode(case["wrapped"]),
            private,
            purpose=release["purpose"],
            context=context_of(release["context"]),
            device=bytes.fromhex(release["device"]),
        )

    if case["opens"]:
        assert unwrap().hex() == SEAL["secret"]
    else:
        with pytest.raises(InvalidTag):
            unwrap()


def test_the_file_is_what_its_script_makes() -> None:
    assert document(kept_wraps("release"), kept_wraps("release_hybrid")) == SEAL
