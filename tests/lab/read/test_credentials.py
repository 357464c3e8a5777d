"""Every place of a credential, and never its value."""

import base64

import pytest

from keepsight.lab.read.credentials import credentials_of, form_fields
from keepsight.lab.read.http import Message


def request(target="/x", body=b"", **headers):
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return Message(f"POST {target} HTTP/1.1", named, 1, 0, body)


BASIC = "Basic " + base64.b64encode(b"admin:hunter2").decode()


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (request(authorization=BASIC), "authorization: Basic"),
        (request(authorization="Bearer hunter2"), "authorization: Bearer"),
        (request("/x?password=hunter2"), "query field password"),
        (request(body=b"a=1&pwd=hunter2"), "form field pwd"),
        (
            request(body=b'{"a":{"token":"hunter2"}}', content_type="application/json"),
            "JSON field token",
        ),
        (request(cookie="theme=dark; sessionid=hunter2"), "cookie sessionid"),
    ],
)
def test_places(made, name):
    seen = credentials_of(made)
    assert [s.field_name for s in seen] == [name]
    assert "hunter2" not in seen[0].masked


def test_a_digest_is_marked_as_such():
    assert credentials_of(request(authorization='Digest username="a"'))[0].is_digest


def test_what_is_none():
    assert credentials_of(request("/x?sid=5&key=3", cookie="theme=dark")) == []
    assert form_fields(request(body=b"\xff\xfe=")) == {}
    assert credentials_of(request(body=b"[" * 5000)) == []
