"""The household's cameras: which there are, adding, changing and removing them, and their pins."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from keepsight.core.destination import (
    Credentials,
    Destination,
    DestinationError,
    parse_destination,
)
from keepsight.core.device import DeviceFacts
from keepsight.hub.camera import Camera, RecordingRule, StreamSource, Transport
from keepsight.hub.keyrelease import ReleasableWindow, live_purpose
from keepsight.hub.live.stream import WINDOW_US
from keepsight.hub.running import RunningCamera, Surroundings
from keepsight.lan.rtsp.client import Probe, probe
from keepsight.lan.rtsp.dialogue import RtspError
from keepsight.seal import keys
from keepsight.seal.header import Stream

if TYPE_CHECKING:
    from keepsight.hub.household import Household

CAMERAS_MAX: Final = 512
TRIALS_MAX: Final = 4
TRIAL_US: Final = 600_000_000
TRIAL_CHECK_SECONDS: Final = 5.0


class NoSuchCameraError(LookupError):
    """There is no camera with this id."""


class ChangedMeanwhileError(Exception):
    """A camera is not as whoever changes it believes."""


class CameraProblemError(Exception):
    """A camera cannot be added or changed; `code` is one of the API's, the text says what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class CameraRequest:
    """A camera that somebody wants to add."""

    url: str
    sub_url: str | None
    credentials: Credentials | None
    transport: Transport
    name: str
    room: str
    is_trial: bool


def _parse(url: str, credentials: Credentials | None) -> tuple[Destination, Credentials | None]:
    try:
        destination, in_url = parse_destination(url)
    except DestinationError as error:
        raise CameraProblemError("bad_url", str(error)) from error
    return destination, credentials or in_url


