"""How works that go on after every failure end all the same: by one cancellation.

A cancellation is a CancelledError thrown once into whatever the task waits for. In Python 3.11 two
things lose it: `asyncio.wait_for`, when what it waits for is done at the same moment (CPython's
issue 86296), and a task group that is just failing. So nothing here waits by `wait_for`
(`asyncio.timeout` loses none), libraries that would are given no time limit but ours around them,
and a work that begins anew after each failure asks first whether it was told to end.
"""

import asyncio


def heed_ending() -> None:
    """Return while this task may go on.

    Raises:
        asyncio.CancelledError: it was told to end, and the telling got lost on its way.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
