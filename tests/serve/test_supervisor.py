"""The door is told what it needs and nothing secret; households stay apart; real processes."""

import asyncio
import json

import aiohttp
import pytest

from keepsight.serve.installation import add_household
from keepsight.serve.supervisor import Ready, ServeOptions, door_document, shown_url, supervise


def test_the_doors_configuration(tmp_path):
    add_household(tmp_path)
    installation = add_household(tmp_path)
    local = door_document(installation, ServeOptions(8470))
    assert [h["port"] for h in local["households"]] == [8470, 8471]
    assert local["tls"] is None
    assert len({h["run_dir"] for h in local["households"]}) == 2
    wide = door_document(installation, ServeOptions(8470, "0.0.0.0", host_names=("home.lan",)))
    assert wide["tls"]["names"] == ["home.lan"]
    own = door_document(
        installation,
        ServeOptions(8470, "0.0.0.0", tls_cert=tmp_path / "c.pem", tls_key=tmp_path / "k.pem"),
    )
    assert own["tls"] == {"certificate": str(tmp_path / "c.pem"), "key": str(tmp_path / "k.pem")}
    assert "passphrase" not in json.dumps(local)


def test_loopback_addresses_are_shown_as_localhost():
    assert shown_url("http://127.0.0.1:8470") == "http://localhost:8470"
    assert shown_url("https://192.168.1.5:8470") == "https://192.168.1.5:8470"


async def test_two_households_are_served_apart(tmp_path):
    """Each has its own origin, set-up code and cookie; one's cookie means nothing to the other."""
    add_household(tmp_path)
    installation = add_household(tmp_path)
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()
    runner = asyncio.ensure_future(supervise(installation, ServeOptions(0), {}, ready.set_result))
    try:
        await asyncio.wait((runner, ready), timeout=60, return_when=asyncio.FIRST_COMPLETED)
        found = ready.result()
        assert len(set(found.urls)) == 2
        codes = [hub["setup_code"] for hub in found.hubs]
        assert codes[0] != codes[1]
        jar = aiohttp.CookieJar(unsafe=True)
        async with aiohttp.ClientSession(cookie_jar=jar) as session:
            body = {
                "code": codes[0],
                "household": "One",
                "member": "Ann",
                "passphrase": "gravel teapot orbit lantern",
                "starts_unattended": False,
                "device": {"name": "x", "public_key": "CQ" + "A" * 41 + "="},
            }
            for url, status in ((found.urls[1], 403), (found.urls[0], 200)):
                headers = {"X-Keepsight": "1", "Origin": url}
                async with session.post(f"{url}/api/setup", json=body, headers=headers) as answer:
                    assert answer.status == status, await answer.text()
            async with session.get(f"{found.urls[0]}/api/session") as answer:
                assert answer.status == 200
            async with session.get(f"{found.urls[1]}/api/session") as answer:
                assert answer.status in (401, 409)
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)


async def test_a_hub_that_cannot_start_ends_the_supervisor(tmp_path):
    import fcntl

    from keepsight.serve.child import ChildFailedError

    installation = add_household(tmp_path)
    with (installation.places[0].directory / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(ExceptionGroup) as caught:
            await supervise(installation, ServeOptions(0), {}, print)
    assert caught.group_contains(ChildFailedError)
