"""How the door itself says no: the same shape as the hub's errors (design/wire.md, section 7)."""

import json
from typing import Final

from aiohttp import web

MESSAGES: Final = {
    400: ("bad_request", "the request is malformed"),
    401: ("signed_out", "sign in again"),
    403: ("foreign_page", "open Keepsight itself and try again from there"),
    404: ("not_found", "there is nothing at this address"),
    405: ("wrong_method", "this address cannot be used in that way"),
    408: ("too_slow", "the request took too long; try again"),
    413: ("too_large", "the request is too large"),
    415: ("unsupported", "send the request without a content encoding"),
    421: (
        "unknown_host",
        "this door has another name; use the machine's address, or add the name to its settings",
    ),
    431: ("too_large", "the request's headers are too large"),
    500: ("door_failed", "something went wrong in the door; its log says what"),
    503: ("hub_unreachable", "the hub does not answer; it is probably starting, try again"),
}


def refusal(status: int, code: str | None = None, message: str | None = None) -> web.Response:
    """A JSON error."""
    usual_code, usual_message = MESSAGES.get(status, MESSAGES[400])
    return web.Response(
        status=status,
        body=json.dumps(
            {"error": code or usual_code, "message": message or usual_message, "fields": {}}
        ).encode(),
        content_type="application/json",
    )
