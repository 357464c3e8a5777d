"""Verifies the APK signature schemes v2, v3 and v3.1: digests of the file, signatures, rotation.

Source: Android's published documents "APK Signature Scheme v2", "v3" and "v3.1". What does not
verify says why; nothing is taken from presence.
"""

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from keepsight.lab.facts.app import Certificate, SchemeResult
from keepsight.lab.read import signer
from keepsight.lab.read.archive import Archive
from keepsight.lab.read.limits import (
    CERTIFICATES_MAX,
    SIGNATURE_BYTES_MAX,
    SIGNERS_MAX,
    UnreadableArtefact,
)

_MAGIC: Final = b"APK Sig Block 42"
_V2: Final = 0x7109871A
_V3: Final = 0xF05368C0
_V31: Final = 0x1B93AD61
"""The same form as v3, for Android 13 and later: the rotated key, while v3 keeps the older one."""
_STRIP_ATTRIBUTE: Final = 0xBEEFF00D
_LINEAGE_ATTRIBUTE: Final = 0x3BA06F8C
_ROTATION_ATTRIBUTE: Final = 0x559F8B02
"""In v3: the version from which v3.1 counts, so that taking v3.1 away is noticed."""
_CHUNK_BYTES: Final = 1024 * 1024
_READ_BYTES: Final = 128 * 1024
_FIRST_SDK: Final = {"v3": 28, "v3.1": 33}
_SDK_MAX: Final = 0x7FFFFFFF
PAIRS_MAX: Final = 1_000
DIGESTS_MAX: Final = 16
_END_OFFSET_FIELD: Final = 16
"""Where the end record holds the offset of the directory."""


@dataclass(frozen=True, slots=True)
class Algorithm:
    """A signature algorithm of the schemes."""

    digest: str
    content_digest: str
    pss_salt_bytes: int | None = None
    strength: int = 0


_ALGORITHMS: Final = {
    0x0101: Algorithm("sha256", "sha256", 32, 2),
    0x0102: Algorithm("sha512", "sha512", 64, 4),
    0x0103: Algorithm("sha256", "sha256", None, 1),
    0x0104: Algorithm("sha512", "sha512", None, 3),
    0x0201: Algorithm("sha256", "sha256", None, 1),
    0x0202: Algorithm("sha512", "sha512", None, 3),
    0x0301: Algorithm("sha256", "sha256", None, 1),
}


