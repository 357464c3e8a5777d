"""Exports made in the hub and fetched, sealed, by a device."""

from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.cameras import parse_stream
from keepsight.hub.api.policies import MayExport, Owner, SignedIn
from keepsight.hub.exports import ExportJob, TooManyExportsError
from keepsight.hub.grant import Capability
from keepsight.hub.record.redaction import Redaction, RedactionError

router = APIRouter()


class ExportBody(BaseModel):
    """What to export."""

    model_config = ConfigDict(extra="forbid")
    camera: str = Field(pattern="^[0-9a-f]{32}$")
    stream: str = "main"
    from_us: int = Field(ge=0, le=1 << 62)
    to_us: int = Field(ge=0, le=1 << 62)
    blur_faces: bool = False
    """Faces and heads become unrecognisable, as far as they are found."""
    apply_masks: bool = False
    """The camera's privacy masks are burnt in; without masks nothing happens."""
    without_sound: bool = False


def _document(job: ExportJob) -> dict[str, Any]:
    return {
        "writer": job.writer.hex(),
        "camera": job.camera.hex(),
        "state": job.state,
        "progress": round(job.progress, 3),
        "message": job.message,
        "file_name": job.file_name,
        "bytes": job.size_bytes,
        "pieces": job.pieces,
        "start_us": job.start_us,
        "end_us": job.end_us,
        "blurred": job.redaction.blurs_faces,
        "masked": bool(job.redaction.masks),
    }


async def _start(body: ExportBody, who: Caller, path: Path | None) -> dict[str, Any]:
    if body.to_us <= body.from_us:
        raise ApiError(422, "bad_range", "the end must come after the start")
    camera_id = parse_id(body.camera, "camera")
    who.require(camera_id, Capability.EXPORT)
    running = who.household.roster.find(camera_id)
    if running is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    stream = parse_stream(body.stream)
    masks = running.camera.watching.privacy_masks if body.apply_masks else ()
    redaction = Redaction(body.blur_faces, masks, not body.without_sound)
    try:
        job = await who.household.exports.start(
            *(running.camera, stream, body.from_us, body.to_us),
            by=who.name, path=path, redaction=redaction,
        )  # fmt: skip
    except TooManyExportsError as error:
        raise ApiError(429, "too_many_exports", str(error)) from error
    except RedactionError as error:
        raise ApiError(422, error.code, str(error)) from error
    return _document(job)


def find_job(who: Caller, writer: str) -> ExportJob | None:
    """An export that this caller may fetch: their own, or any for an owner."""
    job = who.household.exports.find(parse_id(writer, "export"))
    if job is None or not _is_theirs(who, job):
        return None
    return job


def _is_theirs(who: Caller, job: ExportJob) -> bool:
    return (who.is_owner or job.by == who.name) and who.may(job.camera, Capability.EXPORT)


@router.post("/exports")
async def start_export(body: ExportBody, who: MayExport) -> dict[str, Any]:
    """Begin an export; ask for its progress afterwards."""
    return await _start(body, who, None)


class FileExportBody(ExportBody):
    """What to export, and to which file of this machine."""

    path: str = Field(min_length=1, max_length=4096)


@router.post("/exports/file")
async def start_file_export(body: FileExportBody, request: Request, who: Owner) -> dict[str, Any]:
    """Begin an export into a file; for this machine's command line only."""
    if not request.app.state.is_local:
        raise ApiError(404, "not_found", "a browser gets its exports sealed")
    return await _start(body, who, Path(body.path))


@router.get("/exports")
async def list_exports(who: SignedIn) -> list[dict[str, Any]]:
    """Exports that are running or can still be fetched: one's own, or all for an owner."""
    return [_document(job) for job in who.household.exports.jobs() if _is_theirs(who, job)]


@router.get("/exports/{writer}")
async def show_export(writer: str, who: SignedIn) -> dict[str, Any]:
    """One export."""
    job = find_job(who, writer)
    if job is None:
        raise ApiError(404, "no_such_export", "there is no such export")
    return _document(job)


@router.delete("/exports/{writer}", status_code=204)
async def drop_export(writer: str, who: SignedIn) -> None:
    """Stop an export or forget its file; an unknown one is no error."""
    job = find_job(who, writer)
    if job is not None:
        await who.household.exports.drop(job.writer)
