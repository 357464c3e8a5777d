"""Errors have one form, say nothing secret, and unknown ids are all alike; over a real hub."""

import pytest
from fastapi import Request

from keepsight.hub.api.answers import host_name

ID = "ab" * 16


@pytest.mark.parametrize("path", ["/api/cameras/zz", f"/api/cameras/{ID}", "/api/devices/1"])
async def test_bad_ids_are_not_found(home, path):
    async with home.browser() as ann:
        answer = await ann.ask("DELETE", path)
        assert answer.status == 404
        assert answer.json()["error"].startswith("no_such_")


async def test_errors_never_repeat_what_was_sent(home):
    async with home.browser(is_signed_in=False) as stranger:
        body = {"member": "", "passphrase": "my secret phrase", "device": {}}
        answer = await stranger.ask("POST", "/api/session", body)
        assert answer.status == 422
        assert b"my secret phrase" not in answer.body
        assert set(answer.json()) == {"error", "message", "fields"}


@pytest.mark.parametrize("host", ["Home.example:8443", "home.example.", "home.example.:8443"])
def test_a_host_has_one_name_however_it_is_written(host):
    scope = {"type": "http", "headers": [(b"host", host.encode())]}
    assert host_name(Request(scope)) == "home.example"
