"""Load: many cameras from one process, every packet made beforehand. Its own cost is not counted.

`python -m benchmarks.recorded_camera CLIP` prints its port and serves `/<number>` to anybody, each
connection with a phase of its own, until its input ends. Only RTP over TCP.
"""

import asyncio
import os
import sys
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import uvloop

from keepsight.camera.clip import Clip
from keepsight.camera.media import MAIN, VIDEO_CLOCK_RATE
from keepsight.camera.mount import interleave
from keepsight.camera.packetize import (
    PAYLOAD_TYPE_VIDEO,
    RtpWriter,
    VideoPacketizer,
    audio_packetizer,
)
from keepsight.camera.rtcp import REPORT_SECONDS, SenderState, sender_report
from keepsight.camera.sdp import write_sdp
from keepsight.core.clock import SystemClock
from keepsight.lan.rtsp.message import Headers, MessageReader, Request, Response

FILM_SECONDS: Final = 90
"""Precomputed; longer than any measurement."""
PHASE_SECONDS: Final = 0.37
"""Between the keyframes of one connection and the next, modulo the GOP: cameras are not in step."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One sample on the wire."""

    due_seconds: float
    is_video: bool
    media_ticks: int
    blob: bytes


class Film:
    """A clip as interleaved packets, as long as a measurement needs."""

    def __init__(self, path: Path) -> None:
        clip = Clip(path, SystemClock())
        self.tracks = clip.streams[MAIN]
        video = VideoPacketizer(self.tracks.video, RtpWriter(PAYLOAD_TYPE_VIDEO))
        audio = self.tracks.audio
        sound = audio_packetizer(audio) if audio is not None else None
        self.writers = [video.writer] + ([sound.writer] if sound else [])
        self.pieces: list[Piece] = []
        origin = Fraction(0)
        while origin < FILM_SECONDS:
            end = Fraction(0)
            for packet in clip.packets():
                show = origin + packet.show_seconds
                if packet.is_video:
                    end = max(end, packet.show_seconds + packet.duration_seconds)
                    units = clip.units(packet.av_packet)
                    ticks = round(show * VIDEO_CLOCK_RATE)
                    packets, channel = video.packets(units, ticks), 0
                elif sound is not None and audio is not None and packet.show_seconds >= 0:
                    ticks = round(show * audio.clock_rate)
                    packets = sound.packets((bytes(packet.av_packet),), ticks)
                    channel = 2
                else:
                    continue
                blob = b"".join(interleave(channel, p) for p in packets)
                self.pieces.append(Piece(float(show), packet.is_video, ticks, blob))
            origin += end
        self.pieces.sort(key=lambda piece: piece.due_seconds)


def _answer(film: Film, request: Request, writer: asyncio.StreamWriter) -> bool:
    """Answer one request; True when playing shall begin."""
    head: Headers = (("CSeq", request.header("CSeq") or "0"), ("Session", "1"))
    body = b""
    if request.method == "DESCRIBE":
        host = writer.get_extra_info("sockname")[0]
        body = write_sdp(film.tracks, session_name="bench", host=host, session_id=1)
        head += (("Content-Base", request.url + "/"), ("Content-Type", "application/sdp"))
    elif request.method == "SETUP":
        channel = 2 if request.url.endswith("track2") else 0
        head += (("Transport", f"RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}"),)
    elif request.method == "OPTIONS":
        head += (("Public", "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"),)
    writer.write(Response(200, "OK", head, body).to_bytes())
    return request.method == "PLAY"


async def _play(film: Film, writer: asyncio.StreamWriter, phase_seconds: float) -> None:
    loop, clock = asyncio.get_running_loop(), SystemClock()
    keyframes = [p.due_seconds for p in film.pieces if p.is_video]
    start = loop.time()
    # The phase delays the beginning: the first picture is always a keyframe.
    await asyncio.sleep(phase_seconds)
    start = loop.time() - keyframes[0]
    report_due = [0.0, 0.0]
    for piece in film.pieces:
        wait = start + piece.due_seconds - loop.time()
        if wait > 0.001:
            await asyncio.sleep(wait)
        if writer.transport.is_closing():
            return
        track = 0 if piece.is_video else 1
        if loop.time() >= report_due[track]:
            report_due[track] = loop.time() + REPORT_SECONDS
            rtp = film.writers[track]
            state = SenderState(
                rtp.ssrc, clock.wall_us(), rtp.rtp_ticks(piece.media_ticks), rtp.packets, 0
            )
            writer.write(interleave(2 * track + 1, sender_report(state, "bench")))
        writer.write(piece.blob)


class Cameras:
    """All connections."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        messages = MessageReader()
        try:
            async with asyncio.TaskGroup() as group:
                while data := await reader.read(65536):
                    for message in messages.feed(data):
                        if not isinstance(message, Request):
                            continue
                        if _answer(self._film, message, writer):
                            self._connections += 1
                            phase = self._connections * PHASE_SECONDS % 2.0
                            group.create_task(_play(self._film, writer, phase))
                writer.close()
        except* ConnectionError:
            pass


async def _main(path: Path) -> None:
    film = Film(path)
    server = await asyncio.start_server(Cameras(film).serve, "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(0, ended.set)
    await ended.wait()
    # Nobody is left to say goodbye to; ending every connection's tasks in order gains nothing.
    os._exit(0)


if __name__ == "__main__":
    av.logging.set_level(av.logging.ERROR)
    uvloop.run(_main(Path(sys.argv[1])))
