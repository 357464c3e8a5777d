"""Coverage-guided fuzzing of everything that reads an app.

`python tests/fuzz/fuzz_app.py [CORPUS] -max_total_time=3600` runs it; it needs the package atheris.
The first byte of an input chooses the reader. A reader may only refuse (`UnreadableArtefact`); any
other exception is a finding, and so is an input that takes longer than libFuzzer's `-timeout`.
"""

import contextlib
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "src")]

from keepsight.lab.checks.app import APP_CHECKS
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.finding import Owner
from keepsight.lab.read import axml, der, manifest, network_security
from keepsight.lab.read.app import read_source
from keepsight.lab.read.archive import Archive, MemorySource
from keepsight.lab.read.callsites import Scan
from keepsight.lab.read.dex import Dex
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.resources import ResourceTable
from keepsight.lab.read.signing import PackageSignature
from tests.lab.synthetic import article, package, xml


def _package(data):
    facts = read_source("fuzz.apk", MemorySource(data))
    product = ProductFacts(report_date="2026-11-21", apps=(facts,), unread=facts.unread)
    for check in APP_CHECKS:
        check.judge(product)


def _code(data):
    # What a damaged table may raise beyond a refusal is caught where parts are read (`read.app`).
    with contextlib.suppress(IndexError):
        Scan(Dex(data), "classes.dex", lambda _: Owner.NONE).run()


def _manifest(data):
    manifest.read(data, lambda: None)


def _resources(data):
    table = ResourceTable(data)
    for number in range(4):
        table.resolve(axml.Value(axml.TYPE_REFERENCE, 0x7F010000 + number))


def _signatures(data):
    PackageSignature(Archive(MemorySource(data))).finish()


def _der(data):
    queue = [der.parse(data)]
    while queue and len(queue) < 10_000:
        node = queue.pop()
        if node.tag & 0x20:
            queue += node.children()


NAMES = ("AndroidManifest.xml", "classes.dex", "resources.arsc", "res/xml/network.xml",
         "lib/x/a.so", "META-INF/MANIFEST.MF", "META-INF/CERT.SF",
         "META-INF/CERT.RSA", "META-INF/maven/a/b/pom.properties", "split.apk")  # fmt: skip
"""What an assembled package may hold."""
BOUNDARY = b"\xfe\xef"


def _assembled(data):
    """A sound archive of unsound entries: a mutation of packed bytes fails at the checksum."""
    entries = {}
    for piece in data.split(BOUNDARY)[:16]:
        if piece:
            entries[NAMES[piece[0] % len(NAMES)]] = piece[1:]
    _package(package.archive(entries))


READERS = (_package, _code, _manifest, network_security.read, _resources, _signatures, _der,
           _assembled)  # fmt: skip


def one_input(data):
    """Read one input; anything but a refusal is a finding."""
    if data:
        with contextlib.suppress(UnreadableArtefact):
            READERS[data[0] % len(READERS)](bytes(data[1:]))


def seeds():
    """Return one sound input for each reader."""
    config = xml.Node("network-security-config", {}, [
        xml.Node("domain-config", {"cleartextTrafficPermitted": True}, [
            xml.Node("domain", {}, text="a.example"),
            xml.Node("pin-set", {"expiration": "2030-01-01"}, [xml.Node("pin", {}, text="x=")]),
        ]),
    ])  # fmt: skip
    small = package.signed({"a": b"1", "b/c": b"22"})
    parts = {**article.article_entries(), **package.sign_v1({"a": b"1"})}
    assembled = [bytes([NAMES.index(name)]) + parts[name] for name in NAMES if name in parts]
    inputs = (
        article.article_app(),
        article.article_code(),
        article.manifest(),
        xml.write(config, ids=False),
        article.article_entries()["resources.arsc"],
        small,
        package.sign_v1({"a": b"1"})["META-INF/CERT.RSA"],
        BOUNDARY.join(assembled),
    )
    return [bytes([number]) + data for number, data in enumerate(inputs)]


def main():
    """Fuzz until told to stop."""
    import atheris  # only here: the tests use the rest without it

    atheris.instrument_all()
    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(seeds()):
            (Path(folder) / f"seed{number}").write_bytes(data)
        atheris.Setup([*sys.argv, folder, "-timeout=10", "-max_len=100000"], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
