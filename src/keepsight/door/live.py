"""The live WebSocket: who may watch what, asked of the hub at the start and every 30 s.

Messages: design/wire.md, section 5. The pictures themselves go from the fan-out straight to the
connection; this file listens, asks, pings and hangs up.
"""

import asyncio
import contextlib
import json
import logging
import socket
from typing import Any, Final, Protocol

from aiohttp import WSCloseCode, WSMsgType, web

from keepsight.core.clock import Clock
from keepsight.door.fanout import VIEWERS_MAX, WATCH_MAX, Fanout, Viewer
from keepsight.door.hubapi import MISS_SECONDS, HubApi, HubUnreachableError, Permit

log = logging.getLogger(__name__)

SUBPROTOCOL: Final = "keepsight.live.1"
SESSION_ENDED: Final = 4001
NOT_PERMITTED: Final = 4003
PING_SECONDS: Final = 5
PONG_US_MAX: Final = 20_000_000
"""A viewer that has not answered for so long is gone."""
RECHECK_PINGS: Final = 6
"""The session is checked again every so many pings, that is every 30 s."""
CLOSE_SECONDS: Final = 0.7
"""What a viewer gets to say goodbye; after it the connection is cut."""
MESSAGE_BYTES_MAX: Final = 16 * 1024
MESSAGES_PER_PING_MAX: Final = 100
"""20 a second: a page sends one for each pong and one for each change of what is on screen."""
SESSION_VIEWERS_MAX: Final = 16
SEND_BUFFER_BYTES: Final = 128 * 1024
"""Of the kernel, for each viewer: what lies there cannot be dropped any more."""


class _HangUp(Exception):  # noqa: N818 - not an error: how the tasks of a connection end
    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class ViewerTransport(Protocol):
    """What is needed of the connection's transport."""

    def abort(self) -> None:
        """Cut it."""
        ...


