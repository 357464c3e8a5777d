"""A camera that is known and never answers, and things to be noticed on it."""

import asyncio
import io
from dataclasses import replace

import av
import numpy as np

from keepsight.core.destination import Destination
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, RecordingRule, StreamSource
from keepsight.hub.event import Event
from keepsight.hub.watching import Watching
from keepsight.seal.header import Stream

SECOND = 1_000_000
HALL, ATTIC = b"c" * 16, b"a" * 16


def jpeg(size=(64, 36), shade=120):
    """A real picture."""
    out = io.BytesIO()
    with av.open(out, "w", format="mjpeg") as film:
        stream = film.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = *size, "yuvj420p"
        picture = np.full((size[1], size[0], 3), (shade, 90, 40), np.uint8)
        film.mux(stream.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        film.mux(stream.encode(None))
    return out.getvalue()


async def hang(home, camera_id=HALL, name="Hall", **more):
    """Have the household know a camera, at an address where nothing listens."""
    household = home.household
    camera = Camera(
        camera_id,
        name,
        "",
        (StreamSource(Stream.MAIN, Destination("rtsp", "127.0.0.1", 1, "/")),),
        DeviceFacts(),
        more.pop("rule", RecordingRule()),
        household.clock.wall_us(),
        watching=Watching(is_on=False),
        **more,
    )
    await household.sql(household.store.put_camera, household.household_id, camera, None)
    household.roster._launch(camera, None)
    return camera


def visit(home, number=1, camera=HALL, **more):
    """An event that began a minute ago."""
    start_us = home.household.clock.wall_us() - 60 * SECOND + number
    fields = {"confidence": 0.8, "best_us": start_us + SECOND, "end_us": None, **more}
    kind = fields.pop("kind", "person")
    last_us = fields.pop("last_us", start_us + 5 * SECOND)
    event_id = number.to_bytes(15) + camera[:1]
    start_us = fields.pop("start_us", start_us)
    event = Event(event_id, camera, kind, start_us, last_us, **fields)
    return replace(event, best_box=(0.1, 0.2, 0.3, 0.4)) if "best_box" not in more else event


async def until(question, seconds=20):
    """Wait until something is so."""
    async with asyncio.timeout(seconds):
        while not (found := await question()):  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.01)
        return found


async def noticed(home, event, *, picture=True, preview=False, ends=True):
    """Have an event stored whole, as the watcher would; as it is stored."""
    events = home.household.events
    events.on_event(event.camera_id, "start", event)
    if picture:
        events.on_picture(event.camera_id, event.event_id, jpeg())
    if preview:
        events.on_preview(event.camera_id, event.event_id, 2, 2, 3, jpeg((128, 72)))

    async def is_there():
        found = await events.find(event.event_id)
        return found if found and len(found.pictures) == picture + preview else None

    found = await until(is_there)
    if ends:
        events.on_event(event.camera_id, "end", event)

        async def has_ended():
            found = await events.find(event.event_id)
            return found if found.end_us is not None else None

        return await until(has_ended)
    return found
