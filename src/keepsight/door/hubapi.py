"""The hub's API behind its Unix socket, as the door uses it.

One client for each household, on that household's socket. Each request has a connection of its own,
which is closed after it: a cancelled request cannot leave its answer for the next one.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp
from yarl import URL

from keepsight.core.clock import Clock

CONNECTIONS_MAX: Final = 64
"""Requests to one hub at the same time; more wait."""
CONNECT_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 60.0
"""A hub that sends nothing for so long is given up."""
PERMIT_SECONDS: Final = 5
"""How long an answer about a session is believed, for fragments over HTTP."""
MISS_SECONDS: Final = 0.5
"""The same for what the answer does not name: a new camera or export may be later than it."""
PERMITS_MAX: Final = 1024
PERMIT_BYTES_MAX: Final = 1024 * 1024
ENDED_MAX: Final = 1024
"""Sessions whose end is remembered, so that an answer that was under way does not revive one."""
ASK_ANEW_MAX: Final = 4
"""How often one question is asked again because everything was forgotten meanwhile."""
SESSION_HASH_BYTES: Final = 32


class HubUnreachableError(Exception):
    """The hub does not answer, or not in a way that we understand."""


@dataclass(frozen=True, slots=True)
class Permit:
    """What one session may fetch and watch, as its hub says."""

    session: bytes
    """Hash of the session, 32 bytes."""
    streams: frozenset[bytes]
    """Opaque ids."""
    exports: frozenset[str]
    """Writer ids in hex."""


class HubApi:
    """Client of one hub's `api.sock`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._clock = clock
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENT_SECONDS
        )
        self._client = aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(path), limit=CONNECTIONS_MAX, force_close=True),
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=timeout,
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
            max_line_size=8190,
            max_field_size=16 * 1024,
        )
        self._permits: OrderedDict[str, tuple[int, Permit | None]] = OrderedDict()
        self._ended: OrderedDict[bytes, None] = OrderedDict()
        self._forgotten = 0
        """How often everything was forgotten: an answer that was asked for before is not kept."""

    async def close(self) -> None:
        """Drop every connection."""
        await self._client.close()

    def request(
        self, method: str, path_and_query: str, *, headers: Mapping[str, str], body: bytes | None
    ) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        """Send one request. The path is sent as it is.

        Raises (on entering):
            aiohttp.ClientError, TimeoutError: the hub does not answer.
        """
        url = URL("http://hub" + path_and_query, encoded=True)
        return self._client.request(method, url, headers=headers, data=body, allow_redirects=False)

    async def permit(self, cookie: str | None) -> Permit | None:
        """What the session of this cookie may watch, asked now; None when it is no session.

        Raises:
            HubUnreachableError: the hub did not answer or said something else.
        """
        if cookie is None:
            return None
        for _ in range(ASK_ANEW_MAX):
            forgotten = self._forgotten
            permit = await self._ask(cookie)
            if forgotten == self._forgotten:
                break
        else:
            raise HubUnreachableError("the hub changes too often")
        if permit is not None and permit.session in self._ended:
            permit = None
        self._permits[cookie] = (self._clock.monotonic_us(), permit)
        self._permits.move_to_end(cookie)
        while len(self._permits) > PERMITS_MAX:
            self._permits.popitem(last=False)
        return permit

    async def _ask(self, cookie: str) -> Permit | None:
        # The name says how the browser came: only over TLS does it have this prefix.
        scheme = "https" if cookie.startswith("__Host-") else "http"
        headers = {"Cookie": cookie, "X-Forwarded-Proto": scheme}
        try:
            async with (
                asyncio.timeout(CONNECT_SECONDS),
                self.request("GET", "/api/session/streams", headers=headers, body=None) as answer,
            ):
                if answer.status in {401, 403}:
                    return None
                if answer.status != 200:
                    raise HubUnreachableError(f"the hub answered {answer.status}")
                return _read_permit(await answer.content.read(PERMIT_BYTES_MAX))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise HubUnreachableError("the hub does not answer") from error

    async def recent_permit(
        self, cookie: str | None, seconds_max: float = PERMIT_SECONDS
    ) -> Permit | None:
        """Like `permit`, but an answer of the last `seconds_max` will do."""
        asked_us, permit = self._permits.get(cookie or "", (None, None))
        if asked_us is None or self._clock.monotonic_us() - asked_us > seconds_max * 1_000_000:
            return await self.permit(cookie)
        return permit

    def forget_session(self, session_hash: bytes) -> None:
        """The hub ended a session: nothing of it is believed any more."""
        self._ended[session_hash] = None
        while len(self._ended) > ENDED_MAX:
            self._ended.popitem(last=False)
        for cookie, (_, permit) in tuple(self._permits.items()):
            if permit is not None and permit.session == session_hash:
                del self._permits[cookie]

    def forget_all(self) -> None:
        """The hub was away, or renames its streams: every answer is asked for anew."""
        self._forgotten += 1
        self._permits.clear()


def _read_permit(body: bytes) -> Permit:
    document: Any = json.loads(body)
    try:
        session = bytes.fromhex(document["session"])
        streams = frozenset(bytes.fromhex(opaque) for opaque in document["streams"])
        exports = frozenset(str(writer) for writer in document["exports"])
    except (KeyError, TypeError) as error:
        raise ValueError("not a list of streams") from error
    if len(session) != SESSION_HASH_BYTES:
        raise ValueError("not a session hash")
    return Permit(session, streams, exports)
