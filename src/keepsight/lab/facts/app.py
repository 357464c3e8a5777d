"""What was observed in an Android package. No judgement here; the checks judge.

Code is reported by call site: which method calls which interface with which constants. An argument
that was not proven constant is None, and no check may read that as harmless.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from keepsight.lab.facts.product import Unread
from keepsight.lab.facts.tracker import Tracker
from keepsight.lab.finding import Owner


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the code something was seen."""

    dex: str
    """File name of the dex file, with the split it came from when there are several."""
    class_name: str
    """Dotted."""
    method: str
    offset: int
    """Byte offset of the instruction in the dex file."""
    owner: Owner = Owner.NONE
    """NONE where the names are obfuscated and nobody can be told to own the class."""

    def __str__(self) -> str:
        return f"{self.dex} {self.class_name}.{self.method} at {self.offset:#x}"


@dataclass(frozen=True, slots=True)
class CallSite:
    """One call of an interface the lab knows."""

    api: str
    """Short name of what is called, e.g. Cipher.getInstance (see `read.targets`)."""
    place: Place
    arguments: tuple[int | str | bytes | None, ...] = ()
    """Without the receiver, in order. Integers and booleans as int, constant arrays as bytes;
    None where the value was not proven."""


@dataclass(frozen=True, slots=True)
class MethodBody:
    """A method that decides about trust, or has a shape worth knowing."""

    kind: str
    """trust-manager, hostname-verifier, web-error, or rc4."""
    place: Place
    accepts_all: bool | None
    """True: proven to accept whatever comes. False: proven to decide. None: could not be judged.
    For rc4: True when key schedule and output loop are both there."""


@dataclass(frozen=True, slots=True)
class StringUse:
    """A string constant of interest and where the code loads it."""

    text: str
    place: Place | None
    """None when no instruction loads it: a constant in a table or an annotation."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission the package asks for."""

    name: str
    max_sdk: int | None = None


@dataclass(frozen=True, slots=True)
class Component:
    """An activity, service, receiver or provider of the manifest."""

    kind: str
    name: str
    exported: bool
    """In effect: said explicitly, or implied by an intent filter on old targets."""
    permission: str = ""
    actions: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ()
    """URI schemes of the intent filters."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """The manifest, as far as the checks need it."""

    package: str
    split: str = ""
    """Name of the split this manifest belongs to; empty for the base."""
    version_name: str = ""
    version_code: int | None = None
    min_sdk: int = 1
    target_sdk: int = 1
    target_sandbox: int = 1
    """From 2 on, Android asks for a newer signature scheme than v1."""
    debuggable: bool | None = False
    """None: the value is a resource that could not be resolved."""
    allow_backup: bool | None = True
    uses_cleartext_traffic: bool | None = None
    """None: not said, so the default of the target version holds."""
    network_security_config: str = ""
    """Path of the referenced file; "?" when the reference could not be resolved."""
    permissions: tuple[Permission, ...] = ()
    components: tuple[Component, ...] = ()


@dataclass(frozen=True, slots=True)
class Pin:
    """A pinned public key."""

    digest: str
    expires: str = ""
    """ISO date; empty when the pin set has none."""


@dataclass(frozen=True, slots=True)
class DomainRule:
    """What holds for some host names, or for all others when there are no names."""

    domains: tuple[str, ...] = ()
    cleartext: bool | None = None
    """None: not said here, inherited."""
    trusts_user: bool | None = None
    """Whether certificates that the phone's user installed are trusted. None: inherited."""
    pins: tuple[Pin, ...] = ()


