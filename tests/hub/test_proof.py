"""A proof is good once, now, for one request of one session of one device; with real signatures."""

import base64
import json

import pytest

from keepsight.hub import proof as module
from keepsight.hub.proof import ProofError, Proofs, jwk_of, read_signing_key, session_name
from tests.hub.clocks import HandClock
from tests.prover import Prover, b64url

SESSION = b"s" * 32
REQUEST = {"method": "POST", "path": "/api/keys"}


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def proofs(clock):
    return Proofs(clock)


@pytest.fixture
def prover(clock, proofs):
    return Prover(clock=clock, nonce=proofs.nonce(SESSION))


def check(proofs, prover, proof, *, token_hash=SESSION, **request):
    proofs.check(proof, signer=prover.point, token_hash=token_hash, **{**REQUEST, **request})


def refused(proofs, prover, proof, **request):
    with pytest.raises(ProofError) as error:
        check(proofs, prover, proof, **request)
    return error.value.code


def test_a_request_is_proved_once(proofs, prover):
    proof = prover.prove("POST", "/api/keys")
    check(proofs, prover, proof)
    assert refused(proofs, prover, proof) == "proof_replayed"
    check(proofs, prover, prover.prove("POST", "/api/keys"))


def test_without_a_proof_nothing_is_answered(proofs, prover):
    assert refused(proofs, prover, None) == "proof_missing"
    assert refused(proofs, prover, "") == "proof_missing"


@pytest.mark.parametrize(
    "other", [{"method": "GET"}, {"path": "/api/cameras"}, {"path": "/api/keys/"}]
)
def test_a_proof_belongs_to_one_request(proofs, prover, other):
    assert refused(proofs, prover, prover.prove("POST", "/api/keys"), **other) == "proof_wrong"


def test_the_query_is_not_part_of_it_as_in_rfc_9449(proofs, prover):
    check(proofs, prover, prover.prove("POST", "/api/keys?x=1"))


def test_a_proof_belongs_to_one_session_and_one_start(proofs, prover, clock):
    proof = prover.prove("POST", "/api/keys")
    assert refused(proofs, prover, proof, token_hash=b"t" * 32) == "proof_stale"
    assert refused(Proofs(clock), prover, proof) == "proof_stale"


def test_another_devices_key_proves_nothing(proofs, prover, clock):
    thief = Prover(clock=clock, nonce=prover.nonce)
    assert refused(proofs, prover, thief.prove("POST", "/api/keys")) == "proof_wrong"
    # The header names the right key, the signature is the thief's.
    borrowed = thief.prove("POST", "/api/keys", header={"jwk": jwk_of(prover.point)})
    assert refused(proofs, prover, borrowed) == "proof_wrong"


@pytest.mark.parametrize("seconds", [-61, 62, -3600, 10**9, -(10**9)])
def test_time_is_bounded_both_ways(proofs, prover, seconds):
    prover.offset_seconds = seconds
    assert refused(proofs, prover, prover.prove("POST", "/api/keys")) == "proof_stale"


@pytest.mark.parametrize("seconds", [-59, 59])
def test_a_little_skew_is_forgiven(proofs, prover, seconds):
    prover.offset_seconds = seconds
    check(proofs, prover, prover.prove("POST", "/api/keys"))


def test_clock_jumps_neither_revive_a_proof_nor_lock_out(proofs, prover, clock):
    proof = prover.prove("POST", "/api/keys")
    check(proofs, prover, proof)
    clock.tick(200)
    clock.jump_wall(-200)  # the wall shows the time of the proof again
    assert refused(proofs, prover, proof) == "proof_stale"
    # A device that learns the hub's time for proofs is understood, whatever the wall says.
    prover.offset_seconds = (proofs.now_us() - clock.wall_us()) / 1e6
    check(proofs, prover, prover.prove("POST", "/api/keys"))


