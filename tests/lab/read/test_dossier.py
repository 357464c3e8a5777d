"""dossier.toml: what it may name, what its answers may be, and strangers' dossiers."""

import pytest

from keepsight.lab.read.dossier import read_dossier
from keepsight.lab.read.limits import UnreadableArtefact
from tests.lab.synthetic.dossier import NOTES, write_dossier


def made(tmp_path, text):
    (tmp_path / "dossier.toml").write_text(text)
    return read_dossier(tmp_path)


def test_the_articles_dossier(tmp_path):
    found = read_dossier(write_dossier(tmp_path / "d"))
    assert found.product.model == "EX-C2K"
    assert found.report_date == "2024-03-15"
    assert [row.path.name for row in found.artefacts][:2] == ["example-home.apk", "use.pcapng"]
    assert found.artefacts[1].context.actions == ("set-up", "live view", "playback")
    assert found.observations.number("password_length_min") == 8
    assert found.observations.note("camera_pin").startswith("asked when")
    assert found.observations.words("second_factor") == ("email_pin",)
    assert found.seals[0].kind.is_declaration
    assert found.seals[0].valid_until == "2024-01-31"
    assert found.unread == ()


def test_missing_files_and_files_outside_are_unread(tmp_path):
    (tmp_path.parent / "secret.pcap").write_bytes(b"x")
    text = '[product]\nname = "x"\n[[artefact]]\npath = "gone.apk"\n'
    text += '[[artefact]]\npath = "../secret.pcap"\n'
    found = made(tmp_path, text)
    assert found.artefacts == ()
    assert ["no such file" in part.reason or "outside" in part.reason for part in found.unread] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("camera_pin = 'sometimes'", "none of"),
        ("password_length_min = 'eight'", "not a number"),
        ("password_length_min = -3", "not a number"),
        ("second_factor = ['owl']", "none of"),
        ("favourite_colour = 'blue'", "no such question"),
        ("security_txt_expires = 7", "not a date"),
    ],
)
def test_answers_that_are_none_are_said_and_not_used(tmp_path, line, reason):
    found = made(tmp_path, f'[product]\nname = "x"\n[observations]\n{line}\n')
    assert found.observations.answers == {}
    assert reason in found.unread[0].reason


def test_empty_answers_are_unknown(tmp_path):
    found = made(
        tmp_path, '[product]\nname = "x"\n[observations]\ncamera_pin = ""\nsecond_factor = []\n'
    )
    assert found.observations.answers == {}
    assert found.unread == ()


@pytest.mark.parametrize("text", ["", "name = 'x'", "[product", "product = 3", "\udcff"])
def test_no_dossier_at_all(tmp_path, text):
    (tmp_path / "dossier.toml").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UnreadableArtefact):
        read_dossier(tmp_path)
    with pytest.raises(UnreadableArtefact, match="there is none"):
        read_dossier(tmp_path / "nowhere")


def test_every_question_of_the_notes_exists():
    assert "[observations]" in NOTES
