"""Every route answers the right caller and nobody else; over real sockets against a real hub.

Goal: no route without a case for a stranger, and every error in the form that the UI expects.
"""

import re

import pytest
from fastapi import APIRouter

from keepsight.hub.api.api import _declare_policies, build_api, route_table
from tests.home import PASSPHRASE

UNSIGNED = {  # routes that answer before anybody signed in, and why
    ("GET", "/api/hello"),  # the page asks what to show
    ("POST", "/api/setup"),  # needs the set-up code
    ("POST", "/api/setup/passphrase"),  # judges a text, stores nothing
    ("POST", "/api/session"),  # signing in
    ("POST", "/api/unlock"),  # control socket only; 404 here
    ("GET", "/api/openapi.json"),  # the document of this API
    ("POST", "/api/session/passkey/options"),  # signing in with a passkey
    ("POST", "/api/session/passkey"),
    ("POST", "/api/session/factor/mail"),  # the second step of signing in: needs its ticket
    ("POST", "/api/session/factor"),
    ("POST", "/api/session/forgot"),  # answers everybody alike
    ("POST", "/api/session/forgot/mail"),  # needs the ticket of the step before
    ("POST", "/api/session/forgot/reset"),
    ("POST", "/api/invites/look"),  # needs an invite's secret
    ("POST", "/api/join"),
}
ID = "ab" * 16
BODIES = {
    ("POST", "/api/cameras"): {"url": "rtsp://127.0.0.1:1/", "name": "X"},
    ("POST", "/api/cameras/{camera}/identity"): {"decision": "stop"},
    ("POST", "/api/keys"): {},
    ("POST", "/api/refusals"): {"camera": ID, "stream": "main", "reason": "stale"},
    ("DELETE", "/api/recordings"): {"camera": ID, "from_us": 1, "to_us": 2},
    ("POST", "/api/exports"): {"camera": ID, "from_us": 1, "to_us": 2},
    ("POST", "/api/exports/file"): {"camera": ID, "from_us": 1, "to_us": 2, "path": "/x"},
}


def concrete(path):
    path = path.replace("{sequences}", "0-1")
    return re.sub(r"\{\w+\}", ID, path)


def query_for(path):
    return (
        {"camera": ID, "from": 1, "to": 2} if path in ("/api/timeline", "/api/recordings") else {}
    )


async def ask(browser, method, path):
    body = BODIES.get((method, path), {} if method in ("POST", "PATCH") else None)
    query = query_for(path) if method == "GET" else {}
    return await browser.ask(method, concrete(path), body, **query)


async def test_a_stranger_gets_nothing_from_any_route(home):
    routes = route_table(build_api(home.hub, is_local=False))
    assert len(routes) > 30
    async with home.browser(is_signed_in=False) as stranger:
        for method, path in routes:
            if (method, path) in UNSIGNED or method == "HEAD":
                continue
            answer = await ask(stranger, method, path)
            assert answer.status == 401, (method, path, answer.status)
            assert answer.json()["error"] == "not_signed_in"


async def test_what_answers_before_a_sign_in_is_declared_so(home):
    """Two lists kept apart: a route that becomes public by mistake is missing here."""
    paths = build_api(home.hub, is_local=False).openapi()["paths"]
    public = {
        (method.upper(), path)
        for path, operations in paths.items()
        for method, operation in operations.items()
        if operation["x-policy"]["audience"] == "anyone"
    }
    assert public == UNSIGNED - {("GET", "/api/openapi.json")}


def test_a_route_without_a_policy_cannot_be_built():
    router = APIRouter()

    @router.get("/forgotten")
    async def forgotten() -> None:
        """Declares nothing."""

    with pytest.raises(ValueError, match="declares 0 policies"):
        _declare_policies(router)


async def test_unsigned_routes_tell_only_what_the_page_needs(home):
    async with home.browser(is_signed_in=False) as stranger:
        hello = await stranger.get("/api/hello")
        assert set(hello) == {
            "state", "device", "membership", "version", "household", "demo", "signed_in", "time_us",
        }  # fmt: skip
        assert (hello["device"], hello["membership"]) == (None, None)
        assert (hello["demo"], hello["signed_in"]) == (None, False)
        assert (await stranger.ask("POST", "/api/unlock", {"passphrase": "x"})).status == 404
        again = {"code": "x", "household": "H", "member": "M", "passphrase": PASSPHRASE}
        device = {"name": "d", "public_key": "A" * 43 + "="}
        body = {**again, "starts_unattended": True, "device": device}
        assert (await stranger.ask("POST", "/api/setup", body)).json()["error"] == "already_set_up"


async def test_signed_in_routes_answer_without_a_server_error_for_ids_that_do_not_exist(home):
    async with home.browser() as ann:
        for method, path in route_table(build_api(home.hub, is_local=False)):
            if path in ("/api/session", "/api/setup", "/api/unlock") or method == "HEAD":
                continue
            answer = await ask(ann, method, path)
            assert answer.status < 500, (method, path, answer.body)
            if "{" in path:
                assert answer.status in (200, 204, 404, 422), (method, path, answer.status)


async def test_changes_need_our_own_page(home):
    async with home.browser() as ann:
        cross = {"Origin": "http://evil.example"}
        answer = await ann.ask("DELETE", "/api/session", headers=cross)
        assert (answer.status, answer.json()["error"]) == (403, "cross_origin")
        async with ann.session.delete("http://hub.test/api/session") as plain:
            assert plain.status == 403
        same = {"Origin": "http://hub.test"}
        assert (await ann.ask("PATCH", "/api/settings", {}, headers=same)).status == 200


async def test_nothing_is_cached(home):
    async with home.browser() as ann:
        for path in ("/api/hello", "/api/session", "/api/cameras", "/api/status", "/api/nothing"):
            assert (await ann.ask("GET", path)).headers["Cache-Control"] == "no-store", path
