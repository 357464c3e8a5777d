"""Runs the watcher of one household, and feeds it. Read this first.

One process for all cameras (`detect/`), started when the first camera wants to be watched and
again whenever it ends. It is told of cameras, gets their pictures, and what it says is checked and
handed to a sink. Nothing that happens to it touches recording: readers leave out pictures rather
than wait.
"""

import asyncio
import contextlib
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from keepsight.core.clock import Clock
from keepsight.hub.walls.surroundings import ExposedError
from keepsight.hub.watch.models import OWN_FOLDER, models_folder
from keepsight.hub.watch.outlet import Outlet
from keepsight.hub.watch.process import (
    EXIT_HUNG,
    STOP_SECONDS,
    Ending,
    NoWallsError,
    WatcherRun,
    prepare,
)
from keepsight.hub.watch.reason import Reason, ReasonCode
from keepsight.hub.watch.sink import NobodySink, Sink
from keepsight.hub.watch.suspicion import Suspicion
from keepsight.hub.watch.watched import Watched, WatchSurroundings
from keepsight.hub.watch.watchstate import WatchPhase, WatchState
from keepsight.hub.watch.wire import Message

if TYPE_CHECKING:
    from keepsight.hub.running import RunningCamera

log = logging.getLogger(__name__)

TICK_SECONDS: Final = 1.0
BACKOFF_SECONDS_MIN: Final = 1.0
BACKOFF_SECONDS_MAX: Final = 60.0
STEADY_SECONDS: Final = 60.0
"""One that ran so long is started again at once when it ends."""
LINGER_SECONDS: Final = 30.0
"""So long after the last camera was switched off its process goes, and its memory with it."""
FILES_MAX: Final = 256
"""Of the models folder that are looked at for changes."""
NAMES_MAX: Final = 5
"""Cameras that an alarm names."""
SENTENCES: Final = {
    WatchPhase.FAILED: "nobody is noticed any more",
    WatchPhase.OFF: "movement is noticed, but not people",
    WatchPhase.BEHIND: "this machine is too slow to look at all pictures",
}
SWITCH: Final = "KEEPSIGHT_WATCHING"
"""`off` in the hub's environment: this machine watches nothing."""


