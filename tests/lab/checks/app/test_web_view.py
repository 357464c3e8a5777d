"""Goal: settings that open the app to pages are found. Method: facts, no app file."""

import pytest

from keepsight.lab.checks.app.web_view import CHECK
from tests.lab.checks.app.facts import GAP, C, U, V, app, call, manifest, outcome


@pytest.mark.parametrize(
    ("site", "expected"),
    [
        (call("setAllowUniversalAccessFromFileURLs", 1), V),
        (call("setAllowUniversalAccessFromFileURLs", 0), C),
        (call("setAllowFileAccessFromFileURLs", None), U),
        (call("setMixedContentMode", 0), V), (call("setMixedContentMode", 1), C),
        (call("setJavaScriptEnabled", 1), C), (call("addJavascriptInterface", None, "x"), U),
    ],
)  # fmt: skip
def test_sites(site, expected):
    assert outcome(CHECK, app(calls=(site,))) is expected


def test_objects_for_pages_below_api_17_run_code():
    facts = app(calls=(call("addJavascriptInterface", None, "x"),), manifest=manifest(min_sdk=16))
    assert outcome(CHECK, facts) is V


def test_unread_code_is_unknown():
    assert outcome(CHECK, app(unread=(GAP,))) is U
