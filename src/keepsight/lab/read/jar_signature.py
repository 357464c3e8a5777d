"""Verifies the JAR signature (scheme v1) as Android 5.0 to 6.0 do, entry by entry.

Presence proves nothing: the chain is signature block (PKCS#7) -> signature file -> manifest ->
every entry's digest, and one broken link means v1 does not verify.

Sources: JAR File Specification (signed JAR files); RFC 5652 (CMS SignedData); Android's scheme v2
document for `X-Android-APK-Signed`.
"""

import base64
import binascii
import hashlib
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from keepsight.lab.facts.app import SchemeResult
from keepsight.lab.read import der, signer
from keepsight.lab.read.archive import Archive
from keepsight.lab.read.leb128 import Buffer
from keepsight.lab.read.limits import (
    CERTIFICATES_MAX,
    SIGNATURE_BYTES_MAX,
    SIGNERS_MAX,
    UnreadableArtefact,
)

_MANIFEST: Final = "META-INF/MANIFEST.MF"
_BLOCK_SUFFIXES: Final = (".RSA", ".DSA", ".EC")
_STRONGEST_FIRST: Final = (("SHA-512", "sha512"), ("SHA-384", "sha384"), ("SHA-256", "sha256"),
                           ("SHA1", "sha1"), ("SHA-1", "sha1"))  # fmt: skip
_SIGNED_DATA: Final = "1.2.840.113549.1.7.2"
_DATA: Final = "1.2.840.113549.1.7.1"
_CONTENT_TYPE: Final = "1.2.840.113549.1.9.3"
_MESSAGE_DIGEST: Final = "1.2.840.113549.1.9.4"
_DIGEST_IDS: Final = {
    "1.2.840.113549.2.5": "md5",
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}
_SECTION_END: Final = re.compile(rb"\r\n\r\n|\n\n|\r\r|\n\r\n")
_STRIP_NAME: Final = "x-android-apk-signed"


class _WrongSigner(UnreadableArtefact):
    """A signer that is well formed and did not sign this; another one may have."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a manifest or signature file, with its exact bytes."""

    attributes: Mapping[str, str]
    """Names in lower case."""
    raw: bytes


class JarSignature:
    """The JAR signature of one package: the chain is checked at once, the entries as they come.

    Whoever inflates an entry anyway passes it to `see`; `finish` reads the others.
    """

    def __init__(self, archive: Archive, other_schemes: set[str]) -> None:
        """Verify everything but the entries' digests.

        Args:
            archive: the package.
            other_schemes: those that verified otherwise, "2" and "3". A signature file that
                promises one which is not there has been stripped of it.
        """
        self._archive = archive
        self._other_schemes = other_schemes
        self._blocks = [name for name in archive.entries if _is_block(name)]
        self._expected: dict[str, tuple[str, bytes]] = {}
        self._seen: set[str] = set()
        self._reasons: list[str] = []
        self._certificates: list[signer.SigningCertificate] = []
        self.promises: set[str] = set()
        """What X-Android-APK-Signed names, of "2" and "3"."""
        if self._blocks:
            try:
                self._verify_chain()
            except UnreadableArtefact as error:
                self._reasons.append(str(error))
            except KeyError as error:
                self._reasons.append(f"{error.args[0]} is missing")
            except (IndexError, ValueError):
                self._reasons.append("the signature block is malformed")

    @property
    def present(self) -> bool:
        """Whether there is a signature block at all."""
        return bool(self._blocks)

    def see(self, name: str, data: Buffer) -> None:
        """Compare an entry that was inflated for another reason."""
        self._compare(name, iter((data,)))

    def finish(self) -> SchemeResult:
        """Read and compare the entries not seen yet, unless the signature failed already."""
        for name in self._expected:
            if self._reasons:
                break
            if name not in self._seen:
                self._compare(name, self._archive.chunks(name))
        return SchemeResult(
            scheme="v1",
            present=self.present,
            verified=self.present and not self._reasons,
            reason="; ".join(self._reasons[:3]),
            signers=tuple(certificate.facts for certificate in self._certificates),
            digests=tuple(sorted({algorithm for algorithm, _ in self._expected.values()})),
        )

    def _compare(self, name: str, pieces: Iterator[Buffer]) -> None:
        if name not in self._expected or self._reasons:
            return
        self._seen.add(name)
        algorithm, digest = self._expected[name]
        running = hashlib.new(algorithm)
        try:
            for piece in pieces:
                running.update(piece)
        except UnreadableArtefact as error:
            self._reasons.append(f"{name}: {error}")
            return
        if running.digest() != digest:
            self._reasons.append(f"{name} was changed after signing")

    def _verify_chain(self) -> None:
        archive = self._archive
        if archive.refused:
            name, reason = next(iter(archive.refused.items()))
            raise UnreadableArtefact(f"{name}: {reason}")
        if len(self._blocks) > SIGNERS_MAX:
            raise UnreadableArtefact("more signers than Android accepts")
        manifest = archive.read(_MANIFEST, SIGNATURE_BYTES_MAX)
        main_raw, entries = _manifest_entries(manifest, archive)
        covered = set(entries)
        for block in self._blocks:
            file = archive.read(posixpath.splitext(block)[0] + ".SF", SIGNATURE_BYTES_MAX)
            certificate = _verify_block(archive.read(block, SIGNATURE_BYTES_MAX), file)
            self._certificates.append(certificate)
            sections = parse_sections(file)
            if not sections or "signature-version" not in sections[0].attributes:
                raise UnreadableArtefact("the signature file has no version")
            self._refuse_stripped(sections[0])
            covered &= _covered(sections, manifest, main_raw, entries)
        self._expect(entries, covered)

    def _refuse_stripped(self, main: Section) -> None:
        promised = main.attributes.get(_STRIP_NAME, "").split(",")
        ids = {part.strip() for part in promised} & {"2", "3"}
        self.promises |= ids
        missing = ids - self._other_schemes
        if missing:
            raise UnreadableArtefact(
                f"the signature file names scheme v{min(missing)}, which is not there: taken away"
            )

    def _expect(self, entries: Mapping[str, Section], covered: set[str]) -> None:
        expected: dict[str, tuple[str, bytes]] = {}
        for name in self._archive.entries:
            if not _needs_digest(name):
                continue
            if name not in entries or name not in covered:
                raise UnreadableArtefact(f"{name} is not signed")
            digest = _digest_of(entries[name].attributes, "-Digest")
            if digest is None:
                raise UnreadableArtefact(f"{name} has no digest")
            expected[name] = digest
        if not expected:
            raise UnreadableArtefact("nothing in the package is signed")
        self._expected = expected


