"""Reads an Android package, or a bundle of base and splits, into facts.

Every part is read for itself: one that is malformed becomes an `Unread` and leaves the others as
they are. Dex files are inflated one at a time and dropped again, so memory follows the largest.
"""

import logging
import posixpath
import struct
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Final, TypeVar

from keepsight.lab.facts.app import (
    AppFacts,
    CallSite,
    Library,
    Manifest,
    MethodBody,
    NetworkSecurity,
    PlatformSupport,
    Secret,
    Signing,
    StringUse,
    TrackerSeen,
)
from keepsight.lab.facts.product import Unread
from keepsight.lab.facts.tracker import Tracker
from keepsight.lab.read import bundled, manifest, network_security, tables
from keepsight.lab.read.archive import Archive, FileSource, Source
from keepsight.lab.read.callsites import HTTP, Scan
from keepsight.lab.read.dex import Dex, dotted
from keepsight.lab.read.leb128 import Buffer
from keepsight.lab.read.limits import (
    BUNDLE_APPS_MAX,
    DEX_BYTES_MAX,
    DEX_FILES_MAX,
    ENTRY_BYTES_MAX,
    NAME_CHARS_MAX,
    NATIVE_LIBRARIES_MAX,
    RESOURCE_TABLE_BYTES_MAX,
    XML_BYTES_MAX,
    UnreadableArtefact,
)
from keepsight.lab.read.ownership import Ownership
from keepsight.lab.read.resources import ResourceTable
from keepsight.lab.read.signing import PackageSignature
from keepsight.lab.read.targets import NETWORK_APIS

_Result = TypeVar("_Result")
_LOG: Final = logging.getLogger(__name__)
_MANIFEST: Final = "AndroidManifest.xml"
_RESOURCES: Final = "resources.arsc"
_EXAMPLES_MAX: Final = 5
_GAPS_MAX: Final = 20
_TRACKER_NAMES_MAX: Final = 20_000
"""Class names of one tracker; the largest SDKs have a few thousand."""
_MALFORMED: Final = (
    UnreadableArtefact,
    struct.error,
    IndexError,
    KeyError,
    ValueError,
    OverflowError,
)
"""What reading lies can raise. The readers check what they read; this is the net below them."""


def read_app(path: Path) -> tuple[AppFacts, tuple[Unread, ...]]:
    """Read one .apk, .xapk or .apks file.

    Returns:
        The facts, and what of the file could not be read (the same as `AppFacts.unread`).

    Raises:
        UnreadableArtefact: it is no such file, or not even its archive can be read.
    """
    source = FileSource.open(path)
    try:
        facts = read_source(path.name, source)
    finally:
        source.close()
    return facts, facts.unread


def read_source(artefact: str, source: Source) -> AppFacts:
    """Read a package or bundle that is open already; `artefact` is its name in the facts.

    Raises:
        UnreadableArtefact: as `read_app`.
    """
    with ExitStack() as stack:
        archive = Archive(source)
        whole = _MANIFEST in archive.entries
        parts = [("", archive)] if whole else list(_bundle(archive, stack))
        return _Reading(artefact, parts).facts()


def _bundle(archive: Archive, stack: ExitStack) -> Iterator[tuple[str, Archive]]:
    names = [name for name in archive.entries if name.endswith(".apk")]
    if not names:
        raise UnreadableArtefact("neither an Android package nor a bundle of them")
    if len(names) > BUNDLE_APPS_MAX:
        raise UnreadableArtefact(f"a bundle of more than {BUNDLE_APPS_MAX} packages")
    for name in names:
        yield name, Archive(archive.part(name) or _unpacked(archive, name, stack))


def _unpacked(archive: Archive, name: str, stack: ExitStack) -> Source:
    """Inflate a packed package to a file without a name, which ends with the stack."""
    import tempfile  # for this rare case alone, and it brings two megabytes of others with it

    file = stack.enter_context(tempfile.TemporaryFile())  # noqa: SIM115 - the stack closes it
    size = 0
    for piece in archive.chunks(name):
        size += file.write(piece)
    file.flush()
    return FileSource(file.fileno(), 0, size)


