"""The timeline, the segments behind it, and deleting a part of it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, parse_id
from keepsight.hub.api.cameras import parse_stream
from keepsight.hub.api.policies import Owner, PlaysBack
from keepsight.hub.grant import Capability
from keepsight.hub.recording import Segment

router = APIRouter()
LIST_US_MAX: Final = 24 * 3600 * 1_000_000
TIMELINE_US_MAX: Final = 62 * LIST_US_MAX
CAMERAS_MAX: Final = 64


class DeleteBody(BaseModel):
    """A stretch of one camera's recordings."""

    model_config = ConfigDict(extra="forbid")
    camera: str = Field(pattern="^[0-9a-f]{32}$")
    from_us: int = Field(ge=0, le=1 << 62)
    to_us: int = Field(ge=0, le=1 << 62)


def segment_document(segment: Segment) -> dict[str, Any]:
    """A segment as the player wants it."""
    return {
        "writer": segment.writer.hex(),
        "epoch": segment.epoch,
        "start_us": segment.start_us,
        "end_us": segment.end_us,
        "codec": segment.codec,
        "width": segment.width,
        "height": segment.height,
        "bytes": segment.size_bytes,
        "growing": segment.is_growing,
        "fragments": [
            [ref.sequence, ref.kind.value, ref.start_us, ref.size_bytes]
            for ref in segment.fragments
        ],
    }


def _check_range(from_us: int, to_us: int, span_us_max: int) -> None:
    if to_us <= from_us:
        raise ApiError(422, "bad_range", "the end must come after the start")
    if to_us - from_us > span_us_max:
        hours = span_us_max // 3_600_000_000
        raise ApiError(422, "range_too_long", f"ask for at most {hours} hours at once")


@router.get("/timeline")
async def show_timeline(
    who: PlaysBack,
    camera: Annotated[list[str], Query(max_length=CAMERAS_MAX)],
    from_us: Annotated[int, Query(alias="from", ge=0, le=1 << 62)],
    to_us: Annotated[int, Query(alias="to", ge=0, le=1 << 62)],
) -> dict[str, Any]:
    """Spans and gaps of some cameras' main streams."""
    _check_range(from_us, to_us, TIMELINE_US_MAX)
    ids = [parse_id(text, "camera") for text in camera]
    for camera_id in ids:
        who.require(camera_id, Capability.PLAYBACK)
    timelines = await who.household.archive.timelines(ids, from_us, to_us)
    return {
        "cameras": [
            {
                "camera": timeline.camera.hex(),
                "stream": timeline.stream.name.lower(),
                "spans": [[span.start_us, span.end_us] for span in timeline.spans],
                "gaps": [
                    {"start_us": gap.start_us, "end_us": gap.end_us, "reason": gap.reason.value}
                    for gap in timeline.gaps
                ],
            }
            for timeline in timelines
        ]
    }


@router.get("/recordings")
async def list_recordings(
    who: PlaysBack,
    camera: str,
    from_us: Annotated[int, Query(alias="from", ge=0, le=1 << 62)],
    to_us: Annotated[int, Query(alias="to", ge=0, le=1 << 62)],
    stream: str = "main",
) -> dict[str, Any]:
    """Segments with their fragments, for playing."""
    _check_range(from_us, to_us, LIST_US_MAX)
    camera_id = parse_id(camera, "camera")
    who.require(camera_id, Capability.PLAYBACK)
    segments = await who.household.archive.segments(camera_id, parse_stream(stream), from_us, to_us)
    return {"segments": [segment_document(segment) for segment in segments]}


@router.delete("/recordings")
async def delete_recordings(body: DeleteBody, who: Owner) -> dict[str, int]:
    """Delete whole segments inside a range; their keys are destroyed first."""
    _check_range(body.from_us, body.to_us, 1 << 62)
    count, size_bytes, events = await who.household.archive.delete_range(
        parse_id(body.camera, "camera"), body.from_us, body.to_us, by=who.name
    )
    return {"deleted": count, "bytes": size_bytes, "events": events}