class LiveSession:
    """One WebSocket from its opening to its end."""

    def __init__(
        self, socket_: web.WebSocketResponse, viewer: Viewer, cookie: str | None, live: "Live"
    ) -> None:
        self._socket = socket_
        self._viewer = viewer
        self._cookie = cookie
        self._live = live
        self._permit: Permit | None = None
        self._wanted: list[bytes] = []
        self._is_asking = False
        self._pong_us = live.clock.monotonic_us()
        self._messages = 0
        self._is_sure = False
        """Whether the permit was asked for since the hub is there."""
        self.ended: asyncio.Future[_HangUp] = asyncio.get_running_loop().create_future()
        self.recheck = asyncio.Event()

    @property
    def session_hash(self) -> bytes | None:
        """Of the session it belongs to, once that is known."""
        return self._permit.session if self._permit is not None else None

    def end(self, code: int, reason: str) -> None:
        """Stop the pictures now and hang up."""
        self._live.fanout.set_watched(self._viewer, ())
        if not self.ended.done():
            self.ended.set_result(_HangUp(code, reason))

    async def run(self) -> None:
        """Serve until one side hangs up."""
        code, reason = int(WSCloseCode.OK), ""
        try:
            await self._check()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen())
                tasks.create_task(self._keep_time())
                tasks.create_task(self._wait_for_end())
        except* _HangUp as group:
            hang_up = group.exceptions[0]
            if isinstance(hang_up, _HangUp):
                code, reason = hang_up.code, hang_up.reason
        finally:
            self._live.fanout.set_watched(self._viewer, ())
        await self._close(code, reason)

    async def _close(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._socket.close(code=code, message=reason.encode(), drain=False)
        except TimeoutError:
            log.debug("a viewer did not say goodbye")
        if self._viewer.outlet.get_write_buffer_size():
            self._live.cut(self._viewer)  # closing would wait for the rest to be read

    async def _wait_for_end(self) -> None:
        raise await self.ended

    async def _listen(self) -> None:
        async for message in self._socket:
            self._messages += 1
            if self._messages > MESSAGES_PER_PING_MAX:
                raise _HangUp(WSCloseCode.POLICY_VIOLATION, "too many messages")
            if message.type is not WSMsgType.TEXT:
                raise _HangUp(WSCloseCode.UNSUPPORTED_DATA, "only text is expected")
            self._on_text(message.data)
            if self._is_asking:
                await self._answer_watch()
        raise _HangUp(WSCloseCode.OK, "")

    def _on_text(self, text: str) -> None:
        try:
            content: Any = json.loads(text)
            if "pong" in content:
                self._pong_us = self._live.clock.monotonic_us()
                return
            self._wanted = [bytes.fromhex(opaque) for opaque in content["watch"]]
        except (ValueError, TypeError, KeyError, RecursionError) as error:
            raise _HangUp(WSCloseCode.POLICY_VIOLATION, "not a message of ours") from error
        if len(self._wanted) > WATCH_MAX:
            raise _HangUp(WSCloseCode.POLICY_VIOLATION, f"at most {WATCH_MAX} streams")
        self._is_asking = True

    async def _answer_watch(self) -> None:
        """Apply what was asked; ask the hub first where that may be newer than its last answer."""
        self._is_asking = False
        known = self._permit.streams if self._permit is not None else frozenset()
        if self._permit is not None and not known.issuperset(self._wanted):
            with contextlib.suppress(HubUnreachableError):
                found = await self._live.api.recent_permit(self._cookie, MISS_SECONDS)
                if found is not None and found.session == self._permit.session:
                    self._permit = found
        self._apply()

    def _apply(self) -> None:
        """Watch what is wanted and permitted; name what is not."""
        permitted = self._permit.streams if self._permit is not None else frozenset()
        refused = [opaque for opaque in self._wanted if opaque not in permitted]
        self._wanted = [opaque for opaque in self._wanted if opaque in permitted]
        for opaque in refused:
            self._viewer.tell({"refused": opaque.hex()})
        if self._is_sure:
            self._live.fanout.set_watched(self._viewer, self._wanted)
            self._viewer.measure()

    def pause(self) -> None:
        """The hub is away: nothing more before it has been asked again."""
        self._is_sure = False
        self._live.fanout.set_watched(self._viewer, ())

    def renew(self) -> None:
        """Streams have other names now: the page is told, and watches nothing before it asks."""
        self._wanted = []
        self._live.fanout.set_watched(self._viewer, ())
        self._viewer.tell({"renewed": True})
        self.recheck.set()

    async def _check(self) -> None:
        """Ask the hub what this session may watch.

        Raises:
            _HangUp: nothing; it ended, or has too many WebSockets.
        """
        try:
            permit = await self._live.api.permit(self._cookie)
        except HubUnreachableError:
            if self._permit is None:
                raise _HangUp(WSCloseCode.TRY_AGAIN_LATER, "the hub does not answer") from None
            return  # asked again with the next ping
        if permit is None:
            raise _HangUp(SESSION_ENDED, "the session ended")
        if self._permit is not None and permit.session != self._permit.session:
            raise _HangUp(SESSION_ENDED, "another session")
        is_first, self._permit, self._is_sure = self._permit is None, permit, True
        if is_first and self._live.count(permit.session) > SESSION_VIEWERS_MAX:
            raise _HangUp(NOT_PERMITTED, "too many windows")
        self._apply()

    async def _keep_time(self) -> None:
        clock, pings = self._live.clock, 0
        while True:
            self.recheck.clear()
            try:
                async with asyncio.timeout(PING_SECONDS):
                    await self.recheck.wait()
            except TimeoutError:
                pings += 1
            else:
                await self._check()
                continue
            self._messages = 0
            if clock.monotonic_us() - self._pong_us > PONG_US_MAX:
                raise _HangUp(WSCloseCode.GOING_AWAY, "no answer")
            self._viewer.tell({"ping": clock.monotonic_us() // 1000})
            self._viewer.measure()
            if pings % RECHECK_PINGS == 0 or not self._is_sure:
                await self._check()


class Live:
    """One household's WebSockets."""

    def __init__(self, api: HubApi, fanout: Fanout, clock: Clock) -> None:
        self.api = api
        self.fanout = fanout
        self.clock = clock
        self._sessions: dict[Viewer, LiveSession] = {}
        self._transports: dict[Viewer, ViewerTransport] = {}

    def count(self, session_hash: bytes) -> int:
        """WebSockets of one session."""
        return sum(live.session_hash == session_hash for live in self._sessions.values())

    def cut(self, viewer: Viewer) -> None:
        """Drop a connection that does not say goodbye."""
        transport = self._transports.get(viewer)
        if transport is not None:
            transport.abort()

    async def serve(self, request: web.Request, cookie: str | None) -> web.StreamResponse:
        """Answer `GET /live`. Host, Origin and method were checked before.

        Raises:
            web.HTTPBadRequest: not a WebSocket of our subprotocol.
            web.HTTPServiceUnavailable: too many viewers.
        """
        socket_ = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            compress=False,
            autoping=True,
            max_msg_size=MESSAGE_BYTES_MAX,
            timeout=CLOSE_SECONDS,
        )
        ready = socket_.can_prepare(request)
        if not ready.ok or ready.protocol != SUBPROTOCOL:
            raise web.HTTPBadRequest(text="this is a WebSocket of subprotocol " + SUBPROTOCOL)
        if len(self._sessions) >= VIEWERS_MAX:
            raise web.HTTPServiceUnavailable(text="too many viewers")
        await socket_.prepare(request)
        transport = request.transport
        if transport is None:
            return socket_
        raw_socket = transport.get_extra_info("socket")
        if raw_socket is not None:
            raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
        viewer = Viewer(transport)
        session = LiveSession(socket_, viewer, cookie, self)
        self._sessions[viewer], self._transports[viewer] = session, transport
        try:
            await session.run()
        finally:
            del self._sessions[viewer], self._transports[viewer]
        return socket_

    def end_session(self, session_hash: bytes) -> None:
        """Hang up on every WebSocket of a session."""
        for live in self._sessions.values():
            if live.session_hash == session_hash:
                live.end(SESSION_ENDED, "the session ended")

    def end_all(self) -> None:
        """The door stops."""
        for live in self._sessions.values():
            live.end(WSCloseCode.SERVICE_RESTART, "the door starts anew")

    def pause_all(self) -> None:
        """The hub is away: nobody is given anything before `recheck_all`."""
        for live in self._sessions.values():
            live.pause()

    def renew_all(self) -> None:
        """The hub renames its streams."""
        for live in self._sessions.values():
            live.renew()

    def recheck_all(self) -> None:
        """The hub is back: ask again for everybody."""
        for live in self._sessions.values():
            live.recheck.set()
