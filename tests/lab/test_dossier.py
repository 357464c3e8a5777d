"""The template is valid TOML, holds every question, and never overwrites."""

import tomllib

import pytest

from keepsight.lab.dossier import write_template
from keepsight.lab.read.dossier import read_dossier
from keepsight.lab.read.questions import questions


def test_the_template_reads_back_with_nothing_answered(tmp_path):
    path = write_template(tmp_path / "camera")
    assert tomllib.loads(path.read_text())["observations"].keys() == {q.key for q in questions()}
    found = read_dossier(path.parent)
    assert found.observations.answers == {}
    assert found.unread == ()
    text = path.read_text()
    assert all(choice in text for q in questions() for choice in q.choices)
    assert text.count("Why:") == text.count("How:") == len(questions())


def test_an_existing_dossier_is_left_alone(tmp_path):
    write_template(tmp_path)
    with pytest.raises(FileExistsError):
        write_template(tmp_path)
