"""A work that goes on after every failure ends by one cancellation, even one that got lost."""

import ast
import asyncio

import pytest

from keepsight.hub.ending import heed_ending
from tests.paths import ROOT


async def test_a_cancellation_that_was_lost_is_heeded():
    begun, rounds = asyncio.Event(), []

    async def goes_on():
        while True:
            rounds.append(True)
            try:
                begun.set()
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass  # what a library's `wait_for` does
            heed_ending()

    task = asyncio.ensure_future(goes_on())
    await begun.wait()
    task.cancel()
    async with asyncio.timeout(20):
        await asyncio.gather(task, return_exceptions=True)
    assert (task.cancelled(), rounds) == (True, [True])


async def test_a_task_group_that_fails_while_it_is_stopped_ends_its_work():
    failing, rounds = asyncio.Event(), []

    async def hold():
        try:
            await asyncio.sleep(60)
        finally:
            failing.set()
            await asyncio.sleep(0.05)

    async def goes_on():
        while True:
            rounds.append(True)
            try:
                async with asyncio.TaskGroup() as tasks:
                    tasks.create_task(hold())
                    await asyncio.sleep(0)
                    raise OSError  # noqa: TRY301 - what fails
            except* OSError:
                pass
            heed_ending()

    task = asyncio.ensure_future(goes_on())
    await failing.wait()
    task.cancel()
    async with asyncio.timeout(20):
        await asyncio.gather(task, return_exceptions=True)
    assert (task.cancelled(), rounds) == (True, [True])


async def test_a_timeout_that_ran_out_is_no_end():
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.sleep(60)
    heed_ending()


def test_nothing_waits_by_wait_for():
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sorted((ROOT / "src").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
        and getattr(node, "attr", getattr(node, "id", "")) == "wait_for"
    ]
    assert found == []
