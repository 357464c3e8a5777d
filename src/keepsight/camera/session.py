"""One client's connection: what it may ask in which state (RFC 2326), and its bounded queue."""

import asyncio
import logging
import re
import secrets
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from keepsight.camera.faults import Mischief
from keepsight.camera.mount import CONTROLS, Batch, Mount, interleave
from keepsight.camera.sdp import write_sdp
from keepsight.camera.udp import UdpError, UdpTrack, open_udp_track
from keepsight.core.clock import Clock
from keepsight.lan.rtsp.auth import Guard, Verdict
from keepsight.lan.rtsp.message import Headers, MessageError, MessageReader, Request, Response

log = logging.getLogger(__name__)

READ_BYTES: Final = 64 * 1024
REFUSALS_MAX: Final = 8
"""Wrong passwords and bad requests on one connection before it is closed."""
TIMEOUT_SECONDS: Final = 60
"""Told to the client; a UDP viewer that is silent longer is gone."""
METHODS: Final = (
    "OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "SET_PARAMETER", "TEARDOWN",
)  # fmt: skip
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    453: "Not Enough Bandwidth",
    454: "Session Not Found",
    455: "Method Not Valid in This State",
    459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport",
    501: "Not Implemented",
    505: "RTSP Version not supported",
    551: "Option not supported",
}
_INTERLEAVED: Final = re.compile(r"interleaved=(\d{1,3})(?:-(\d{1,3}))?")
_CLIENT_PORT: Final = re.compile(r"client_port=(\d{1,5})(?:-(\d{1,5}))?")


@dataclass(frozen=True, slots=True)
class SessionRules:
    """What a server grants its clients."""

    transports: frozenset[str] = frozenset({"tcp", "udp"})
    buffer_bytes_max: int = 2 * 1024 * 1024
    """Unsent bytes of one client; above it, it loses the rest of the GOP."""


class Surroundings(Protocol):
    """What a session needs from its server."""

    clock: Clock
    mischief: Mischief
    guard: Guard | None
    rules: SessionRules
    session_name: str
    software: str

    def mount_at(self, path: str) -> Mount | None:
        """The mount of a URL path without its track."""
        ...

    def viewer_came(self, mount: Mount) -> None:
        """Somebody plays."""
        ...

    def viewer_left(self, mount: Mount) -> None:
        """Somebody stopped playing."""
        ...


class _Refused(Exception):  # noqa: N818 - an answer, not a failure of ours
    def __init__(self, status: int, *headers: tuple[str, str]) -> None:
        super().__init__(_REASONS[status])
        self.status = status
        self.headers = headers


@dataclass(slots=True)
class _Place:
    """Where one track goes: an interleaved channel, or UDP."""

    channel: int | None = None
    udp: UdpTrack | None = None


