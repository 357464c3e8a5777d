"""`keepsight demo`: two simulated cameras, a hub and a door, on loopback."""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.core.secret import Secret
from keepsight.serve.child import Child
from keepsight.serve.control import Control, ControlError, open_control
from keepsight.serve.installation import Installation, ensure_installation
from keepsight.serve.supervisor import Ready, ServeOptions, supervise

log = logging.getLogger(__name__)
HOUSEHOLD: Final = "Demo"
MEMBER: Final = "demo"
PICTURE_SECONDS_MAX: Final = 60.0
FILE_NAME: Final = "demo.json"
ATTACH_TRIES: Final = 3
"""A busy machine may take longer to draw the first picture than the hub waits for one."""
BYTES_MAX: Final = 4_000_000_000
"""Of each demo camera's recordings: about six hours."""


@dataclass(frozen=True, slots=True)
class DemoCamera:
    """One simulated camera."""

    name: str
    room: str
    arguments: tuple[str, ...]
    """For `python -m keepsight.camera`."""


SCENES: Final = (
    DemoCamera(
        "Front door",
        "Outside",
        ("--scene", "front-door", "--serial", "DEMO0001", "--camera-mark", "1"),
    ),
    DemoCamera(
        "Living room",
        "Inside",
        ("--scene", "living-room", "--serial", "DEMO0002", "--camera-mark", "2"),
    ),
)


def demo_cameras(clips: Sequence[Path]) -> tuple[DemoCamera, ...]:
    """The drawn scenes, or one camera for each clip."""
    if not clips:
        return SCENES
    return tuple(
        DemoCamera(clip.stem, "Clips", ("--clip", str(clip), "--sub", "--serial", f"CLIP{n:04}"))
        for n, clip in enumerate(clips, 1)
    )


def demo_passphrase(data: Path) -> Secret:
    """The passphrase of the demo household in this directory, made at the first start."""
    path = data / FILE_NAME
    try:
        return Secret(str(json.loads(path.read_text())["passphrase"]))
    except FileNotFoundError:
        text = "-".join(secrets.token_hex(3) for _ in range(4))
        path.touch(mode=0o600)
        path.write_text(json.dumps({"passphrase": text}))
        return Secret(text)


async def _start_camera(
    tasks: asyncio.TaskGroup, camera: DemoCamera, on_url: Callable[[str], None]
) -> None:
    def on_line(line: str) -> None:
        if line.startswith("listening "):
            on_url(line.removeprefix("listening ").strip())

    arguments = (
        *("-m", "keepsight.camera", "serve", "--rtsp", "127.0.0.1:0/main", "--child"),
        *("--name", camera.name),
        *camera.arguments,
    )
    tasks.create_task(Child(f"camera {camera.name}", arguments, on_line).run(), name=camera.name)


async def _attach(control: Control, camera: DemoCamera, url: str) -> None:
    """Add the camera, or tell the hub where it is now."""
    body = {"url": url, "sub_url": url.rsplit("/", 1)[0] + "/sub"}
    known = {found["name"]: found for found in await control.ask("GET", "/api/cameras")}
    if camera.name in known:
        await control.ask("PATCH", f"/api/cameras/{known[camera.name]['id']}", body)
    else:
        new = {**body, "name": camera.name, "room": camera.room}
        added = await control.ask("POST", "/api/cameras", new)
        rule = {"is_recording": True, "bytes_max": BYTES_MAX}
        await control.ask("PATCH", f"/api/cameras/{added['id']}", {"rule": rule})


async def _attach_patiently(installation: Installation, camera: DemoCamera, url: str) -> None:
    async with open_control(installation.places[0]) as control:
        for _ in range(ATTACH_TRIES):
            try:
                await _attach(control, camera, url)
            except ControlError as error:
                log.warning("camera %s: %s", camera.name, error)
            else:
                return


async def _wait_for_pictures(control: Control) -> None:
    async with asyncio.timeout(PICTURE_SECONDS_MAX):
        while True:
            status: dict[str, Any] = await control.ask("GET", "/api/status")
            if all(camera["state"] == "running" for camera in status["cameras"]):
                return
            await asyncio.sleep(0.1)


async def run_demo(
    data: Path, port: int, clips: Sequence[Path], on_ready: Callable[[str, Secret], None]
) -> None:
    """Run until cancelled.

    Args:
        data: where the demo household lives; kept from run to run.
        port: of the page; 0 takes a free one.
        clips: video files to loop instead of the drawn scenes.
        on_ready: called with the page's address and the passphrase once pictures are there.
    """
    installation: Installation = ensure_installation(data)
    passphrase = demo_passphrase(data)
    cameras = demo_cameras(clips)
    config = {"demo": {"household": HOUSEHOLD, "member": MEMBER, "passphrase": passphrase.reveal()}}
    ready: asyncio.Future[Ready] = asyncio.get_running_loop().create_future()

    def on_serving(found: Ready) -> None:
        if not ready.done():
            ready.set_result(found)

    async with asyncio.TaskGroup() as tasks:
        options = ServeOptions(port)
        tasks.create_task(supervise(installation, options, config, on_serving), name="supervise")
        urls: list[asyncio.Queue[str]] = [asyncio.Queue() for _ in cameras]
        for camera, queue in zip(cameras, urls, strict=True):
            await _start_camera(tasks, camera, queue.put_nowait)
        serving = await ready

        async def follow(camera: DemoCamera, queue: asyncio.Queue[str]) -> None:
            # A camera process that was started anew listens elsewhere.
            while True:
                await _attach_patiently(installation, camera, await queue.get())

        for camera, queue in zip(cameras, urls, strict=True):
            await _attach_patiently(installation, camera, await queue.get())
            tasks.create_task(follow(camera, queue))
        async with open_control(installation.places[0]) as control:
            await _wait_for_pictures(control)
        on_ready(serving.urls[0], passphrase)
