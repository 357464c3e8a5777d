"""A household for the browser: films sealed by the real code behind the smallest possible door.

Answers what the media engine asks (design/wire.md, sections 5 to 7) and can be told to lie: to hand
out another household's fragments, or to withhold some.
"""

import asyncio
import base64
import json
import time
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
import numpy as np
from aiohttp import WSMsgType, web

from keepsight.door.headers import content_security_policy
from keepsight.hub import mp4
from keepsight.lan.rtsp.unit import AccessUnit, StreamFormat, VideoFormat
from keepsight.seal.frame import Sealer, WindowKey
from keepsight.seal.header import FLAG_KEYFRAME, HEADER_BYTES, Context, Kind, Stream, read_header
from keepsight.seal.keys import new_id, new_key
from keepsight.seal.release import wrap_for_device

CLOCK_RATE: Final = 90_000
STREAMS: Final = {"main": Stream.MAIN, "sub": Stream.SUB}
PAGE: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>media engine</title>'
    '<link rel="stylesheet" href="/style.css"><script type="module" src="/harness.js"></script>'
)
STYLE: Final = ".tile { width: 320px; height: 180px; } .picture { width: 320px; height: 180px; }"


def now_us() -> int:
    return time.time_ns() // 1000


@dataclass(frozen=True, slots=True)
class Film:
    """Encoded pictures of one colour, with the number of each in its brightness."""

    stream_format: StreamFormat
    units: tuple[AccessUnit, ...]
    frames_per_second: int

    @property
    def step_ticks(self) -> int:
        return CLOCK_RATE // self.frames_per_second

    def unit(self, number: int, *, ticks: int, wall_us: int) -> AccessUnit:
        """The picture of this number (the film repeats) at a time of its own."""
        unit = self.units[number % len(self.units)]
        return AccessUnit(
            True, ticks, wall_us, now_us(), unit.is_keyframe, unit.parts, unit.size_bytes
        )


def _split(annex_b: bytes) -> list[bytes]:
    """NAL units of an Annex B stream with 3- or 4-byte start codes."""
    return [nal.rstrip(b"\0") for nal in annex_b.split(b"\0\0\1")[1:]]


