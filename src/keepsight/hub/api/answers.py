"""How the API says no, and who is asking."""

from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from keepsight.hub.household import Household
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Session


class ApiError(Exception):
    """An answer of status 4xx or 5xx: a code for the UI's catalogue and an English sentence."""

    def __init__(self, status: int, code: str, message: str, **fields: Any) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.fields = fields


def error_answer(error: ApiError) -> JSONResponse:
    """The error as JSON."""
    document: dict[str, Any] = {"error": error.code, "message": error.message}
    if error.fields:
        document["fields"] = error.fields
    return JSONResponse(document, error.status)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a signed-in viewer, or the owner on this machine's command line."""

    household: Household
    viewer: Viewer | None
    """None on the control socket: the operating system has checked the user already."""
    session: Session | None

    @property
    def name(self) -> str:
        """For ledger lines."""
        return self.viewer.member.member_id.hex() if self.viewer else "local"


def open_household(request: Request) -> Household:
    """The household, if it is set up and unlocked.

    Raises:
        ApiError: 409 unclaimed or locked.
    """
    household = request.app.state.hub.household
    if household is None:
        state = request.app.state.hub.state.value
        message = {
            "unclaimed": "this hub has no household yet: open its page in a browser and set it up",
            "locked": "this household is locked: sign in once to unlock it",
        }.get(state, "this hub is not ready")
        raise ApiError(409, state, message)
    assert isinstance(household, Household)  # noqa: S101 - narrows Any from FastAPI's state
    return household


def cookie_name(request: Request, household: bytes) -> str:
    """ks-<household>, with __Host- in front where the browser came over TLS."""
    prefix = "__Host-" if request.headers.get("x-forwarded-proto") == "https" else ""
    return f"{prefix}ks-{household.hex()[:8]}"


async def caller(request: Request) -> Caller:
    """Who asks; FastAPI dependency of every route that needs a sign-in.

    Raises:
        ApiError: 401 when nobody is signed in.
    """
    household = open_household(request)
    if request.app.state.is_local:
        return Caller(household, None, None)
    token = request.cookies.get(cookie_name(request, household.household_id), "")
    found = household.people.find_session(token)
    if found is None:
        raise ApiError(401, "not_signed_in", "sign in first")
    session, viewer = found
    return Caller(household, viewer, session)


def parse_id(text: str, what: str) -> bytes:
    """16 bytes from 32 hex digits.

    Raises:
        ApiError: 404, as for an id that does not exist.
    """
    try:
        value = bytes.fromhex(text)
    except ValueError:
        value = b""
    if len(value) != 16:
        raise ApiError(404, f"no_such_{what}", f"there is no such {what}")
    return value
