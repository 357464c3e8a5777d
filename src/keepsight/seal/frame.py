"""Sealing, and `open`: the one function that turns a sealed fragment into an `Opened`.

Every promise of Keepsight rests on three rules kept here:

1. The key is chosen by the caller, from its own authenticated question, before the bytes are seen.
   Nothing in the bytes chooses a key.
2. The associated data is rebuilt from what the caller expects, so bytes of another household,
   camera, stream or window fail whatever they claim.
3. The key commitment is compared before decrypting: AES-GCM alone does not commit to its key, and
   one blob could be made to open under two.

Construction: SFrame (RFC 9605), AES_256_GCM_SHA512_128, with the 122-byte header as its metadata.
"""

import hmac
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from keepsight.seal.header import (
    FRAGMENT_BYTES_MAX,
    HEADER_BYTES,
    Context,
    Header,
    HeaderError,
    Kind,
    read_header,
)
from keepsight.seal.sframe import TAG_BYTES, SFrame, encode_header

SECRET_BYTES: Final = 32
COMMITMENT_INFO: Final = b"keepsight commit 1"
FUTURE_US_MAX: Final = 5_000_000
"""A fragment dated further ahead than this is not fresh but wrong."""


class Reason(StrEnum):
    """Why a fragment was refused. These words appear on the ledger and, translated, on screen."""

    MALFORMED = "malformed"
    FOREIGN_HOUSEHOLD = "foreign_household"
    FOREIGN_CAMERA = "foreign_camera"
    WRONG_STREAM = "wrong_stream"
    WRONG_KIND = "wrong_kind"
    WRONG_EPOCH = "wrong_epoch"
    WRONG_WINDOW = "wrong_window"
    WRONG_COMMITMENT = "wrong_commitment"
    REPLAYED = "replayed"
    STALE = "stale"
    TAMPERED = "tampered"


class Refusal(Exception):  # noqa: N818 - a refusal is the field's and the ledger's word
    """The one way in which `open` fails."""

    def __init__(self, reason: Reason, context: Context, header: Header | None) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.context = context
        """What was expected."""
        self.header = header
        """What the bytes claimed; None when they could not be read at all."""


class WindowKey:
    """The derived keys of one window: one writer of one stream of one camera of one household."""

    __slots__ = ("commitment", "context", "sframe")

    def __init__(self, secret: bytes, context: Context) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError(f"a window secret has {SECRET_BYTES} bytes")
        self.context = context
        self.sframe = SFrame(secret)
        self.commitment = HKDFExpand(hashes.SHA256(), 32, COMMITMENT_INFO).derive(secret)


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the caller asked for, besides the window itself."""

    kinds: tuple[Kind, ...]
    sequence_min: int = 0
    sequence_max: int = (1 << 64) - 1
    now_us: int | None = None
    """Wall time of the question; None where age does not matter (recordings)."""
    age_us_max: int = 0
    """Only looked at with now_us."""


@dataclass(frozen=True, slots=True)
class Opened:
    """Plaintext that proved whose it is. Only `open` makes one."""

    context: Context
    kind: Kind
    sequence: int
    wall_us: int
    monotonic_us: int
    flags: int
    payload: bytes


class Sealer:
    """Seals one window's fragments with rising sequence numbers."""

    __slots__ = ("_key", "sequence")

    def __init__(self, key: WindowKey, *, sequence: int = 0) -> None:
        self._key = key
        self.sequence = sequence
        """The next sequence number. Never goes back: it is the nonce."""

    @property
    def context(self) -> Context:
        """Whose fragments these are."""
        return self._key.context

    def seal(
        self,
        kind: Kind,
        payload: bytes | bytearray,
        *,
        wall_us: int,
        monotonic_us: int,
        flags: int = 0,
    ) -> bytearray:
        """Header and SFrame ciphertext in one buffer; takes the next sequence number.

        Raises:
            ValueError: the payload is larger than FRAGMENT_BYTES_MAX.
        """
        key, sequence = self._key, self.sequence
        length = len(encode_header(0, sequence)) + len(payload) + TAG_BYTES
        if length > FRAGMENT_BYTES_MAX:
            raise ValueError(f"a fragment holds at most {FRAGMENT_BYTES_MAX} bytes")
        self.sequence = sequence + 1  # taken even if the encryption below fails
        household, camera, stream, epoch, writer = key.context
        header = Header(
            kind, stream, household, camera, epoch, writer, key.commitment,
            sequence, wall_us, monotonic_us, length, flags,
        ).pack()  # fmt: skip
        # One buffer for header, ciphertext and tag: at 1 MB a tenth of the time of joining them.
        sealed = bytearray(HEADER_BYTES + length)
        sealed[:HEADER_BYTES] = header
        key.sframe.encrypt_into(sequence, header, payload, memoryview(sealed)[HEADER_BYTES:])
        return sealed


def _first_difference(key: WindowKey, header: Header) -> Reason | None:
    expected = key.context
    for found, wanted, reason in (
        (header.household, expected.household, Reason.FOREIGN_HOUSEHOLD),
        (header.camera, expected.camera, Reason.FOREIGN_CAMERA),
        (header.stream, expected.stream, Reason.WRONG_STREAM),
        (header.epoch, expected.epoch, Reason.WRONG_EPOCH),
        (header.writer, expected.writer, Reason.WRONG_WINDOW),
    ):
        if found != wanted:
            return reason
    if not hmac.compare_digest(header.commitment, key.commitment):
        return Reason.WRONG_COMMITMENT
    return None


def _out_of_bounds(expected: Expectation, header: Header) -> Reason | None:
    if header.kind not in expected.kinds:
        return Reason.WRONG_KIND
    if not expected.sequence_min <= header.sequence <= expected.sequence_max:
        return Reason.REPLAYED
    if expected.now_us is not None:
        age_us = expected.now_us - header.wall_us
        if age_us > expected.age_us_max or age_us < -FUTURE_US_MAX:
            return Reason.STALE
    return None


def open(  # noqa: A001 - the house's word for it; see ARCHITECTURE.md
    key: WindowKey, expected: Expectation, sealed: bytes | bytearray | memoryview
) -> Opened:
    """Open one sealed fragment, or refuse it.

    Args:
        key: the window the caller asked for. Never looked up by anything in `sealed`.
        expected: kinds, sequence bounds and age that the caller accepts.
        sealed: exactly one fragment.

    Raises:
        Refusal: anything at all differs from the expectation.
    """
    try:
        header = read_header(sealed)
    except HeaderError as error:
        raise Refusal(Reason.MALFORMED, key.context, None) from error
    if header.length != len(sealed) - HEADER_BYTES:
        raise Refusal(Reason.MALFORMED, key.context, header)
    reason = _first_difference(key, header) or _out_of_bounds(expected, header)
    if reason is not None:
        raise Refusal(reason, key.context, header)
    context = key.context
    rebuilt = Header(
        header.kind, context.stream, context.household, context.camera, context.epoch,
        context.writer, key.commitment, header.sequence, header.wall_us, header.monotonic_us,
        header.length, header.flags,
    ).pack()  # fmt: skip
    try:
        body = memoryview(sealed)[HEADER_BYTES:]
        payload = key.sframe.decrypt(header.sequence, rebuilt, body)
    except InvalidTag as error:
        raise Refusal(Reason.TAMPERED, key.context, header) from error
    return Opened(
        context, Kind(header.kind), header.sequence, header.wall_us, header.monotonic_us,
        header.flags, payload,
    )  # fmt: skip
