"""From options to a running camera; apart from `cli.py`, whose commands must start fast."""

import asyncio
import logging
import os
import signal
import stat
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import uvloop

from keepsight.camera.camera import Camera, MountRules, build_mounts
from keepsight.camera.clip import Clip
from keepsight.camera.drawn import DrawnOptions, DrawnScene
from keepsight.camera.faults import Faults
from keepsight.camera.mark import CAMERA_MARK_MAX, HOUSEHOLD_MARK_BYTES
from keepsight.camera.media import Source, SourceError
from keepsight.camera.scene import Caption, find_scene
from keepsight.camera.server import Access, CameraServer, Identity, ServerOptions
from keepsight.camera.session import SessionRules
from keepsight.core.clock import SystemClock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Show:
    """What the camera shows."""

    clip: Path | None
    """None: the scene."""
    scene: str
    name: str
    """Empty: the scene's own."""
    household_mark: str
    """12 hex digits."""
    camera_mark: int
    seed: int
    speed: float
    has_sub: bool | None
    """None: a scene has one, a clip does not."""
    other_clip: Path | None = None
    """For the fault `switch_after_seconds`."""


@dataclass(frozen=True, slots=True)
class Serve:
    """How it is served."""

    host: str
    port: int
    serial: str
    access: Access
    rules: SessionRules
    mount_rules: MountRules
    faults: Faults
    is_child: bool = False
    """End when standard input ends."""
    other_serial: str | None = None
    """For the fault `identity_after_seconds`."""


def _drawn(show: Show) -> Source:
    scene = find_scene(show.scene)
    try:
        household = bytes.fromhex(show.household_mark)
    except ValueError as error:
        raise SourceError("the household mark is written as 12 hex digits") from error
    if len(household) != HOUSEHOLD_MARK_BYTES or not 0 <= show.camera_mark <= CAMERA_MARK_MAX:
        raise SourceError("a mark has 12 hex digits of household and a camera below 65536")
    caption = Caption(show.name or scene.title, household, show.camera_mark)
    options = DrawnOptions(show.seed, has_sub=show.has_sub is not False)
    return DrawnScene(scene, caption, SystemClock(), options)


def build(show: Show, serve: Serve) -> Camera:
    """Open the film or paint the scene, and put a server in front.

    Raises:
        SourceError: no such film or scene, or nothing that could encode it.
    """
    clock = SystemClock()
    if show.clip is None:
        source = _drawn(show)
    else:
        source = Clip(show.clip, clock, speed=show.speed, has_sub=bool(show.has_sub))
    name = show.name or "Keepsight camera"
    server = CameraServer(
        build_mounts(source.streams, serve.mount_rules),
        Identity(serve.serial, name),
        clock,
        ServerOptions(serve.access, serve.rules, serve.faults),
    )
    return Camera(
        source,
        server,
        mount_rules=serve.mount_rules,
        other_source=Clip(show.other_clip, clock) if show.other_clip else None,
        other_identity=Identity(serve.other_serial, name) if serve.other_serial else None,
    )


def _watch_parent(stop: asyncio.Event) -> None:
    """Stop when the parent closes our standard input, which its death does too."""
    loop, number = asyncio.get_running_loop(), sys.stdin.fileno()
    mode = os.fstat(number).st_mode
    if not (stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)):
        log.warning("standard input is no pipe: the end of the parent will not be noticed")
        return

    def on_input() -> None:
        if not os.read(number, 4096):
            loop.remove_reader(number)
            stop.set()

    loop.add_reader(number, on_input)


async def _run(camera: Camera, serve: Serve, on_ready: Callable[[int], None]) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if serve.is_child:
        _watch_parent(stop)
    await camera.run(serve.host, serve.port, stop, on_ready)


def run(show: Show, serve: Serve, on_ready: Callable[[int], None]) -> None:
    """Serve until SIGTERM, SIGINT or, as a child, the end of standard input.

    Raises:
        SourceError: see `build`; or the film went away.
        OSError: the address cannot be bound.
    """
    camera = build(show, serve)
    try:
        uvloop.run(_run(camera, serve, on_ready))
    except ExceptionGroup as group:
        found = group.subgroup(SourceError)
        if found is None:
            raise
        raise SourceError(str(found.exceptions[0])) from group
