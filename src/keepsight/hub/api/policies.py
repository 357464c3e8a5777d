"""Who may use a route at all: each one declares one of these as a dependency.

They can be read off the finished API (`policy_of`), and stand in its OpenAPI document as
`x-policy`: tests ask every route as everybody and compare what comes back with what is declared.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute

from keepsight.hub.api.answers import ApiError, Caller, caller, parse_id
from keepsight.hub.grant import Capability


class Audience(StrEnum):
    """For whom a route is."""

    ANYONE = "anyone"
    """It answers before anybody signed in."""
    SIGNED_IN = "signed_in"
    """Every member; what they are shown depends on their grants."""
    OWNER = "owner"
    TICKET = "ticket"
    """Who was given a ticket for this by a route for owners: frames can prove nothing else."""
    CAMERA = "camera"
    """Who is granted something of the cameras that the request names."""


@dataclass(frozen=True, slots=True)
class Policy:
    """A dependency of a route."""

    audience: Audience
    capability: Capability | None = None
    """For cameras: what must be granted; None: anything."""

    def as_fields(self) -> dict[str, str]:
        """For the OpenAPI document."""
        capability = {"capability": self.capability.value} if self.capability else {}
        return {"audience": self.audience.value, **capability}


@dataclass(frozen=True, slots=True)
class Admission(Policy):
    """A policy that lets a caller in."""

    async def __call__(self, request: Request) -> Caller:
        """Who asks.

        A camera in the path is checked here; the route checks cameras that its body or query names.

        Raises:
            keepsight.hub.api.answers.ApiError: 401, 403 or 404.
        """
        who = await caller(request)
        if self.audience is Audience.OWNER:
            who.require_owner()
        camera = request.path_params.get("camera")
        if self.audience is Audience.CAMERA and camera is not None:
            camera_id = parse_id(camera, "camera")
            if self.capability is None:
                who.require_camera(camera_id)
            else:
                who.require(camera_id, self.capability)
            if who.household.roster.find(camera_id) is None:
                raise ApiError(404, "no_such_camera", "there is no such camera")
        return who


@dataclass(frozen=True, slots=True)
class Openness(Policy):
    """A policy that asks nobody who they are."""

    async def __call__(self) -> None:
        """Come in."""


def camera(capability: Capability | None) -> Any:
    """Of a route about cameras: what of them must be granted."""
    return Depends(Admission(Audience.CAMERA, capability))


ANYONE = Depends(Openness(Audience.ANYONE))
"""In a route's `dependencies`."""
TICKET = Depends(Openness(Audience.TICKET))
"""The route checks the ticket."""
Owner = Annotated[Caller, Depends(Admission(Audience.OWNER))]
SignedIn = Annotated[Caller, Depends(Admission(Audience.SIGNED_IN))]
Sees = Annotated[Caller, camera(None)]
PlaysBack = Annotated[Caller, camera(Capability.PLAYBACK)]
KnowsEvents = Annotated[Caller, camera(Capability.EVENTS)]
MayExport = Annotated[Caller, camera(Capability.EXPORT)]


def policy_of(route: APIRoute) -> Policy:
    """The policy that a route declares.

    Raises:
        ValueError: it declares none, or several.
    """
    calls: list[Any] = [dependency.call for dependency in route.dependant.dependencies]
    found: list[Policy] = [call for call in calls if isinstance(call, Policy)]
    if len(found) != 1:
        raise ValueError(f"{route.path} declares {len(found)} policies instead of one")
    return found[0]
