"""Sealed bytes: stills, recorded fragments, pieces of exports. The door asks here.

Nothing is opened: what leaves is what lies on disk or what was sealed for this.
"""

from typing import Final

from fastapi import APIRouter, Response

from keepsight.hub.api.answers import ApiError, Caller, parse_id
from keepsight.hub.api.exports import find_job
from keepsight.hub.api.policies import SignedIn
from keepsight.hub.grant import Capability
from keepsight.hub.store.events import StoredPicture
from keepsight.seal.header import Stream

router = APIRouter()
FRAGMENTS_MAX: Final = 256
IMMUTABLE: Final = {
    "Cache-Control": "private, max-age=31536000, immutable",
    "X-Content-Type-Options": "nosniff",
}
NO_STORE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def _sequences(text: str) -> tuple[int, int]:
    first, dash, last = text.partition("-")
    if not (dash and first.isdigit() and last.isdigit() and len(text) <= 21):
        raise ApiError(404, "not_found", "fragments are named first-last")
    if not 0 <= int(last) - int(first) < FRAGMENTS_MAX:
        raise ApiError(422, "too_many", f"ask for at most {FRAGMENTS_MAX} fragments, in order")
    return int(first), int(last)


def _sealed(body: bytes, headers: dict[str, str]) -> Response:
    return Response(body, media_type="application/octet-stream", headers=headers)


@router.get("/s/{opaque}/still")
async def still(opaque: str, who: SignedIn) -> Response:
    """INIT and the newest STILL of a stream, back to back."""
    roster = who.household.roster
    found = roster.find_stream(parse_id(opaque, "stream"))
    if found is None:
        raise ApiError(404, "no_such_stream", "there is no such stream")
    camera, stream = found
    needed = Capability.STILL if stream is Stream.STILL else Capability.LIVE
    if not who.may(camera.camera.camera_id, needed):
        raise ApiError(404, "no_such_stream", "there is no such stream")
    live = camera.live.get(stream)
    if camera.is_masked and stream is not Stream.STILL:
        # A keyframe shows what the masks hide; the still stream has pictures without it.
        raise ApiError(404, "no_picture", "the camera's stills are masked", state="hidden")
    sealed = live.still() if live else None
    if sealed is None:
        state = camera.still_state.value
        raise ApiError(404, "no_picture", "no picture yet", state=state)
    return _sealed(sealed, NO_STORE)


@router.get("/s/export/{writer}/{sequences}")
async def export_pieces(writer: str, sequences: str, who: SignedIn) -> Response:
    """Sealed pieces of an exported file."""
    first, last = _sequences(sequences)
    job = find_job(who, writer)
    sealed = await who.household.exports.pieces(job.writer, first, last) if job else None
    if sealed is None:
        raise ApiError(404, "not_found", "there is no such piece of an export")
    return _sealed(sealed, IMMUTABLE)


@router.get("/s/{opaque}/{writer}/{sequences}")
async def recorded(opaque: str, writer: str, sequences: str, who: SignedIn) -> Response:
    """Recorded fragments, or the picture of an event, as they lie on disk."""
    first, last = _sequences(sequences)
    name, window = parse_id(opaque, "stream"), parse_id(writer, "segment")
    picture = await who.household.events.find_picture(name, window)
    if picture is not None:
        return await _picture_of_event(who, picture, first, last)
    camera_id = await who.household.archive.camera_of(name, window)
    if camera_id is None or not who.may(camera_id, Capability.PLAYBACK):
        raise ApiError(404, "not_found", "there are no such fragments")
    sealed = await who.household.archive.fragments(name, window, first, last)
    if sealed is None:
        raise ApiError(404, "not_found", "there are no such fragments")
    return _sealed(sealed, IMMUTABLE)


async def _picture_of_event(who: Caller, picture: StoredPicture, first: int, last: int) -> Response:
    is_allowed = who.may(picture.camera, Capability.EVENTS)
    sealed = await who.household.events.sealed(picture) if is_allowed and first == 0 else None
    if sealed is None or last != 0:
        raise ApiError(404, "not_found", "there are no such fragments")
    return _sealed(sealed, IMMUTABLE)
