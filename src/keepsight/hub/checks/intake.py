"""Uploaded files on their way into the lab: under numbers, piece by piece, within limits.

`checks/<check id>/in/<number>` in the household's directory. They lie there as they came (the lab
has to read them) until the check is over, a day at the most.
"""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from keepsight.hub.inspection import GivenFile

FILES_MAX: Final = 64
FILE_BYTES_MAX: Final = 512 * 1024 * 1024
CHECK_BYTES_MAX: Final = 2 * 1024 * 1024 * 1024
PIECE_BYTES_MAX: Final = 1024 * 1024
"""What the door lets through at once: an upload is a row of pieces and can be taken up again."""
NAME_CHARS_MAX: Final = 300
FREE_BYTES_MIN: Final = 1024 * 1024 * 1024
"""So much of the disk stays free: a check never takes the room of recordings."""


class IntakeError(Exception):
    """A file that is not taken. `code` is for the UI's catalogue."""

    def __init__(self, code: str, message: str, **fields: int) -> None:
        super().__init__(message)
        self.code = code
        self.fields = fields


def judge_files(files: Sequence[GivenFile]) -> None:
    """Whether so many files of these sizes are taken.

    Raises:
        IntakeError: no_files, too_many_files, file_too_large, check_too_large, empty_file.
    """
    if not files:
        raise IntakeError("no_files", "choose at least one file")
    if len(files) > FILES_MAX:
        raise IntakeError("too_many_files", f"at most {FILES_MAX} files a check", most=FILES_MAX)
    for file in files:
        if file.size_bytes > FILE_BYTES_MAX:
            raise IntakeError(
                "file_too_large",
                f"a file may have {FILE_BYTES_MAX >> 20} MiB; use `keepsight check` for more",
                most=FILE_BYTES_MAX,
            )
        if file.size_bytes <= 0:
            raise IntakeError("empty_file", f"{file.name[:100]} is empty")
    if sum(file.size_bytes for file in files) > CHECK_BYTES_MAX:
        raise IntakeError(
            "check_too_large",
            f"all files together may have {CHECK_BYTES_MAX >> 20} MiB",
            most=CHECK_BYTES_MAX,
        )


def free_bytes(folder: Path) -> int:
    """What an ordinary user may still write."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


class Intake:
    """The folder of one check."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def uploads(self) -> Path:
        """Where the files lie under their numbers."""
        return self.folder / "in"

    def begin(self, wanted_bytes: int) -> None:
        """Make the folder.

        Raises:
            IntakeError: disk_full.
            OSError: the disk refuses.
        """
        self.folder.mkdir(parents=True, mode=0o700)
        self.uploads.mkdir(mode=0o700)
        self._judge_room(wanted_bytes)

    def _judge_room(self, wanted_bytes: int) -> None:
        if free_bytes(self.folder) - wanted_bytes < FREE_BYTES_MIN:
            raise IntakeError("disk_full", "there is too little room for these files on the disk")

    def received(self, number: int) -> int:
        """Bytes of a file that are here."""
        try:
            return (self.uploads / str(number)).stat().st_size
        except FileNotFoundError:
            return 0

    def append(self, number: int, offset: int, piece: bytes, file: GivenFile) -> int:
        """Add a piece at the end; returns how much is here now.

        Raises:
            IntakeError: wrong_offset with `received`, larger_than_said, disk_full.
            OSError: the disk refuses.
        """
        here = self.received(number)
        if offset != here:
            raise IntakeError("wrong_offset", f"{here} bytes are here", received=here)
        if here + len(piece) > file.size_bytes:
            raise IntakeError("larger_than_said", "the file is larger than was announced")
        self._judge_room(len(piece))
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW
        descriptor = os.open(self.uploads / str(number), flags, 0o600)
        with os.fdopen(descriptor, "ab", buffering=0) as target:
            written = target.write(piece)
        return here + (written or 0)

    def is_complete(self, files: Sequence[GivenFile]) -> bool:
        """Whether every file is here whole."""
        return all(self.received(n) == file.size_bytes for n, file in enumerate(files))

    def clear(self) -> None:
        """Delete the files, and whatever the lab left."""
        shutil.rmtree(self.folder, ignore_errors=True)
