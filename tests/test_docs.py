"""The documents say what the program does; by comparing them with it."""

import json
import re
import tomllib

from keepsight.hub.camera import StreamState
from keepsight.hub.ingest.fanout import BreakReason
from keepsight.hub.settings import Settings
from keepsight.seal.frame import Reason
from tests.generate_docs import COMMANDS, commands_page
from tests.paths import ROOT


def test_the_page_of_commands_is_current():
    assert COMMANDS.read_text() == commands_page(), "run `make docs`"


def test_every_setting_is_documented():
    text = (ROOT / "docs" / "recordings.md").read_text()
    missing = [name for name in Settings.__dataclass_fields__ if f"`{name}`" not in text]
    assert not missing, missing


def test_every_state_and_reason_is_in_both_catalogues():
    for language in ("en", "de"):
        words = (ROOT / "web" / "src" / "i18n" / f"{language}.json").read_text()
        for enumeration in (StreamState, BreakReason, Reason):
            missing = [item.value for item in enumeration if item.value not in words]
            assert not missing, (language, missing)


def test_both_catalogues_have_the_same_keys():
    english, german = (
        json.loads((ROOT / "web" / "src" / "i18n" / f"{language}.json").read_text())
        for language in ("en", "de")
    )
    assert english.keys() == german.keys()


def test_every_dependency_has_its_line_of_why():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    names = [re.split(r"[><=\[ ]", line)[0] for line in project["dependencies"]]
    package = json.loads((ROOT / "web" / "package.json").read_text())
    names += list(package.get("dependencies", {}))
    text = (ROOT / "design" / "dependencies.md").read_text()
    missing = [name for name in names if name not in text]
    assert not missing, missing


def test_the_readme_names_commands_that_exist():
    page = commands_page()
    for command in re.findall(r"`(keepsight [a-z]+(?: [a-z]+)?)", (ROOT / "README.md").read_text()):
        assert f"## {command}" in page or any(
            line.startswith(f"## {command.rsplit(' ', 1)[0]}") for line in page.splitlines()
        ), command


def test_every_make_target_of_the_documents_exists():
    makefile = (ROOT / "Makefile").read_text()
    for document in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"):
        for target in re.findall(r"`make ([a-z]+)", (ROOT / document).read_text()):
            assert re.search(rf"^{target}:", makefile, re.MULTILINE), (document, target)