def shoot(
    colour: tuple[int, int, int],
    *,
    width: int = 640,
    height: int = 360,
    frames_per_second: int = 20,
    gop: int = 20,
    count: int = 40,
    codec: str = "libx264",
    bits_per_second: int = 0,
) -> Film:
    """Encode a picture with a field of one colour (R, G, B). H.264 without B pictures, or H.265."""
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = width, height
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(frames_per_second), Fraction(1, CLOCK_RATE)
    if bits_per_second:
        encoder.bit_rate = bits_per_second
    key_option = f"keyint={gop}:min-keyint={gop}:scenecut=0"
    name = "x264-params" if codec == "libx264" else "x265-params"
    params = f"{key_option}:log-level=none" if codec == "libx265" else key_option
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", name: params}
    noise = np.random.default_rng(0).integers(0, 24, (height, width, 3), dtype=np.uint8)
    packets: list[bytes] = []
    for number in range(count):
        image = np.roll(noise, 3 * number, axis=1)
        image[height // 4 : 3 * height // 4, width // 4 : 3 * width // 4] = colour
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        frame.pts = number * CLOCK_RATE // frames_per_second
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    packets += [bytes(packet) for packet in encoder.encode(None)]
    is_h264 = codec == "libx264"

    def kind(nal: bytes) -> int:
        return nal[0] & 0x1F if is_h264 else nal[0] >> 1 & 0x3F

    parameter_kinds = (7, 8) if is_h264 else (32, 33, 34)
    picture_kinds = (1, 5) if is_h264 else tuple(range(32))
    key_kinds = (5,) if is_h264 else tuple(range(16, 24))
    first = _split(packets[0])
    sets = tuple(nal for nal in first if kind(nal) in parameter_kinds)
    string = f"avc1.{sets[0][1:4].hex()}" if is_h264 else "hvc1.1.6.L93.90"
    video = VideoFormat("h264" if is_h264 else "h265", width, height, sets, string)
    units = []
    for packet in packets:
        nals = [nal for nal in _split(packet) if kind(nal) in picture_kinds]
        parts = [piece for nal in nals for piece in (len(nal).to_bytes(4), nal)]
        is_key = any(kind(nal) in key_kinds for nal in nals)
        units.append(AccessUnit(True, 0, 0, 0, is_key, [*parts], sum(map(len, parts))))
    return Film(StreamFormat(video), tuple(units), frames_per_second)


@dataclass(slots=True)
class Window:
    """A key window and its secret."""

    context: Context
    purpose: str
    secret: bytes
    sealer: Sealer
    codec: str
    expires_us: int | None = None


@dataclass(slots=True)
class LiveTrack:
    """One live stream: its film, its window, its newest group of pictures."""

    film: Film
    opaque: bytes
    context: Context
    window: Window | None = None
    group: list[bytes] = field(default_factory=list)
    number: int = 0
    is_silent: bool = False


@dataclass(frozen=True, slots=True)
class RecordedSegment:
    """One recorded window, sealed."""

    window: Window
    start_us: int
    end_us: int
    fragments: tuple[bytes, ...]

    def document(self, film: Film) -> dict[str, Any]:
        headers = [read_header(sealed) for sealed in self.fragments]
        return {
            "writer": self.window.context.writer.hex(),
            "epoch": self.window.context.epoch,
            "start_us": self.start_us,
            "end_us": self.end_us,
            "codec": self.window.codec,
            "width": film.stream_format.video.width,
            "height": film.stream_format.video.height,
            "bytes": sum(map(len, self.fragments)),
            "fragments": [
                [header.sequence, header.kind, header.wall_us, header.length + HEADER_BYTES]
                for header in headers
            ],
        }


class House:
    """One household: its cameras, keys, recordings, and what it says over HTTP."""

    def __init__(self) -> None:
        self.household, self.device_id = new_id(), new_id()
        self.device_key = b""
        self.tracks: dict[tuple[bytes, str], LiveTrack] = {}
        self.segments: dict[tuple[bytes, str], list[RecordedSegment]] = {}
        self.exports: dict[bytes, tuple[Window, list[bytes]]] = {}
        self.refusals: list[dict[str, Any]] = []
        self.key_requests: list[dict[str, Any]] = []
        self.sockets: set[web.WebSocketResponse] = set()
        self.watched: dict[web.WebSocketResponse, set[bytes]] = {}
        self.impostor: House | None = None
        """Instead of ours, hand out this household's fragments: a mixed-up cache."""
        self.window_us = 60_000_000

    # cameras

    def add_camera(self, **films: Film) -> bytes:
        camera = new_id()
        for name, film in films.items():
            context = Context(self.household, camera, STREAMS[name], 1, new_id())
            self.tracks[camera, name] = LiveTrack(film, new_id(), context)
        return camera

    def document(self, camera: bytes) -> dict[str, Any]:
        return {
            "id": camera.hex(), "name": "camera", "room": "", "trial": False, "identity": {},
            "rule": {
                "is_recording": True, "mode": "continuous", "retention_days": None,
                "event_retention_days": None, "pre_roll_seconds": 10, "post_roll_seconds": 10,
                "bytes_max": None,
            },
            "state": "running", "pending_identity": None,
            "streams": [
                {"stream": name, "opaque": track.opaque.hex(), "url": None, "transport": None}
                for (owner, name), track in self.tracks.items()
                if owner == camera
            ],
        }  # fmt: skip

    def open_window(self, context: Context, purpose: str, film: Film) -> Window:
        secret, context = new_key(), context._replace(writer=new_id())
        codec = film.stream_format.video.codec_string
        return Window(context, purpose, secret, Sealer(WindowKey(secret, context)), codec)

    def seal_init(self, window: Window, film: Film, wall_us: int) -> bytes:
        init = mp4.init_segment(film.stream_format)
        return window.sealer.seal(
            Kind.INIT, init, wall_us=wall_us, monotonic_us=0, flags=FLAG_KEYFRAME
        )

    # live

    def roll(self, track: LiveTrack) -> Window:
        """Begin a live window."""
        window = track.window = self.open_window(track.context, "live", track.film)
        window.expires_us = now_us() + self.window_us
        track.group = [self.seal_init(window, track.film, now_us())]
        return window

    def advance(self, track: LiveTrack) -> list[bytes]:
        """Seal the next picture; what a watcher gets for it."""
        film = track.film
        unit = film.unit(track.number, ticks=0, wall_us=now_us())
        sent: list[bytes] = []
        window = track.window
        if unit.is_keyframe:
            if window is None or now_us() > (window.expires_us or 0):
                window = self.roll(track)
                sent += track.group
            del track.group[1:]
        if window is None:
            return []
        ticks = (window.sealer.sequence - 1) * film.step_ticks
        unit = film.unit(track.number, ticks=ticks, wall_us=now_us())
        run = mp4.Run(mp4.VIDEO_TRACK, 0, [unit], ticks + film.step_ticks)
        payload = mp4.fragment(window.sealer.sequence, run)
        kind = Kind.STILL if unit.is_keyframe else Kind.GOP
        sealed = window.sealer.seal(kind, payload, wall_us=unit.wall_us, monotonic_us=0)
        track.number += 1
        track.group.append(sealed)
        return [*sent, sealed]

    async def run_live(self) -> None:
        """Every camera in real time, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for track in self.tracks.values():
                tasks.create_task(self._run_track(track))

    async def _run_track(self, track: LiveTrack) -> None:
        due = time.monotonic()
        while True:
            if not track.is_silent:
                await self._send(track.opaque, self.advance(track))
            due += 1 / track.film.frames_per_second
            await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _send(self, opaque: bytes, fragments: list[bytes]) -> None:
        for socket in tuple(self.sockets):
            if opaque in self.watched.get(socket, ()):
                for sealed in fragments:
                    await self._send_one(socket, opaque, sealed)

    async def _send_one(self, socket: web.WebSocketResponse, opaque: bytes, sealed: bytes) -> None:
        try:
            await socket.send_bytes(opaque + self._mixed_up(sealed))
        except ConnectionError:
            self.sockets.discard(socket)

    def _mixed_up(self, sealed: bytes) -> bytes:
        if self.impostor is None:
            return sealed
        kind = read_header(sealed).kind
        for track in self.impostor.tracks.values():
            for theirs in track.group:
                if read_header(theirs).kind == kind:
                    return theirs
        return sealed

    # recordings

    def record(
        self, camera: bytes, name: str, start_us: int, *, segments: int, segment_seconds: int = 10
    ) -> None:
        """Make recordings of this length, one segment after the other."""
        film = self.tracks[camera, name].film
        context = self.tracks[camera, name].context
        kept = self.segments.setdefault((camera, name), [])
        for _ in range(segments):
            kept.append(self._record_segment(film, context, start_us, segment_seconds))
            start_us = kept[-1].end_us

    def _record_segment(
        self, film: Film, context: Context, start_us: int, seconds: int
    ) -> RecordedSegment:
        window = self.open_window(context, "rec", film)
        fragments = [self.seal_init(window, film, start_us)]
        step_us = 1_000_000 // film.frames_per_second
        rest: list[AccessUnit] = []

        def seal(kind: Kind, units: list[AccessUnit]) -> None:
            end = units[-1].media_ticks + film.step_ticks
            payload = mp4.fragment(window.sealer.sequence, mp4.Run(mp4.VIDEO_TRACK, 0, units, end))
            fragments.append(
                window.sealer.seal(kind, payload, wall_us=units[0].wall_us, monotonic_us=0)
            )

        for number in range(seconds * film.frames_per_second):
            wall_us = start_us + number * step_us
            unit = film.unit(number, ticks=number * film.step_ticks, wall_us=wall_us)
            if unit.is_keyframe:
                if rest:
                    seal(Kind.GOP, rest)
                rest = []
                seal(Kind.STILL, [unit])
            else:
                rest.append(unit)
        if rest:
            seal(Kind.GOP, rest)
        end_us = start_us + seconds * 1_000_000
        return RecordedSegment(window, start_us, end_us, tuple(fragments))

    def export(self, camera: bytes, content: bytes, *, piece_bytes: int) -> dict[str, Any]:
        """Seal a file in pieces."""
        film, context = self.tracks[camera, "main"].film, self.tracks[camera, "main"].context
        window = self.open_window(context, "export", film)
        pieces = [
            window.sealer.seal(
                Kind.EXPORT, content[at : at + piece_bytes], wall_us=now_us(), monotonic_us=0
            )
            for at in range(0, len(content), piece_bytes)
        ]
        self.exports[window.context.writer] = (window, pieces)
        return {
            "writer": window.context.writer.hex(), "camera": camera.hex(), "state": "done",
            "progress": 1, "message": "", "file_name": "a.mp4", "bytes": len(content),
            "pieces": len(pieces), "start_us": 0, "end_us": 0,
        }  # fmt: skip

    # HTTP

    def app(self, page: Path) -> web.Application:
        """The door and the hub in one; `page`: folder of the built harness."""
        app = web.Application()
        app.add_routes([
            web.get("/", self._page),
            web.get("/style.css", self._style),
            web.get("/live", self._live),
            web.get("/api/hello", self._hello),
            web.post("/api/keys", self._keys),
            web.post("/api/refusals", self._refusal),
            web.get("/api/recordings", self._recordings),
            web.get("/api/timeline", self._timeline),
            web.get("/s/export/{writer}/{range}", self._pieces),
            web.get("/s/{opaque}/still", self._still),
            web.get("/s/{opaque}/{writer}/{range}", self._recorded),
            web.static("/", page),
        ])  # fmt: skip
        return app

    async def _page(self, request: web.Request) -> web.Response:
        policy = content_security_policy(request.host, is_tls=False)
        headers = {"Content-Security-Policy": policy}
        return web.Response(text=PAGE, content_type="text/html", headers=headers)

    async def _style(self, _: web.Request) -> web.Response:
        return web.Response(text=STYLE, content_type="text/css")

    async def _hello(self, _: web.Request) -> web.Response:
        return web.json_response({"state": "ready", "time_us": now_us()})

    def _windows(self, wanted: dict[str, Any]) -> list[Window]:
        windows: list[Window] = []
        for live in wanted["live"]:
            window = self.tracks[bytes.fromhex(live["camera"]), live["stream"]].window
            windows += [window] if window is not None else []
        for recorded in wanted["recordings"]:
            kept = self.segments.get((bytes.fromhex(recorded["camera"]), recorded["stream"]), [])
            windows += [
                segment.window
                for segment in kept
                if segment.window.context.writer.hex() in recorded["writers"]
            ]
        windows += [self.exports[bytes.fromhex(writer)][0] for writer in wanted["exports"]]
        return windows

    async def _keys(self, request: web.Request) -> web.Response:
        wanted = await request.json()
        self.key_requests.append(wanted)
        keys = []
        for window in self._windows(wanted):
            context = window.context
            wrapped = wrap_for_device(
                window.secret, self.device_key,
                purpose=window.purpose, context=context, device=self.device_id,
            )  # fmt: skip
            keys.append({
                "camera": context.camera.hex(), "stream": context.stream.name.lower(),
                "purpose": window.purpose, "epoch": context.epoch, "writer": context.writer.hex(),
                "device": self.device_id.hex(), "wrapped": base64.b64encode(wrapped).decode(),
                "codec": window.codec, "is_next": False, "expires_us": window.expires_us,
            })  # fmt: skip
        return web.json_response({"keys": keys})

    async def _refusal(self, request: web.Request) -> web.Response:
        self.refusals.append(await request.json())
        return web.Response(status=204)

    async def _recordings(self, request: web.Request) -> web.Response:
        camera, name = bytes.fromhex(request.query["camera"]), request.query["stream"]
        from_us, to_us = int(request.query["from"]), int(request.query["to"])
        film = self.tracks[camera, name].film
        documents = [
            segment.document(film)
            for segment in self.segments.get((camera, name), [])
            if segment.start_us < to_us and segment.end_us > from_us
        ]
        return web.json_response({"segments": documents})

    async def _timeline(self, request: web.Request) -> web.Response:
        camera, from_us = bytes.fromhex(request.query["camera"]), int(request.query["from"])
        kept = self.segments.get((camera, "main"), [])
        spans = [[s.start_us, s.end_us] for s in kept if s.end_us > from_us]
        lane = {"camera": camera.hex(), "stream": "main", "spans": spans, "gaps": []}
        return web.json_response({"cameras": [lane]})

    async def _still(self, request: web.Request) -> web.Response:
        for track in self.tracks.values():
            if track.opaque.hex() == request.match_info["opaque"] and len(track.group) > 1:
                body = b"".join(self._mixed_up(sealed) for sealed in track.group[:2])
                return web.Response(body=body, content_type="application/octet-stream")
        return web.json_response({"error": "no_picture"}, status=404)

    async def _recorded(self, request: web.Request) -> web.Response:
        first, last = map(int, request.match_info["range"].split("-"))
        house = self.impostor or self
        for kept in house.segments.values():
            for segment in kept:
                writer = segment.window.context.writer.hex()
                if self.impostor is not None or writer == request.match_info["writer"]:
                    body = b"".join(segment.fragments[first : last + 1])
                    return web.Response(body=body, content_type="application/octet-stream")
        return web.json_response({"error": "not_found"}, status=404)

    async def _pieces(self, request: web.Request) -> web.Response:
        first, last = map(int, request.match_info["range"].split("-"))
        _, pieces = self.exports[bytes.fromhex(request.match_info["writer"])]
        return web.Response(body=b"".join(pieces[first : last + 1]))

    async def _live(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(protocols=("keepsight.live.1",))
        await socket.prepare(request)
        self.sockets.add(socket)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._on_text(socket, json.loads(message.data))
        finally:
            self.sockets.discard(socket)
            self.watched.pop(socket, None)
        return socket

    async def _on_text(self, socket: web.WebSocketResponse, content: dict[str, Any]) -> None:
        if "watch" not in content:
            return
        wanted = {bytes.fromhex(opaque) for opaque in content["watch"]}
        added = wanted - self.watched.get(socket, set())
        for track in self.tracks.values():
            if track.opaque in added:
                state = {"stream": track.opaque.hex(), "state": "running"}
                await socket.send_str(json.dumps(state))
                for sealed in tuple(track.group):
                    await self._send_one(socket, track.opaque, sealed)
        self.watched[socket] = wanted
