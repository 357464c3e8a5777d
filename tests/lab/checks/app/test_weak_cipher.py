"""Goal: the algorithm asked for decides, by call site. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.weak_cipher import CHECK, weakness_of
from keepsight.lab.finding import Owner, Severity
from tests.lab.checks.app.facts import GAP, C, U, V, app, body, call, judged, outcome

CIPHER = "Cipher.getInstance"


@pytest.mark.parametrize(
    ("name", "weak"),
    [
        ("RC4", "RC4"), ("arcfour", "RC4"), ("DES/CBC/PKCS5Padding", "DES"),
        ("DESede/ECB/PKCS5Padding", "triple DES"), ("Blowfish", "Blowfish"), ("RC2", "RC2"),
        ("AES", "AES in ECB mode"), ("AES/ECB/PKCS5Padding", "AES in ECB mode"),
        ("AES/CBC/PKCS5Padding", ""), ("AES/GCM/NoPadding", ""), ("ChaCha20-Poly1305", ""),
        ("RSA/ECB/PKCS1Padding", ""), ("RSA/ECB/OAEPWithSHA-256AndMGF1Padding", ""), ("RSA", ""),
        ("RSA/ECB/NoPadding", "RSA without padding"), ("RSA/None/NoPadding", "RSA without padding"),
        ("PBEWithMD5AndDES", "DES"), ("PBEWithSHA256And128BitAES-CBC-BC", ""),
        ("AES_256/ECB/NoPadding", "AES in ECB mode"),
    ],
)  # fmt: skip
def test_transformations(name, weak):
    assert weakness_of(name) == weak
    assert outcome(CHECK, app(calls=(call(CIPHER, name),))) is (V if weak else C)


def test_a_constant_key_or_initial_value_is_weak_and_not_shown():
    (finding,) = judged(CHECK, app(calls=(call("SecretKeySpec", b"0123456789abcdef", "AES"),)))
    assert finding.outcome is V
    assert "0123456789" not in str(finding)
    assert outcome(CHECK, app(calls=(call("IvParameterSpec", bytes(16)),))) is V
    assert outcome(CHECK, app(calls=(call("SecretKeySpec", None, "AES"),))) is C


def test_rc4_by_hand():
    assert outcome(CHECK, app(bodies=(body("rc4", True),))) is V
    assert outcome(CHECK, app(bodies=(body("rc4", None),))) is U


def test_what_was_chosen_at_run_time_is_unknown():
    (finding,) = judged(CHECK, app(calls=(call(CIPHER, None), call(CIPHER, "AES/GCM/NoPadding"))))
    assert finding.outcome is U
    assert "1 cipher chosen at run time" in finding.reason


def test_native_libraries_and_unread_code_are_unknown():
    assert outcome(CHECK, app(native_libraries=("libcrypto.so",))) is U
    assert outcome(CHECK, app(unread=(GAP,))) is U


def test_own_and_bundled_code_apart_with_their_algorithms():
    calls = (call(CIPHER, "RC4"), call(CIPHER, "AES"), call(CIPHER, "DES", owner=Owner.THIRD_PARTY))
    own, bundled = judged(CHECK, app(calls=calls))
    assert own.details["algorithms"] == ["AES in ECB mode", "RC4"]
    assert own.severity is Severity.HIGH
    assert bundled.details["algorithms"] == ["DES"]
    assert bundled.evidence[0].owner is Owner.THIRD_PARTY
