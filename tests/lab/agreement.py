"""Compares the lab with independent programs on real files, and prints the tables as Markdown.

`python -m tests.lab.agreement FOLDER` takes a folder with `apps` and `captures`. The oracles are
Android's apksigner and tshark, as programs of their own; trackers are compared with the packages
that a plain look at the class definitions shows, printed beside them for a person to judge.
"""

import collections
import sys
import tempfile
import zipfile
from pathlib import Path

from keepsight.lab.read.app import read_app
from keepsight.lab.read.capture import read_capture
from keepsight.lab.read.dex import Dex, dotted
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.read.test_capture import tshark
from tests.lab.read.test_signing import ours, theirs
from tests.lab.synthetic import handshakes as synthetic

PACKAGES_SHOWN = 12
PACKAGE_PARTS = 3


def signatures(folder):
    """One row a package: what verifies for API 21 and later, ours and apksigner's."""
    rows = []
    for path in sorted(folder.rglob("*.apk")):
        mine, oracle = set(ours(path).verified), theirs(path)
        rows.append((path.name, show(mine), show(oracle), "yes" if mine == oracle else "NO"))
    return rows


def show(schemes):
    """The schemes of a package in a word."""
    return "+".join(sorted(schemes)) or "none"


def handshakes(folder):
    """One row a capture: how many handshakes, and how many with the same version and suite."""
    with tempfile.TemporaryDirectory() as made:
        openssl = Path(made, "handshakes of OpenSSL, made here")
        openssl.write_bytes(synthetic.capture()[0])
        return [compared(path) for path in [*sorted(folder.glob("*.pcap*")), openssl]]


def compared(path):
    """Negotiated version and suite of one capture, ours and tshark's."""
    oracle = collections.Counter(tshark(path))
    facts, _ = read_capture(path)
    mine = collections.Counter((h.version, h.cipher) for h in facts.handshakes if h.version)
    return path.name, sum(oracle.values()), sum(mine.values()), sum((mine & oracle).values())


def trackers(folder):
    """One row a package: the trackers found, and the commonest class packages for the eye."""
    rows = []
    for path in sorted(folder.glob("*.apk")):
        try:
            facts, _ = read_app(path)
        except UnreadableArtefact as error:
            rows.append((path.name, f"unread: {error}", "", ""))
            continue
        found = [f"{t.tracker.name} ({t.defined})" for t in facts.trackers if t.defined]
        only = [t.tracker.name for t in facts.trackers if not t.defined]
        rows.append((path.name, ", ".join(found) or "none", ", ".join(only), packages(path)))
    return rows


def packages(path):
    """The commonest packages of the class definitions, from the whole table of every dex file."""
    counts = collections.Counter()
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.endswith(".dex"):
                dex = Dex(archive.read(name))
                for number in dex.defined_types():
                    parts = dotted(dex.type_name(number)).split(".")
                    counts[".".join(parts[:PACKAGE_PARTS][: max(1, len(parts) - 1)])] += 1
    return ", ".join(f"{name} {count}" for name, count in counts.most_common(PACKAGES_SHOWN))


def table(heads, rows):
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in lines) + "\n"


def main(folder):
    """Print all tables."""
    folder = Path(folder)
    rows = signatures(folder / "apps")
    print(table(["package", "lab", "apksigner", "agrees"], rows))
    print(f"{sum(row[3] == 'yes' for row in rows)} of {len(rows)} agree.\n")
    rows = handshakes(folder / "captures")
    print(table(["capture", "tshark", "lab", "in both"], rows))
    total, agreed = sum(row[1] for row in rows), sum(row[3] for row in rows)
    print(f"{agreed} of {total} handshakes of tshark ({agreed / max(1, total):.3f}).\n")
    print(
        table(["package", "trackers", "referenced only", "class packages"],
              trackers(folder / "apps"))
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
