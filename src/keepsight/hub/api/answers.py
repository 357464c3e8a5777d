"""How the API says no, and who is asking."""

from dataclasses import dataclass
from typing import Any, Final

from fastapi import Request
from fastapi.responses import JSONResponse

from keepsight.hub.grant import Capability
from keepsight.hub.household import Household
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Device, Role, Session
from keepsight.hub.proof import ProofError
from keepsight.hub.rights import LOCAL


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
    path: str = ""
    """Host name that the browser asked for, without the port; empty on the control socket."""

    @property
    def name(self) -> str:
        """For ledger lines."""
        return self.viewer.member.member_id.hex() if self.viewer else "local"

    @property
    def member_id(self) -> bytes:
        """Of the member, or 16 zeros for the command line."""
        return self.viewer.member.member_id if self.viewer else LOCAL

    @property
    def is_owner(self) -> bool:
        """Whether they decide for the household."""
        return self.viewer is None or self.viewer.member.role is Role.OWNER

    def require_owner(self) -> None:
        """Go on with an owner only.

        Raises:
            ApiError: 403 owner_only.
        """
        if not self.is_owner:
            raise ApiError(403, "owner_only", "only an owner of this household may do this")

    def granted(self, camera_id: bytes) -> tuple[Capability, ...]:
        """What they may do with a camera now, apart from suspensions; empty: it is not for them."""
        return self.household.rights.granted(self.viewer, camera_id, self.path)

    def may(self, camera_id: bytes, capability: Capability) -> bool:
        """Whether this is allowed now."""
        rights = self.household.rights
        return rights.decide(self.viewer, camera_id, capability, self.path).is_allowed

    def require_camera(self, camera_id: bytes) -> None:
        """Go on if anything of this camera is granted.

        Raises:
            ApiError: 404, as for a camera that does not exist.
        """
        if not self.granted(camera_id):
            raise ApiError(404, "no_such_camera", "there is no such camera")

    def require(self, camera_id: bytes, capability: Capability) -> None:
        """Go on if this is allowed now.

        Raises:
            ApiError: 404 no_such_camera where nothing of it is granted; 403 not_granted; 403
                suspended, with the reason and times.
        """
        rights = self.household.rights
        decision = rights.decide(self.viewer, camera_id, capability, self.path)
        if decision.is_allowed:
            return
        suspension = decision.suspension
        if suspension is not None:
            raise ApiError(
                403,
                "suspended",
                f"this is switched off: {suspension.reason}",
                reason=suspension.reason,
                since_us=suspension.since_us,
                until_us=suspension.until_us,
            )
        self.require_camera(camera_id)
        raise ApiError(
            403,
            "not_granted",
            "ask an owner of this household for it",
            capability=capability.value,
        )


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


UNPROVED: Final = frozenset({("GET", "/api/session"), ("GET", "/api/session/streams")})
"""What a cookie alone may ask: who is signed in, and the door's question. Sealed fragments, outside
/api, are in any cache anyway."""


def prove(request: Request, household: Household, session: Session, device: Device) -> None:
    """Accept a request only from the device whose session the cookie names (RFC 9449).

    Devices enrolled before there were signing keys have none, until they sign in again.

    Raises:
        ApiError: 401, with what the device needs for a right proof.
    """
    path = request.url.path
    if not device.signing_key or not path.startswith("/api/"):
        return
    if (request.method, path) in UNPROVED:
        return
    try:
        household.proofs.check(
            request.headers.get("dpop"),
            method=request.method,
            path=path,
            signer=device.signing_key,
            token_hash=session.token_hash,
        )
    except ProofError as error:
        raise ApiError(
            401,
            error.code,
            str(error),
            nonce=household.proofs.nonce(session.token_hash),
            time_us=household.proofs.now_us(),
        ) from error


def host_name(request: Request) -> str:
    """The host that the browser asked for, without the port; the door has checked it."""
    host = request.headers.get("host", "").lower()
    name, bracket, _port = host.partition("]")
    # A name with a dot at its end is the same name: a suspended way is closed under both.
    return name + bracket if bracket else host.partition(":")[0].rstrip(".")


async def caller(request: Request) -> Caller:
    """Who asks; FastAPI dependency of every route that needs a sign-in.

    Raises:
        ApiError: 401 when nobody is signed in.
    """
    kept = getattr(request.state, "caller", None)
    if isinstance(kept, Caller):
        return kept  # several dependencies ask, and a proof is good once
    household = open_household(request)
    if request.app.state.is_local:
        return Caller(household, None, None)
    token = request.cookies.get(cookie_name(request, household.household_id), "")
    found = household.people.find_session(token)
    if found is None:
        raise ApiError(401, "not_signed_in", "sign in first")
    session, viewer = found
    prove(request, household, session, viewer.device)
    await household.people.touch(session)
    who = Caller(household, viewer, session, host_name(request))
    request.state.caller = who
    return who


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
