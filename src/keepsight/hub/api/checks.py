"""Checks of products: send files, start, follow, read the report, attach it to a camera."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from keepsight.hub.access import hash_token
from keepsight.hub.api.answers import (
    ApiError,
    Caller,
    cookie_name,
    open_household,
    parse_id,
)
from keepsight.hub.api.policies import TICKET, Owner
from keepsight.hub.checks import intake
from keepsight.hub.checks.checks import Checks, NoSuchCheckError
from keepsight.hub.checks.envelope import EnvelopeError
from keepsight.hub.checks.tickets import TICKET_SECONDS
from keepsight.hub.household import Household
from keepsight.hub.inspection import GivenFile, Inspection, InspectionState
from keepsight.hub.store.reports import ReportFormat
from keepsight.hub.walls.confine import missing_protection

router = APIRouter()
CameraId = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Name = Annotated[str, Field(max_length=100)]
_STATUS: Final = {
    "disk_full": 507,
    "wrong_offset": 409,
    "not_receiving": 409,
    "not_complete": 409,
    "queue_full": 429,
    "too_many_uploads": 429,
}
"""Of refusals that are no 422."""
_MEDIA_TYPES: Final = {
    "json": "application/json",
    "html": "application/octet-stream",  # to be saved; what is shown comes as a page, below
    "sarif": "application/sarif+json",
}


class FileBody(BaseModel):
    """A file that will be sent."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=intake.NAME_CHARS_MAX)
    bytes: int = Field(ge=0, le=1 << 50)


class CreateBody(BaseModel):
    """What is to be checked."""

    model_config = ConfigDict(extra="forbid")
    name: Name = ""
    camera: CameraId | None = None
    files: list[FileBody] = Field(max_length=10 * intake.FILES_MAX)


class ChangeBody(BaseModel):
    """What to change; what is left out stays."""

    model_config = ConfigDict(extra="forbid")
    name: Name | None = None
    camera: CameraId | None = None


@asynccontextmanager
async def _refusing() -> AsyncIterator[None]:
    try:
        yield
    except NoSuchCheckError as error:
        raise ApiError(404, "no_such_check", str(error)) from error
    except intake.IntakeError as error:
        status = _STATUS.get(error.code, 422)
        raise ApiError(status, error.code, str(error), **error.fields) from error
    except EnvelopeError as error:
        raise ApiError(500, "damaged_report", str(error)) from error


def _document(checks: Checks, one: Inspection) -> dict[str, Any]:
    document: dict[str, Any] = {
        "id": one.inspection_id.hex(),
        "name": one.name,
        "camera": one.camera_id.hex() if one.camera_id else None,
        "state": one.state.value,
        "reason": one.reason.value if one.reason else None,
        "created_us": one.created_us,
        "started_us": one.started_us,
        "finished_us": one.finished_us,
        "files": [{"name": file.name, "bytes": file.size_bytes} for file in one.files],
        "summary": asdict(one.summary) if one.summary else None,
        "confinement": asdict(one.confinement) if one.confinement else None,
        "can_start": checks.can_start(one),
        "progress": None,
        "received": None,
    }
    if one.state is InspectionState.RUNNING:
        document["progress"] = asdict(checks.progress)
    if one.state is InspectionState.RECEIVING:
        document["received"] = checks.received(one.inspection_id)
    return document


def _known_camera(who: Caller, camera: str | None) -> bytes | None:
    if camera is None:
        return None
    camera_id = parse_id(camera, "camera")
    if who.household.roster.find(camera_id) is None:
        raise ApiError(404, "no_such_camera", "there is no such camera")
    return camera_id


@router.get("/checks")
async def list_checks(who: Owner) -> dict[str, Any]:
    """All checks, the newest first, with what may be sent and whether this kernel can confine."""
    checks = who.household.checks
    return {
        "checks": [_document(checks, one) for one in checks.all()],
        "limits": {
            "files": intake.FILES_MAX,
            "file_bytes": intake.FILE_BYTES_MAX,
            "check_bytes": intake.CHECK_BYTES_MAX,
            "piece_bytes": intake.PIECE_BYTES_MAX,
        },
        "missing_protection": missing_protection(),
    }


@router.post("/checks")
async def create_check(body: CreateBody, who: Owner) -> dict[str, Any]:
    """Announce files; send them next."""
    checks = who.household.checks
    files = [GivenFile(file.name, file.bytes) for file in body.files]
    async with _refusing():
        one = await checks.create(
            body.name.strip(), _known_camera(who, body.camera), files, by=who.name
        )
    return _document(checks, one)