def parse_sections(data: bytes) -> list[Section]:
    """Split a manifest or signature file; the first section is the main one."""
    sections: list[Section] = []
    start = 0
    for match in _SECTION_END.finditer(data):
        if match.end() > start:
            _add_section(sections, data[start : match.end()])
            start = match.end()
    _add_section(sections, data[start:])
    return sections


def _add_section(sections: list[Section], raw: bytes) -> None:
    lines = [line for line in raw.splitlines() if line]
    if lines:
        sections.append(Section(_attributes(lines), raw))


def _attributes(lines: list[bytes]) -> dict[str, str]:
    joined: list[list[bytes]] = []
    for line in lines:
        if line[:1] == b" " and joined:
            joined[-1].append(line[1:])
        else:
            joined.append([line])
    pairs = (b"".join(parts).partition(b": ") for parts in joined)
    return {
        name.decode("utf-8", "backslashreplace").lower(): value.decode("utf-8", "backslashreplace")
        for name, _, value in pairs
    }


def _manifest_entries(data: bytes, archive: Archive) -> tuple[bytes, dict[str, Section]]:
    sections = parse_sections(data)
    entries: dict[str, Section] = {}
    for section in sections[1:]:
        name = section.attributes.get("name", "")
        if not name or name in entries:
            raise UnreadableArtefact("the manifest has a section without a name, or one twice")
        if name not in archive.entries:
            raise UnreadableArtefact(f"the manifest names {name}, which is not there")
        entries[name] = section
    return sections[0].raw if sections else b"", entries


