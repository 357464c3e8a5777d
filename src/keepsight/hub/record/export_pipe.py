"""What the exporting process and its parent say to each other.

Parent to child, on standard input: `u32 length, u8 kind, body`. Child to parent, on standard
output: one JSON object at the end. The child gets pictures and no key.
"""

import struct
from typing import IO, Final

BEGIN: Final = 1
"""A segment starts; body: i64, where it starts in the exported file, microseconds."""
DATA: Final = 2
"""Opened fMP4: INIT first, then fragments in order."""
END: Final = 3
"""Nothing follows; empty body. Without it the parent died, and the child leaves no file."""
BODY_BYTES_MAX: Final = 64 * 1024 * 1024
_HEAD: Final = struct.Struct(">IB")


class PipeError(Exception):
    """The other side ended early or spoke nonsense."""


def send(pipe: IO[bytes], kind: int, body: bytes = b"") -> None:
    """Write one message.

    Raises:
        OSError: the other side is gone.
    """
    pipe.write(_HEAD.pack(len(body), kind))
    pipe.write(body)


def receive(pipe: IO[bytes]) -> tuple[int, bytes]:
    """Read one message.

    Raises:
        PipeError: cut short, or longer than BODY_BYTES_MAX.
    """
    head = pipe.read(_HEAD.size)
    if len(head) != _HEAD.size:
        raise PipeError("the export was cut off")
    length, kind = _HEAD.unpack(head)
    if length > BODY_BYTES_MAX:
        raise PipeError("a message is too long")
    body = pipe.read(length)
    if len(body) != length:
        raise PipeError("the export was cut off")
    return kind, body
