"""Reads one stream of a camera: asks what there is, sets it up, plays it, keeps it alive."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Literal

from keepsight.core.clock import Clock
from keepsight.core.destination import Credentials, Destination, DestinationError, parse_destination
from keepsight.core.device import DeviceFacts
from keepsight.lan.neighbour import link_layer_address
from keepsight.lan.rtsp.auth import Challenge
from keepsight.lan.rtsp.connection import Connection, connect
from keepsight.lan.rtsp.dialogue import (
    ConnectionLostError,
    Dialogue,
    NotRtspError,
    RefusedError,
    RtspError,
    SilentError,
)
from keepsight.lan.rtsp.leg import Leg
from keepsight.lan.rtsp.message import Response
from keepsight.lan.rtsp.receive import Receiver
from keepsight.lan.rtsp.rtcp import SenderReport
from keepsight.lan.rtsp.rtp import FragmentRun, RtpTrack
from keepsight.lan.rtsp.sdp import Sdp, SdpError, control_url, parse_sdp, printable
from keepsight.lan.rtsp.timebase import JumpReason
from keepsight.lan.rtsp.tracks import StreamSink, Tracks
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat

__all__ = ["Probe", "RtspError", "RtspSession", "Transport", "probe"]

REDIRECTS_MAX: Final = 3
SILENCE_SECONDS_MAX: Final = 10.0
REPORT_SECONDS: Final = 5
KEEPALIVE_SECONDS_MIN: Final = 5.0
KEEPALIVE_SECONDS_MAX: Final = 30.0
SESSION_SECONDS_DEFAULT: Final = 60
SESSION_ID_CHARACTERS_MAX: Final = 256
CLOSE_SECONDS_MAX: Final = 0.5

Transport = Literal["auto", "tcp", "udp"]


class RtspSession:
    """One stream of one camera, from the first connection to TEARDOWN.

    `open`, `play`, `run`, `close`, in this order. Each raises an RtspError of `dialogue.py`.
    """

    def __init__(
        self,
        destination: Destination,
        credentials: Credentials | None,
        clock: Clock,
        *,
        transport: Transport = "auto",
        on_facts: Callable[[DeviceFacts], None] = lambda _facts: None,
    ) -> None:
        """Prepare a session; nothing is sent yet.

        Args:
            destination: where the stream is.
            credentials: used only to answer a challenge.
            clock: read for each unit.
            transport: auto is TCP, and UDP if the camera refuses TCP with 461.
            on_facts: called with what is known so far: after TLS, before a challenge is answered,
                and when the stream was described. It may raise to stop the session there.
        """
        self._destination = destination
        self._credentials = credentials
        self._clock = clock
        self._is_auto = transport == "auto"
        self._on_facts = on_facts
        self._connection: Connection | None = None
        self._sdp = Sdp()
        self._content_url = destination.url
        self._play_url = destination.url
        self._legs: list[Leg] = []
        self._ssrc = random.getrandbits(32)
        self._public = ""
        self._session_seconds = SESSION_SECONDS_DEFAULT
        self._seconds = 0
        self.tracks: Tracks | None = None
        self.ended: asyncio.Future[None]
        """Done when the connection ended; `error` then says why."""
        self.facts = DeviceFacts()
        self.transport: Literal["tcp", "udp"] = "udp" if transport == "udp" else "tcp"

    async def open(self) -> None:
        """Connect and ask what the stream carries, following redirects on the same host.

        Raises:
            RtspError: see `dialogue.py`.
        """
        for _ in range(REDIRECTS_MAX + 1):
            await self._connect()
            response = await self._describe()
            if response.status not in (301, 302, 303, 307, 308):
                break
            await self.close()
            self._redirect(response)
        else:
            raise RefusedError("DESCRIBE", response.status, "again and again")
        if response.status != 200:
            raise RefusedError("DESCRIBE", response.status, response.reason)
        try:
            self._sdp = parse_sdp(response.body)
        except SdpError as error:
            raise NotRtspError(f"the camera describes no stream: {error}") from error
        content = response.header("Content-Base") or response.header("Content-Location") or ""
        is_usable = re.fullmatch(r"rtsps?://[!-~]{1,1024}", content)
        self._content_url = content if is_usable else self._destination.url
        server = printable(response.header("Server") or "") or self.facts.server
        self._learn(server=server, session_name=self._sdp.session_name, tool=self._sdp.tool)

    async def _connect(self) -> None:
        self.ended = asyncio.get_running_loop().create_future()
        self._run = FragmentRun()
        self._dialogue = Dialogue(self._write, self._credentials, self._on_challenge)
        self._receiver = Receiver(self._run, self._dialogue.on_message)
        connection = await connect(self._destination, self._receiver, self._on_end)
        self._connection = connection
        mac = await link_layer_address(connection.peer_ip)
        self._learn(tls_key_sha256=connection.tls_key_sha256, mac=mac)
        if connection.error is not None:
            raise connection.error

    def _write(self, data: bytes) -> None:
        if self._connection is not None:
            self._connection.write(data)

    def _on_end(self, error: RtspError) -> None:
        self._dialogue.fail(error)
        if not self.ended.done():
            self.ended.set_result(None)

    def _learn(self, **facts: str) -> None:
        self.facts = replace(self.facts, **facts)
        self._on_facts(self.facts)

    def _on_challenge(self, challenge: Challenge) -> None:
        self._learn(realm=printable(challenge.realm))

    async def _describe(self) -> Response:
        url = self._destination.url
        options = await self._dialogue.ask("OPTIONS", url)
        self._public = (options.header("Public") or "").upper()
        return await self._dialogue.ask("DESCRIBE", url, (("Accept", "application/sdp"),))

    def _redirect(self, response: Response) -> None:
        try:
            target, _ = parse_destination(response.header("Location") or "")
        except DestinationError as error:
            raise RefusedError("DESCRIBE", response.status, "without a usable Location") from error
        is_downgrade = self._destination.scheme == "rtsps" and target.scheme != "rtsps"
        if target.host != self._destination.host or is_downgrade:
            raise RefusedError("DESCRIBE", response.status, "and points to another host")
        self._destination = target

    async def play(self, sink: StreamSink, *, has_sound: bool = True) -> Tracks:
        """Set the tracks up and start them; units go to `sink` from now on.

        Raises:
            UnsupportedError: no video track that we can carry.
            RefusedError: the camera refused, e.g. 453 for too many sessions.
            RtspError: see `dialogue.py`.
        """
        tracks = Tracks(self._sdp, self._clock, sink, self._run, has_sound=has_sound)
        self.tracks = tracks
        await self._set_up(tracks, tracks.video_track.control, tracks.video_rtp)
        if tracks.audio_track is not None and tracks.audio_rtp is not None:
            await self._set_up(tracks, tracks.audio_track.control, tracks.audio_rtp)
        self._play_url = control_url(self._content_url, self._sdp.control, None)
        response = await self._dialogue.ask("PLAY", self._play_url, (("Range", "npt=0.000-"),))
        if response.status != 200:
            raise RefusedError("PLAY", response.status, response.reason)
        tracks.unit_monotonic_us = self._clock.monotonic_us()
        return tracks

    async def _set_up(self, tracks: Tracks, control: str, track: RtpTrack) -> None:
        is_video = not self._legs

        def on_report(report: SenderReport) -> None:
            tracks.on_sender_report(
                is_video=is_video, camera_wall_us=report.camera_wall_us, stamp=report.stamp
            )

        leg = Leg(track, 2 * len(self._legs), self._clock, on_report, self._on_goodbye)
        self._legs.append(leg)
        url = control_url(self._content_url, self._sdp.control, control)
        if self.transport == "tcp":
            response = await self._ask_setup(url, leg.offer_tcp())
            if response.status == 200:
                leg.accept_tcp(response.header("Transport") or "", self._receiver)
                return
            if response.status != 461 or not self._is_auto or not is_video:
                raise RefusedError("SETUP", response.status, response.reason)
            self.transport = "udp"
        await self._set_up_udp(url, leg)

    async def _set_up_udp(self, url: str, leg: Leg) -> None:
        connection = self._open_connection()
        local = connection.known("sockname")
        try:
            offer = await leg.offer_udp(self._receiver, str(local[0]), connection.guard)
        except OSError as error:
            raise RefusedError("SETUP", 0, "no UDP ports are free on this machine") from error
        response = await self._ask_setup(url, offer)
        if response.status != 200:
            raise RefusedError("SETUP", response.status, response.reason)
        leg.accept_udp(response.header("Transport") or "", connection.peer_ip)

    async def _ask_setup(self, url: str, transport: str) -> Response:
        response = await self._dialogue.ask("SETUP", url, (("Transport", transport),))
        session, _, rest = (response.header("Session") or "").partition(";")
        if 0 < len(session) <= SESSION_ID_CHARACTERS_MAX:
            self._dialogue.session_id = session.strip()
        timeout = re.search(r"timeout\s*=\s*(\d{1,6})", rest)
        if timeout:
            self._session_seconds = max(1, int(timeout[1]))
        return response

    def _open_connection(self) -> Connection:
        if self._connection is None:
            raise ConnectionLostError("the session is not open")
        return self._connection

    def _on_goodbye(self) -> None:
        self._open_connection().end(ConnectionLostError("the camera ended the stream"))

    @property
    def error(self) -> RtspError | None:
        """Why the session ended; None while it lives."""
        return self._connection.error if self._connection is not None else None

    async def run(self) -> None:
        """Keep the session alive until it fails; never returns.

        Raises:
            SilentError: no picture for SILENCE_SECONDS_MAX.
            ConnectionLostError, NotRtspError, UnsupportedError: why the stream ended.
        """
        loop = asyncio.get_running_loop()
        self._tick = loop.call_later(1.0, self._on_second, loop)
        try:
            async with asyncio.TaskGroup() as group:
                keepalive = group.create_task(self._keep_alive())
                await asyncio.wait((self.ended,))
                keepalive.cancel()
        finally:
            self._tick.cancel()
        raise self.error or ConnectionLostError("the session was closed")

    def _on_second(self, loop: asyncio.AbstractEventLoop) -> None:
        """A timer, not a task: at 3 us instead of 30 it may run for every camera."""
        self._tick = loop.call_later(1.0, self._on_second, loop)
        connection, tracks = self._connection, self.tracks
        if connection is None or tracks is None:
            return
        connection.on_second()
        self._seconds += 1
        if self._seconds % REPORT_SECONDS == 0:
            for leg in self._legs:
                leg.report(self._ssrc, connection.write)
        quiet_us = self._clock.monotonic_us() - tracks.unit_monotonic_us
        if quiet_us > SILENCE_SECONDS_MAX * 1_000_000:
            connection.end(SilentError(SILENCE_SECONDS_MAX, "picture"))

    async def _keep_alive(self) -> None:
        method = "GET_PARAMETER" if "GET_PARAMETER" in self._public else "OPTIONS"
        half = self._session_seconds / 2
        pause = max(KEEPALIVE_SECONDS_MIN, min(KEEPALIVE_SECONDS_MAX, half))
        while True:
            await asyncio.sleep(min(pause, half))
            try:
                response = await self._dialogue.ask(method, self._play_url)
            except RtspError:
                # Pictures decide whether the stream lives: `_watch` sees when they stop.
                continue
            if response.status in (405, 501, 551):
                method = "OPTIONS"

    async def close(self) -> None:
        """Say goodbye, and let go of ports and connection. No error if that was done before."""
        connection = self._connection
        if connection is None:
            return
        is_playing = bool(self._dialogue.session_id) and connection.error is None
        if is_playing:
            self._dialogue.send("TEARDOWN", self._play_url)
        self._connection = None
        for leg in self._legs:
            leg.close()
        self._legs.clear()
        await connection.leave(CLOSE_SECONDS_MAX if is_playing else 0)


@dataclass(frozen=True, slots=True)
class Probe:
    """What a camera offers at one address, and that pictures really come."""

    stream_format: StreamFormat
    facts: DeviceFacts
    transport: Literal["tcp", "udp"]
    sound_ignored: str = ""
    """The codec of a sound track that we cannot carry; empty if there is none."""


class _FirstPicture:
    """Waits for the first keyframe."""

    def __init__(self) -> None:
        self.came: asyncio.Future[StreamFormat] = asyncio.get_running_loop().create_future()

    def on_format(self, stream_format: StreamFormat) -> None:
        """See `tracks.StreamSink`."""
        if not self.came.done():
            self.came.set_result(stream_format)

    def on_unit(self, unit: AccessUnit) -> None:
        """See `tracks.StreamSink`."""

    def on_jump(self, reason: JumpReason) -> None:
        """See `tracks.StreamSink`."""


async def probe(
    destination: Destination,
    credentials: Credentials | None,
    *,
    clock: Clock,
    transport: Transport = "auto",
) -> Probe:
    """Connect, play until the first keyframe, and hang up.

    Raises:
        RtspError: why it cannot be used; SilentError if no keyframe came in 10 seconds.
    """
    session = RtspSession(destination, credentials, clock, transport=transport)
    try:
        await session.open()
        first = _FirstPicture()
        tracks = await session.play(first)
        done, _ = await asyncio.wait(
            (first.came, session.ended),
            timeout=SILENCE_SECONDS_MAX,
            return_when=asyncio.FIRST_COMPLETED,
        )
        if first.came not in done:
            raise session.error or SilentError(SILENCE_SECONDS_MAX, "keyframe")
        return Probe(first.came.result(), session.facts, session.transport, tracks.sound_ignored)
    finally:
        await session.close()