class Watch:
    """The household's watcher. Lives in the event loop's thread."""

    def __init__(
        self, *, clock: Clock, secret: Path, environment: Mapping[str, str], is_idle: bool = False
    ) -> None:
        """Prepare; nothing runs before `start`.

        Args:
            clock: both times.
            secret: the household's folder, to which the watcher has no way.
            environment: says where models lie, and whether anything is watched here at all.
            is_idle: watch nothing.
        """
        self.sink: Sink = NobodySink()
        self.models = models_folder(environment)
        self.is_switched_off = is_idle or environment.get(SWITCH, "").lower() == "off"
        self._clock = clock
        self._secret = secret
        self._environment = environment
        self._outlet = Outlet()
        self._around = WatchSurroundings(clock, self._outlet, self.models, lambda: self.sink)
        self._watched: dict[bytes, Watched] = {}
        self._trouble: Reason | None = None
        self._wanted = asyncio.Event()
        self.run: WatcherRun | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._models_mark: object = None
        self._unwanted_us: int | None = None
        self._stopping = asyncio.Event()
        self._suspicion = Suspicion()
        self._began_us = 0
        self.starts = 0

    # --- for the cameras and the API ----------------------------------------------------------

    def attach(self, running: "RunningCamera") -> None:
        """A camera has started: watch it, if its owner wants that; trials are not watched."""
        if self.is_switched_off or running.camera.is_trial:
            return
        self.detach(running)
        watched = Watched(running, self._around)
        self._watched[watched.camera_id] = watched
        watched.announce()
        self._hold()
        self._look_who_wants()

    def detach(self, running: "RunningCamera") -> None:
        """A camera stops; one that is not watched is no error."""
        watched = self._watched.pop(running.camera.camera_id, None)
        if watched is not None:
            watched.close()
            self._look_who_wants()

    def changed(self, camera: bytes) -> None:
        """Its owner changed how a camera is watched; one that is not watched is no error."""
        watched = self._watched.get(camera)
        if watched is not None:
            self._suspicion.forget(camera)
            self._hold()
            watched.follow()
            self._look_who_wants()

    def find(self, camera: bytes) -> Watched | None:
        """A camera that is attached."""
        return self._watched.get(camera)

    def state(self, camera: bytes) -> WatchState:
        """How watching a camera goes."""
        watched = self._watched.get(camera)
        if watched is None:
            return WatchState(WatchPhase.UNWATCHED, None, None, self._clock.wall_us())
        return watched.state(self._trouble)

    def alarms(self) -> list[dict[str, Any]]:
        """What the owner has to do something about: one line a kind of trouble."""
        found: dict[WatchPhase, list[tuple[str, WatchState]]] = {}
        for watched in self._watched.values():
            state = watched.state(self._trouble)
            if state.is_troubled:
                name = watched.running.camera.name
                found.setdefault(state.state, []).append((name, state))
        return self._deaf() + [
            {
                "code": f"watching_{phase.value}",
                "text": _sentence(
                    SENTENCES[phase],
                    [name for name, _ in found[phase]],
                    found[phase][0][1].reason,
                ),
                "since_us": min(state.since_us for _, state in found[phase]),
            }
            for phase in SENTENCES
            if phase in found
        ]

    def _deaf(self) -> list[dict[str, Any]]:
        """An alarm about cameras that are to be listened to, and are not."""
        deaf: list[tuple[str, Reason | None, int]] = []
        for watched in self._watched.values():
            state = watched.state(self._trouble)
            if state.sound is not None and state.sound[0] in (WatchPhase.OFF, WatchPhase.FAILED):
                deaf.append((watched.running.camera.name, state.sound[1], state.since_us))
        if not deaf:
            return []
        text = _sentence("nobody listens any more", [name for name, _, _ in deaf], deaf[0][1])
        since_us = min(since_us for _, _, since_us in deaf)
        return [{"code": "listening_failed", "text": text, "since_us": since_us}]

    @property
    def pid(self) -> int | None:
        """Of the process that runs now."""
        return self.run.pid if self.run is not None else None

    # --- running --------------------------------------------------------------------------------

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin."""
        if self.is_switched_off:
            return
        self._tasks = [
            tasks.create_task(self._keep_running(), name="watcher"),
            tasks.create_task(self._tick(), name="watching"),
        ]

    async def stop(self) -> None:
        """End what goes on, and let the process go."""
        self._stopping.set()
        for watched in list(self._watched.values()):
            watched.close()
        self._watched.clear()
        if self.run is not None:
            self.run.let_go()
        if self._tasks:
            keeping, ticking = self._tasks
            ticking.cancel()
            await asyncio.wait((keeping,), timeout=STOP_SECONDS if self.run else 0)
            keeping.cancel()
            await asyncio.wait(self._tasks)
        self._tasks = []

    def _look_who_wants(self) -> None:
        if any(watched.is_wanted for watched in self._watched.values()):
            self._unwanted_us = None
            self._wanted.set()
        else:
            if self._unwanted_us is None:
                self._unwanted_us = self._clock.monotonic_us()
            self._wanted.clear()

    async def _keep_running(self) -> None:
        pause = BACKOFF_SECONDS_MIN
        while not self._stopping.is_set():
            await self._wanted.wait()
            try:
                ending = await self._run_once()
            except Exception:
                # A defect here must not end the hub, which records.
                log.exception("the watcher could not be attended to")
                ending = Ending(None, Reason(ReasonCode.INTERNAL), 0.0)
            if self._stopping.is_set():
                return
            is_steady = ending.ran_seconds > STEADY_SECONDS
            pause = BACKOFF_SECONDS_MIN if is_steady else pause
            if ending.reason is None:
                continue
            why = ending.reason.sentence
            log.warning("the watcher ended after %.0f s: %s", ending.ran_seconds, why)
            self._trouble = ending.reason
            if not (is_steady and ending.status == EXIT_HUNG):
                await asyncio.sleep(pause)
                pause = min(pause * 2, BACKOFF_SECONDS_MAX)

    async def _run_once(self) -> Ending:
        try:
            command, environment = await asyncio.to_thread(
                prepare, self.models, self._secret, self._environment
            )
        except (ExposedError, OSError) as error:
            log.warning("the watcher cannot be started: %s", error)
            return Ending(None, _why_not(error, self.models), 0.0)
        run = self.run = WatcherRun(self._clock, self._outlet, self._hear)
        self.starts += 1
        self._began_us = self._clock.monotonic_us()
        ending: Ending | None = None
        try:
            ending = await run.run(command, environment, on_ready=self._announce_all)
        finally:
            self.run = None
            if ending is not None and ending.is_crash:
                looked_at = [each.camera_id for each in self._watched.values() if each.is_known]
                self._suspicion.crashed(looked_at, self._clock.monotonic_us())
            for watched in self._watched.values():
                watched.watcher_ended()
            self._hold()
        return ending

    def _announce_all(self) -> None:
        for watched in self._watched.values():
            watched.announce()

    def _hear(self, message: Message) -> None:
        self._trouble = None
        watched = self._watched.get(message.camera)
        if watched is None:
            return
        try:
            watched.hear(message)
        except Exception:
            log.exception("what the watcher said could not be passed on")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            mark = await asyncio.to_thread(_mark_of, self.models)
            is_model_new, self._models_mark = mark != self._models_mark, mark
            try:
                self._look(is_model_new=is_model_new)
            except Exception:
                log.exception("looking after the watcher failed")

    def _look(self, *, is_model_new: bool) -> None:
        for watched in list(self._watched.values()):
            watched.tick(is_model_new=is_model_new)
            watched.state(self._trouble)  # so that changes are dated to the second
        now_us = self._clock.monotonic_us()
        if self.run is not None and now_us - self._began_us > STEADY_SECONDS * 1e6:
            self._suspicion.held_out(now_us)
            self._began_us = now_us
        self._hold()
        self._end_unwanted()

    def _hold(self) -> None:
        """Leave out who is under suspicion, and nobody else."""
        held = self._suspicion.held(self._clock.monotonic_us())
        for watched in self._watched.values():
            watched.hold(is_held=watched.camera_id in held)
        self._look_who_wants()

    def _end_unwanted(self) -> None:
        unwanted_us, run = self._unwanted_us, self.run
        if run is None or unwanted_us is None:
            return
        if self._clock.monotonic_us() - unwanted_us > LINGER_SECONDS * 1e6:
            run.let_go()
            self._unwanted_us = None


def _sentence(what: str, cameras: list[str], reason: Reason | None) -> str:
    names = ", ".join(sorted(cameras)[:NAMES_MAX])
    return f"{what}: {names} ({reason.sentence if reason else 'no reason was given'})"


def _why_not(error: Exception, models: Path) -> Reason:
    """Why a watcher cannot be prepared."""
    if isinstance(error, NoWallsError):
        return Reason(ReasonCode.NO_WALLS, {"missing": ", ".join(error.missing)})
    if isinstance(error, ExposedError):
        return Reason(ReasonCode.EXPOSED)
    return Reason(ReasonCode.NO_FOLDER, {"folder": str(models)})


def _mark_of(models: Path) -> object:
    """Something that is another when models come or go."""
    found = []
    for folder in (models, models / OWN_FOLDER):
        with contextlib.suppress(OSError):
            found += [
                (entry.name, entry.stat().st_mtime_ns, entry.stat().st_size)
                for entry in sorted(folder.iterdir())[:FILES_MAX]
            ]
    return tuple(found)
