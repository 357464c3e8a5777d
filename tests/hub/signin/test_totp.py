"""Codes agree with RFC 6238 and are good once; by its test vectors and by hand."""

import re

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.signin.totp import new_secret, provisioning_uri, used_step

RFC_SECRET = Secret("GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ")  # "12345678901234567890"
VECTORS = [
    # RFC 6238, appendix B, SHA-1; the last six of its eight digits
    (59, "94287082"),
    (1111111109, "07081804"),
    (1111111111, "14050471"),
    (1234567890, "89005924"),
    (2000000000, "69279037"),
    (20000000000, "65353130"),
]


@pytest.mark.parametrize(("seconds", "code"), VECTORS)
def test_rfc_6238(seconds, code):
    assert used_step(RFC_SECRET, code[-6:], seconds * 1_000_000, 0) == seconds // 30


def test_a_code_is_good_once_and_older_ones_never_again():
    now_us = 1111111111 * 1_000_000
    step = used_step(RFC_SECRET, "050471", now_us, 0)
    assert used_step(RFC_SECRET, "050471", now_us, step) is None
    assert used_step(RFC_SECRET, "081804", now_us, 0) == step - 1
    assert used_step(RFC_SECRET, "081804", now_us, step) is None


def test_a_code_holds_one_step_around_its_own():
    for seconds, holds in ((-31, True), (-61, False), (30, True), (61, False)):
        now_us = (1111111111 + seconds) * 1_000_000
        assert (used_step(RFC_SECRET, "050471", now_us, 0) is not None) is holds, seconds


def test_a_clock_set_back_revives_no_code():
    now_us = 1111111111 * 1_000_000
    step = used_step(RFC_SECRET, "050471", now_us, 0)
    earlier = used_step(RFC_SECRET, "081804", now_us - 30_000_000, step)
    assert earlier is None


@pytest.mark.parametrize("code", ["", "05047", "0504711", "05o471", "٠٥٠٤٧١", "-50471", "050 472"])
def test_what_is_no_code_is_wrong(code):
    assert used_step(RFC_SECRET, code, 1111111111 * 1_000_000, 0) is None


def test_spaces_do_not_matter():
    assert used_step(RFC_SECRET, " 050 471", 1111111111 * 1_000_000, 0)


def test_what_the_picture_holds():
    secret = new_secret()
    uri = provisioning_uri(secret, "Ann B", "Home & Hearth")
    assert re.match(r"otpauth://totp/Keepsight%20Home", uri)
    assert f"secret={secret.reveal()}" in uri
    assert len({new_secret().reveal() for _ in range(50)}) == 50
