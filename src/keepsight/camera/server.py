"""A camera's RTSP server: who it is, what it shows, and how many may look."""

import asyncio
import logging
from dataclasses import dataclass, field
from typing import Final, Literal

from keepsight.camera.faults import Faults, Mischief
from keepsight.camera.media import VIDEO_CLOCK_RATE, Demand, Sample
from keepsight.camera.mount import Mount
from keepsight.camera.session import Session, SessionRules
from keepsight.core.clock import Clock
from keepsight.core.destination import Credentials
from keepsight.lan.rtsp.auth import Guard

log = logging.getLogger(__name__)

SESSIONS_MAX: Final = 64
SOFTWARE: Final = "Keepsight-Camera/0.1"


@dataclass(frozen=True, slots=True)
class Identity:
    """What a camera says of itself."""

    serial: str
    name: str = "Keepsight camera"

    @property
    def realm(self) -> str:
        """Of the challenge: with the serial number, as many vendors do."""
        return f"Keepsight-{self.serial}"


@dataclass(frozen=True, slots=True)
class Access:
    """Who may look."""

    credentials: Credentials | None = None
    """None: everybody."""
    has_basic: bool = False
    """Offer Basic beside Digest."""
    has_digest: bool = True
    has_qop: bool = False
    """Most cameras ask for the form of RFC 2069, and GStreamer 1.22 knows no other."""


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """Everything about a server that has a default."""

    access: Access = Access()
    rules: SessionRules = field(default_factory=SessionRules)
    faults: Faults = field(default_factory=Faults)


class CameraServer:
    """Serves mounts by path to many clients."""

    def __init__(
        self,
        mounts: dict[str, Mount],
        identity: Identity,
        clock: Clock,
        options: ServerOptions | None = None,
    ) -> None:
        options = options or ServerOptions()
        self.mounts = mounts
        """By URL path, e.g. `/main`."""
        self.clock = clock
        self.rules = options.rules
        self.software = SOFTWARE
        self.mischief = Mischief(options.faults, clock)
        self.demand = Demand()
        self._access = options.access
        self._sessions: set[Session] = set()
        self._server: asyncio.Server | None = None
        self._address = ("127.0.0.1", 0)
        self.become(identity)

    def become(self, identity: Identity) -> None:
        """Answer as this device from now on."""
        self.identity = identity
        self.session_name = identity.name
        self.guard = self._new_guard(identity.realm)

    def _new_guard(self, realm: str) -> Guard | None:
        access = self._access
        if access.credentials is None:
            return None
        schemes: list[Literal["MD5", "Basic"]] = ["MD5"] if access.has_digest else []
        if access.has_basic or not schemes:
            schemes.append("Basic")
        return Guard(
            realm, access.credentials, self.clock, schemes=tuple(schemes), has_qop=access.has_qop
        )

    async def listen(self, host: str, port: int) -> int:
        """Accept clients; port 0 takes a free one.

        Returns:
            The port.

        Raises:
            OSError: the address cannot be bound.
        """
        self._server = await asyncio.start_server(self._serve, host, port)
        self._address = (host, self._server.sockets[0].getsockname()[1])
        return self._address[1]

    @property
    def port(self) -> int:
        """The one we listen on."""
        return self._address[1]

    @property
    def sessions(self) -> frozenset[Session]:
        """Those connected now."""
        return frozenset(self._sessions)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._sessions) >= SESSIONS_MAX:
            log.warning("a client was turned away: %d are connected", SESSIONS_MAX)
            writer.transport.abort()
            return
        session = Session(self, reader, writer)
        self._sessions.add(session)
        try:
            await session.run()
        except Exception:
            # A task boundary: one client's session must not end the camera.
            log.exception("a session failed")
            session.abort()
        finally:
            self._sessions.discard(session)

    def mount_at(self, path: str) -> Mount | None:
        """The mount of a URL path."""
        return self.mounts.get(path)

    def viewer_came(self, mount: Mount) -> None:
        """Wake the source, which then begins with a keyframe."""
        self.demand.watch(mount.name)

    def viewer_left(self, mount: Mount) -> None:
        """Let the source rest when nobody is left."""
        if mount.viewers_count == 0:
            self.demand.leave(mount.name)

    def publish(self, sample: Sample) -> None:
        """Send one sample to everybody who plays its stream."""
        mount = next((m for m in self.mounts.values() if m.name == sample.stream), None)
        if mount is None:
            return
        audio = mount.tracks.audio
        rate = VIDEO_CLOCK_RATE if sample.is_video or audio is None else audio.clock_rate
        altered = self.mischief.alter(sample, mount.tracks.video.codec, rate)
        if altered is not None:
            mount.publish(altered, self.clock)

    def hang_up(self) -> None:
        """Drop every connection, as a power cut does."""
        for session in self.sessions:
            session.abort()

    async def reboot(self, seconds: float, identity: Identity | None = None) -> None:
        """Close the port, drop everybody, come back on the same port after `seconds`."""
        await self._stop_listening()
        self.hang_up()
        await asyncio.sleep(seconds)
        if identity is not None:
            self.become(identity)
        await self.listen(*self._address)

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    async def close(self) -> None:
        """Say goodbye to everybody and stop listening."""
        await self._stop_listening()
        for mount in self.mounts.values():
            mount.end()
        for session in self.sessions:
            session.close()
        # Give the transports their turn to send the goodbye and close.
        await asyncio.sleep(0)
