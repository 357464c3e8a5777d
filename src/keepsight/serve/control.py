"""The command line's way into a hub: HTTP over its control socket, which only this user can open.

If no hub is running, one is started for the length of the command, without connecting to cameras:
so every command goes through the same code, keys and ledger.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import aiohttp

from keepsight.core.secret import Secret
from keepsight.hub.sockets import CONTROL, run_directory
from keepsight.serve.installation import Place
from keepsight.serve.supervisor import START_SECONDS_MAX, hub_child

REQUEST_SECONDS_MAX: Final = 120


class ControlError(Exception):
    """The hub said no, or could not be reached. The text says what to do."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class Control:
    """Requests to one hub."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """The answer's JSON.

        Raises:
            ControlError: the hub refused; its message says what to do.
        """
        parameters = [
            (name, str(item))
            for name, value in query.items()
            if value is not None
            for item in (value if isinstance(value, list) else [value])
        ]
        document, _tag = await self._send(method, path, body, parameters, {})
        return document

    async def read(self, path: str) -> tuple[Any, str]:
        """The answer's JSON and its ETag, to `replace` it with.

        Raises:
            ControlError: the hub refused.
        """
        return await self._send("GET", path, None, [], {})

    async def replace(self, path: str, body: Any, tag: str) -> Any:
        """Put this in the place of what had this ETag (RFC 9110, 13.1.1).

        Raises:
            ControlError: the hub refused; `changed_meanwhile`: something else is there by now.
        """
        document, _tag = await self._send("PUT", path, body, [], {"If-Match": tag} if tag else {})
        return document

    async def _send(
        self,
        method: str,
        path: str,
        body: Any,
        parameters: list[tuple[str, str]],
        headers: dict[str, str],
    ) -> tuple[Any, str]:
        url = f"http://hub{path}"
        try:
            async with self._session.request(
                method, url, json=body, params=parameters, headers=headers
            ) as answer:
                raw = await answer.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise ControlError(f"the hub does not answer: {error}") from error
        document = json.loads(raw) if raw else None
        if answer.status >= 400:
            found = document if isinstance(document, dict) else {}
            raise ControlError(
                str(found.get("message", f"the hub answered {answer.status}")),
                str(found.get("error", "")),
            )
        return document, answer.headers.get("ETag", "")


@asynccontextmanager
async def _connection(place: Place) -> AsyncIterator[Control]:
    connector = aiohttp.UnixConnector(str(run_directory(place.directory) / CONTROL))
    timeout = aiohttp.ClientTimeout(total=REQUEST_SECONDS_MAX)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield Control(session)


async def _is_running(place: Place) -> bool:
    path = run_directory(place.directory) / CONTROL
    try:
        _reader, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def open_control(place: Place, passphrase: Secret | None = None) -> AsyncIterator[Control]:
    """A connection to the household's hub, started for the occasion if none is running.

    Args:
        place: which household.
        passphrase: unlocks a hub that does not start by itself.

    Raises:
        ControlError: the hub cannot be started or unlocked.
    """
    if await _is_running(place):
        async with _connection(place) as control:
            yield control
        return
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_line(line: str) -> None:
        if not ready.done():
            ready.set_result(line)

    child = hub_child(place.directory, {"is_idle": True}, on_line)
    runner = asyncio.ensure_future(child.run())
    try:
        done, _ = await asyncio.wait(
            (runner, ready), timeout=START_SECONDS_MAX, return_when=asyncio.FIRST_COMPLETED
        )
        if ready not in done:
            raise ControlError("the hub could not be started; its messages are above")
        async with _connection(place) as control:
            if passphrase is not None and json.loads(ready.result())["state"] == "locked":
                await control.ask("POST", "/api/unlock", {"passphrase": passphrase.reveal()})
            yield control
    finally:
        runner.cancel()
        await asyncio.gather(runner, return_exceptions=True)
