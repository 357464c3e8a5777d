"""Passing requests on to the household's hub, and its answers back: chosen headers only.

What is not named here does not pass, in either direction. Bodies are read whole before the hub
hears of them and get a new Content-Length, so that no two parsers can disagree on where one ends.
"""

import asyncio
import logging
import re
from typing import Final

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from keepsight.door.answers import refusal
from keepsight.door.guard import is_own_set_cookie, own_cookie_names
from keepsight.door.headers import DOCUMENT_POLICY, NO_STORE
from keepsight.door.hubapi import HubApi
from keepsight.door.visit import Visit

log = logging.getLogger(__name__)
_DOCUMENT: Final = re.compile(r"/api/checks/[0-9a-f]{32}/page")
"""Written by the lab, and shown in a frame or tab."""

BODY_BYTES_MAX: Final = 1024 * 1024
BODY_SECONDS: Final = 15.0
"""For the whole of a request's body to arrive."""
STALLED_SECONDS: Final = 30.0
"""A client that takes nothing of its answer for so long is cut off."""
CHUNK_BYTES: Final = 64 * 1024
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE"})
_TO_HUB: Final = (
    "Accept", "Accept-Language", "Content-Type", "DPoP", "If-Match", "Origin", "Sec-Fetch-Site",
    "User-Agent", "X-Keepsight",
)  # fmt: skip
_FROM_HUB: Final = (
    "Content-Disposition", "Content-Language", "Content-Type", "ETag", "Retry-After",
)  # fmt: skip


def headers_to_hub(request: web.Request, visit: Visit) -> CIMultiDict[str]:
    """The headers that the hub gets to see."""
    headers = CIMultiDict[str]()
    for name in _TO_HUB:
        if name in request.headers:
            headers[name] = request.headers[name]
    headers["Host"] = visit.host
    headers["X-Forwarded-Proto"] = "https" if visit.is_tls else "http"
    headers["X-Forwarded-For"] = visit.address
    if visit.cookie is not None:
        headers["Cookie"] = visit.cookie
    return headers


def headers_from_hub(answer: aiohttp.ClientResponse, household: str) -> CIMultiDict[str]:
    """The headers that the browser gets to see."""
    headers = CIMultiDict[str]()
    for name in _FROM_HUB:
        if name in answer.headers:
            headers[name] = answer.headers[name]
    for cookie in answer.headers.getall("Set-Cookie", []):
        if is_own_set_cookie(cookie, household):
            headers.add("Set-Cookie", cookie)
        else:
            log.error("the hub tried to set a cookie that is not its own")
    if "Clear-Site-Data" in answer.headers:
        _forget_session(headers, household)
    headers["Cache-Control"] = NO_STORE
    return headers


def _forget_session(headers: CIMultiDict[str], household: str) -> None:
    """Sign out here only: "cookies" would clear those of every port, other households' too."""
    headers["Clear-Site-Data"] = '"cache", "storage"'
    for name in own_cookie_names(household):
        secure = "; Secure" if name.startswith("__Host-") else ""
        headers.add("Set-Cookie", f"{name}=; Max-Age=0; Path=/; HttpOnly; SameSite=Strict{secure}")


async def pass_on(
    request: web.Request, visit: Visit, api: HubApi, household: str
) -> web.StreamResponse:
    """Answer a request for `/api/…` with what the hub says."""
    if request.method not in METHODS:
        return refusal(405)
    if request.headers.get("Content-Encoding", "identity") != "identity":
        return refusal(415)
    try:
        async with asyncio.timeout(BODY_SECONDS):
            body = await request.read() if request.can_read_body else None
    except TimeoutError:
        return refusal(408)
    path = visit.path + (f"?{visit.query}" if visit.query else "")
    try:
        async with api.request(
            request.method, path, headers=headers_to_hub(request, visit), body=body
        ) as answer:
            headers_back = headers_from_hub(answer, household)
            if _DOCUMENT.fullmatch(visit.path):
                headers_back["Content-Security-Policy"] = DOCUMENT_POLICY
            return await send_on(request, answer, headers_back)
    except (aiohttp.ClientError, TimeoutError):
        return refusal(503)


async def send_on(
    request: web.Request, answer: aiohttp.ClientResponse, headers: CIMultiDict[str]
) -> web.StreamResponse:
    """Stream an answer to the browser; an answer that breaks off breaks off there too."""
    response = web.StreamResponse(status=answer.status, headers=headers)
    if answer.content_length is not None:
        response.content_length = answer.content_length
    await response.prepare(request)
    try:
        async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
            async with asyncio.timeout(STALLED_SECONDS):
                await response.write(chunk)
        async with asyncio.timeout(STALLED_SECONDS):
            await response.write_eof()
    except (aiohttp.ClientError, TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()
    return response
