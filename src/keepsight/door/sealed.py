"""Sealed fragments over HTTP: `/s/…` (design/wire.md, section 6).

The session is the hub's to judge, asked at most every five seconds. Delivering is not exposing: the
key is released elsewhere, and the hub writes that down.
"""

import re
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from keepsight.door.answers import refusal
from keepsight.door.cache import SealedCache
from keepsight.door.fanout import Fanout
from keepsight.door.headers import NO_STORE, SEALED_IMMUTABLE
from keepsight.door.hubapi import MISS_SECONDS, PERMIT_SECONDS, HubApi, HubUnreachableError
from keepsight.door.upstream import headers_from_hub, headers_to_hub, send_on
from keepsight.door.visit import Visit

FRAGMENTS_MAX: Final = 256
TYPE: Final = "application/octet-stream"
_ID: Final = "[0-9a-f]{32}"
_RANGE: Final = r"(?P<first>0|[1-9][0-9]{0,9})-(?P<last>0|[1-9][0-9]{0,9})"
_STILL: Final = re.compile(rf"/s/(?P<opaque>{_ID})/still")
_RECORDED: Final = re.compile(rf"/s/(?P<opaque>{_ID})/(?P<writer>{_ID})/{_RANGE}")
_EXPORT: Final = re.compile(rf"/s/export/(?P<writer>{_ID})/{_RANGE}")


class Sealed:
    """One household's sealed fragments."""

    def __init__(self, household: str, api: HubApi, fanout: Fanout, cache: SealedCache) -> None:
        self._household = household
        self._api = api
        self._fanout = fanout
        self._cache = cache

    async def serve(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        """Answer a request for `/s/…`.

        Raises:
            web.HTTPException: unknown path, no session, not permitted, or no hub.
        """
        if request.method != "GET":
            raise web.HTTPMethodNotAllowed(request.method, ["GET"])
        found = (
            _STILL.fullmatch(visit.path)
            or _RECORDED.fullmatch(visit.path)
            or _EXPORT.fullmatch(visit.path)
        )
        if found is None or visit.query:
            raise web.HTTPNotFound
        parts = found.groupdict()
        await self._demand_permit(visit, parts)
        if "first" in parts and not 0 <= int(parts["last"]) - int(parts["first"]) < FRAGMENTS_MAX:
            raise web.HTTPNotFound
        if found.re is _STILL:
            return await self._still(request, visit, bytes.fromhex(parts["opaque"]))
        if found.re is _EXPORT:
            return await self._fetch(request, visit, NO_STORE)
        return await self._recorded(request, visit)

    async def _demand_permit(self, visit: Visit, parts: dict[str, str]) -> None:
        for seconds_max in (PERMIT_SECONDS, MISS_SECONDS):
            try:
                permit = await self._api.recent_permit(visit.cookie, seconds_max)
            except HubUnreachableError as error:
                raise web.HTTPServiceUnavailable from error
            if permit is None:
                raise web.HTTPUnauthorized
            if "opaque" in parts and bytes.fromhex(parts["opaque"]) in permit.streams:
                return
            if "opaque" not in parts and parts["writer"] in permit.exports:
                return
        raise web.HTTPNotFound  # as if it did not exist

    async def _still(self, request: web.Request, visit: Visit, opaque: bytes) -> web.StreamResponse:
        sealed = self._fanout.still(opaque)
        if sealed is not None:
            return _answer(sealed, NO_STORE)
        return await self._fetch(request, visit, NO_STORE)

    async def _recorded(self, request: web.Request, visit: Visit) -> web.StreamResponse:
        sealed = self._cache.get(self._household, visit.path)
        if sealed is not None:
            return _answer(sealed, SEALED_IMMUTABLE)
        return await self._fetch(request, visit, SEALED_IMMUTABLE)

    async def _fetch(
        self, request: web.Request, visit: Visit, cache_control: str
    ) -> web.StreamResponse:
        try:
            async with self._api.request(
                "GET", visit.path, headers=headers_to_hub(request, visit), body=None
            ) as answer:
                if answer.status != 200 or answer.content_type != TYPE:
                    return await _refused(request, answer, self._household)
                size_bytes = answer.content_length
                is_kept = cache_control == SEALED_IMMUTABLE and size_bytes is not None
                if is_kept and size_bytes is not None and self._cache.takes(size_bytes):
                    sealed = await answer.read()
                    self._cache.put(self._household, visit.path, sealed)
                    return _answer(sealed, cache_control)
                headers = CIMultiDict({"Content-Type": TYPE, "Cache-Control": cache_control})
                return await send_on(request, answer, headers)
        except (aiohttp.ClientError, TimeoutError):
            return refusal(503)


def _answer(sealed: bytes, cache_control: str) -> web.Response:
    return web.Response(body=sealed, headers={"Content-Type": TYPE, "Cache-Control": cache_control})


async def _refused(
    request: web.Request, answer: aiohttp.ClientResponse, household: str
) -> web.StreamResponse:
    if (
        answer.status in {401, 403, 404, 409, 423, 429}
        and answer.content_type == "application/json"
    ):
        return await send_on(request, answer, headers_from_hub(answer, household))
    return refusal(answer.status if answer.status in {401, 403, 404} else 503)
