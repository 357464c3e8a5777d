"""One household's routes: every request passes here, and what is not named is 404.

There is no router with patterns and fallbacks: the path is compared as it came, undecoded, so that
nothing can be smuggled past a check in another spelling.
"""

import logging
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from keepsight.door.answers import MESSAGES, refusal
from keepsight.door.guard import READ_METHODS, is_host_allowed, is_same_origin, is_sender_allowed
from keepsight.door.headers import add_security_headers
from keepsight.door.hubapi import HubApi
from keepsight.door.live import Live
from keepsight.door.sealed import Sealed
from keepsight.door.trust import Trust
from keepsight.door.ui import Ui
from keepsight.door.upstream import BODY_BYTES_MAX, pass_on
from keepsight.door.visit import Visit, read_visit

log = logging.getLogger(__name__)

PATH_CHARS_MAX: Final = 1024
_API: Final = re.compile(r"/api(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+")
VISIT: Final = web.RequestKey("visit", Visit)


@dataclass(frozen=True, slots=True)
class Rooms:
    """What lies behind one household's routes."""

    household: str
    ui: Ui
    api: HubApi
    sealed: Sealed
    live: Live
    trust: Trust | None
    """None without a local authority."""
    host_names: frozenset[str]
    origins: tuple[str, ...]
    has_public_certificate: bool
    """The user's own TLS files."""


class Routes:
    """The routes of one household."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def build(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._guard], client_max_size=BODY_BYTES_MAX, logger=log)
        app.router.add_route("*", "/{path:.*}", self._dispatch)
        app.on_response_prepare.append(self._complete)
        return app

    async def _complete(self, request: web.Request, response: web.StreamResponse) -> None:
        visit = request.get(VISIT)
        add_security_headers(
            response.headers,
            visit.host if visit is not None else "",
            is_tls=visit is not None and visit.is_tls,
            has_public_certificate=self._rooms.has_public_certificate,
        )
        response.headers.popall("Server", None)

    @web.middleware
    async def _guard(
        self,
        request: web.Request,
        handler: Callable[[web.Request], Awaitable[web.StreamResponse]],
    ) -> web.StreamResponse:
        rooms = self._rooms
        visit = read_visit(request, rooms.household, rooms.origins)
        if visit is None:
            return refusal(400)
        own_address = _own_address(request)
        if not is_host_allowed(visit.host, rooms.host_names, own_address):
            return refusal(421)
        request[VISIT] = visit
        try:
            return await handler(request)
        except web.HTTPException as error:
            return refusal(error.status if error.status in MESSAGES else 400)
        except Exception:
            log.exception("a request failed: %s %s", request.method, visit.path)
            if request.writer.output_size == 0:
                return refusal(500)
            raise  # an answer was begun: aiohttp cuts the connection

    async def _dispatch(self, request: web.Request) -> web.StreamResponse:
        visit, rooms = request[VISIT], self._rooms
        if len(visit.path) > PATH_CHARS_MAX:
            raise web.HTTPNotFound
        if visit.path == "/live" or visit.path.startswith(("/api/", "/s/")):
            return await self._private(request, visit)
        if rooms.trust is not None and visit.path in rooms.trust.paths:
            return rooms.trust.serve(visit.path, request.method)
        return self._ui(request, visit)

    async def _private(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """What belongs to a household: for our own page only."""
        rooms = self._rooms
        is_allowed = is_sender_allowed(
            request.method, request.headers, visit.host,
            is_tls=visit.is_tls, origins=rooms.origins,
        )  # fmt: skip
        if not is_allowed:
            raise web.HTTPForbidden
        if visit.path == "/live":
            return await self._live(request, visit)
        if visit.path.startswith("/s/"):
            return await rooms.sealed.serve(request, visit)
        if _API.fullmatch(visit.path):
            return await pass_on(request, visit, rooms.api, rooms.household)
        raise web.HTTPNotFound

    async def _live(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        if request.method != "GET":
            return refusal(405)
        if not is_same_origin(
            request.headers, visit.host, is_tls=visit.is_tls, origins=self._rooms.origins
        ):
            return refusal(403)
        return await self._rooms.live.serve(request, visit.cookie)

    def _ui(self, request: web.Request, visit: Visit) -> web.Response:
        file = self._rooms.ui.find(visit.path)
        if file is None:
            return refusal(404)
        if request.method not in READ_METHODS:
            return refusal(405)
        headers = {
            "Cache-Control": file.cache_control,
            "Content-Type": file.content_type,
            "ETag": file.etag,
            "Vary": "Accept-Encoding",
        }
        if request.headers.get("If-None-Match") == file.etag:
            return web.Response(status=304, headers=headers)
        body, coding = file.choose(request.headers.get("Accept-Encoding", ""))
        if coding is not None:
            headers["Content-Encoding"] = coding
        return web.Response(body=body, headers=headers)


def _own_address(request: web.Request) -> str:
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return str(name[0]) if isinstance(name, tuple) else ""
