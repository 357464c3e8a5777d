"""One file into facts of its kind, or into a reason."""

from keepsight.lab.artefact import ArtefactKind
from keepsight.lab.reading import ReadTask, read_artefact
from tests.lab.synthetic.dossier import write_dossier


def test_every_kind(tmp_path):
    folder = write_dossier(tmp_path)
    kinds = {}
    for name in ("example-home.apk", "use.pcapng", "cloud.har", "group-policy.md"):
        found = read_artefact(ReadTask(folder / name))
        assert found.is_read, found.unread
        assert len(found.artefact.sha256) == 64
        kinds[name] = found.artefact.kind
    assert kinds["cloud.har"] is ArtefactKind.CAPTURE
    assert kinds["group-policy.md"] is ArtefactKind.POLICY


def test_reasons(tmp_path):
    cases = {"a.bin": "neither an app", "a.apk": "", "a.pcap": "neither pcap", "a.txt": "no text"}
    for name, reason in cases.items():
        (tmp_path / name).write_bytes(b"\x7fELF nothing")
        found = read_artefact(ReadTask(tmp_path / name))
        assert not found.is_read
        assert found.unread[0].part == ""
        assert reason in found.unread[0].reason
    assert not read_artefact(ReadTask(tmp_path / "gone.apk")).is_read
    assert not read_artefact(ReadTask(tmp_path)).is_read