class Roster:
    """All cameras of one household. Lives in the event loop's thread."""

    def __init__(
        self,
        household: "Household",
        surroundings: Callable[["Roster"], Surroundings],
        tasks: asyncio.TaskGroup,
        *,
        is_idle: bool = False,
        probe_camera: Callable[..., Any] = probe,
    ) -> None:
        self._household = household
        self._tasks = tasks
        self._is_idle = is_idle
        self._probe = probe_camera
        self._running: dict[bytes, RunningCamera] = {}
        self._changing = asyncio.Lock()
        self.surroundings = surroundings(self)

    # Looking

    def running(self) -> list[RunningCamera]:
        """All cameras, in the order in which they were added."""
        return sorted(self._running.values(), key=lambda r: r.camera.added_us)

    def find(self, camera: bytes) -> RunningCamera | None:
        """One camera."""
        return self._running.get(camera)

    def opaque_streams(self) -> Iterator[bytes]:
        """The door's names of all streams."""
        for running in self._running.values():
            for _stream, opaque, _source in running.stream_table():
                yield opaque

    def find_stream(self, opaque: bytes) -> tuple[RunningCamera, Stream] | None:
        """The stream that the door calls by this name."""
        for running in self._running.values():
            for stream in running.live:
                if running.opaque(stream) == opaque:
                    return running, stream
        return None

    def live_windows(self, camera: bytes, stream: Stream) -> list[ReleasableWindow]:
        """The current live window of a stream, and the next one when it is near."""
        running = self._running.get(camera)
        live = running.live.get(stream) if running else None
        if live is None:
            return []
        found = ((live.current_window(), False), (live.next_window(), True))
        return [
            ReleasableWindow(
                window.context,
                live_purpose(stream),
                self._household.keyring.window_secret(window.context),
                window.codec,
                window.expires_us - WINDOW_US,
                window.expires_us,
                is_next=is_next,
            )
            for window, is_next in found
            if window is not None
        ]

    # Starting and stopping

    async def load(self) -> None:
        """Start every stored camera; trials of an earlier run are forgotten."""
        household = self._household
        stored = await household.sql(household.store.list_cameras, household.household_id)
        for entry in stored:
            camera = entry.camera
            if camera.is_trial:
                await household.sql(
                    household.store.remove_camera, household.household_id, camera.camera_id
                )
                continue
            credentials = None
            if entry.sealed_credentials:
                user, password = household.keyring.open_credentials(
                    camera.camera_id, entry.sealed_credentials
                )
                credentials = Credentials(user, password)
            self._launch(camera, credentials)
        if not self._is_idle:
            self._tasks.create_task(self._forget_trials(), name="trials")

    def _launch(self, camera: Camera, credentials: Credentials | None) -> RunningCamera:
        running = RunningCamera(camera, credentials, self.surroundings)
        self._running[camera.camera_id] = running
        if self._is_idle:
            running.start_idle()
        else:
            running.start(self._tasks)
        return running

    async def stop(self) -> None:
        """Disconnect all cameras."""
        await asyncio.gather(*(running.stop() for running in self._running.values()))

    def roll_windows(self) -> None:
        """Start new live windows everywhere: a key that was released opens nothing from now on."""
        for running in self._running.values():
            for live in running.live.values():
                live.roll()

    def renew(self) -> None:
        """A new epoch has begun: nothing that is sealed from now on has an old key or name."""
        self._household.feed.renew()
        for running in self._running.values():
            running.renew()

    async def _forget_trials(self) -> None:
        while True:
            await asyncio.sleep(TRIAL_CHECK_SECONDS)
            oldest_us = self._household.clock.wall_us() - TRIAL_US
            for running in self.running():
                if running.camera.is_trial and running.camera.added_us < oldest_us:
                    await self.remove(running.camera.camera_id, with_recordings=True, by="hub")

    # Changing

    async def add(self, request: CameraRequest, *, by: str) -> RunningCamera:
        """Try a camera, pin its identity, store and start it.

        Raises:
            CameraProblemError: it cannot be used; nothing was stored.
        """
        destination, credentials = _parse(request.url, request.credentials)
        self._check_room(request)
        found = await self._try(destination, credentials, request.transport)
        sources = [StreamSource(Stream.MAIN, destination, request.transport)]
        if request.sub_url:
            sub, sub_credentials = _parse(request.sub_url, credentials)
            await self._try(sub, sub_credentials, request.transport)
            sources.append(StreamSource(Stream.SUB, sub, request.transport))
        camera = Camera(
            camera_id=keys.new_id(),
            name=request.name.strip(),
            room=request.room.strip(),
            sources=tuple(sources),
            identity=found.facts,
            rule=RecordingRule(),
            added_us=self._household.clock.wall_us(),
            is_trial=request.is_trial,
        )
        async with self._changing:
            self._check_room(request)  # again: another request may have come first
            await self._note("camera_added", camera, by)
            await self._store(camera, credentials)
            return self._launch(camera, credentials)

    def _check_room(self, request: CameraRequest) -> None:
        cameras = [running.camera for running in self._running.values()]
        trials = sum(camera.is_trial for camera in cameras)
        if len(cameras) >= CAMERAS_MAX or (request.is_trial and trials >= TRIALS_MAX):
            raise CameraProblemError("too_many", "remove a camera first: there are too many")
        if not request.is_trial:
            self._check_name(request.name, None)

    def _check_name(self, name: str, own: bytes | None) -> None:
        wanted = name.strip().casefold()
        if not wanted:
            raise CameraProblemError("bad_name", "give the camera a name")
        for running in self._running.values():
            camera = running.camera
            if camera.name.casefold() == wanted and camera.camera_id != own and not camera.is_trial:
                raise CameraProblemError("name_taken", f"there is a camera named {camera.name}")

    async def _try(
        self, destination: Destination, credentials: Credentials | None, transport: Transport
    ) -> Probe:
        try:
            found: Probe = await self._probe(
                destination, credentials, clock=self._household.clock, transport=transport
            )
        except RtspError as error:
            raise CameraProblemError(str(error.state), str(error)) from error
        return found

    async def change(
        self,
        camera_id: bytes,
        values: dict[str, Any],
        credentials: Credentials | None,
        *,
        by: str,
        only_if: Callable[[Camera], bool] = lambda _camera: True,
    ) -> RunningCamera:
        """Change what the API allows; a new address or password is tried first.

        Args:
            camera_id: 16 bytes.
            values: what to change, by the API's names.
            credentials: new ones; None: as before.
            by: for the ledger.
            only_if: asked about the camera as it is when its turn to be changed has come.

        Raises:
            ChangedMeanwhileError: `only_if` said no.
            NoSuchCameraError: there is no such camera.
            CameraProblemError: the change cannot be made; everything stays as it was.
        """
        running = self._running.get(camera_id)
        if running is None:
            raise NoSuchCameraError
        if "name" in values or values.get("trial") is False:
            self._check_name(values.get("name") or running.camera.name, camera_id)
        camera = _changed(running.camera, values)
        new_credentials = credentials or running.credentials
        is_moved = camera.sources != running.camera.sources or credentials is not None
        if is_moved:
            for source in camera.sources:
                await self._try(source.destination, new_credentials, source.transport)
        household = self._household
        async with self._changing:
            running = self._running.get(camera_id)
            if running is None:
                raise NoSuchCameraError
            if not only_if(running.camera):
                raise ChangedMeanwhileError
            camera = _changed(running.camera, values)  # again: another change may have come first
            fields = _changed_fields(running.camera, values)
            await self._note("camera_changed", camera, by, fields=fields)
            await self._store(camera, new_credentials)
            if _needs_restart(running.camera, camera) or is_moved:
                await running.stop()
                running = self._launch(camera, new_credentials)
            else:
                running.camera = camera
                household.watch.changed(camera_id)
                running.follow_masks()
            household.archive.apply_rules()
            return running

    async def remove(self, camera_id: bytes, *, with_recordings: bool, by: str) -> None:
        """Stop and forget a camera; an unknown one is no error."""
        async with self._changing:
            running = self._running.pop(camera_id, None)
            if running is None:
                return
            await running.stop()
            household = self._household
            await self._note("camera_removed", running.camera, by, recordings=with_recordings)
            await household.sql(household.store.remove_camera, household.household_id, camera_id)
            household.archive.apply_rules()
        if with_recordings:
            await household.archive.delete_camera(camera_id)
            await household.events.drop_camera(camera_id)

    async def accept_identity(self, camera_id: bytes, *, by: str) -> None:
        """The device that answers now is this camera from now on."""
        running = self._running.get(camera_id)
        if running is None or running.pending_identity is None:
            return
        facts = running.pending_identity
        await self._note("identity_accepted", running.camera, by, identity=asdict(facts))
        for ingest in running.ingests.values():
            ingest.accept_identity()

    def pin_later(self, camera_id: bytes, facts: DeviceFacts) -> None:
        """Remember facts that an ingest saw; called from the event loop."""
        running = self._running.get(camera_id)
        if running is None or running.camera.identity == facts:
            return
        running.camera = replace(running.camera, identity=facts)
        self._tasks.create_task(self._store(running.camera, running.credentials), name="pin")

    async def _store(self, camera: Camera, credentials: Credentials | None) -> None:
        household = self._household
        sealed = None
        if credentials is not None:
            sealed = household.keyring.seal_credentials(
                camera.camera_id, credentials.user, credentials.password
            )
        await household.sql(household.store.put_camera, household.household_id, camera, sealed)

    async def _note(self, what: str, camera: Camera, by: str, **more: object) -> None:
        entry = {"type": what, "camera": camera.camera_id.hex(), "name": camera.name, "by": by}
        await self._household.journal.record([{**entry, **more}])


