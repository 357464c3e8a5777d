"""What the lab wrote is taken only if it is a report, however it is not one."""

import copy
import json

import pytest

from keepsight.hub.checks.envelope import CONTENT_BYTES_MAX
from keepsight.hub.checks.outcome import BadReportError, read_outputs
from keepsight.hub.inspection import FailureReason

REPORT = {
    "schema": "keepsight-report/1",
    "product": {"name": "Example camera"},
    "artefacts": [{"path": "app.apk"}],
    "unread": [],
    "findings": [{"outcome": word} for word in ("violated", "violated", "clear", "error")],
    "verdict": {"overall": 41.5, "band": "D", "coverage": 0.5},
}


def write(folder, document, html="<!doctype html>"):
    text = document if isinstance(document, (str, bytes)) else json.dumps(document)
    (folder / "report.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    (folder / "report.html").write_text(html)
    (folder / "report.sarif").write_text('{"version": "2.1.0"}')
    return folder


def test_a_report(tmp_path):
    found = read_outputs(write(tmp_path, REPORT))
    assert found.summary.title == "Example camera"
    assert (found.summary.overall, found.summary.band) == (41.5, "D")
    assert (found.summary.violated, found.summary.clear, found.summary.unknown) == (2, 1, 1)
    assert set(found.contents) == {"json", "html", "sarif"}
    assert json.loads(found.contents["json"]) == REPORT


def test_without_a_product_the_files_name_it_and_no_rating_is_no_rating(tmp_path):
    report = copy.deepcopy(REPORT)
    report["product"]["name"] = ""
    report["verdict"]["overall"] = None
    found = read_outputs(write(tmp_path, report)).summary
    assert (found.title, found.overall) == ("app.apk", None)


@pytest.mark.parametrize(
    "content",
    [
        "nonsense",
        "[]",
        "{}",
        b"\xff\xfe",
        "[" * 100_000,
        json.dumps({**REPORT, "schema": "another"}),
        json.dumps({**REPORT, "findings": None}),
        json.dumps({**REPORT, "findings": [1]}),
        json.dumps({**REPORT, "verdict": {"overall": "x", "band": "", "coverage": 1}}),
        json.dumps({**REPORT, "verdict": {"overall": float("nan"), "band": "", "coverage": 1}}),
        '{"schema": "\\ud800"}',
    ],
    ids=range(11),
)
def test_what_is_none(tmp_path, content):
    with pytest.raises(BadReportError) as caught:
        read_outputs(write(tmp_path, content))
    assert caught.value.reason is FailureReason.BAD_REPORT


def test_nothing_written_and_too_much_written(tmp_path):
    with pytest.raises(BadReportError) as caught:
        read_outputs(write(tmp_path, REPORT, html=""))
    assert caught.value.reason is FailureReason.DIED
    write(tmp_path, REPORT)
    with (tmp_path / "report.html").open("r+b") as file:
        file.truncate(CONTENT_BYTES_MAX + 1)
    with pytest.raises(BadReportError) as caught:
        read_outputs(tmp_path)
    assert caught.value.reason is FailureReason.BAD_REPORT