@router.put("/checks/{check}/files/{number}")
async def receive_file(
    check: str, number: int, request: Request, who: Owner, offset: Annotated[int, Query(ge=0)]
) -> dict[str, int]:
    """Take the next piece of a file, at most PIECE_BYTES_MAX of raw bytes."""
    piece = bytearray()
    async for chunk in request.stream():
        piece += chunk
        if len(piece) > intake.PIECE_BYTES_MAX:
            raise ApiError(413, "piece_too_large", "send the file in smaller pieces")
    async with _refusing():
        received = await who.household.checks.receive(
            parse_id(check, "check"), number, offset, bytes(piece)
        )
    return {"received": received}


@router.post("/checks/{check}/start")
async def start_check(check: str, who: Owner) -> dict[str, Any]:
    """Put it into the queue."""
    checks = who.household.checks
    async with _refusing():
        one = await checks.start(parse_id(check, "check"), by=who.name)
    return _document(checks, one)


@router.get("/checks/{check}")
async def show_check(check: str, who: Owner) -> dict[str, Any]:
    """One check, with its progress."""
    checks = who.household.checks
    async with _refusing():
        return _document(checks, checks.find(parse_id(check, "check")))


@router.patch("/checks/{check}")
async def change_check(check: str, body: ChangeBody, who: Owner) -> dict[str, Any]:
    """Rename it, or attach it to a camera."""
    checks = who.household.checks
    is_camera_set = "camera" in body.model_fields_set
    async with _refusing():
        one = await checks.change(
            parse_id(check, "check"),
            name=body.name.strip() if body.name is not None else None,
            camera_id=_known_camera(who, body.camera),
            is_camera_set=is_camera_set,
        )
    return _document(checks, one)


@router.delete("/checks/{check}", status_code=204)
async def delete_check(check: str, who: Owner) -> None:
    """Stop and forget it."""
    async with _refusing():
        await who.household.checks.delete(parse_id(check, "check"), by=who.name)


async def _content(check: str, name: ReportFormat, household: Household) -> bytes:
    async with _refusing():
        content = await household.checks.report(parse_id(check, "check"), name)
    if content is None:
        raise ApiError(404, "no_report", "this check has no report")
    return content


async def _file(check: str, name: ReportFormat, who: Caller) -> Response:
    content = await _content(check, name, who.household)
    headers = {"Content-Disposition": f'attachment; filename="report-{check[:8]}.{name}"'}
    return Response(content, media_type=_MEDIA_TYPES[name], headers=headers)


@router.get("/checks/{check}/report")
async def json_report(check: str, who: Owner) -> Response:
    """The report as data."""
    return await _file(check, "json", who)


@router.get("/checks/{check}/report.html")
async def html_report(check: str, who: Owner) -> Response:
    """The report as a file that any browser shows and prints."""
    return await _file(check, "html", who)


@router.get("/checks/{check}/report.sarif")
async def sarif_report(check: str, who: Owner) -> Response:
    """The report for code scanners."""
    return await _file(check, "sarif", who)


@router.post("/checks/{check}/page")
async def ticket_for_page(check: str, who: Owner) -> dict[str, Any]:
    """Leave for a frame or tab, which can prove nothing, to fetch the page below."""
    checks = who.household.checks
    async with _refusing():
        one = checks.find(parse_id(check, "check"))
    session = who.session.token_hash if who.session else b""
    return {"ticket": checks.tickets.issue(one.inspection_id, session), "seconds": TICKET_SECONDS}


@router.get("/checks/{check}/page", dependencies=[TICKET])
async def report_page(
    check: str, request: Request, ticket: Annotated[str, Query(max_length=64)] = ""
) -> Response:
    """The report to look at; the door gives it a policy under which it can do nothing else."""
    household = open_household(request)
    session = b""
    if not request.app.state.is_local:
        cookie = request.cookies.get(cookie_name(request, household.household_id), "")
        if household.people.find_session(cookie) is None:
            raise ApiError(401, "not_signed_in", "sign in first")
        session = hash_token(cookie)
    if not household.checks.tickets.is_good(ticket, parse_id(check, "check"), session):
        raise ApiError(404, "ticket_over", "open the report from its check again")
    content = await _content(check, "html", household)
    return Response(content, media_type="text/html; charset=utf-8")
