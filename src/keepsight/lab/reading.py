"""Reads one artefact into facts. Runs in a child process of its own, see `isolation`."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

from keepsight.lab.artefact import Artefact, ArtefactKind
from keepsight.lab.facts.app import AppFacts
from keepsight.lab.facts.capture import CaptureFacts
from keepsight.lab.facts.policy import PolicyFacts
from keepsight.lab.facts.product import Unread
from keepsight.lab.read.app import read_app
from keepsight.lab.read.capture import CaptureContext, read_capture
from keepsight.lab.read.har import read_har
from keepsight.lab.read.identify import identify, is_har_name
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.policy import read_policy

DIGEST_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class ReadTask:
    """One file to read."""

    path: Path
    kind: ArtefactKind | None = None
    """None: told from its content."""
    context: CaptureContext = field(default_factory=CaptureContext)


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What came of it: facts of one kind, or the reason why there are none."""

    artefact: Artefact | None
    app: AppFacts | None = None
    capture: CaptureFacts | None = None
    policy: PolicyFacts | None = None
    unread: tuple[Unread, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether there are facts."""
        return self.app is not None or self.capture is not None or self.policy is not None


def unread_result(task: ReadTask, reason: str) -> ReadResult:
    """The result of a file that could not be read as a whole."""
    return ReadResult(None, unread=(Unread(task.path.name, "", reason),))


def read_artefact(task: ReadTask) -> ReadResult:  # noqa: PLR0911 - one return an outcome
    """Read one file. Raises nothing for a hostile one: the reason is in `unread`."""
    path = task.path
    try:
        kind = task.kind or identify(path)
        if kind is None or kind is ArtefactKind.DOSSIER:
            return unread_result(task, "neither an app, nor a capture, nor a policy")
        artefact = Artefact(path, kind, _sha256(path), path.stat().st_size)
    except OSError as error:
        return unread_result(task, error.strerror or "cannot be opened")
    try:
        if kind is ArtefactKind.APP:
            app, unread = read_app(path)
            return ReadResult(artefact, app=app, unread=unread)
        if kind is ArtefactKind.CAPTURE:
            read = read_har if is_har_name(path) else read_capture
            capture, unread = read(path, task.context)
            return ReadResult(artefact, capture=capture, unread=unread)
        policy, unread = read_policy(path)
        return ReadResult(artefact, policy=policy, unread=unread)
    except UnreadableArtefact as error:
        return ReadResult(artefact, unread=(Unread(path.name, "", str(error)),))
    except OSError as error:
        reason = error.strerror or "cannot be opened"
        return ReadResult(artefact, unread=(Unread(path.name, "", reason),))
    except MemoryError:
        reason = "needs more memory than one artefact may have"
        return ReadResult(artefact, unread=(Unread(path.name, "", reason),))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(DIGEST_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
