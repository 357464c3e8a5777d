"""Goal: both ends of Basic and Digest agree, with the RFC's own vectors. Method: vectors, pairs."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.core.destination import Credentials
from keepsight.core.secret import Secret
from keepsight.lan.rtsp.auth import (
    NONCE_SECONDS,
    NONCES_MAX,
    Answerer,
    Guard,
    Verdict,
    _Question,
    choose_challenge,
    parse_challenges,
)

URI = "rtsp://10.0.0.7/stream1"


class HandClock:
    def __init__(self):
        self.now_us = 0

    def wall_us(self):
        return self.now_us

    def monotonic_us(self):
        return self.now_us


def credentials(user="anna", password="s3cret: ü"):
    return Credentials(user, Secret(password))


def test_digest_of_rfc_7616_section_3_9_1():
    question = {
        "realm": "http-auth@example.org",
        "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
        "method": "GET",
        "uri": "/dir/index.html",
        "count": "00000001",
        "client_nonce": "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
    }
    mufasa = credentials("Mufasa", "Circle of Life")
    assert _Question("MD5", **question).digest(mufasa) == "8ca523f5e9506fed4657c9700eebdbec"
    assert _Question("SHA-256", **question).digest(mufasa) == (
        "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    )


def test_digest_of_rfc_2617_without_qop_is_the_md5_of_three_parts():
    question = _Question("MD5", "testrealm@host.com", "n", "GET", "/")
    # echo -n "Mufasa:testrealm@host.com:Circle Of Life" | md5sum, and so on, by hand.
    first, second = "939e7578ed9e3c518a452acee763bce9", "71998c64aea37ae77020c49c00f73fa8"
    import hashlib

    expected = hashlib.md5(f"{first}:n:{second}".encode()).hexdigest()
    assert question.digest(credentials("Mufasa", "Circle Of Life")) == expected


@pytest.mark.parametrize("scheme", ["SHA-256", "MD5", "Basic"])
@pytest.mark.parametrize("has_qop", [True, False])
def test_client_and_server_agree(scheme, has_qop):
    guard = Guard("Hub é", credentials(), HandClock(), schemes=(scheme,), has_qop=has_qop)
    for answer_with, expected in (
        (credentials(), Verdict.ALLOWED),
        (credentials(password="wrong"), Verdict.WRONG),
        (credentials(user="bob"), Verdict.WRONG),
    ):
        challenge = choose_challenge(parse_challenges(guard.challenges()))
        assert challenge is not None
        header = Answerer(challenge, answer_with).authorization("DESCRIBE", URI)
        assert guard.verify(header, "DESCRIBE", URI) is expected


def test_an_answer_fits_only_its_method_and_url():
    guard = Guard("r", credentials(), HandClock())
    challenge = choose_challenge(parse_challenges(guard.challenges()))
    header = Answerer(challenge, credentials()).authorization("DESCRIBE", URI)
    assert guard.verify(header, "PLAY", URI) is Verdict.WRONG
    assert guard.verify(header, "DESCRIBE", URI + "2") is Verdict.WRONG


def test_a_replayed_or_old_answer_is_stale():
    clock = HandClock()
    guard = Guard("r", credentials(), clock)
    answerer = Answerer(choose_challenge(parse_challenges(guard.challenges())), credentials())
    header = answerer.authorization("PLAY", URI)
    assert guard.verify(header, "PLAY", URI) is Verdict.ALLOWED
    assert guard.verify(header, "PLAY", URI) is Verdict.STALE
    assert guard.verify(answerer.authorization("PLAY", URI), "PLAY", URI) is Verdict.ALLOWED
    clock.now_us += (NONCE_SECONDS + 1) * 1_000_000
    assert guard.verify(answerer.authorization("PLAY", URI), "PLAY", URI) is Verdict.STALE


def test_nonces_are_bounded():
    guard = Guard("r", credentials(), HandClock())
    for _ in range(NONCES_MAX + 5):
        guard.challenges()
    assert len(guard._nonces) == NONCES_MAX


def test_the_strongest_challenge_is_chosen():
    challenges = parse_challenges(
        [
            'Basic realm="cam", Digest realm="cam", nonce="a", algorithm=MD5',
            'Digest realm="cam", nonce="b", algorithm=SHA-256, qop="auth,auth-int"',
        ]
    )
    chosen = choose_challenge(challenges)
    assert [c.scheme for c in challenges] == ["Basic", "Digest", "Digest"]
    assert (chosen.algorithm, chosen.nonce, chosen.has_qop) == ("SHA-256", "b", True)


def test_what_cannot_be_answered_is_left_out():
    values = ['Digest realm="a"', 'Digest realm="a", nonce="b", algorithm=MD4', "Negotiate abc"]
    assert parse_challenges(values) == []
    assert choose_challenge([]) is None


def test_an_algorithm_nobody_named_is_not_named_in_the_answer():
    challenge = parse_challenges(['Digest realm="a", nonce="b"'])[0]
    header = Answerer(challenge, credentials()).authorization("PLAY", URI)
    assert "algorithm" not in header
    assert "qop" not in header


def test_the_password_is_in_no_digest_header_nor_repr():
    challenge = parse_challenges(['Digest realm="a", nonce="b"'])[0]
    answerer = Answerer(challenge, credentials(password="hunter2"))
    assert "hunter2" not in answerer.authorization("PLAY", URI) + repr(answerer.__dict__)


@given(st.text(max_size=300))
def test_arbitrary_headers_raise_nothing(text):
    for prefix in ("", "Digest ", "Basic ", 'Digest realm="', "Digest a=b, "):
        for challenge in parse_challenges([prefix + text]):
            Answerer(challenge, credentials()).authorization("PLAY", URI)
        verdict = Guard("r", credentials(), HandClock(), schemes=("MD5", "Basic")).verify(
            prefix + text, "PLAY", URI
        )
        assert verdict in {Verdict.MISSING, Verdict.WRONG}


def test_a_quote_in_the_user_name_stays_inside_its_quotes():
    challenge = parse_challenges(['Digest realm="a", nonce="b"'])[0]
    header = Answerer(challenge, credentials(user='a", uri="x')).authorization("PLAY", URI)
    assert len(re.findall(r'(?<!\\)"', header)) == 10
