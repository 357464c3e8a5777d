"""How cameras are watched: zones, masks, kinds, hours, the model; and which models there are."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.grants import HoursBody
from keepsight.hub.api.policies import Owner
from keepsight.hub.api.preconditions import changed_meanwhile, is_met, tag_of
from keepsight.hub.event import HEARD_KINDS, KIND_LENGTH_MAX
from keepsight.hub.roster import ChangedMeanwhileError, NoSuchCameraError
from keepsight.hub.running import RunningCamera
from keepsight.hub.watch.limits import WatchingError, check_watching
from keepsight.hub.watch.models import (
    KNOWN,
    OWN_FOLDER,
    find_own,
    own_models,
    state_of,
)
from keepsight.hub.watching import (
    COOLDOWN_SECONDS_MAX,
    HOURS_MAX,
    KINDS_MAX,
    MODEL_DEFAULT,
    NAME_LENGTH_MAX,
    PERSON_CONFIDENCE_MIN,
    POINTS_MAX,
    POINTS_MIN,
    POLYGONS_MAX,
    Watching,
    read_watching,
)

router = APIRouter()
INSTALL: Final = "keepsight models install"
_STRICT: Final = ConfigDict(extra="forbid", strict=True)
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
PointBody = Annotated[list[Share], Field(min_length=2, max_length=2)]
PolygonBody = Annotated[list[PointBody], Field(min_length=POINTS_MIN, max_length=POINTS_MAX)]
Kind = Annotated[str, Field(min_length=1, max_length=KIND_LENGTH_MAX)]
Kinds = Annotated[list[Kind], Field(max_length=KINDS_MAX)]


class ZoneBody(BaseModel):
    """A part of the picture; `kinds` empty: all that are watched for."""

    model_config = _STRICT
    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH_MAX)]
    points: PolygonBody
    kinds: Kinds


class WatchingBody(BaseModel):
    """All of it, every time: nothing is lost because it was left out."""

    model_config = _STRICT
    is_on: bool
    model: Annotated[str, Field(min_length=1, max_length=120)]
    kinds: Kinds
    person_confidence: Annotated[float, Field(ge=PERSON_CONFIDENCE_MIN, le=1)] | None
    min_area: Share
    cooldown_seconds: Annotated[float, Field(ge=0, le=COOLDOWN_SECONDS_MAX, allow_inf_nan=False)]
    zones: list[ZoneBody] = Field(max_length=POLYGONS_MAX)
    masks: list[PolygonBody] = Field(max_length=POLYGONS_MAX)
    privacy_masks: list[PolygonBody] = Field(max_length=POLYGONS_MAX)
    hours: list[HoursBody] = Field(max_length=HOURS_MAX)
    sounds: list[Literal[HEARD_KINDS]] = Field(  # type: ignore[valid-type]
        max_length=len(HEARD_KINDS)
    )


def read_wish(body: WatchingBody) -> Watching:
    """What a body asks for; names lose the spaces around them.

    Raises:
        WatchingError: a day is named twice. Afterwards this cannot be told: days are a set.
    """
    for number, part in enumerate(body.hours):
        if len(set(part.weekdays)) != len(part.weekdays):
            raise WatchingError(f"hours.{number}", "twice", "a day is named twice")
    fields = body.model_dump()
    for zone in fields["zones"]:
        zone["name"] = zone["name"].strip()
    return read_watching(fields)


def _find(who: Caller, camera: str) -> RunningCamera:
    running = who.household.roster.find(parse_id(camera, "camera"))
    if running is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    return running


@router.get("/cameras/{camera}/watching")
async def show_watching(camera: str, who: Owner, answer: Response) -> dict[str, Any]:
    """How one camera is watched, with an ETag of it."""
    document = _find(who, camera).camera.watching.as_fields()
    answer.headers["ETag"] = tag_of(document)
    return document


@router.put("/cameras/{camera}/watching")
async def set_watching(
    camera: str,
    body: WatchingBody,
    who: Owner,
    answer: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> dict[str, Any]:
    """Watch one camera like this from now on. What it does now is in GET /cameras/{camera}.

    With If-Match only where it is still watched as it was read; 412 changed_meanwhile else.
    """
    running = _find(who, camera)
    try:
        wish = read_wish(body)
        own = find_own(wish.model, who.household.watch.models)
        check_watching(wish, own, running.camera.watching)
        changed = await who.household.roster.change(
            running.camera.camera_id,
            {"watching": wish},
            None,
            by=who.name,
            only_if=lambda now: is_met(if_match, now.watching.as_fields()),
        )
    except WatchingError as error:
        raise ApiError(
            422, "bad_watching", str(error), where=error.where, problem=error.problem
        ) from error
    except NoSuchCameraError as error:
        raise ApiError(404, "no_such_camera", "there is no such camera") from error
    except ChangedMeanwhileError as error:
        raise changed_meanwhile() from error
    document = changed.camera.watching.as_fields()
    tag = tag_of(document)
    if tag == tag_of(body.model_dump()):
        answer.headers["ETag"] = tag  # of what was sent, and of nothing else: RFC 9110, 9.3.4
    return document


@router.get("/models")
async def list_models(who: Owner) -> dict[str, Any]:
    """The models to choose from, and whether their files lie on this machine."""
    folder = who.household.watch.models
    return {
        "models": [
            {
                "name": model.name,
                "role": model.role,
                "size_bytes": model.size_bytes,
                "state": state_of(model, folder),
                "is_default": model.name == MODEL_DEFAULT,
                "install": f"{INSTALL} {model.name}",
            }
            for model in KNOWN
        ],
        "own": [
            {"name": own.name, "has_labels": own.has_labels, "kinds": list(own.kinds)}
            for own in own_models(folder)
        ],
        "own_folder": str(folder / OWN_FOLDER),
    }