def test_a_proof_from_the_future_is_remembered_as_long_as_it_is_good(proofs, prover, clock):
    prover.offset_seconds = 59
    proof = prover.prove("POST", "/api/keys")
    check(proofs, prover, proof)
    clock.tick(118)
    assert refused(proofs, prover, proof) == "proof_replayed"
    clock.tick(2)
    assert refused(proofs, prover, proof) == "proof_stale"


def _with_header(prover, **header):
    return prover.prove("POST", "/api/keys", header=header)


def _unsigned(prover):
    head, body, _ = prover.prove("POST", "/api/keys", header={"alg": "none"}).split(".")
    return f"{head}.{body}."


def _keyed_by_the_public_key(prover):
    """The classic: HS256 with the public key as the secret."""
    import hashlib
    import hmac

    head, body, _ = prover.prove("POST", "/api/keys", header={"alg": "HS256"}).split(".")
    mac = hmac.digest(prover.point, f"{head}.{body}".encode(), hashlib.sha256)
    return f"{head}.{body}.{b64url(mac)}"


@pytest.mark.parametrize(
    "make",
    [
        _unsigned,
        _keyed_by_the_public_key,
        lambda p: _with_header(p, typ="JWT"),
        lambda p: _with_header(p, jwk=None),
        lambda p: _with_header(p, crit=["x"], x=1),
        lambda p: p.prove("POST", "/api/keys", jti="short"),
        lambda p: p.prove("POST", "/api/keys", jti="x" * 65),
        lambda p: p.prove("POST", "/api/keys", jti=5),
        lambda p: p.prove("POST", "/api/keys", iat="soon"),
        lambda p: p.prove("POST", "/api/keys", iat=None),
        lambda p: p.prove("POST", "/api/keys", iat=float("inf")),
        lambda p: p.prove("POST", "/api/keys", htm=["POST"]),
        lambda p: p.prove("POST", "/api/keys", htu=None),
        lambda p: p.prove("POST", "/api/keys", htu="//["),
        lambda p: p.prove("POST", "/api/keys")[:-4],
        lambda p: p.prove("POST", "/api/keys")[4:],
        lambda p: p.prove("POST", "/api/keys", more="x" * 3000),
        lambda _: "a.b.c",
        lambda _: "é" * 10,
        lambda _: "..",
    ],
)
def test_what_is_no_proof_is_refused_in_one_way(proofs, prover, make):
    assert refused(proofs, prover, make(prover)) == "proof_wrong"


def test_a_changed_claim_breaks_the_signature(proofs, prover):
    head, body, signature = prover.prove("GET", "/api/keys").split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = b64url(json.dumps({**claims, "htm": "POST"}).encode())
    assert refused(proofs, prover, f"{head}.{body}.{signature}") == "proof_wrong"


def test_memory_is_bounded(proofs, prover, clock, monkeypatch):
    monkeypatch.setattr(module, "SEEN_MAX", 4)
    monkeypatch.setattr(module, "DEVICES_MAX", 3)
    for _ in range(4):
        check(proofs, prover, prover.prove("POST", "/api/keys"))
    assert refused(proofs, prover, prover.prove("POST", "/api/keys")) == "proof_flood"
    clock.tick(121)
    check(proofs, prover, prover.prove("POST", "/api/keys"))
    for _ in range(5):
        other = Prover(clock=clock, nonce=prover.nonce)
        check(proofs, other, other.prove("POST", "/api/keys"))
    assert len(proofs._seen) == 3


@pytest.mark.parametrize("point", [b"", b"\x04" + bytes(64), b"\x02" + bytes(32), bytes(65)])
def test_a_signing_key_must_be_a_point(point):
    with pytest.raises(ValueError):
        read_signing_key(point)


def test_the_name_of_a_session_leads_to_no_cookie():
    assert len(session_name(SESSION)) == 32
    assert session_name(SESSION) != session_name(b"t" * 32)
    assert SESSION.hex()[:32] != session_name(SESSION)
