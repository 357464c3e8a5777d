"""No secret survives masking, and a service id is none."""

import pytest

from keepsight.lab.read.masking import SECRET_NAME, mask_path, mask_text, mask_value


@pytest.mark.parametrize(
    "line",
    [
        "GET /x?token=SECRET&b=SECRET HTTP/1.1",
        "Authorization: Basic SECRET",
        "Cookie: sid=SECRET; b=SECRET",
        "rtsp://admin:SECRET@192.168.1.4/stream",
        "mail SECRET@example.net",
        "X-Auth-Token: SECRET",
    ],
)
def test_secrets_are_gone(line):
    assert "SECRET" not in mask_text(line)


def test_values_keep_their_length_only():
    assert mask_value("hunter2") == "••• (7 characters)"
    assert mask_path("/a?user=x&pw=y") == "/a?user=•••&pw=•••"


def test_names_of_secrets():
    for name in ("password", "access_token", "apiKey", "pwd", "client_secret", "PIN"):
        assert SECRET_NAME.match(name), name
    for name in ("sid", "key", "sign", "hash", "tokenizer", "passenger"):
        assert not SECRET_NAME.match(name), name


def test_text_is_bounded_and_printable():
    assert len(mask_text("a" * 10_000)) <= 160
    assert "\x1b" not in mask_text("\x1b[31mred")
