"""Products side by side, and ratings of different versions kept apart."""

import io

from rich.console import Console

from keepsight.lab.render.comparison import (
    finding_rows,
    render_html,
    render_table,
    title_of,
    versions_of,
)
from keepsight.lab.render.json import as_dict
from tests.lab.reported import report


def reports():
    first, second = as_dict(report()), as_dict(report())
    second["product"]["name"] = "Other <b>camera</b>"
    second["verdict"]["version"] = "0"
    second["findings"] = [f for f in second["findings"] if f["check"] != "capture/cleartext"]
    return [first, second]


def test_a_check_violated_somewhere_is_a_row():
    row = next(r for r in finding_rows(reports()) if r["name"] == "capture/cleartext")
    assert row["cells"] == ["violated (high)", "not judged"]


def test_versions_are_told_apart():
    assert versions_of(reports()) == ["0", "1"]
    assert "different versions" in render_html(reports())
    console = Console(file=io.StringIO(), width=120)
    console.print(render_table(reports()))
    assert "points do not compare" in " ".join(console.file.getvalue().split())


def test_names_are_escaped_and_found():
    assert "<b>camera" not in render_html(reports())
    assert title_of({"artefacts": [{"path": "a.apk"}]}) == "a.apk"
    assert title_of({}) == "a product without name"
