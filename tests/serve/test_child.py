"""A child is started, watched, started again and stopped; with small real processes."""

import asyncio

import pytest

from keepsight.serve import child as module
from keepsight.serve.child import Child, ChildFailedError


async def run_for(child, seconds):
    runner = asyncio.ensure_future(child.run())
    await asyncio.wait([runner], timeout=seconds)
    if runner.done():
        return runner
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    return runner


async def test_lines_arrive_and_standard_input_is_given():
    lines = []
    code = "import sys; print(sys.stdin.readline().strip()[::-1], flush=True); sys.stdin.read()"
    seen = asyncio.Event()
    child = Child("echo", ("-c", code), lambda line: (lines.append(line), seen.set()), b"abc\n")
    runner = asyncio.ensure_future(child.run())
    await asyncio.wait_for(seen.wait(), 20)
    assert lines == ["cba"]
    assert child.pid is not None
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
    assert child.pid is None


async def test_a_child_that_ends_is_started_again():
    started = asyncio.Queue()
    child = Child("short", ("-c", "print('here')"), started.put_nowait)
    runner = asyncio.ensure_future(child.run())
    for _ in range(2):
        assert await asyncio.wait_for(started.get(), 30) == "here"
    assert child.starts >= 2
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)


async def test_a_child_that_cannot_work_is_not():
    child = Child("final", ("-c", "raise SystemExit(78)"), print)
    with pytest.raises(ChildFailedError, match="final"):
        await asyncio.wait_for(child.run(), 30)


async def test_a_child_that_ignores_the_signal_is_killed(monkeypatch):
    monkeypatch.setattr(module, "STOP_SECONDS", 0.5)
    ignore = "import signal, time; signal.signal(15, signal.SIG_IGN)"
    code = f"{ignore}; print('up', flush=True); time.sleep(60)"
    up = asyncio.Event()
    child = Child("stubborn", ("-c", code), lambda _line: up.set())
    runner = asyncio.ensure_future(child.run())
    await asyncio.wait_for(up.wait(), 20)
    runner.cancel()
    await asyncio.wait_for(asyncio.gather(runner, return_exceptions=True), 30)
    assert child.pid is None


async def test_endless_lines_do_not_fill_the_memory():
    lines = []
    write = "import sys; sys.stdout.write('x' * 1_000_000 + '\\nafter\\n')"
    code = f"{write}; sys.stdout.flush(); sys.stdin.read()"
    done = asyncio.Event()
    child = Child("loud", ("-c", code), lambda s: (lines.append(s), s == "after" and done.set()))
    runner = asyncio.ensure_future(child.run())
    await asyncio.wait_for(done.wait(), 20)
    assert max(map(len, lines)) <= module.LINE_BYTES_MAX
    runner.cancel()
    await asyncio.gather(runner, return_exceptions=True)
