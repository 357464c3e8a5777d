"""Making parts of an export unseen: faces, heads, privacy masks. In a process behind walls.

The hub decodes nothing: it hands the finished MP4, in memory, to `python -m keepsight.detect.blur`,
which has no network, no key and no file but the models, and gets another MP4 back. What that
process says is bounded and not believed further than numbers.
"""

import importlib.util
import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, Literal

from keepsight.hub.walls.confine import EXIT_NOT_CONFINED, Plan, missing_protection
from keepsight.hub.walls.surroundings import ENVIRONMENT, ExposedError, readable_paths
from keepsight.hub.watch.models import KNOWN, state_of
from keepsight.hub.watching import MODEL_DEFAULT, Polygon

RANGE_US_MAX: Final = 30 * 60_000_000
"""Of a film that is changed: on a small machine half an hour takes an hour."""
FILM_BYTES_MAX: Final = 512 << 20
"""Of the film before, and of the one after; both are in memory at the same time."""
MEMORY_BYTES_MAX: Final = 6 << 30
"""Of address space."""
SECONDS_A_SECOND: Final = 30.0
"""Of work, for each second of the film; more is a process that hangs."""
SECONDS_MIN: Final = 180.0
OPEN_FILES_MAX: Final = 256
NICE: Final = 10
"""Recording and watching go first."""
LINE_BYTES_MAX: Final = 4096
ANSWERS_BYTES_MAX: Final = 1 << 20
CHECK_SECONDS: Final = 0.5
FACE_MODEL: Final = "yunet"
NEEDED: Final = (FACE_MODEL, MODEL_DEFAULT)
"""Models without which faces are not looked for."""
COUNTS: Final = ("pictures", "duration_us", "size_bytes", "smeared", "faces", "heads")
_NUMBER_MAX: Final = 1 << 53
MACHINE_FACTS: Final = ("/proc/cpuinfo", "/sys/devices/system/cpu")
PROGRAM: Final = "keepsight.detect.blur"
Change = Literal["faces", "masks", "sound"]
"""Of a film: faces and heads blurred, privacy masks burnt in, sound left out."""


class RedactionError(Exception):
    """It cannot be done; the text says why, `code` is the API's."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Redaction:
    """What of an export is made unseen, or unheard."""

    blurs_faces: bool = False
    masks: tuple[Polygon, ...] = ()
    has_sound: bool = True

    @property
    def is_needed(self) -> bool:
        """Whether the film is changed at all."""
        return bool(self.changes)

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is done, as the ledger has it."""
        wanted: tuple[tuple[Change, bool], ...] = (
            ("faces", self.blurs_faces), ("masks", bool(self.masks)), ("sound", not self.has_sound),
        )  # fmt: skip
        return tuple(change for change, is_wanted in wanted if is_wanted)

    def as_wish(self) -> bytes:
        """For the process."""
        masks = [[list(point) for point in mask] for mask in self.masks]
        document = {"blur_faces": self.blurs_faces, "masks": masks, "has_sound": self.has_sound}
        return json.dumps(document).encode()


