"""One child process an artefact, with limits: a bad file harms only itself.

Children are forked from a clean server process that has the readers loaded (`preload`), so that one
costs some 10 ms. A crash, a hang or a memory hunger becomes the reason why that one artefact is
unread. A process that may not make sockets has no such server: it starts each child anew.
"""

import logging
import multiprocessing
import resource
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext, SpawnContext

from keepsight.lab.reading import ReadResult, ReadTask, read_artefact, unread_result

log = logging.getLogger(__name__)

Reader = Callable[[ReadTask], ReadResult]

READERS = "keepsight.lab.preload"
OPEN_FILES_MAX = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """What one artefact may cost."""

    wall_seconds: float = 180.0
    cpu_seconds: int = 120
    memory_bytes: int = 2 << 30
    """Of address space."""


def read_each(
    tasks: Sequence[ReadTask], *, jobs: int, limits: Limits, reader: Reader = read_artefact
) -> Iterator[tuple[int, ReadResult]]:
    """Read all artefacts, `jobs` at a time; yields (number of the task, result) as they are done.

    Whoever takes the results works on them while the next artefacts are read. `reader` runs in the
    children, which import it by its name.
    """
    if not tasks:
        return
    context = _context()
    workers = max(1, min(jobs, len(tasks)))
    with _main_left_out(), ThreadPoolExecutor(max_workers=workers) as pool:
        waiting: dict[Future[ReadResult], int] = {
            pool.submit(_read_in_child, context, task, limits, reader): number
            for number, task in enumerate(tasks)
        }
        for future in as_completed(waiting):
            number = waiting.pop(future)
            yield number, future.result()


@contextmanager
def _main_left_out() -> Iterator[None]:
    """Keep children from running the program's main file once more.

    multiprocessing would have each child run it, so that it knows what was defined there. Readers
    are not, and the command line costs half a second to load.
    """
    main = sys.modules["__main__"]
    kept: dict[str, object] = {
        name: vars(main)[name] for name in ("__file__", "__spec__") if name in vars(main)
    }
    vars(main).pop("__file__", None)
    main.__spec__ = None
    try:
        yield
    finally:
        vars(main).update(kept)


def _context() -> ForkServerContext | SpawnContext:
    try:
        socket.socket(socket.AF_UNIX).close()
    except OSError:  # confined, as the hub runs it
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([READERS])
    return context


def _read_in_child(
    context: ForkServerContext | SpawnContext, task: ReadTask, limits: Limits, reader: Reader
) -> ReadResult:
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_child, args=(sender, task, limits, reader), daemon=True)
    try:
        child.start()
    except OSError as error:
        receiver.close()
        return unread_result(task, f"no process to read it could be started: {error.strerror}")
    finally:
        sender.close()
    try:
        if not receiver.poll(limits.wall_seconds):
            return unread_result(task, f"took longer than {limits.wall_seconds:.0f} seconds")
        found = receiver.recv()
    except EOFError:
        child.join(5)
        return unread_result(task, _death_reason(child.exitcode))
    finally:
        receiver.close()
        child.join(1)
        if child.is_alive():
            child.kill()
            child.join()
        child.close()
    return found if isinstance(found, ReadResult) else unread_result(task, "the reader failed")


def _death_reason(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        if -exit_code in (24, 9):  # SIGXCPU, SIGKILL
            return "needed more time or memory than one artefact may have"
        return f"the reader died of signal {-exit_code}"
    return f"the reader ended with status {exit_code}"


def _child(sender: Connection, task: ReadTask, limits: Limits, reader: Reader) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES_MAX, OPEN_FILES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu_seconds, limits.cpu_seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    try:
        result = reader(task)
    except MemoryError:
        result = unread_result(task, "needs more memory than one artefact may have")
    except Exception as error:
        # The boundary of the task: a reader's own fault is said, and never reads as clean.
        log.exception("reading %s failed", task.path.name)
        result = unread_result(task, f"the reader failed: {type(error).__name__}")
    sender.send(result)
    sender.close()
