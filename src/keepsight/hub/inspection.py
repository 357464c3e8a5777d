"""One Quick Check of a product, asked for in the pages: what was given, how far, the result."""

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any


class InspectionState(StrEnum):
    """How far it is. Each has a sentence in the UI's catalogue."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class FailureReason(StrEnum):
    """Why there is no report. Each has a sentence in the UI's catalogue that says what to do."""

    INTERRUPTED = "interrupted"
    """The hub was stopped meanwhile; the files are still there."""
    CANCELLED = "cancelled"
    TOO_SLOW = "too_slow"
    """Took longer than a whole check may."""
    DISK_FULL = "disk_full"
    NOT_CONFINED = "not_confined"
    """This kernel cannot keep the lab from the keys, so it was not started."""
    DIED = "died"
    """The lab ended without a report: a limit of memory, time or files, or a fault."""
    BAD_REPORT = "bad_report"
    """What the lab wrote is no report, or is larger than any."""


@dataclass(frozen=True, slots=True)
class GivenFile:
    """One uploaded file. Its name is what somebody called it, never a path of ours."""

    name: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What the list shows of a report."""

    title: str
    overall: float | None
    """Points of 100; None where too little was looked at."""
    band: str
    coverage: float
    """0 to 1: how much of what could be judged was."""
    violated: int
    clear: int
    unknown: int
    unread: int
    """Files or parts of files that could not be read."""


@dataclass(frozen=True, slots=True)
class Confinement:
    """What held while the lab looked at the files."""

    landlock: int
    """ABI version: files, memory of other processes; from 4 on TCP, from 6 on signals.

    0: a tree of mounts kept files away instead."""
    seccomp: bool
    """No sockets, no tracing, no leaving."""
    namespaces: bool
    """A network of its own with nothing in it; False where the kernel refused."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One check of one product, whatever came of it."""

    inspection_id: bytes
    """16 random bytes."""
    created_us: int
    state: InspectionState
    name: str
    """The owner's; empty: what the report is called."""
    files: tuple[GivenFile, ...]
    by: str
    """Member id in hex, or `local`."""
    camera_id: bytes | None = None
    """The camera this product is."""
    started_us: int | None = None
    finished_us: int | None = None
    reason: FailureReason | None = None
    summary: Summary | None = None
    confinement: Confinement | None = None

    @property
    def size_bytes(self) -> int:
        """Of all files, as announced."""
        return sum(file.size_bytes for file in self.files)

    @property
    def is_over(self) -> bool:
        """Done or failed."""
        return self.state in (InspectionState.DONE, InspectionState.FAILED)

    def ended(
        self, reason: FailureReason | None, now_us: int, confinement: Confinement | None
    ) -> "Inspection":
        """A copy that is done, or failed for a reason."""
        state = InspectionState.DONE if reason is None else InspectionState.FAILED
        return replace(
            self, state=state, reason=reason, finished_us=now_us, confinement=confinement
        )


_KEPT_APART = ("inspection_id", "created_us", "state", "camera_id")
"""What the store keeps readable, to sort and join by."""


def inspection_document(inspection: Inspection) -> dict[str, Any]:
    """The part that is kept encrypted, in JSON types."""
    found = asdict(inspection)
    for name in _KEPT_APART:
        del found[name]
    return found


def read_inspection(
    document: dict[str, Any],
    *,
    inspection_id: bytes,
    created_us: int,
    state: str,
    camera_id: bytes | None,
) -> Inspection:
    """What inspection_document was given, with what was kept apart."""
    summary, held, reason = document["summary"], document["confinement"], document["reason"]
    return Inspection(
        inspection_id=inspection_id,
        created_us=created_us,
        state=InspectionState(state),
        camera_id=camera_id,
        name=document["name"],
        files=tuple(GivenFile(**file) for file in document["files"]),
        by=document["by"],
        started_us=document["started_us"],
        finished_us=document["finished_us"],
        reason=FailureReason(reason) if reason else None,
        summary=Summary(**summary) if summary else None,
        confinement=Confinement(**held) if held else None,
    )
