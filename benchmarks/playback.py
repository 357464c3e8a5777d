"""What a person waits for in recordings: seeking, hovering. Peer: a video element on an MP4."""

import asyncio
import random
import subprocess
from pathlib import Path
from typing import Any, Final

from tests.web.house import Film, House

from benchmarks.browser import Screen, camera_film, in_page, percentile, screen
from benchmarks.figure import Figure

START_US: Final = 1_790_000_000_000_000
SEGMENTS: Final = 30
SEGMENT_SECONDS: Final = 20
SEEKS: Final = 60
HOVERS: Final = 40
_SEEK: Final = """async ([tile, timeUs]) => {
  const marks = window.harness.seekMarks(tile);
  marks.shownMs = 0;
  window.harness.player(tile).seek(timeUs);
  while (marks.shownMs === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return marks.shownMs - marks.askedMs;
}"""
_HOVER: Final = """async ([camera, timeUs]) => {
  const startMs = performance.now();
  await window.harness.thumbnail(camera, timeUs);
  return performance.now() - startMs;
}"""
_PEER_OPEN: Final = """async () => {
  const video = document.createElement('video');
  video.muted = true;
  video.preload = 'auto';
  video.src = '/extra/film.mp4';
  document.body.append(video);
  window.peer = video;
  await new Promise((resolve, reject) => {
    video.onloadeddata = resolve;
    video.onerror = () => reject(new Error('the peer cannot play'));
  });
}"""
_PEER_SEEK: Final = """async (seconds) => {
  const startMs = performance.now();
  const shown = new Promise((resolve) => window.peer.requestVideoFrameCallback(resolve));
  window.peer.currentTime = seconds;
  await shown;
  return performance.now() - startMs;
}"""


def _times(chance: random.Random) -> list[int]:
    span_us = SEGMENTS * SEGMENT_SECONDS * 1_000_000
    return [START_US + chance.randrange(span_us) for _ in range(SEEKS)]


def _write_peer(film: Film, folder: Path) -> None:
    """The same pictures as one MP4, index in front, and a page to play it in."""
    (folder / "peer.html").write_text("<!doctype html><title>peer</title>", encoding="utf-8")
    sets = b"".join(b"\0\0\0\1" + nal for nal in film.stream_format.video.parameter_sets)
    raw = bytearray()
    for number in range(SEGMENTS * SEGMENT_SECONDS * film.frames_per_second):
        unit = film.units[number % len(film.units)]
        raw += sets if unit.is_keyframe else b""
        for data in unit.parts[1::2]:
            raw += b"\0\0\0\1" + data
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "h264", "-framerate", str(film.frames_per_second),
         "-i", "-", "-c", "copy", "-movflags", "+faststart", folder / "film.mp4"],
        input=bytes(raw), check=True,
    )  # fmt: skip


async def _seeks(shown: Screen, document: dict[str, Any], times: list[int]) -> list[float]:
    tile = await shown.call("playback", document, False)
    return [float(await shown.page.evaluate(_SEEK, [tile, time_us])) for time_us in times]


async def _peer_seeks(shown: Screen, times: list[int]) -> list[float]:
    # A page of its own: ours may not play from an address.
    browser = shown.page.context.browser
    assert browser is not None
    page = await browser.new_page()
    await page.goto(shown.page.url + "extra/peer.html")
    await page.evaluate(_PEER_OPEN)
    return [float(await page.evaluate(_PEER_SEEK, (time_us - START_US) / 1e6)) for time_us in times]


async def _hovers(shown: Screen, document: dict[str, Any], times: list[int]) -> list[float]:
    return [
        float(await shown.page.evaluate(_HOVER, [document, time_us])) for time_us in times[:HOVERS]
    ]


async def _measure(page: Path) -> list[Figure]:
    film = camera_film()
    peer_folder = page / "peer"
    peer_folder.mkdir()
    await asyncio.to_thread(_write_peer, film, peer_folder)
    house = House()
    camera = house.add_camera(main=film)
    house.record(camera, "main", START_US, segments=SEGMENTS, segment_seconds=SEGMENT_SECONDS)
    house.tracks[camera, "main"].is_silent = True
    document = house.document(camera)
    chance = random.Random(1)
    async with screen(house, page, extra=peer_folder) as shown:
        seeks = await _seeks(shown, document, _times(chance))
        hovers = await _hovers(shown, document, _times(chance))
        peers = await _peer_seeks(shown, _times(chance))
    note = "2304x1296, 2 s GOP, random places of 10 minutes; peer: video element, MP4 by ranges"
    figures = []
    for share, word in ((0.5, "median"), (0.95, "95th percentile")):
        value, is_goal = percentile(seeks, share), share > 0.5
        figures.append(
            Figure(
                f"playback.seek to first picture, {word}", value, "ms",
                "video element", percentile(peers, share),
                "under 300" if is_goal else "", value < 300 if is_goal else None, note,
            )
        )  # fmt: skip
    figures.append(
        Figure(
            "playback.thumbnail under the pointer, 95th percentile", percentile(hovers, 0.95), "ms"
        )
    )
    return figures


def run() -> list[Figure]:
    """Seeks and thumbnails in a real Chromium."""
    return in_page(_measure)
