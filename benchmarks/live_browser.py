"""What a person sees of live: packet in to picture shown, and the time to the first picture."""

import asyncio
from pathlib import Path
from typing import Final

from tests.web.house import Film, House

from benchmarks.browser import WITHOUT_WEBCODECS, Screen, camera_film, in_page, percentile, screen
from benchmarks.figure import Figure

SETTLE_SECONDS: Final = 3
MEASURED_SECONDS: Final = 12
OPENINGS: Final = 15
_FIRST: Final = "tile => window.harness.marks(tile)?.firstPictureMs !== null"


async def _latencies(shown: Screen, tile: int) -> list[float]:
    """Milliseconds from packet in to picture drawn, of each picture shown lately."""
    rows = await shown.page.evaluate(
        "tile => [performance.timeOrigin, window.harness.marks(tile).latencies]", tile
    )
    origin, pictures = rows
    return [origin + drawn_ms - wall_us / 1000 for wall_us, _, drawn_ms in pictures]


async def _added(page: Path, film: Film, *, script: str = "") -> list[float]:
    house = House()
    camera = house.add_camera(main=film)
    async with screen(house, page, script=script) as shown:
        tile = await shown.call("live", house.document(camera), "main")
        await shown.wait(_FIRST, tile)
        await asyncio.sleep(SETTLE_SECONDS)
        before = len(await _latencies(shown, tile))
        await asyncio.sleep(MEASURED_SECONDS)
        return (await _latencies(shown, tile))[before:]


async def _first_pictures(page: Path, film: Film) -> list[float]:
    """Milliseconds from opening a camera to its first picture, with the newest GOP at the door."""
    house = House()
    camera = house.add_camera(main=film)
    times = []
    async with screen(house, page) as shown:
        await asyncio.sleep(2)
        for number in range(OPENINGS):
            tile = await shown.call("live", house.document(camera), "main")
            await shown.wait(_FIRST, tile)
            marks = await shown.call("marks", tile)
            times.append(marks["firstPictureMs"] - marks["askedMs"])
            await shown.call("close", tile)
            await asyncio.sleep(0.1 * (number % 7))  # at different places of the GOP
    return times


async def _measure(page: Path) -> list[Figure]:
    film = camera_film()
    figures = []
    for name, script, goal_ms in (("WebCodecs", "", 50), ("MSE", WITHOUT_WEBCODECS, 150)):
        added = await _added(page, film, script=script)
        for share, word in ((0.5, "median"), (0.95, "95th percentile")):
            value = percentile(added, share)
            has_goal = share > 0.5
            figures.append(
                Figure(
                    f"live.packet in to picture shown, {name}, {word}",
                    value,
                    "ms",
                    goal=f"under {goal_ms}" if has_goal else "",
                    met=value < goal_ms if has_goal else None,
                    note="2304x1296, 20/s, 4 Mbit/s; seal, loopback, open, decode, draw",
                )
            )
    first = percentile(await _first_pictures(page, film), 0.95)
    figures.append(
        Figure(
            "live.first picture after opening a camera, 95th percentile",
            first,
            "ms",
            goal="under 400",
            met=first < 400,
            note="key release, WebSocket, INIT and STILL, decode, draw",
        )
    )
    return figures


def run() -> list[Figure]:
    """Latency and first picture in a real Chromium."""
    return in_page(_measure)