@dataclass(frozen=True, slots=True)
class Redactor:
    """Runs the process. `run` blocks: call it in a thread."""

    models: Path
    secret: Path
    """The household's folder, to which the process must have no way."""

    def check(self, redaction: Redaction, from_us: int, to_us: int) -> None:
        """Refuse what cannot be done, before anything is begun.

        Raises:
            RedactionError: too long, or something that is needed is not on this machine.
        """
        if not redaction.is_needed:
            return
        if to_us - from_us > RANGE_US_MAX:
            minutes = RANGE_US_MAX // 60_000_000
            raise RedactionError("too_long", f"at most {minutes} minutes can be changed at once")
        if missing := missing_protection():
            text = f"this kernel has no {' and no '.join(missing)} to keep the work from the keys"
            raise RedactionError("no_walls", text)
        if not redaction.blurs_faces:
            return
        if importlib.util.find_spec("onnxruntime") is None:
            raise RedactionError("no_face_runtime", "pip install onnxruntime on this machine first")
        there = {model.name: state_of(model, self.models) for model in KNOWN}
        wanted = [name for name in NEEDED if there[name] != "installed"]
        if wanted:
            text = f"faces cannot be found: run `keepsight models install {' '.join(wanted)}`"
            raise RedactionError("no_face_model", text)

    def run(  # noqa: PLR0913 - from where to where, and who is told
        self, redaction: Redaction, source: int, target: int, seconds: float,
        *, progress: Callable[[float], None], should_stop: Callable[[], bool],
    ) -> dict[str, int]:  # fmt: skip
        """Change one film.

        Args:
            redaction: what to do.
            source: descriptor of an MP4 in memory.
            target: descriptor of an empty file in memory.
            seconds: of the film.
            progress: gets 0 to 1 now and then.
            should_stop: asked often; True ends it.

        Returns:
            COUNTS by name.

        Raises:
            RedactionError: it failed, was stopped, or took too long.
        """
        films = [f"/proc/self/fd/{each}" for each in (source, target)]
        with subprocess.Popen(  # noqa: S603 - our own modules
            [*self._command(), *films], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, pass_fds=(source, target), cwd="/",
            env={**ENVIRONMENT, "KEEPSIGHT_MODELS": str(self.models)},
            start_new_session=True,
        ) as child:  # fmt: skip
            assert child.stdin is not None  # noqa: S101 - asked for above
            assert child.stdout is not None  # noqa: S101
            try:
                child.stdin.write(redaction.as_wish())
                child.stdin.close()
                ends_at = time.monotonic() + max(SECONDS_MIN, seconds * SECONDS_A_SECOND)
                said = self._listen(child.stdout, ends_at, progress, should_stop)
            except BrokenPipeError:
                said = {}
            finally:
                child.kill()
        if child.returncode == EXIT_NOT_CONFINED:
            raise RedactionError("no_walls", "the work could not be walled off from the keys")
        return _counts(said)

    def _command(self) -> list[str]:
        try:
            readable = readable_paths(self.secret, self.models, *map(Path, MACHINE_FACTS))
        except ExposedError as error:
            raise RedactionError("no_walls", str(error)) from error
        plan = Plan(
            view="", links=(), readable=readable, writable=(), scratch=(),
            memory_bytes=MEMORY_BYTES_MAX, cpu_seconds=None, file_bytes=FILM_BYTES_MAX,
            open_files=OPEN_FILES_MAX, nice=NICE,
        )  # fmt: skip
        python = [sys.executable, "-I", "-B", "-X", "utf8", "-m"]
        return [*python, "keepsight.hub.walls.confine", plan.dump(), "--", *python, PROGRAM]

    def _listen(
        self, pipe: IO[bytes], ends_at: float,
        progress: Callable[[float], None], should_stop: Callable[[], bool],
    ) -> Mapping[str, Any]:  # fmt: skip
        """Its last words."""
        said: Mapping[str, Any] = {}
        for line in _lines(pipe, ends_at, should_stop):
            try:
                said = json.loads(line)
            except (ValueError, RecursionError):
                return {}
            if not isinstance(said, dict):
                return {}
            share = said.get("share")
            if isinstance(share, float | int) and 0 <= share <= 1:
                progress(float(share))
        return said


def _lines(pipe: IO[bytes], ends_at: float, should_stop: Callable[[], bool]) -> Iterator[bytes]:
    """What it writes, line by line, until it ends.

    Raises:
        RedactionError: stopped, too slow, or it says too much.
    """
    descriptor, kept, total = pipe.fileno(), b"", 0
    while True:
        if should_stop():
            raise RedactionError("stopped", "the export was stopped")
        if time.monotonic() > ends_at:
            raise RedactionError(
                "too_slow", "changing the film took too long: choose a shorter one"
            )
        ready, _, _ = select.select([descriptor], [], [], CHECK_SECONDS)
        if not ready:
            continue
        data = os.read(descriptor, LINE_BYTES_MAX)
        if not data:
            return
        total += len(data)
        *lines, kept = (kept + data).split(b"\n")
        if len(kept) > LINE_BYTES_MAX or total > ANSWERS_BYTES_MAX:
            raise RedactionError("failed", "the changing process talks nonsense")
        yield from lines


def _counts(said: Mapping[str, Any]) -> dict[str, int]:
    """The numbers of a film that is done.

    Raises:
        RedactionError: it is not.
    """
    done = said.get("done")
    if isinstance(done, dict):
        found = {name: done.get(name) for name in COUNTS}
        if all(type(each) is int and 0 <= each < _NUMBER_MAX for each in found.values()):
            return {name: int(each or 0) for name, each in found.items()}
    reason = said.get("error")
    text = "".join(c if c.isprintable() else " " for c in str(reason)[:300]) if reason else ""
    raise RedactionError("failed", text or "the changing process died: choose a shorter film")
