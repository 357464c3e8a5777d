"""Goal: an http address counts only when a request is proven. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.http_urls import CHECK, host_of, is_remote
from keepsight.lab.facts.app import StringUse
from keepsight.lab.finding import Owner
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, judged, outcome, use


def test_a_proven_request_is_violated_for_each_owner():
    calls = (
        call("URL", "http://a.net/x"),
        call("Request.url", "http://b.net", owner=Owner.THIRD_PARTY),
    )
    findings = judged(CHECK, app(calls=calls))
    assert [(one.outcome, one.details["hosts"]) for one in findings] == [
        (V, ["a.net"]), (V, ["b.net"]),
    ]  # fmt: skip


def test_a_constant_alone_is_unknown():
    facts = app(urls=(use("http://a.net/x"), StringUse("http://b.net", None)))
    (finding,) = judged(CHECK, facts)
    assert finding.outcome is U
    assert len(finding.evidence) == 2


def test_names_and_local_addresses_are_no_addresses():
    urls = tuple(use(text) for text in (
        "http://schemas.android.com/apk/res/android", "http://127.0.0.1:8080", "http://localhost",
        "http://192.168.1.1/setup", "http://camera.local/", "http://%s/x", "http://",
    ))  # fmt: skip
    calls = (
        call("URL", "http://127.0.0.1:7912/shell"),
        call("URL", None),
        call("URL", "https://a.net"),
    )
    assert outcome(CHECK, app(urls=urls, calls=calls)) is C


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U


@pytest.mark.parametrize(
    ("url", "host"),
    [("http://a.net:80/x", "a.net"), ("http://u@A.net?x", "a.net"), ("https://a.net", ""),
     ("http://[::1]:8/x", "[::1]:8")],
)  # fmt: skip
def test_hosts(url, host):
    assert host_of(url) == host


def test_addresses_on_the_internet():
    assert is_remote("8.8.8.8")
    assert is_remote("cn.api.example.cc")
    assert not is_remote("10.0.0.1")
    assert not is_remote("intranet")
