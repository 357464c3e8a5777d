"""Goal: every answer carries the headers that bind our page. Method: the functions alone."""

import pytest
from multidict import CIMultiDict

from keepsight.door.headers import (
    CLOSED_POLICY,
    DOCUMENT_POLICY,
    add_security_headers,
    content_security_policy,
)


def completed(
    host: str = "hub:1", *, is_tls: bool = False, is_public: bool = False, **headers: str
) -> CIMultiDict[str]:
    answer = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    add_security_headers(answer, host, is_tls=is_tls, has_public_certificate=is_public)
    return answer


def test_policy_names_nothing_but_ourselves() -> None:
    policy = content_security_policy("hub.local:8443", is_tls=True)
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"
    assert directives["connect-src"] == "'self' wss://hub.local:8443"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert "unsafe" not in policy
    assert "*" not in policy
    assert "ws://h:1" in content_security_policy("h:1", is_tls=False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Opener-Policy", "same-origin"),
        ("Cross-Origin-Embedder-Policy", "require-corp"),
        ("Cross-Origin-Resource-Policy", "same-origin"),
        ("Cache-Control", "no-store"),
        ("Content-Security-Policy", CLOSED_POLICY),
    ],
)
def test_every_answer_has(name: str, value: str) -> None:
    assert completed(Content_Type="application/json")[name] == value


def test_page_gets_the_open_policy_only_for_a_checked_host() -> None:
    page = completed(Content_Type="text/html; charset=utf-8")
    assert "script-src 'self'" in page["Content-Security-Policy"]
    assert completed("", Content_Type="text/html")["Content-Security-Policy"] == CLOSED_POLICY


def test_service_worker_may_ask_the_door_and_nobody_else() -> None:
    policy = completed(Content_Type="text/javascript; charset=utf-8")["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "connect-src 'self'" in policy
    assert "ws" not in policy


def test_what_is_there_stays() -> None:
    answer = completed(Cache_Control="private", Content_Security_Policy="default-src 'none'")
    assert answer["Cache-Control"] == "private"
    assert answer["Content-Security-Policy"] == "default-src 'none'"


def test_tls_is_demanded_only_under_a_public_certificate() -> None:
    name = "Strict-Transport-Security"
    assert name not in completed()
    assert name not in completed(is_public=True)
    assert name not in completed(is_tls=True)
    assert "max-age=31536000" in completed(is_tls=True, is_public=True)[name]


def test_a_document_may_be_framed_by_us_and_do_nothing() -> None:
    page = completed(Content_Type="text/html", Content_Security_Policy=DOCUMENT_POLICY)
    directives = dict(part.partition(" ")[::2] for part in DOCUMENT_POLICY.split("; "))
    assert directives["sandbox"] == ""
    assert directives["default-src"] == "'none'"
    assert "script-src" not in directives
    assert directives["img-src"] == "data:"
    assert directives["frame-ancestors"] == "'self'"
    assert page["Content-Security-Policy"] == DOCUMENT_POLICY
    assert page["X-Frame-Options"] == "SAMEORIGIN"
    assert page["Cross-Origin-Opener-Policy"] == "unsafe-none"
    assert page["Cross-Origin-Embedder-Policy"] == "require-corp"
    assert completed(Content_Type="text/html")["X-Frame-Options"] == "DENY"
