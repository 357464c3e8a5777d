"""A cookie without its device's key is answered by no route; over a real hub, every route asked."""

import re

import pytest

from keepsight.hub.api.answers import UNPROVED
from keepsight.hub.api.api import build_api
from tests.home import PASSPHRASE
from tests.prover import Prover

ID = "0" * 32


def private_routes(hub):
    """Method and a path of every route under /api that asks who is there."""
    paths = build_api(hub, is_local=False).openapi()["paths"]
    return [
        (method.upper(), re.sub(r"\{\w+\}", ID, path))
        for path, methods in paths.items()
        for method, route in methods.items()
        if path.startswith("/api/") and route["x-policy"]["audience"] not in ("anyone", "ticket")
    ]


async def test_every_route_refuses_a_copied_cookie(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as thief:
        thief.prover = None
        cookies = "; ".join(f"{c.key}={c.value}" for c in ann.session.cookie_jar)
        routes = private_routes(home.hub)
        assert len(routes) > 40
        answered = []
        for method, path in routes:
            answer = await thief.ask(method, path, headers={"Cookie": cookies})
            if b'"proof_missing"' not in answer.body:
                answered.append((method, path))
        assert sorted(answered) == sorted(UNPROVED)


async def test_a_key_of_ones_own_does_not_help(home):
    async with home.browser() as ann, home.browser(is_signed_in=False) as thief:
        cookies = "; ".join(f"{c.key}={c.value}" for c in ann.session.cookie_jar)
        nonce = (await ann.get("/api/session"))["nonce"]
        thief.prover = Prover(nonce=nonce)
        answer = await thief.ask("GET", "/api/cameras", headers={"Cookie": cookies})
        assert (answer.status, answer.json()["error"]) == (401, "proof_wrong")


async def test_a_proof_that_was_overheard_is_good_for_nothing(home):
    async with home.browser() as ann:
        await ann.get("/api/cameras")
        proof = ann.prover.prove("GET", "/api/cameras")
        first = await ann.ask("GET", "/api/cameras", headers={"DPoP": proof})
        again = await ann.ask("GET", "/api/cameras", headers={"DPoP": proof})
        other = await ann.ask("POST", "/api/keys", {}, headers={"DPoP": proof})
        assert (first.status, again.status, other.status) == (200, 401, 401)
        assert again.json()["error"] == "proof_replayed"


async def test_a_device_whose_clock_is_off_is_told_and_understood(home):
    async with home.browser() as ann:
        ann.prover.offset_seconds = -9_000
        assert (await ann.ask("GET", "/api/cameras")).status == 200


@pytest.mark.parametrize("key", ["", "AAAA", "!" * 88, "A" * 88])
async def test_a_signing_key_must_be_one(home, key):
    async with home.browser(is_signed_in=False) as stranger:
        device = {**stranger.device, "signing_key": key}
        body = {"member": "Ann", "passphrase": PASSPHRASE, "device": device}
        answer = await stranger.ask("POST", "/api/session", body)
        assert (answer.status, answer.json()["error"]) == (422, "bad_device_key")


async def test_another_signing_key_makes_another_device(home):
    async with home.browser() as ann:
        device = {**ann.device, "id": ann.device_id, "signing_key": Prover().signing_key}
        body = {"member": "Ann", "passphrase": PASSPHRASE, "device": device}
        answer = await ann.ask("POST", "/api/session", body)
        assert answer.json()["device_id"] != ann.device_id