def platform_of(min_sdk: int) -> PlatformSupport | None:
    """Return the row of the oldest Android version that a package with this minimum runs on."""
    rows = tables.android_versions()
    fitting = [row for row in rows if row.api <= min_sdk]
    if min_sdk > rows[-1].api:
        return None
    return fitting[-1] if fitting else rows[0]


class _Reading:
    """One package being read; collects as it goes."""

    def __init__(self, artefact: str, parts: list[tuple[str, Archive]]) -> None:
        self._artefact = artefact
        self._parts = parts
        self._unread: list[Unread] = []
        self._calls: list[CallSite] = []
        self._bodies: list[MethodBody] = []
        self._urls: list[StringUse] = []
        self._libraries: dict[str, Library] = {}
        self._secrets: list[Secret] = []
        self._dex_files: list[str] = []
        self._dex_bytes = 0
        self._classes = 0
        self._native: dict[str, None] = {}
        self._defined: dict[str, set[str]] = {}
        self._referenced: dict[str, set[str]] = {}

    def facts(self) -> AppFacts:
        """Read everything."""
        manifests = [self._manifest(name, archive) for name, archive in self._parts]
        base = next(
            (index for index, one in enumerate(manifests) if one is not None and not one.split), 0
        )
        order = [base, *(index for index in range(len(self._parts)) if index != base)]
        found = manifests[base]
        owner_of = Ownership(
            found.package if found is not None else "",
            tables.trackers(),
            tables.bundled_prefixes(),
        )
        signing: Signing | None = None
        for index in order:
            name, archive = self._parts[index]
            result = self._package(name, archive, manifests[index], owner_of)
            if index == base:
                signing = result
            elif result is not None and not result.verified:
                self._miss("signing", f"split {name}: no signature of it verifies")
        source = self._parts[base][1].source
        return AppFacts(
            artefact=self._artefact,
            manifest=found,
            network_security=self._network_security(self._parts[base][1], found),
            signing=signing,
            starts_with_dex=source.read(0, 4) == b"dex\n",
            platform=platform_of(found.min_sdk) if found is not None else None,
            calls=tuple(self._calls),
            bodies=tuple(self._bodies),
            urls=tuple(self._urls),
            trackers=self._trackers(),
            libraries=tuple(self._libraries.values()),
            libraries_dated=tables.vulnerabilities()[0],
            secrets=tuple(self._secrets),
            native_libraries=tuple(self._native),
            dex_files=tuple(self._dex_files),
            classes=self._classes,
            unread=tuple(self._unread),
        )

    def _miss(self, part: str, reason: str) -> None:
        self._unread.append(Unread(self._artefact, part, reason))

    def _try(self, part: str, look: Callable[[], _Result]) -> _Result | None:
        """Return what `look` finds, or None with the reason noted."""
        try:
            return look()
        except _MALFORMED as error:
            if not isinstance(error, UnreadableArtefact):
                _LOG.warning("%s: %s is malformed: %r", self._artefact, part, error)
            self._miss(part, str(error) if isinstance(error, UnreadableArtefact) else "malformed")
            return None

    def _manifest(self, name: str, archive: Archive) -> Manifest | None:
        part = posixpath.join(name, _MANIFEST)
        if _MANIFEST not in archive.entries:
            self._miss(part, "missing")
            return None

        def table() -> ResourceTable | None:
            if _RESOURCES not in archive.entries:
                return None
            return self._try(
                _RESOURCES,
                lambda: ResourceTable(archive.read(_RESOURCES, RESOURCE_TABLE_BYTES_MAX)),
            )

        return self._try(
            part, lambda: manifest.read(archive.read(_MANIFEST, XML_BYTES_MAX), cache(table))
        )

    def _network_security(self, archive: Archive, found: Manifest | None) -> NetworkSecurity | None:
        if found is None or not found.network_security_config:
            return None
        path = found.network_security_config
        if path not in archive.entries:
            self._miss("network security configuration", f"{path} is named but not found")
            return None
        return self._try(
            "network security configuration",
            lambda: network_security.read(archive.read(path, XML_BYTES_MAX)),
        )

    def _package(
        self, name: str, archive: Archive, found: Manifest | None, owner_of: Ownership
    ) -> Signing | None:
        """Read code and signatures of one package; return the signatures."""
        signature = self._try("signing", lambda: PackageSignature(archive))
        for entry, reason in list(archive.refused.items())[:_GAPS_MAX]:
            self._miss("archive", f"{entry}: {reason}")
        for entry in list(archive.entries):
            if entry.endswith(".dex"):
                self._dex(posixpath.join(name, entry), entry, archive, signature, owner_of)
            elif entry.endswith((".jar", ".apk")):
                self._miss(entry, "code inside the package that is not looked into")
            elif entry.endswith(".so"):
                self._native_library(entry)
        for library in bundled.from_archive(archive):
            self._libraries.setdefault(library.name, library)
        if signature is None:
            return None
        return self._try("signing", lambda: signature.finish(found))

    def _native_library(self, entry: str) -> None:
        """Note lib/arm64-v8a/libx.so as arm64-v8a/libx.so; elsewhere, where it lies."""
        if len(self._native) < NATIVE_LIBRARIES_MAX:
            name = entry.removeprefix("lib/") if entry.count("/") == 2 else entry
            self._native.setdefault(name[:NAME_CHARS_MAX])

    def _dex(
        self,
        label: str,
        entry: str,
        archive: Archive,
        signature: PackageSignature | None,
        owner_of: Ownership,
    ) -> None:
        size = archive.entries[entry].size_bytes
        if len(self._dex_files) >= DEX_FILES_MAX or self._dex_bytes + size > DEX_BYTES_MAX:
            self._miss(label, "more code than this lab looks at")
            return
        self._dex_bytes += size
        data = self._try(label, lambda: archive.read_large(entry, ENTRY_BYTES_MAX))
        if data is None:
            return
        if signature is not None:
            signature.see(entry, data)
        self._try(label, lambda: self._scan(label, data, owner_of))

    def _scan(self, label: str, data: Buffer, owner_of: Ownership) -> None:
        dex = Dex(data)
        found = Scan(dex, label, owner_of, (HTTP, *bundled.SECRET_PREFIXES)).run()
        self._calls += found.calls
        self._bodies += found.bodies
        self._urls += [use for use in found.constants if use.text.startswith(HTTP.decode())]
        secrets = (bundled.secret_of(use) for use in found.constants)
        self._secrets += [one for one in secrets if one is not None]
        for reason in found.gaps[:_GAPS_MAX]:
            self._miss(label, reason)
        for library in bundled.from_dex(dex, label):
            self._libraries.setdefault(library.name, library)
        defined = set(dex.defined_types().tolist())
        for tracker in tables.trackers():
            self._count(tracker, dex, defined)
        self._classes += dex.class_count
        self._dex_files.append(label)

    def _count(self, tracker: Tracker, dex: Dex, defined: set[int]) -> None:
        for prefix in tracker.prefixes:
            path = "L" + prefix.replace(".", "/")
            starts = (path,) if prefix.endswith(".") else (path + ";", path + "$")
            for start in starts:
                for number in dex.types_from(start.encode()):
                    group = self._defined if number in defined else self._referenced
                    names = group.setdefault(tracker.name, set())
                    if len(names) < _TRACKER_NAMES_MAX:
                        names.add(dotted(dex.type_name(number))[:NAME_CHARS_MAX])

    def _trackers(self) -> tuple[TrackerSeen, ...]:
        seen: list[TrackerSeen] = []
        callers = {call.place.class_name for call in self._calls if call.api in NETWORK_APIS}
        for tracker in tables.trackers():
            defined = self._defined.get(tracker.name, set())
            referenced = self._referenced.get(tracker.name, set()) - defined
            if defined or referenced:
                seen.append(
                    TrackerSeen(
                        tracker,
                        len(defined),
                        len(referenced),
                        tuple(sorted(defined or referenced)[:_EXAMPLES_MAX]),
                        network_calls=any(tracker.defines(name) for name in callers),
                        confirmed=any(map(tracker.is_confirmed_by_class, defined)),
                    )
                )
        return tuple(seen)
