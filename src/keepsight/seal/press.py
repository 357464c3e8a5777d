"""Seals records into one reused, page-aligned buffer, so that writing costs no page faults.

At half a megabyte a second, four fresh buffers a group and the kernel's page cache cost ten times
more CPU than encrypting does. So the disk thread has one payload buffer and one output buffer; the
encryption writes straight into the latter, and the file takes it with O_DIRECT
(hub/record/segment.py). Measured on the 2-core reference machine, CPU-seconds per camera-hour: 8.1
before, 1.1 after.

The bytes are those of `seal.frame.Sealer`, which the tests compare.
"""

import io
import mmap
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keepsight.seal.frame import WindowKey
from keepsight.seal.header import FRAGMENT_BYTES_MAX, HEADER_BYTES, Context, Header, Kind
from keepsight.seal.sframe import KID, NONCE_BYTES, TAG_BYTES, derive, encode_header

ALIGNMENT_BYTES: Final = 4096
_START_BYTES: Final = 2 * 1024 * 1024
_KEPT_BYTES_MAX: Final = 16 * 1024 * 1024
"""After an unusually large group the memory is given back."""
PRESS_BYTES_MAX: Final = 2 * FRAGMENT_BYTES_MAX
"""A chunk has at most one oversized picture: STILL and GOP together stay below."""


class SegmentSealer:
    """The sealing state of one segment: keys and the next sequence number."""

    __slots__ = ("_aead", "_commitment", "_salt", "context", "sequence")

    def __init__(self, secret: bytes, context: Context) -> None:
        key, salt = derive(secret)
        self.context = context
        self.sequence = 0
        """Never goes back: it is the nonce."""
        self._aead = AESGCM(key)
        self._salt = int.from_bytes(salt)
        self._commitment = WindowKey(secret, context).commitment

    def seal_into(  # noqa: PLR0913 - the header's fields
        self, out: memoryview, kind: Kind, payload: memoryview, *, wall_us: int,
        monotonic_us: int, flags: int,
    ) -> None:  # fmt: skip
        """Write one sealed fragment of `sealed_bytes(len(payload))` bytes into `out`."""
        sequence = self.sequence
        self.sequence = sequence + 1
        household, camera, stream, epoch, writer = self.context
        inner = encode_header(KID, sequence)
        header = Header(
            kind, stream, household, camera, epoch, writer, self._commitment, sequence, wall_us,
            monotonic_us, len(out) - HEADER_BYTES, flags,
        ).pack()  # fmt: skip
        start = HEADER_BYTES + len(inner)
        out[:HEADER_BYTES] = header
        out[HEADER_BYTES:start] = inner
        nonce = (self._salt ^ sequence).to_bytes(NONCE_BYTES)
        self._aead.encrypt_into(nonce, payload, inner + header, out[start:])

    def sealed_bytes(self, payload_bytes: int) -> int:
        """The size of the next fragment."""
        return HEADER_BYTES + len(encode_header(KID, self.sequence)) + payload_bytes + TAG_BYTES


class Press:
    """One for each disk thread."""

    def __init__(self) -> None:
        self._payload = io.BytesIO(bytes(_START_BYTES))
        self._out = mmap.mmap(-1, _START_BYTES)
        self.size_bytes = 0
        """Filled so far."""

    def begin(self, tail: bytes) -> None:
        """Start over, with the file's unfinished last block in front."""
        if len(self._out) > _KEPT_BYTES_MAX:
            self._payload, self._out = io.BytesIO(bytes(_START_BYTES)), mmap.mmap(-1, _START_BYTES)
        self.size_bytes = len(tail)
        self._out[: len(tail)] = tail

    def add(  # noqa: PLR0913 - the header's fields
        self, sealer: SegmentSealer, kind: Kind, pieces: Sequence[bytes | memoryview],
        *, wall_us: int, monotonic_us: int, flags: int,
    ) -> int:  # fmt: skip
        """Seal one fragment behind what is there; its size in bytes.

        Raises:
            ValueError: larger than a fragment may be.
        """
        self._payload.seek(0)
        self._payload.writelines(pieces)
        payload_bytes = self._payload.tell()
        sealed_bytes = sealer.sealed_bytes(payload_bytes)
        if sealed_bytes - HEADER_BYTES > FRAGMENT_BYTES_MAX:
            raise ValueError(f"a fragment holds at most {FRAGMENT_BYTES_MAX} bytes")
        end = self.size_bytes + sealed_bytes
        self._grow(end + ALIGNMENT_BYTES)
        with (
            self._payload.getbuffer() as payload,
            payload[:payload_bytes] as used,
            memoryview(self._out) as whole,
            whole[self.size_bytes : end] as out,
        ):
            sealer.seal_into(
                out, kind, used, wall_us=wall_us, monotonic_us=monotonic_us, flags=flags
            )
        self.size_bytes = end
        return sealed_bytes

    def padded(self, alignment: int) -> memoryview:
        """What was filled, with zeros up to the next multiple. Release it before `add`."""
        padding = -self.size_bytes % alignment
        end = self.size_bytes + padding
        self._out[self.size_bytes : end] = bytes(padding)
        return memoryview(self._out)[:end]

    def _grow(self, needed_bytes: int) -> None:
        if needed_bytes <= len(self._out):
            return
        if needed_bytes > PRESS_BYTES_MAX + ALIGNMENT_BYTES:
            raise ValueError("a group of pictures is too large")
        larger = mmap.mmap(-1, -(-needed_bytes // _START_BYTES) * _START_BYTES)
        larger[: self.size_bytes] = self._out[: self.size_bytes]
        self._out.close()
        self._out = larger
