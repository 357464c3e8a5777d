"""What more a route may ask of a caller: a recent proof of who they are, and how they came."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request

from keepsight.hub.api.answers import ApiError, Caller, caller, host_name
from keepsight.hub.signin.limits import TooManyTriesError, TryLimit
from keepsight.hub.signin.passkey import Site


async def recent(who: Annotated[Caller, Depends(caller)]) -> None:
    """For routes that change who gets in: a passphrase or passkey of the last ten minutes.

    The command line of this machine is asked for nothing: the operating system has checked it.

    Raises:
        ApiError: 403 confirm_first.
    """
    if who.session is None:
        return
    if not who.household.signin.is_recent(who.session.token_hash):
        raise ApiError(403, "confirm_first", "give your passphrase or passkey once more for this")


def site_of(request: Request) -> Site:
    """How this browser reached the household: the door has checked the host."""
    host = request.headers.get("host", "").lower()
    scheme = "https" if request.headers.get("x-forwarded-proto") == "https" else "http"
    return Site(host_name(request), f"{scheme}://{host}")


def needs_pin(who: Caller, camera_id: bytes) -> bool:
    """Whether this session has to give a camera's PIN before it gets keys of it."""
    if who.session is None:
        return False
    return who.household.signin.needs_pin(who.session, camera_id)


def needs_own_pin(who: Caller) -> bool:
    """Whether this is a display that has to give its PIN, to play recordings or to sign out."""
    return who.viewer is not None and needs_pin(who, who.viewer.member.member_id)


def check_limit(limit: TryLimit, name: str) -> None:
    """Refuse where there were too many failures.

    Raises:
        ApiError: 429 too_many_tries.
    """
    with trying(limit, name):
        pass


@contextmanager
def trying(limit: TryLimit, name: str) -> Iterator[None]:
    """Hold a place among the tries while one is being judged: guessing at once is no way around.

    Raises:
        ApiError: 429 too_many_tries.
    """
    try:
        with limit.trying(name):
            yield
    except TooManyTriesError as error:
        raise ApiError(
            429, "too_many_tries", str(error), retry_seconds=error.retry_seconds
        ) from error
