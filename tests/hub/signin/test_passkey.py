"""Passkeys are believed for their own challenge, place, key and person only; real signatures."""

from dataclasses import replace

import pytest

from keepsight.hub.signin import passkey as module
from keepsight.hub.signin.passkey import (
    Challenges,
    Enrollee,
    PasskeyError,
    Site,
    credential_id,
    enrolment_options,
    sign_in_options,
    verify_answer,
    verify_enrolment,
)
from tests.hub.authenticator import Authenticator
from tests.hub.clocks import HandClock

ANN = b"a" * 16
SITE = Site("home.example", "https://home.example:8443")
ENROLLEE = Enrollee("Home", ANN, "Ann")
CHALLENGE = b"c" * 32


def enrolled(**lies):
    device = Authenticator()
    options = enrolment_options(SITE, CHALLENGE, ENROLLEE, [])
    for name, value in lies.items():
        setattr(device, name, value)
    return device, verify_enrolment(device.create(options), SITE, CHALLENGE, ANN, 7)


def code_of(error):
    return error.value.code


def test_a_passkey_signs_in():
    device, passkey = enrolled()
    assert (passkey.rp_id, passkey.member_id, passkey.created_us) == ("home.example", ANN, 7)
    options = sign_in_options(SITE, b"d" * 32, [passkey])
    assert options["userVerification"] == "required"
    assert len(options["allowCredentials"]) == 1
    answer = device.get(options)
    assert credential_id(answer) == passkey.credential_id
    assert verify_answer(answer, SITE, b"d" * 32, passkey) == 1


def test_enrolment_asks_for_a_discoverable_credential_and_a_verified_person():
    _device, known = enrolled()
    options = enrolment_options(SITE, CHALLENGE, ENROLLEE, [known])
    chosen = options["authenticatorSelection"]
    assert (chosen["residentKey"], chosen["userVerification"]) == ("required", "required")
    assert len(options["excludeCredentials"]) == 1
    assert options["rp"]["id"] == "home.example"


@pytest.mark.parametrize(
    "lies", [{"is_verified": False}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_a_passkey_from_elsewhere_or_nobody_is_not_enrolled(lies):
    with pytest.raises(PasskeyError) as error:
        enrolled(**lies)
    assert code_of(error) == "bad_passkey"


def test_an_answer_to_another_challenge_key_place_or_person_is_refused():
    device, passkey = enrolled()
    other, _ = enrolled()
    options = sign_in_options(SITE, CHALLENGE, [])
    good = device.get(options)
    with pytest.raises(PasskeyError):
        verify_answer(good, SITE, b"x" * 32, passkey)
    with pytest.raises(PasskeyError):
        verify_answer(other.get(options), SITE, CHALLENGE, passkey)
    with pytest.raises(PasskeyError):
        verify_answer(good, Site("home.example", "https://home.example"), CHALLENGE, passkey)
    with pytest.raises(PasskeyError):
        verify_answer(good, SITE, CHALLENGE, replace(passkey, member_id=b"b" * 16))
    with pytest.raises(PasskeyError):
        verify_answer(good, SITE, CHALLENGE, replace(passkey, rp_id="other.example"))
    device.is_verified = False
    with pytest.raises(PasskeyError):
        verify_answer(device.get(options), SITE, CHALLENGE, passkey)


def test_a_count_that_goes_back_shows_a_copy():
    device, passkey = enrolled()
    options = sign_in_options(SITE, CHALLENGE, [])
    count = verify_answer(device.get(options), SITE, CHALLENGE, passkey)
    device.count = 0
    with pytest.raises(PasskeyError):
        verify_answer(device.get(options), SITE, CHALLENGE, replace(passkey, sign_count=count + 3))


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"rawId": 5},
        {"id": "x", "rawId": "é", "type": "public-key", "response": None},
        {"id": "AA", "rawId": "AA", "type": "public-key", "response": {}},
        {"id": "AA", "rawId": "AA", "type": "x", "response": {"clientDataJSON": "AA"}},
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {"clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA"},
        },
        {
            "id": "AA",
            "rawId": "AA",
            "type": "public-key",
            "response": {"clientDataJSON": "e30", "attestationObject": "o2NmbXQ"},
        },
    ],
)
def test_nonsense_is_refused_in_one_way(answer):
    _device, passkey = enrolled()
    credential_id(answer)
    with pytest.raises(PasskeyError):
        verify_answer(answer, SITE, CHALLENGE, passkey)
    with pytest.raises(PasskeyError):
        verify_enrolment(answer, SITE, CHALLENGE, ANN, 7)


def test_a_truncated_answer_is_refused():
    device, passkey = enrolled()
    good = device.get(sign_in_options(SITE, CHALLENGE, []))
    for field in ("clientDataJSON", "authenticatorData", "signature"):
        cut = {**good, "response": {**good["response"], field: good["response"][field][:-6]}}
        with pytest.raises(PasskeyError):
            verify_answer(cut, SITE, CHALLENGE, passkey)


@pytest.mark.parametrize(
    ("host", "origin", "rp_id"),
    [
        ("home.example", "https://home.example", "home.example"),
        ("localhost", "http://localhost:8480", "localhost"),
        ("192.168.1.5", "https://192.168.1.5", None),
        ("[fe80::1]", "https://[fe80::1]", None),
        ("home.example", "http://home.example", None),
        ("", "https://", None),
    ],
)
def test_passkeys_need_a_name_and_a_secure_origin(host, origin, rp_id):
    site = Site(host, origin)
    assert site.rp_id == rp_id
    if rp_id is None:
        with pytest.raises(PasskeyError) as error:
            sign_in_options(site, CHALLENGE, [])
        assert code_of(error) == "no_passkeys_here"


def test_a_challenge_is_good_once_for_five_minutes_and_for_one_purpose():
    clock = HandClock()
    challenges = Challenges(clock)
    name, challenge = challenges.make("sign_in", b"", SITE)
    assert challenges.take(name, "sign_in", b"", SITE) == challenge
    with pytest.raises(PasskeyError):
        challenges.take(name, "sign_in", b"", SITE)
    for purpose, bound, site in (
        ("enrol", b"", SITE),
        ("sign_in", b"t", SITE),
        ("sign_in", b"", Site("x", "https://x")),
    ):
        name, _ = challenges.make("sign_in", b"", SITE)
        with pytest.raises(PasskeyError) as error:
            challenges.take(name, purpose, bound, site)
        assert code_of(error) == "stale_challenge"
    name, _ = challenges.make("sign_in", b"", SITE)
    clock.jump_wall(-9999)
    clock.tick(300)
    with pytest.raises(PasskeyError):
        challenges.take(name, "sign_in", b"", SITE)


def test_challenges_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "CHALLENGES_MAX", 4)
    challenges = Challenges(HandClock())
    for _ in range(20):
        challenges.make("sign_in", b"", SITE)
    assert len(challenges._open) == 4