def _needs_restart(before: Camera, after: Camera) -> bool:
    return (
        before.sources != after.sources
        or before.is_trial != after.is_trial
        or before.rule.is_recording != after.rule.is_recording
    )


def _changed_fields(camera: Camera, values: dict[str, Any]) -> list[str]:
    """Names for the ledger; of watching each part, so that no mask goes unnoticed."""
    fields = {name for name in values if name != "watching"}
    if "watching" in values:
        before, after = camera.watching.as_fields(), values["watching"].as_fields()
        fields |= {f"watching.{name}" for name in after if after[name] != before[name]}
    return sorted(fields)


def _changed(camera: Camera, values: dict[str, Any]) -> Camera:
    sources = list(camera.sources)
    transport = values.get("transport") or sources[0].transport
    if "transport" in values:
        sources = [replace(source, transport=transport) for source in sources]
    if values.get("url"):
        destination, _ = _parse(values["url"], None)
        sources[0] = StreamSource(Stream.MAIN, destination, transport)
    if "sub_url" in values:
        sources = sources[:1]
        if values["sub_url"]:
            destination, _ = _parse(values["sub_url"], None)
            sources.append(StreamSource(Stream.SUB, destination, transport))
    rule = replace(camera.rule, **(values.get("rule") or {}))
    return replace(
        camera,
        name=(values.get("name") or camera.name).strip(),
        room=values["room"].strip() if values.get("room") is not None else camera.room,
        sources=tuple(sources),
        rule=rule,
        is_trial=False if values.get("trial") is False else camera.is_trial,
        vendor=values["vendor"].strip() if values.get("vendor") is not None else camera.vendor,
        model=values["model"].strip() if values.get("model") is not None else camera.model,
        watching=values.get("watching") or camera.watching,
    )
