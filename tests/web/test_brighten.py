"""Goal: a dark picture can be seen, without noise and without ghosts.

Method: the lifter of the pages in a real Chromium, on a drawn dark scene in which something moves.
"""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route

PICTURES = 24
DARK = 12


@pytest.fixture
async def page(browser: Browser, harness: Path):
    page = await browser.new_page()

    async def answer(route: Route) -> None:
        name = route.request.url.removeprefix("http://harness.test/")
        if name:
            await route.fulfill(path=harness / name)
        else:
            page = '<!doctype html><script type="module" src="/harness.js"></script>'
            await route.fulfill(body=page, content_type="text/html")

    await page.route("http://harness.test/**", answer)
    await page.goto("http://harness.test/")
    await page.wait_for_function("window.harness !== undefined")
    if not await page.evaluate("document.createElement('canvas').getContext('webgl2') !== null"):
        pytest.skip("this Chromium has no WebGL 2")
    yield page
    await page.close()


async def lifted(page: Page, pictures: int, level: int) -> dict[str, float]:
    return await page.evaluate("([n, level]) => window.harness.lifted(n, level)", [pictures, level])


async def test_dark_becomes_grey_and_what_moves_stands_out(page: Page):
    found = await lifted(page, PICTURES, DARK)
    assert 60 < found["background"] < 140
    assert found["square"] > found["background"] * 1.15


async def test_noise_goes_where_nothing_moves(page: Page):
    one, many = await lifted(page, 1, DARK), await lifted(page, PICTURES, DARK)
    assert many["noise"] < 0.6 * one["noise"]


async def test_what_moved_on_leaves_no_ghost(page: Page):
    found = await lifted(page, PICTURES, DARK)
    assert abs(found["ghost"]) < 0.2 * found["background"]


async def test_a_bright_picture_stays_as_it_is(page: Page):
    found = await lifted(page, PICTURES, 120)
    assert 112 < found["background"] < 128


async def lifted_square(page: Page, wall: int, square: int) -> dict[str, float]:
    return await page.evaluate(
        "([wall, square]) => window.harness.liftedSquare(wall, square)", [wall, square]
    )


async def test_dark_clothes_in_a_bright_picture_get_no_halo(page: Page):
    found = await lifted_square(page, 130, 12)
    assert 10 < found["inside"] < 14
    for place in ("beside", "below", "far"):
        assert 127 < found[place] < 133


async def test_something_bright_in_a_dark_picture_darkens_nothing_around_it(page: Page):
    found = await lifted_square(page, 8, 230)
    assert 220 < found["inside"] < 240
    assert found["far"] > 60
    assert found["beside"] > 0.7 * found["far"]


async def test_what_is_lifted_is_the_place_that_is_dark(page: Page):
    """The map lies on the picture the right way up: nothing of the square shows below."""
    found = await lifted_square(page, 8, 230)
    assert abs(found["below"] - found["far"]) < 0.1 * found["far"]
