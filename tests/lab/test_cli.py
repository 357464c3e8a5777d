"""The command line by its contract: exit status, outputs, list, explain, compare."""

import json

import pytest
import typer
from typer.testing import CliRunner

from keepsight.lab.cli import check_app, compare
from tests.lab.synthetic.dossier import TEXTS, write_dossier

app = typer.Typer()
app.add_typer(check_app, name="check")
app.command("compare")(compare)
RUNNER = CliRunner()
EASY = "The cat sat on the mat and it was happy with all of this. " * 10


def run(*args):
    return RUNNER.invoke(app, [str(arg) for arg in args])


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    dossier = write_dossier(folder / "d")
    names = {kind: folder / f"r.{kind}" for kind in ("json", "html", "sarif")}
    result = run(
        "check",
        dossier,
        "--json",
        names["json"],
        "--html",
        names["html"],
        "--sarif",
        names["sarif"],
    )
    return result, names


def test_something_violated_is_status_1_and_every_file_is_written(written):
    result, names = written
    assert result.exit_code == 1, result.output
    report = json.loads(names["json"].read_text())
    assert report["measures"]["app"]["signature_schemes"] == ["v1", "v2", "v3"]
    assert report["measures"]["capture"]["tls"]
    assert report["measures"]["policy"]["words"] > 300
    assert names["html"].read_text().startswith("<!doctype html>")
    assert json.loads(names["sarif"].read_text())["version"] == "2.1.0"
    assert "of 100" in result.output


def test_options_may_stand_before_paths_and_dash_is_stdout(tmp_path):
    result = run("check", "--json", "-", "-q", TEXTS / "group-policy.md")
    assert json.loads(result.stdout)["artefacts"][0]["kind"] == "policy"


def test_what_cannot_be_examined_is_status_2(tmp_path):
    assert run("check", tmp_path / "gone.apk").exit_code == 2
    assert run("check").exit_code == 2
    (tmp_path / "a.pcap").write_bytes(b"nonsense")
    result = run("check", tmp_path / "a.pcap")
    assert result.exit_code == 2
    assert "neither pcap nor pcapng" in result.output


def test_a_folder_gives_a_summary_and_a_list_of_reports(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text((TEXTS / "group-policy.md").read_text())
    result = run("check", tmp_path, "--json", tmp_path / "all.json")
    found = json.loads((tmp_path / "all.json").read_text())
    assert found["schema"] == "keepsight-reports/1"
    assert len(found["reports"]) == 2
    assert "a.txt" in result.output


def test_baseline_and_suppressions(written, tmp_path):
    _, names = written
    rules = tmp_path / "s.toml"
    rules.write_text('[[suppress]]\ncheck="policy/*"\nreason="known"\nexpires=2099-01-01\n')
    out = tmp_path / "new.json"
    result = run(
        "check", TEXTS / "product-policy.html", "--baseline", names["json"], "--suppress", rules,
        "--json", out, "-q",
    )  # fmt: skip
    found = json.loads(out.read_text())
    assert found["suppressed"]
    assert found["changes"]["not_judged_any_more"]
    assert result.exit_code == 0
    rules.write_text('[[suppress]]\ncheck="policy/*"\n')
    refused = run("check", TEXTS / "group-policy.md", "--suppress", rules)
    assert refused.exit_code == 2
    assert "reason" in refused.output


def test_a_new_dossier(tmp_path):
    assert run("check", "--new-dossier", tmp_path / "n").exit_code == 0
    assert (tmp_path / "n" / "dossier.toml").exists()
    assert run("check", "--new-dossier", tmp_path / "n").exit_code == 2


def test_list_and_explain():
    assert "capture/cleartext" in run("check", "list").output
    page = run("check", "explain", "capture/tls")
    assert page.exit_code == 0
    assert "What it cannot see" in page.output
    assert run("check", "explain", "no/such").exit_code == 2


def test_compare(written, tmp_path):
    _, names = written
    result = run("compare", names["json"], names["json"], "--html", tmp_path / "c.html")
    assert result.exit_code == 0, result.output
    assert "Overall" in result.output
    assert "Products side by side" in (tmp_path / "c.html").read_text()
    assert run("compare", tmp_path / "c.html").exit_code == 2


def test_an_unwritable_output_is_status_2(tmp_path):
    assert (
        run("check", TEXTS / "group-policy.md", "--html", tmp_path / "no" / "x.html").exit_code == 2
    )


def test_progress_for_a_program_is_one_line_a_file(tmp_path):
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text((TEXTS / "group-policy.md").read_text())
    result = run("check", "-q", "--progress", "json", tmp_path / "a.txt", tmp_path / "b.txt")
    lines = [json.loads(line)["progress"] for line in result.stderr.splitlines()]
    assert [(line["read"], line["of"]) for line in lines] == [(0, 2), (1, 2), (2, 2)]
    assert {line["name"] for line in lines} == {"", "a.txt", "b.txt"}
