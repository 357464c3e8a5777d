"""Coverage-guided fuzzing of everything that reads a policy or a dossier.

`python tests/fuzz/fuzz_policy.py [CORPUS] -max_total_time=3600` runs it; it needs the package
atheris. The first byte of an input chooses the kind of file. A reader may only refuse
(`UnreadableArtefact`); any other exception is a finding, and so is an input that takes longer than
libFuzzer's `-timeout`.
"""

import contextlib
import io
import sys
import tempfile
from pathlib import Path

from pypdf import PdfWriter

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[2] / "src")]

from keepsight.lab.checks.policy import POLICY_CHECKS
from keepsight.lab.facts.product import ProductFacts
from keepsight.lab.read.dossier import read_dossier
from keepsight.lab.read.limits import UnreadableArtefact
from keepsight.lab.read.policy import read_policy
from tests.lab.synthetic.dossier import NOTES, TEXTS

SUFFIXES = (".html", ".md", ".txt", ".pdf")
INPUT_BYTES_MAX = 1 << 16


def _policy(data, suffix):
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(data)
        file.flush()
        facts, unread = read_policy(Path(file.name))
    product = ProductFacts(report_date="2026-11-21", policies=(facts,), unread=unread)
    for check in POLICY_CHECKS:
        check.judge(product)


def _dossier(data):
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "dossier.toml").write_bytes(data)
        read_dossier(Path(folder))


def one_input(data):
    """Give one input to the reader its first byte chooses."""
    if not data:
        return
    chosen, body = data[0] % (len(SUFFIXES) + 1), data[1 : INPUT_BYTES_MAX + 1]
    with contextlib.suppress(UnreadableArtefact):
        if chosen == len(SUFFIXES):
            _dossier(body)
        else:
            _policy(body, SUFFIXES[chosen])


def seeds():
    """Sound inputs, one a reader, each behind its choosing byte."""
    writer, file = PdfWriter(), io.BytesIO()
    writer.add_blank_page(200, 200)
    writer.write(file)
    html = (TEXTS / "product-policy.html").read_bytes()
    text = (TEXTS / "group-policy.md").read_bytes()
    bodies = (html, text, text, file.getvalue(), NOTES.encode())
    return [bytes([number]) + body for number, body in enumerate(bodies)]


def main():
    """Run the fuzzer with libFuzzer's own options."""
    import atheris

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(seeds()):
            Path(folder, f"seed-{number}").write_bytes(data)
        atheris.instrument_all()
        atheris.Setup([*sys.argv, folder], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