class Session:
    """One connection and at most one RTSP session on it."""

    def __init__(
        self, surroundings: Surroundings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._at = surroundings
        self._reader = reader
        self._writer = writer
        self._transport = writer.transport
        self._session_id = ""
        self._mount: Mount | None = None
        self._places: dict[int, _Place] = {}
        self._is_playing = False
        self._is_waiting_for_keyframe = True
        self._refusals = 0
        self._seen_us = surroundings.clock.monotonic_us()
        self.dropped_batches = 0
        """Samples this client lost because it was slow."""

    async def run(self) -> None:
        """Serve until the client leaves, misbehaves, or the connection breaks."""
        messages = MessageReader()
        # drain() must not wait while media alone fills the buffer, or keep-alives would starve.
        self._transport.set_write_buffer_limits(high=self._at.rules.buffer_bytes_max)
        try:
            while data := await self._read():
                for message in messages.feed(data):
                    self._seen_us = self._at.clock.monotonic_us()
                    if isinstance(message, Request):
                        self._transport.write((await self._answer(message)).to_bytes())
                await self._writer.drain()
                if self._refusals >= REFUSALS_MAX:
                    return
        except MessageError as error:
            log.info("a client sent no RTSP: %s", error)
            self._transport.write(Response(400, _REASONS[400]).to_bytes())
        except (ConnectionError, TimeoutError):
            pass
        finally:
            self.close()

    async def _read(self) -> bytes:
        """What the client sends; a playing TCP client may be silent, others not for long."""
        if self._is_playing and all(place.udp is None for place in self._places.values()):
            return await self._reader.read(READ_BYTES)
        while True:
            try:
                async with asyncio.timeout(TIMEOUT_SECONDS):
                    return await self._reader.read(READ_BYTES)
            except TimeoutError:
                silent_us = self._at.clock.monotonic_us() - self._seen_us
                if silent_us >= TIMEOUT_SECONDS * 1_000_000:
                    raise

    def close(self) -> None:
        """End the session and the connection."""
        self._end_session()
        # close() would first wait for a client that reads nothing.
        if self._transport.get_write_buffer_size() > 0:
            asyncio.get_running_loop().call_later(1, self._transport.abort)
        self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once, as a reboot does."""
        self._end_session()
        self._transport.abort()

    def _end_session(self) -> None:
        self._stop()
        for place in self._places.values():
            if place.udp is not None:
                place.udp.close()
        self._places.clear()
        self._session_id = ""
        self._mount = None

    def _stop(self) -> None:
        if self._is_playing and self._mount is not None:
            self._mount.detach(self)
            self._at.viewer_left(self._mount)
        self._is_playing = False

    # --- requests

    async def _answer(self, request: Request) -> Response:
        sequence = (request.header("CSeq") or "0")[:32]
        headers: Headers = (("CSeq", sequence), ("Server", self._at.software))
        try:
            extra, body = await self._dispatch(request)
            status = 200
        except _Refused as refused:
            status, extra, body = refused.status, refused.headers, b""
            self._refusals += status in (400, 401)
        return Response(status, _REASONS[status], headers + tuple(extra), body)

    async def _dispatch(self, request: Request) -> tuple[Headers, bytes]:
        if request.method not in METHODS:
            raise _Refused(501)
        if (required := request.header("Require")) is not None:
            raise _Refused(551, ("Unsupported", required[:128]))
        if request.method == "OPTIONS":
            return (("Public", ", ".join(METHODS)),), b""
        if not self._owns_session(request):
            self._check_credentials(request)
        if request.method == "DESCRIBE":
            return self._describe(request)
        return await self._change_state(request), b""

    async def _change_state(self, request: Request) -> Headers:
        if request.method == "SETUP":
            return await self._setup(request)
        if request.method in ("PLAY", "PAUSE", "TEARDOWN"):
            self._require_session(request)
        headers = self._session_headers() if self._session_id else ()
        match request.method:
            case "PLAY":
                return headers + self._play(request)
            case "PAUSE":
                self._stop()
            case "TEARDOWN":
                self._end_session()
                return ()
        return headers

    def _owns_session(self, request: Request) -> bool:
        """Keep-alives need no new digest: nonces run out, and some clients never answer twice."""
        is_named = (request.header("Session") or "").partition(";")[0] == self._session_id
        return bool(self._session_id) and is_named and request.method != "DESCRIBE"

    def _check_credentials(self, request: Request) -> None:
        guard = self._at.guard
        if guard is None:
            return
        verdict = guard.verify(request.header("Authorization"), request.method, request.url)
        if verdict is Verdict.ALLOWED:
            self._refusals = 0
            return
        challenges = guard.challenges(is_stale=verdict is Verdict.STALE)
        raise _Refused(401, *(("WWW-Authenticate", value) for value in challenges))

    def _locate(self, url: str) -> tuple[Mount, int | None]:
        """The mount of a URL, and the track if the URL names one."""
        try:
            path = unquote(urlsplit(url).path).rstrip("/") or "/"
        except ValueError as error:
            raise _Refused(400) from error
        head, _, tail = path.rpartition("/")
        track = CONTROLS.index(tail) if tail in CONTROLS else None
        mount = self._at.mount_at(path if track is None else head)
        if mount is None or (track is not None and track >= len(mount.controls)):
            raise _Refused(404)
        return mount, track

    def _describe(self, request: Request) -> tuple[Headers, bytes]:
        accept = request.header("Accept") or "application/sdp"
        if "application/sdp" not in accept and "*/*" not in accept:
            raise _Refused(406)
        mount, _ = self._locate(request.url)
        host = self._transport.get_extra_info("sockname")[0]
        body = write_sdp(
            mount.tracks,
            session_name=self._at.session_name,
            host=host,
            session_id=mount.ssrc(0),
        )
        content_base = request.url.rstrip("/") + "/"
        return (("Content-Base", content_base), ("Content-Type", "application/sdp")), body

    async def _setup(self, request: Request) -> Headers:
        mount, track = self._locate(request.url)
        if track is None:
            # A single track may be set up by the stream's own URL.
            if len(mount.controls) > 1:
                raise _Refused(459)
            track = 0
        if self._session_id:
            self._require_session(request)
            if mount is not self._mount or self._is_playing:
                raise _Refused(455)
        transport = await self._choose_transport(request.header("Transport") or "", mount, track)
        self._mount = mount
        self._session_id = self._session_id or secrets.token_hex(8)
        return (("Transport", transport), *self._session_headers())

    async def _choose_transport(self, header: str, mount: Mount, track: int) -> str:
        """Take the first offer we can serve; remember the place; say what was chosen."""
        for offer in header[:512].split(","):
            words = offer.strip().lower()
            if "multicast" in words or not words.startswith("rtp/avp"):
                continue
            profile = words.partition(";")[0]
            if profile == "rtp/avp/tcp" and "tcp" in self._at.rules.transports:
                return self._take_channel(words, mount, track)
            if profile in ("rtp/avp", "rtp/avp/udp") and "udp" in self._at.rules.transports:
                return await self._take_ports(words, mount, track)
        raise _Refused(461)

    def _take_channel(self, offer: str, mount: Mount, track: int) -> str:
        found = _INTERLEAVED.search(offer)
        channel = int(found.group(1)) if found else track * 2
        taken = {place.channel for number, place in self._places.items() if number != track}
        # RTCP is on the next channel: a reply names both, so any pair is fine for any client.
        if channel > 254 or taken & {channel - 1, channel, channel + 1}:
            raise _Refused(461)
        self._replace(track, _Place(channel=channel))
        ssrc = f"{mount.ssrc(track):08X}"
        return f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1};ssrc={ssrc}"

    async def _take_ports(self, offer: str, mount: Mount, track: int) -> str:
        found = _CLIENT_PORT.search(offer)
        rtp_port = int(found.group(1)) if found else 0
        rtcp_port = int(found.group(2)) if found and found.group(2) else rtp_port + 1
        if not (1024 <= rtp_port <= 65535 and 1024 <= rtcp_port <= 65535):
            raise _Refused(461)
        # Only ever to the address that asked: a `destination` would make us a reflector.
        peer = self._transport.get_extra_info("peername")[0]
        host = self._transport.get_extra_info("sockname")[0]
        try:
            udp = await open_udp_track(
                host, (peer, rtp_port, rtcp_port), self._on_rtcp, self._at.mischief.datagrams
            )
        except (UdpError, OSError) as error:
            raise _Refused(453) from error
        self._replace(track, _Place(udp=udp))
        ours = "-".join(str(port) for port in udp.ports)
        ssrc = f"{mount.ssrc(track):08X}"
        return f"RTP/AVP;unicast;client_port={rtp_port}-{rtcp_port};server_port={ours};ssrc={ssrc}"

    def _replace(self, track: int, place: _Place) -> None:
        old = self._places.get(track)
        if old is not None and old.udp is not None:
            old.udp.close()
        self._places[track] = place

    def _on_rtcp(self) -> None:
        self._seen_us = self._at.clock.monotonic_us()

    def _play(self, request: Request) -> Headers:
        mount = self._mount
        if mount is None or not self._places:
            raise _Refused(455)
        if not self._is_playing:
            self._is_playing = True
            self._is_waiting_for_keyframe = True
            # After the answer to PLAY: some clients give up on packets that come before it.
            asyncio.get_running_loop().call_soon(self._begin, mount)
        content_base = request.url.rstrip("/")
        info = ",".join(f"url={content_base}/{mount.controls[n]}" for n in sorted(self._places))
        return (("Range", "npt=now-"), ("RTP-Info", info))

    def _begin(self, mount: Mount) -> None:
        if not self._is_playing or self._mount is not mount:
            return
        for track, place in self._places.items():
            if (report := mount.report(track, self._at.clock)) is not None:
                self._send_rtcp(place, report)
        mount.attach(self)
        self._at.viewer_came(mount)

    def _require_session(self, request: Request) -> None:
        named = (request.header("Session") or "").partition(";")[0].strip()
        if not self._session_id or named != self._session_id:
            raise _Refused(454)

    def _session_headers(self) -> Headers:
        return (("Session", f"{self._session_id};timeout={TIMEOUT_SECONDS}"),)

    # --- media

    def send(self, batch: Batch) -> None:
        """One sample's packets; a client that is too slow loses the rest of the GOP."""
        place = self._places.get(batch.track)
        if place is None or self._transport.is_closing():
            return
        if self._transport.get_write_buffer_size() > self._at.rules.buffer_bytes_max:
            self._is_waiting_for_keyframe = True
        elif batch.is_keyframe:
            self._is_waiting_for_keyframe = False
        if self._is_waiting_for_keyframe and 0 in self._places:
            self.dropped_batches += 1
            return
        garbage = self._at.mischief.garbage()
        if garbage is not None:
            self._transport.write(garbage)
        elif place.udp is not None:
            place.udp.send(batch)
        elif place.channel is not None:
            self._transport.write(batch.interleaved(place.channel))

    def end(self, farewells: dict[int, bytes]) -> None:
        """The mount ends."""
        for track, place in self._places.items():
            if track in farewells:
                self._send_rtcp(place, farewells[track])
        self.close()

    def _send_rtcp(self, place: _Place, packet: bytes) -> None:
        if place.udp is not None:
            place.udp.send_rtcp(packet)
        elif place.channel is not None:
            self._transport.write(interleave(place.channel + 1, packet))
