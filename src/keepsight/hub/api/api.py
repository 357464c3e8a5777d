"""Builds the HTTP API: one router a noun, one way to say no, nothing cached."""

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint

from keepsight import __version__
from keepsight.hub.api import (
    account,
    cameras,
    checks,
    epochs,
    events,
    exports,
    factors,
    fragments,
    invites,
    ledger,
    mail,
    members,
    membership,
    notices,
    pins,
    privacy,
    recordings,
    releases,
    session,
    settings,
    setup,
    signin,
    status,
    suspensions,
    watching,
)
from keepsight.hub.api.answers import ApiError, error_answer
from keepsight.hub.api.policies import policy_of
from keepsight.hub.people import BarredError
from keepsight.seal.ledger import LedgerError

if TYPE_CHECKING:
    from keepsight.hub.hub import Hub

SAFE_METHODS: Final = ("GET", "HEAD", "OPTIONS")
ROUTERS: Final = (
    setup.router,
    session.router,
    signin.router,
    account.router,
    factors.router,
    mail.router,
    notices.router,
    pins.router,
    members.router,
    invites.router,
    cameras.router,
    watching.router,
    releases.router,
    recordings.router,
    events.router,
    exports.router,
    status.router,
    settings.router,
    suspensions.router,
    privacy.router,
    ledger.router,
    checks.router,
    epochs.router,
    membership.router,
)


def is_same_origin(request: Request) -> bool:
    """Whether a request that changes something comes from our own page.

    A page of another origin can neither add the X-Keepsight header without a preflight, which is
    never granted, nor choose its Origin.
    """
    if "x-keepsight" not in request.headers:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _say_what_is_wrong(error: RequestValidationError) -> ApiError:
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:])
    # The rejected value is left out: it may be a passphrase.
    return ApiError(422, "bad_request", f"{where or 'the request'}: {first['msg']}", where=where)


def _declare_policies(router: APIRouter) -> None:
    for route in router.routes:
        if isinstance(route, APIRoute):
            # A route that declares no policy stops the hub here, before it answers anybody.
            route.openapi_extra = {"x-policy": policy_of(route).as_fields()}


def build_api(hub: "Hub", *, is_local: bool) -> FastAPI:
    """The API for the door, or, with is_local, for the command line on this machine."""
    api = FastAPI(
        title="Keepsight hub",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    api.state.hub = hub
    api.state.is_local = is_local
    for router in ROUTERS:
        _declare_policies(router)
        api.include_router(router, prefix="/api")
    _declare_policies(fragments.router)
    api.include_router(fragments.router)

    @api.middleware("http")
    async def guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
        if not is_local and request.method not in SAFE_METHODS and not is_same_origin(request):
            return error_answer(ApiError(403, "cross_origin", "open Keepsight's own page for this"))
        response = await call_next(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    @api.exception_handler(ApiError)
    async def refuse(_request: Request, error: ApiError) -> Response:
        return error_answer(error)

    @api.exception_handler(RequestValidationError)
    async def refuse_body(_request: Request, error: RequestValidationError) -> Response:
        return error_answer(_say_what_is_wrong(error))

    @api.exception_handler(HTTPException)
    async def refuse_route(_request: Request, error: HTTPException) -> Response:
        code = {404: "not_found", 405: "wrong_method"}.get(error.status_code, "refused")
        return error_answer(ApiError(error.status_code, code, str(error.detail)))

    @api.exception_handler(BarredError)
    async def refuse_barred(_request: Request, _error: BarredError) -> Response:
        message = "you were removed from this household; ask an owner"
        return error_answer(ApiError(403, "removed_member", message))

    @api.exception_handler(LedgerError)
    async def refuse_unlogged(_request: Request, error: LedgerError) -> Response:
        return error_answer(ApiError(503, "ledger_unavailable", f"nothing is released: {error}"))

    return api


def route_table(api: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route, for the test that each one has a case for a stranger."""
    paths: dict[str, dict[str, Any]] = api.openapi()["paths"]
    return [(method.upper(), path) for path, methods in paths.items() for method in methods]
