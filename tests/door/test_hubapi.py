"""Goal: a session is believed for seconds, never after its end. Method: a hub of a few lines."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from keepsight.door import hubapi as hubapi_module
from keepsight.door.hubapi import HubApi, HubUnreachableError
from tests.hub.clocks import HandClock

COOKIE = "ks-00000000=token"
SESSION = secrets.token_bytes(32)
GOOD: dict[str, Any] = {"session": SESSION.hex(), "streams": ["0" * 32], "exports": ["1" * 32]}


class Hub:
    def __init__(self, path: Path) -> None:
        self.asked = 0
        self.status = 200
        self.content: Any = GOOD
        self.hold = asyncio.Event()
        self.hold.set()
        self.path = path

    async def answer(self, request: web.Request) -> web.Response:
        self.asked += 1
        assert request.headers["Cookie"] == COOKIE
        await self.hold.wait()
        return web.json_response(self.content, status=self.status)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    hub = Hub(tmp_path / "api.sock")
    app = web.Application()
    app.router.add_get("/api/session/streams", hub.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.UnixSite(runner, str(hub.path)).start()
    yield hub
    await runner.cleanup()


@pytest.fixture
async def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def api(hub: Hub, clock: HandClock) -> AsyncIterator[HubApi]:
    api = HubApi(hub.path, clock)
    yield api
    await api.close()


async def test_permit_is_read(api: HubApi) -> None:
    permit = await api.permit(COOKIE)
    assert permit is not None
    assert permit.session == SESSION
    assert permit.streams == {bytes(16)}
    assert permit.exports == {"1" * 32}


async def test_recent_answer_will_do_for_five_seconds(
    api: HubApi, hub: Hub, clock: HandClock
) -> None:
    await api.recent_permit(COOKIE)
    clock.tick(4.9)
    await api.recent_permit(COOKIE)
    assert hub.asked == 1
    clock.tick(0.2)
    await api.recent_permit(COOKIE)
    assert hub.asked == 2
    await api.permit(COOKIE)
    assert hub.asked == 3


@pytest.mark.parametrize("status", [401, 403])
async def test_no_session_is_none(api: HubApi, hub: Hub, status: int) -> None:
    hub.status = status
    assert await api.recent_permit(COOKIE) is None
    assert await api.recent_permit(None) is None
    assert hub.asked == 1


@pytest.mark.parametrize(
    "content",
    [
        [],
        {},
        {**GOOD, "session": "00"},
        {**GOOD, "session": 5},
        {**GOOD, "streams": ["zz"]},
        {**GOOD, "streams": None},
    ],
)
async def test_strange_answer_is_no_permission(api: HubApi, hub: Hub, content: Any) -> None:
    hub.content = content
    with pytest.raises(HubUnreachableError):
        await api.permit(COOKIE)


async def test_error_of_the_hub_is_not_the_end_of_a_session(api: HubApi, hub: Hub) -> None:
    hub.status = 500
    with pytest.raises(HubUnreachableError):
        await api.permit(COOKIE)


async def test_absent_hub_is_unreachable(tmp_path: Path, clock: HandClock) -> None:
    api = HubApi(tmp_path / "absent.sock", clock)
    with pytest.raises(HubUnreachableError):
        await api.permit(COOKIE)
    await api.close()


async def test_silent_hub_is_given_up(
    api: HubApi, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hubapi_module, "CONNECT_SECONDS", 0.1)
    hub.hold.clear()
    with pytest.raises(HubUnreachableError):
        await api.permit(COOKIE)
    hub.hold.set()


async def test_ended_session_is_not_revived_by_an_answer_under_way(api: HubApi, hub: Hub) -> None:
    hub.hold.clear()
    async with asyncio.TaskGroup() as tasks:
        asking = tasks.create_task(api.permit(COOKIE))
        while not hub.asked:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.001)
        api.forget_session(SESSION)
        hub.hold.set()
    assert asking.result() is None


async def test_end_drops_what_was_believed(api: HubApi, hub: Hub) -> None:
    assert await api.recent_permit(COOKIE) is not None
    api.forget_session(bytes(32))
    await api.recent_permit(COOKIE)
    assert hub.asked == 1
    api.forget_session(SESSION)
    assert await api.recent_permit(COOKIE) is None
    assert hub.asked == 2


async def test_all_is_asked_anew_after_the_hub_was_away(api: HubApi, hub: Hub) -> None:
    await api.recent_permit(COOKIE)
    api.forget_all()
    await api.recent_permit(COOKIE)
    assert hub.asked == 2


async def test_what_is_remembered_is_bounded(api: HubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubapi_module, "PERMITS_MAX", 3)
    monkeypatch.setattr(hubapi_module, "ENDED_MAX", 3)
    for _ in range(10):
        api.forget_session(secrets.token_bytes(32))
        await api.permit(COOKIE)
    assert len(api._permits) <= 3
    assert len(api._ended) == 3
