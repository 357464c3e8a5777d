"""A whole dossier: an app of 25 MB, a capture of 200 MB, two policies, a HAR and the notes.

`keepsight check DOSSIER` looks at it as a person would start it, and writes JSON and HTML. The app
is the synthetic one with the code of the real packages at hand, or with classes made here where
there are none, and with pictures up to its size, signed with v1, v2 and v3.

Wall time is from start to end, the best of three; processor time and resident memory are those of
all processes together, sampled every 10 ms, so memory that they share is counted several times.
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path
from typing import Final

from benchmarks.figure import Figure
from benchmarks.lab_capture import make as make_capture
from benchmarks.lab_folder import made_class
from benchmarks.usage import cpu_seconds, resident_bytes

ROOT: Final = Path(__file__).parents[1]
DATA: Final = Path(os.environ.get("KEEPSIGHT_TEST_DATA", ROOT.parent / "shared")) / "data" / "apps"
APP_BYTES: Final = 25_000_000
CODE_BYTES: Final = 15_000_000
CAPTURE_MEGABYTES: Final = 200
PICTURE_BYTES: Final = 32_000
CLASSES: Final = 8_000
TIMES: Final = 3
SECONDS_MAX: Final = 5.0
MEGABYTES_MAX: Final = 300
SAMPLE_SECONDS: Final = 0.01
TIMEOUT_SECONDS: Final = 120
ARTEFACT: Final = '[[artefact]]\npath = "use.pcapng"\n'


def _real_code() -> list[bytes]:
    found: list[bytes] = []
    for path in sorted(DATA.glob("*.apk"), key=lambda path: -path.stat().st_size):
        with zipfile.ZipFile(path) as package:
            for entry in package.infolist():
                if entry.filename.endswith(".dex") and sum(map(len, found)) < CODE_BYTES:
                    found.append(package.read(entry))
    return found


def _made_code() -> list[bytes]:
    from tests.lab.synthetic import code

    found: list[bytes] = []
    while sum(map(len, found)) < CODE_BYTES:
        number = len(found)
        found.append(code.dex(*(made_class(code, number, one) for one in range(CLASSES))))
    return found


def make(folder: Path) -> int:
    """Write the dossier; returns the size of its code in bytes."""
    from tests.lab.synthetic import article, package
    from tests.lab.synthetic.dossier import write_dossier

    write_dossier(folder)
    codes = _real_code()
    if sum(map(len, codes)) < CODE_BYTES // 2:
        print(f"lab_dossier: no packages under {DATA}, the app's code is made")
        codes = _made_code()
    entries = article.article_entries()
    for number, data in enumerate(codes, 2):
        entries[f"classes{number}.dex"] = data
    packed = len(package.archive(entries))
    for number in range(max(0, APP_BYTES - packed) // PICTURE_BYTES):
        entries[f"res/drawable/p{number}.png"] = os.urandom(PICTURE_BYTES)
    app = package.signed(entries, who=package.signer("Example Camera Vendor"))
    (folder / "example-home.apk").write_bytes(app)
    make_capture(folder / "use.pcap", CAPTURE_MEGABYTES)
    notes = (folder / "dossier.toml").read_text()
    more = '[[artefact]]\npath = "use.pcap"\nphase = "use"\n\n'
    (folder / "dossier.toml").write_text(notes.replace(ARTEFACT, more + ARTEFACT))
    return sum(map(len, codes))


def _family(root: int) -> list[int]:
    """The process and all that descend from it."""
    found, at = [root], 0
    while at < len(found):
        for thread in Path(f"/proc/{found[at]}/task").glob("*/children"):
            try:
                found += [int(pid) for pid in thread.read_text().split()]
            except OSError:
                continue
        at += 1
    return found


def _check(folder: Path) -> tuple[float, float, float]:
    """Seconds, processor seconds, and megabytes of one look at the dossier."""
    out = folder.parent
    command = [sys.executable, "-m", "keepsight", "check", str(folder), "--quiet"]
    command += ["--json", str(out / "report.json"), "--html", str(out / "report.html")]
    spent: dict[int, float] = {}
    peak = 0
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT) as child:
        while child.poll() is None and time.perf_counter() - start < TIMEOUT_SECONDS:
            family = _family(child.pid)
            peak = max(peak, sum(resident_bytes(pid) for pid in family))
            spent |= {pid: max(spent.get(pid, 0), cpu_seconds(pid)) for pid in family}
            time.sleep(SAMPLE_SECONDS)
        seconds = time.perf_counter() - start
        if child.returncode != 1:
            raise RuntimeError(f"the check ended with {child.returncode}, not with 1")
    return seconds, sum(spent.values()), peak / 1e6


def run() -> list[Figure]:
    """Measure wall time, processor time and memory of the whole."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as parent:
        folder = Path(parent, "dossier")
        code_bytes = make(folder)
        app_bytes = (folder / "example-home.apk").stat().st_size
        found = [_check(folder) for _ in range(TIMES)]
    seconds, spent, _ = min(found)
    megabytes = max(row[2] for row in found)
    cores = len(os.sched_getaffinity(0))
    note = f"app {app_bytes / 1e6:.0f} MB with {code_bytes / 1e6:.0f} MB of code, {cores} cores"
    return [
        Figure("lab_dossier.time", seconds, "s", "processor seconds", spent,
               f"under {SECONDS_MAX:.0f} s", seconds < SECONDS_MAX, note),
        Figure("lab_dossier.memory", megabytes, "MB", "", None, f"under {MEGABYTES_MAX} MB",
               megabytes < MEGABYTES_MAX, "resident, of all processes together"),
    ]  # fmt: skip