def _is_block(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    return folder == "META-INF" and file.upper().endswith(_BLOCK_SUFFIXES)


def _needs_digest(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    upper = file.upper()
    signing = upper == "MANIFEST.MF" or upper.endswith((".SF", *_BLOCK_SUFFIXES))
    return not name.endswith("/") and not (
        folder == "META-INF" and (signing or upper.startswith("SIG-"))
    )


def _digest_of(attributes: Mapping[str, str], suffix: str) -> tuple[str, bytes] | None:
    for name, algorithm in _STRONGEST_FIRST:
        value = attributes.get(f"{name}{suffix}".lower())
        if value is not None:
            try:
                return algorithm, base64.b64decode(value, validate=True)
            except binascii.Error as error:
                raise UnreadableArtefact("a digest is not base64") from error
    return None


def _covered(
    sections: list[Section], manifest: bytes, main_raw: bytes, entries: Mapping[str, Section]
) -> set[str]:
    """Return the names of the entries that a signature file covers."""
    main = sections[0].attributes
    whole = _digest_of(main, "-Digest-Manifest")
    if whole is not None and hashlib.new(whole[0], manifest).digest() == whole[1]:
        return set(entries)
    head = _digest_of(main, "-Digest-Manifest-Main-Attributes")
    if head is not None and hashlib.new(head[0], main_raw).digest() != head[1]:
        raise UnreadableArtefact("the manifest's main section was changed")
    covered: set[str] = set()
    for section in sections[1:]:
        name = section.attributes.get("name", "")
        digest = _digest_of(section.attributes, "-Digest")
        if name not in entries or digest is None:
            raise UnreadableArtefact(f"the signature file names {name or 'nothing'} in vain")
        if hashlib.new(digest[0], entries[name].raw).digest() != digest[1]:
            raise UnreadableArtefact(f"the manifest's section of {name} was changed")
        covered.add(name)
    return covered


def _verify_block(block: bytes, signature_file: bytes) -> signer.SigningCertificate:
    """Verify a PKCS#7 block over a signature file; return the signer's certificate."""
    content_type, content = der.parse(block).expect(der.SEQUENCE).children()[:2]
    if content_type.object_id() != _SIGNED_DATA:
        raise UnreadableArtefact("the signature block holds no signed data")
    parts = content.expect(der.CONTEXT_0).children()[0].expect(der.SEQUENCE).children()
    stored = next((part for part in parts if part.tag == der.CONTEXT_0), None)
    signers = parts[-1].expect(der.SET).children()
    if stored is None or not signers:
        raise UnreadableArtefact("the signature block has no certificate or no signer")
    nodes = stored.children()
    if len(nodes) > CERTIFICATES_MAX:
        raise UnreadableArtefact("the signature block has too many certificates")
    if len(signers) > SIGNERS_MAX:
        raise UnreadableArtefact("the signature block has too many signers")
    refusal = _WrongSigner("no signer")
    for one in signers:
        try:
            return _verify_signer(one, nodes, signature_file)
        except _WrongSigner as error:
            refusal = error  # one signer that verifies is enough; a malformed one is too many
    raise refusal


def _verify_signer(
    one: der.Node, nodes: list[der.Node], signature_file: bytes
) -> signer.SigningCertificate:
    fields = one.expect(der.SEQUENCE).children()
    certificate = _certificate_of(fields[1], nodes)
    digest_name = _DIGEST_IDS.get(fields[2].children()[0].object_id())
    if digest_name is None:
        raise UnreadableArtefact("the signature block uses an unknown hash")
    signed, rest = signature_file, fields[3:]
    if rest[0].tag == der.CONTEXT_0:
        _compare_attributes(rest[0], digest_name, signature_file)
        # What is signed is the same bytes as a SET (RFC 5652, 5.4).
        signed, rest = b"\x31" + rest[0].whole[1:], rest[1:]
    signature = rest[1].expect(der.OCTETS).value
    if not signer.verifies(certificate.key, signature, signed, digest_name):
        raise _WrongSigner("the signature over the signature file does not verify")
    return certificate


def _certificate_of(identifier: der.Node, nodes: list[der.Node]) -> signer.SigningCertificate:
    # By serial number alone: signers write the issuer's name with other string types than its
    # certificate has, and the signature must fit the key anyway.
    serial = identifier.expect(der.SEQUENCE).children()[1].expect(der.INTEGER)
    for node in nodes:
        fields = node.expect(der.SEQUENCE).children()[0].expect(der.SEQUENCE).children()
        skip = 1 if fields[0].tag == der.CONTEXT_0 else 0
        if fields[skip].value == serial.value:
            return signer.load(node.whole)
    raise UnreadableArtefact("the signature block lacks the signer's certificate")


def _compare_attributes(attributes: der.Node, digest_name: str, signature_file: bytes) -> None:
    values: dict[str, der.Node] = {}
    for attribute in attributes.children():
        name, value = attribute.expect(der.SEQUENCE).children()[:2]
        contents = value.expect(der.SET).children()
        if len(contents) != 1 or name.object_id() in values:
            raise UnreadableArtefact("a signed attribute has several values")
        values[name.object_id()] = contents[0]
    content_type = values.get(_CONTENT_TYPE)
    digest = values.get(_MESSAGE_DIGEST)
    if content_type is None or digest is None:
        raise UnreadableArtefact("the signed attributes lack content type or digest")
    if content_type.object_id() != _DATA:
        raise _WrongSigner("the signed attributes are of another type of content")
    if digest.expect(der.OCTETS).value != hashlib.new(digest_name, signature_file).digest():
        raise _WrongSigner("the signature file was changed")
