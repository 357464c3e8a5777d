"""Recognises bundled libraries by the marks they leave: version files, Maven data, constants."""

import re
from collections.abc import Iterator
from typing import Final

from keepsight.lab.facts.app import Advisory, Library, Secret, StringUse
from keepsight.lab.finding import Owner
from keepsight.lab.read.archive import Archive
from keepsight.lab.read.dex import Dex
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.tables import vulnerabilities

VERSION_FILE_BYTES_MAX: Final = 4_096
VERSION_FILES_MAX: Final = 1_000
PEM_BODY_MIN: Final = 100
"""Characters behind its heading that make a PEM constant a key."""
_VERSION: Final = re.compile(r"\d+(?:\.\d+)*(?:[-.][0-9A-Za-z.-]+)?")
_CONSTANTS: Final = (
    (b"okhttp/", "com.squareup.okhttp3:okhttp"),
    (b"retrofit/", "com.squareup.retrofit2:retrofit"),
)
"""Constants by which a library names itself and its version, and what it is called."""
_SECRETS: Final = (
    ("-----BEGIN RSA PRIVATE KEY", "private key", True),
    ("-----BEGIN PRIVATE KEY", "private key", True),
    ("-----BEGIN EC PRIVATE KEY", "private key", True),
    ("AKIA", "AWS access key", False),
    ("sk_live_", "Stripe secret key", True),
    ("ghp_", "GitHub token", True),
    ("xoxb-", "Slack token", True),
    ("LTAI", "Aliyun access key", False),
)
"""How such constants begin, what they are, and whether the form alone proves them secret."""
SECRET_PREFIXES: Final = tuple(prefix.encode() for prefix, _, _ in _SECRETS)
_FORMS: Final = {
    "AWS access key": re.compile(r"AKIA[0-9A-Z]{16}"),
    "Stripe secret key": re.compile(r"sk_live_[0-9A-Za-z]{16,}"),
    "GitHub token": re.compile(r"ghp_[0-9A-Za-z]{36}"),
    "Slack token": re.compile(r"xoxb-[0-9A-Za-z-]{20,}"),
    "Aliyun access key": re.compile(r"LTAI[0-9A-Za-z]{12,20}"),
}


def from_archive(archive: Archive) -> Iterator[Library]:
    """Yield the libraries whose version files lie in META-INF."""
    count = 0
    for name in archive.entries:
        maven = name.startswith("META-INF/maven/") and name.endswith("/pom.properties")
        plain = name.startswith("META-INF/") and name.endswith(".version")
        if not (maven or plain) or count >= VERSION_FILES_MAX:
            continue
        count += 1
        try:
            text = archive.read(name, VERSION_FILE_BYTES_MAX).decode("utf-8", "replace")
        except UnreadableArtefact:
            continue
        if maven:
            found = re.search(r"^version=(.+)$", text, re.MULTILINE)
            version = found[1].strip() if found else ""
            _, _, group, artifact, _ = f"{name}////".split("/")[:5]
            label = f"{group}:{artifact}"
        else:
            version = text.strip()
            label = name.removeprefix("META-INF/").removesuffix(".version").replace("_", ":", 1)
        if _VERSION.fullmatch(version):
            yield judged(label, version, name)


def from_dex(dex: Dex, name: str) -> Iterator[Library]:
    """Yield the libraries that name themselves and their version in a constant."""
    for prefix, label in _CONSTANTS:
        for _, raw in dex.strings_from(prefix):
            version = raw[len(prefix) :].decode("ascii", "replace")
            if _VERSION.fullmatch(version):
                yield judged(label, version, f"{name}: constant {raw.decode('ascii', 'replace')}")
                break


def secret_of(use: StringUse) -> Secret | None:
    """Return a constant as a secret, masked, if it has the form of one."""
    for prefix, kind, proven in _SECRETS:
        if use.text.startswith(prefix):
            form = _FORMS.get(kind)
            # A bare PEM heading is what code that writes or parses keys contains.
            fits = form.fullmatch(use.text) if form else len(use.text) > len(prefix) + PEM_BODY_MIN
            if fits:
                where = str(use.place) if use.place is not None else "a constant no code loads"
                owner = use.place.owner if use.place is not None else Owner.NONE
                return Secret(kind, use.text[:8] + "\u2026", where, proven, owner)
    return None


def judged(name: str, version: str, source: str) -> Library:
    """Return the library with the advisories that affect this version."""
    _, table = vulnerabilities()
    rows = table.get(name, ())
    affected: list[Advisory] = [
        advisory
        for first, advisory in rows
        if _order(version) < _order(advisory.fixed_in)
        and (not first or _order(version) >= _order(first))
    ]
    return Library(name, version, source, tuple(affected), listed=bool(rows))


def _order(version: str) -> tuple[int, ...]:
    """Return the numbers of a version; a pre-release counts as the release."""
    numbers = re.match(r"\d+(?:\.\d+)*", version)
    parts = [int(part[:9]) for part in numbers[0].split(".")] if numbers else []
    return tuple((parts + [0] * 6)[:6])