@dataclass(frozen=True, slots=True)
class NetworkSecurity:
    """The network security configuration, flattened: each rule already inherits from its parent."""

    base: DomainRule = field(default_factory=DomainRule)
    rules: tuple[DomainRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Certificate:
    """A signer's certificate."""

    subject: str
    sha256: str
    key_kind: str
    """RSA, EC, DSA, or the name of another kind."""
    key_bits: int
    digest: str
    """Hash of the certificate's own signature, lower case, e.g. sha1."""
    not_before: str
    not_after: str


@dataclass(frozen=True, slots=True)
class SchemeResult:
    """What came of verifying one signature scheme."""

    scheme: str
    """v1, v2, v3."""
    present: bool
    verified: bool
    reason: str = ""
    """Why a present scheme did not verify."""
    signers: tuple[Certificate, ...] = ()
    digests: tuple[str, ...] = ()
    """Hashes the signature relies on, lower case."""


@dataclass(frozen=True, slots=True)
class Signing:
    """All schemes of a package."""

    results: tuple[SchemeResult, ...] = ()
    lineage: tuple[Certificate, ...] = ()
    """Key rotation, oldest first."""
    strip_protected: bool | None = None
    """Whether v1 names v2 or v3, so that taking those away is noticed. None: there is no v1."""

    @property
    def verified(self) -> tuple[str, ...]:
        """Return the schemes that verify for the Android versions from API 21 that use them."""
        return tuple(result.scheme for result in self.results if result.verified)

    @property
    def current_signers(self) -> tuple[Certificate, ...]:
        """Return the signers of the newest scheme that verifies."""
        verified = [result for result in self.results if result.verified]
        return verified[-1].signers if verified else ()


@dataclass(frozen=True, slots=True)
class PlatformSupport:
    """A row of the dated table of Android versions."""

    api: int
    version: str
    last_update: str
    """ISO date of the last security bulletin that covered it; empty while it is still covered."""
    dated: str
    """ISO date of the table."""
    certain: bool = True
    """False: the row could not be confirmed when the table was made."""


@dataclass(frozen=True, slots=True)
class TrackerSeen:
    """A row of the tracker table that this package's code touches."""

    tracker: Tracker
    defined: int
    """Classes defined under its prefixes."""
    referenced: int
    """Classes named by the code but not defined in it."""
    examples: tuple[str, ...] = ()
    """Some of the class names, dotted."""
    network_calls: bool | None = None
    """Whether its own classes call the network. None: not looked at."""
    confirmed: bool = True
    """A class lies under a prefix that is known from more than memory."""


@dataclass(frozen=True, slots=True)
class Advisory:
    """A known vulnerability of a library."""

    advisory_id: str
    fixed_in: str
    summary: str
    dated: str
    """ISO date of the file it was taken from."""
    certain: bool = True
    """False: its versions could not be confirmed; nothing is violated by it."""


@dataclass(frozen=True, slots=True)
class Library:
    """A bundled library whose version was recognised."""

    name: str
    version: str
    source: str
    """The file or constant that proves the version."""
    advisories: tuple[Advisory, ...] = ()
    """Those that affect this version."""
    listed: bool = False
    """Whether the vulnerability file knows the library at all."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A constant with the form of a secret; the value itself never enters the facts."""

    kind: str
    masked: str
    where: str
    """File, or class and method."""
    proven: bool
    """The form proves it; otherwise it merely looks random."""
    owner: Owner = Owner.NONE


@dataclass(frozen=True, slots=True)
class AppFacts:
    """Everything observed in one package, with its splits merged."""

    artefact: str
    manifest: Manifest | None = None
    """None: missing or unreadable, see `unread`."""
    network_security: NetworkSecurity | None = None
    """None: the manifest names none, or it could not be read (then `unread` says so)."""
    signing: Signing | None = None
    starts_with_dex: bool = False
    """The file is a dex file and a package at once: the shape of a Janus attack."""
    platform: PlatformSupport | None = None
    """The oldest Android version it installs on."""
    calls: tuple[CallSite, ...] = ()
    bodies: tuple[MethodBody, ...] = ()
    urls: tuple[StringUse, ...] = ()
    """Constants that begin with http:// and name a host."""
    trackers: tuple[TrackerSeen, ...] = ()
    libraries: tuple[Library, ...] = ()
    libraries_dated: str = ""
    """ISO date of the vulnerability file."""
    secrets: tuple[Secret, ...] = ()
    native_libraries: tuple[str, ...] = ()
    """ABI and file name, e.g. arm64-v8a/libstream.so. None of them is looked into."""
    dex_files: tuple[str, ...] = ()
    """Those that were read from end to end."""
    classes: int = 0
    splits: tuple[str, ...] = ()
    """Files of their own that are splits of this package and were read with it."""
    unread: tuple[Unread, ...] = ()
    """Parts of this package that could not be read."""

    def calls_of(self, *apis: str) -> tuple[CallSite, ...]:
        """Return the calls of these interfaces, in the order of the code."""
        return tuple(call for call in self.calls if call.api in apis)

    @property
    def code_gaps(self) -> tuple[str, ...]:
        """Return why not all code was seen; empty when every dex file was read from end to end."""
        gaps = [f"{part.part}: {part.reason}" for part in self.unread if _is_code(part.part)]
        if not self.dex_files and not gaps:
            gaps = ["the package contains no code that could be read"]
        return tuple(gaps)

    def gaps_of(self, parts: Iterable[str]) -> tuple[str, ...]:
        """Return the reasons why any of these parts could not be read."""
        wanted = set(parts)
        return tuple(f"{gap.part}: {gap.reason}" for gap in self.unread if gap.part in wanted)


def _is_code(part: str) -> bool:
    return part.endswith((".dex", ".jar", ".apk")) or part in {"code", "archive"}
