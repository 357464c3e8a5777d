"""One run of the lab over one check's files, as a confined process of its own.

What the wall is made of: `confine.py`. The hub starts it, listens to its progress, ends it when it
takes too long or too much of the disk, and takes three bounded files from it. No byte of an
uploaded file is ever read by the hub.
"""

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from keepsight.hub.checks.intake import FREE_BYTES_MIN, Intake, free_bytes
from keepsight.hub.checks.names import view_names
from keepsight.hub.checks.outcome import BadReportError, ReadReport, read_outputs
from keepsight.hub.inspection import Confinement, FailureReason, GivenFile
from keepsight.hub.walls.confine import EXIT_NOT_CONFINED, Plan
from keepsight.hub.walls.surroundings import ENVIRONMENT, ExposedError, readable_paths

log = logging.getLogger(__name__)
WALL_SECONDS_MAX: Final = 900.0
CPU_SECONDS_MAX: Final = 600
"""Of each process."""
MEMORY_BYTES_MAX: Final = 2 << 30
"""Of address space, each process: what the lab gives one artefact."""
WRITTEN_BYTES_MAX: Final = 1 << 30
"""Of one file: an app that is packed inside another is inflated to the disk."""
OPEN_FILES_MAX: Final = 256
NICE: Final = 10
JOBS: Final = 2
LINE_BYTES_MAX: Final = 64 * 1024
WATCH_SECONDS: Final = 0.5
DOSSIER: Final = "dossier.toml"
OUTPUTS: Final = ("json", "html", "sarif")
Progress = Callable[[float, str], None]
"""Share of the files that were read, and the name of the last one."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What came of it: a report, or the reason why there is none."""

    report: ReadReport | None
    reason: FailureReason | None
    confinement: Confinement | None


def subject_paths(view: Path, names: Sequence[tuple[str, ...]]) -> list[str]:
    """What the lab is told to look at: the dossier's folder if there is one, else each file."""
    dossiers = sorted((parts for parts in names if parts[-1].casefold() == DOSSIER), key=len)
    if dossiers:
        return [str(view.joinpath(*dossiers[0][:-1]))]
    return [str(view.joinpath(*parts)) for parts in names]


class Examination:
    """Builds, runs and ends the process."""

    def __init__(self, intake: Intake, files: Sequence[GivenFile], secret: Path) -> None:
        self._folder = intake.folder
        self._uploads = intake.uploads
        self._names = view_names([file.name for file in files])
        self._secret = secret
        """A folder of the household that the lab must have no way to."""
        self._group: int | None = None
        self._reason: FailureReason | None = None
        self._confinement: Confinement | None = None
        self.wall_seconds_max = WALL_SECONDS_MAX
        self.free_bytes_min = FREE_BYTES_MIN

    def end(self, reason: FailureReason) -> None:
        """Kill the lab and whatever it started; `run` then returns with this reason."""
        self._reason = self._reason or reason
        if self._group is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)

    async def run(self, on_progress: Progress) -> Examined:
        """Run it to its end."""
        try:
            command = await asyncio.to_thread(self._prepare)
        except (ExposedError, OSError) as error:
            log.error("a check cannot be started: %s", error)  # noqa: TRY400 - no traceback
            is_exposed = isinstance(error, ExposedError)
            reason = FailureReason.NOT_CONFINED if is_exposed else FailureReason.DISK_FULL
            return Examined(None, reason, None)
        status = await self._run_process(command, on_progress)
        if self._reason is None and status == EXIT_NOT_CONFINED and self._confinement is None:
            self._reason = FailureReason.NOT_CONFINED
        if self._reason is not None:
            return Examined(None, self._reason, self._confinement)
        try:
            report = await asyncio.to_thread(read_outputs, self._folder / "out")
        except BadReportError as error:
            log.warning("the lab ended with status %d: %s", status, error)
            return Examined(None, error.reason, self._confinement)
        return Examined(report, None, self._confinement)

    def _prepare(self) -> list[str]:
        view, out, scratch = (self._folder / name for name in ("view", "out", "tmp"))
        for folder in (view, out, scratch):
            folder.mkdir(mode=0o700)
        outputs = {name: out / f"report.{name}" for name in OUTPUTS}
        for path in outputs.values():
            path.touch(mode=0o600)
        plan = Plan(
            view=str(view),
            links=tuple(
                (str(self._uploads / str(number)), parts)
                for number, parts in enumerate(self._names)
            ),
            readable=readable_paths(self._secret),
            writable=tuple(map(str, outputs.values())),
            scratch=(str(scratch),),
            memory_bytes=MEMORY_BYTES_MAX,
            cpu_seconds=CPU_SECONDS_MAX,
            file_bytes=WRITTEN_BYTES_MAX,
            open_files=OPEN_FILES_MAX,
            nice=NICE,
        )
        python = [sys.executable, "-I", "-B", "-X", "utf8", "-m"]
        written = [word for name, path in outputs.items() for word in (f"--{name}", str(path))]
        return [
            *python, "keepsight.hub.walls.confine", plan.dump(), "--",
            *python, "keepsight", "check", "--quiet", "--progress", "json",
            "--jobs", str(JOBS), *written, *subject_paths(view, self._names),
        ]  # fmt: skip

    async def _run_process(self, command: list[str], on_progress: Progress) -> int:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            limit=LINE_BYTES_MAX,
            env={**ENVIRONMENT, "TMPDIR": str(self._folder / "tmp")},
            cwd=self._folder / "view",
            start_new_session=True,  # one group, ended as a whole
        )
        self._group = process.pid
        if self._reason is not None:
            self.end(self._reason)
        assert process.stderr is not None  # noqa: S101 - PIPE above
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = tasks.create_task(self._watch())
                tasks.create_task(self._follow(process.stderr, on_progress))
                status = await process.wait()
                watching.cancel()
                self._end_group()  # what the lab may have left running holds the pipe open
        finally:
            self._end_group()
            await process.wait()
            self._group = None
        return status

    def _end_group(self) -> None:
        if self._group is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._group, signal.SIGKILL)

    async def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self.wall_seconds_max
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if loop.time() > deadline:
                self.end(FailureReason.TOO_SLOW)
            elif free_bytes(self._folder) < self.free_bytes_min:
                self.end(FailureReason.DISK_FULL)

    async def _follow(self, stream: asyncio.StreamReader, on_progress: Progress) -> None:
        """Lines of the launcher first, then of the lab; nothing in them is trusted for more."""
        is_first = True
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than any line of ours; dropped with what is buffered
                continue
            if not line:
                return
            found = _parse(line)
            if is_first:
                self._confinement = _confinement(found)
                if self._confinement is None:
                    log.error("a check was not started: %s", line[:300].decode(errors="replace"))
            else:
                _tell(found, on_progress)
            is_first = False


def _parse(line: bytes) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _confinement(found: dict[str, Any]) -> Confinement | None:
    held = found.get("confined")
    if not isinstance(held, dict):
        return None
    return Confinement(
        int(held.get("landlock", 0)), held.get("seccomp") is True, held.get("namespaces") is True
    )


def _tell(found: dict[str, Any], on_progress: Progress) -> None:
    told = found.get("progress")
    if not isinstance(told, dict):
        return
    read, total, name = told.get("read"), told.get("of"), told.get("name")
    if isinstance(read, int) and isinstance(total, int) and isinstance(name, str) and total > 0:
        on_progress(min(1.0, max(0.0, read / total)), name[:100])