class Reader:
    """Length-prefixed values, as the signing block nests them. Little-endian."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes not read yet."""
        return len(self._data) - self._at

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes.

        Raises:
            UnreadableArtefact: there are fewer.
        """
        if length < 0 or length > self.left:
            raise UnreadableArtefact("a length in the signing block points outside of it")
        self._at += length
        return self._data[self._at - length : self._at]

    def number(self) -> int:
        """Return an unsigned 32-bit number."""
        return int.from_bytes(self.take(4), "little")

    def prefixed(self) -> bytes:
        """Return a value with a 32-bit length in front."""
        return self.take(self.number())

    def values(self, count_max: int) -> Iterator[bytes]:
        """Yield the length-prefixed values that fill the rest."""
        count = 0
        while self.left:
            count += 1
            if count > count_max:
                raise UnreadableArtefact("the signing block holds too many values")
            yield self.prefixed()


@dataclass(slots=True)
class Scheme:
    """What came of verifying one scheme."""

    name: str
    present: bool = False
    reason: str = ""
    certificates: list[signer.SigningCertificate] = field(default_factory=list)
    content_digests: dict[str, bytes] = field(default_factory=dict)
    lineage: list[signer.SigningCertificate] = field(default_factory=list)
    promises: str = ""
    """The newer scheme that a signer says is there as well."""
    ranges: list[tuple[int, int]] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        """Whether it is there and nothing spoke against it."""
        return self.present and not self.reason

    def result(self) -> SchemeResult:
        """Return the outcome as a fact."""
        return SchemeResult(
            scheme=self.name,
            present=self.present,
            verified=self.verified,
            reason=self.reason,
            signers=tuple(one.facts for one in self.certificates),
            digests=tuple(sorted(self.content_digests)),
        )

    def rotation(self) -> tuple[Certificate, ...]:
        """Return the certificates of the key rotation, oldest first."""
        return tuple(one.facts for one in self.lineage)


def verify(archive: Archive) -> tuple[Scheme, Scheme, Scheme]:
    """Return what came of v2, v3 and v3.1, in that order. Lies make a scheme fail, never raise."""
    v2, v3, v31 = schemes = Scheme("v2"), Scheme("v3"), Scheme("v3.1")
    try:
        block_offset, pairs = _find_block(archive)
    except UnreadableArtefact as error:
        v2.present = v3.present = True
        v2.reason = v3.reason = str(error)
        return schemes
    for scheme, number in zip(schemes, (_V2, _V3, _V31), strict=True):
        if number not in pairs:
            continue
        scheme.present = True
        try:
            _verify_signers(scheme, pairs[number])
        except (UnreadableArtefact, struct.error) as error:
            scheme.reason = str(error)
    _check_ranges(v31, _SDK_MAX)
    _check_ranges(v3, min(first for first, _ in v31.ranges) - 1 if v31.verified else _SDK_MAX)
    for older, newer in ((v2, v3), (v3, v31)):
        if older.verified and older.promises == newer.name and not newer.present:
            older.reason = (
                f"its signer promises scheme {newer.name}, which is not there: taken away"
            )
    if v31.verified and not v3.present:
        v31.reason = "scheme v3.1 without scheme v3"
    _compare_content(archive, block_offset, [scheme for scheme in schemes if scheme.verified])
    return schemes


def _find_block(archive: Archive) -> tuple[int, dict[int, bytes]]:
    """Return the offset of the signing block and its values by id; empty when there is none."""
    source, central = archive.source, archive.central_offset
    footer = source.read(central - 24, 24) if central >= 32 else b""
    if footer[8:] != _MAGIC:
        return central, {}
    size = int.from_bytes(footer[:8], "little")
    offset = central - size - 8
    if size < 24 or size > SIGNATURE_BYTES_MAX or offset < 0:
        raise UnreadableArtefact("the signing block has an impossible size")
    if source.read(offset, 8) != footer[:8]:
        raise UnreadableArtefact("the signing block gives two different sizes")
    if central + archive.central_bytes != archive.end_offset:
        raise UnreadableArtefact("something lies between the zip directory and its end record")
    reader = Reader(source.read(offset + 8, size - 24))
    pairs: dict[int, bytes] = {}
    while reader.left:
        length = int.from_bytes(reader.take(8), "little")
        if length < 4 or len(pairs) >= PAIRS_MAX:
            raise UnreadableArtefact("the signing block is malformed")
        value = reader.take(length)
        pairs.setdefault(int.from_bytes(value[:4], "little"), value[4:])
    return offset, pairs


def _verify_signers(scheme: Scheme, value: bytes) -> None:
    signers = list(Reader(Reader(value).prefixed()).values(SIGNERS_MAX))
    if not signers:
        raise UnreadableArtefact("no signer")
    for one in signers:
        _verify_signer(scheme, one)


def _verify_signer(scheme: Scheme, data: bytes) -> None:
    reader = Reader(data)
    signed = reader.prefixed()
    is_v3 = scheme.name != "v2"
    sdks = (reader.number(), reader.number()) if is_v3 else (0, _SDK_MAX)
    signatures = _numbered(reader.prefixed())
    key_bytes = reader.prefixed()
    known = [number for number in signatures if number in _ALGORITHMS]
    if not known:
        raise UnreadableArtefact("no signature of a known kind")
    inner = Reader(signed)
    digests = _numbered(inner.prefixed())
    certificates = [signer.load(der) for der in Reader(inner.prefixed()).values(CERTIFICATES_MAX)]
    if not certificates:
        raise UnreadableArtefact("no certificate")
    if certificates[0].key_info != key_bytes:
        raise UnreadableArtefact("the public key is not that of the certificate")
    best = max(known, key=lambda number: _ALGORITHMS[number].strength)
    algorithm = _ALGORITHMS[best]
    if not signer.verifies(
        certificates[0].key,
        signatures[best],
        signed,
        algorithm.digest,
        pss_salt_bytes=algorithm.pss_salt_bytes,
    ):
        raise UnreadableArtefact("the signature does not verify")
    if list(digests) != list(signatures):
        raise UnreadableArtefact("signatures and digests are of different kinds")
    if is_v3 and (inner.number(), inner.number()) != sdks:
        raise UnreadableArtefact("the Android versions inside and outside the signature differ")
    _take_digests(scheme, digests)
    _take_attributes(scheme, inner, certificates[0])
    scheme.certificates.append(certificates[0])
    scheme.ranges.append(sdks)


def _numbered(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    for value in Reader(data).values(DIGESTS_MAX):
        reader = Reader(value)
        number = reader.number()
        found[number] = reader.prefixed()
    return found


def _take_digests(scheme: Scheme, digests: dict[int, bytes]) -> None:
    for number, digest in digests.items():
        if number in _ALGORITHMS:
            name = _ALGORITHMS[number].content_digest
            if scheme.content_digests.setdefault(name, digest) != digest:
                raise UnreadableArtefact("two signers disagree about the contents")


def _take_attributes(scheme: Scheme, inner: Reader, certificate: signer.SigningCertificate) -> None:
    if not inner.left:
        return
    for value in Reader(inner.prefixed()).values(DIGESTS_MAX):
        reader = Reader(value)
        number = reader.number()
        if scheme.name == "v2" and number == _STRIP_ATTRIBUTE:
            scheme.promises = "v3" if reader.number() == 3 else scheme.promises
        if scheme.name == "v3" and number == _ROTATION_ATTRIBUTE:
            scheme.promises = "v3.1"
        if scheme.name != "v2" and number == _LINEAGE_ATTRIBUTE:
            scheme.lineage = _verify_lineage(reader, certificate)


def _verify_lineage(
    reader: Reader, current: signer.SigningCertificate
) -> list[signer.SigningCertificate]:
    """Verify the proof of rotation: each key has signed the certificate that follows."""
    reader.number()  # version of the structure
    chain: list[signer.SigningCertificate] = []
    next_algorithm = 0
    for value in reader.values(CERTIFICATES_MAX):
        node = Reader(value)
        signed = node.prefixed()
        node.number()  # flags: what the old key may still do
        following = node.number()
        signature = node.prefixed()
        inner = Reader(signed)
        certificate = signer.load(inner.prefixed())
        named = inner.number()
        if chain:
            algorithm = _ALGORITHMS.get(next_algorithm)
            if algorithm is None or named != next_algorithm:
                raise UnreadableArtefact("the key rotation uses an unknown signature")
            if not signer.verifies(
                chain[-1].key,
                signature,
                signed,
                algorithm.digest,
                pss_salt_bytes=algorithm.pss_salt_bytes,
            ):
                raise UnreadableArtefact("a step of the key rotation does not verify")
        chain.append(certificate)
        next_algorithm = following
    if not chain or chain[-1].der != current.der:
        raise UnreadableArtefact("the key rotation does not end at the signer")
    return chain


def _check_ranges(scheme: Scheme, last_needed: int) -> None:
    """Every Android version from the scheme's first on must have exactly one signer.

    Scheme v3.1 may begin later than with Android 13: v3 holds until then.
    """
    if not scheme.verified:
        return
    ranges = sorted(scheme.ranges)
    first_sdk = _FIRST_SDK[scheme.name]
    first = ranges[0][0]
    if scheme.name == "v3" and first > first_sdk:
        scheme.reason = f"no signer for Android API {first_sdk}"
    elif scheme.name == "v3.1" and first < first_sdk:
        scheme.reason = f"scheme v3.1 for Android before API {first_sdk}"
    elif any(last + 1 != following for (_, last), (following, _) in pairwise(ranges)):
        scheme.reason = "the signers' Android versions overlap or leave a gap"
    elif ranges[-1][1] < last_needed:
        scheme.reason = "no signer for future Android versions"


def _compare_content(archive: Archive, block_offset: int, schemes: list[Scheme]) -> None:
    names = {name for scheme in schemes for name in scheme.content_digests}
    found = {name: _content_digest(archive, block_offset, name) for name in sorted(names)}
    for scheme in schemes:
        for name, digest in scheme.content_digests.items():
            if found[name] != digest:
                scheme.reason = "the file was changed after signing"


def _content_digest(archive: Archive, block_offset: int, name: str) -> bytes:
    """Digest of the file without the signing block, by chunks of 1 MiB."""
    source = archive.source
    end = bytearray(source.read(archive.end_offset, source.size - archive.end_offset))
    end[_END_OFFSET_FIELD : _END_OFFSET_FIELD + 4] = block_offset.to_bytes(4, "little")
    chunks: list[bytes] = []
    for offset, length in ((0, block_offset), (archive.central_offset, archive.central_bytes)):
        for at in range(0, length, _CHUNK_BYTES):
            size = min(_CHUNK_BYTES, length - at)
            running = _chunk_start(name, size)
            for piece in range(0, size, _READ_BYTES):
                step = min(_READ_BYTES, size - piece)
                running.update(source.read(offset + at + piece, step))
            chunks.append(running.digest())
    running = _chunk_start(name, len(end))
    running.update(end)
    chunks.append(running.digest())
    top = hashlib.new(name, b"\x5a" + len(chunks).to_bytes(4, "little"))
    for chunk in chunks:
        top.update(chunk)
    return top.digest()


def _chunk_start(name: str, size: int) -> "hashlib._Hash":
    return hashlib.new(name, b"\xa5" + size.to_bytes(4, "little"))
