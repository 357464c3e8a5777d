"""Each route's one policy can be read off it, and says what the OpenAPI document says."""

import pytest
from fastapi import APIRouter, Depends

from keepsight.hub.api.policies import (
    ANYONE,
    Audience,
    Owner,
    PlaysBack,
    SignedIn,
    policy_of,
)


def route(*dependencies, endpoint=None):
    router = APIRouter()

    async def nothing() -> None:
        """Answers nothing."""

    router.add_api_route("/x", endpoint or nothing, dependencies=list(dependencies))
    return router.routes[0]


def test_a_policy_is_found_in_the_signature_and_in_the_decorator():
    async def for_owners(who: Owner) -> None:
        """For owners."""

    async def for_cameras(who: PlaysBack) -> None:
        """For who may play back."""

    assert policy_of(route(endpoint=for_owners)).audience is Audience.OWNER
    fields = policy_of(route(endpoint=for_cameras)).as_fields()
    assert fields == {"audience": "camera", "capability": "playback"}
    assert policy_of(route(ANYONE)).as_fields() == {"audience": "anyone"}


def test_none_and_two_are_refused():
    async def signed_in(who: SignedIn) -> None:
        """For everybody who is signed in."""

    with pytest.raises(ValueError, match="0 policies"):
        policy_of(route(Depends(lambda: None)))
    with pytest.raises(ValueError, match="2 policies"):
        policy_of(route(ANYONE, endpoint=signed_in))
