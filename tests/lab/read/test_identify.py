"""Content first, name second."""

import pytest

from keepsight.lab.read.identify import identify, is_har_name
from tests.lab.synthetic.traffic import Wire


@pytest.mark.parametrize(
    ("name", "data", "kind"),
    [
        ("x.bin", b"PK\x03\x04rest", "app"),
        ("x.bin", b"dex\n035\0", "app"),
        ("x.apk", b"broken", "app"),
        ("x.txt", Wire().pcap(), "capture"),
        ("x.bin", Wire().pcapng(), "capture"),
        ("x.json", b'{ "log": {"version": "1.2"}}', "capture"),
        ("x.bin", b"%PDF-1.7", "policy"),
        ("x.bin", b"<!DOCTYPE html><html>", "policy"),
        ("x.md", b"# Title", "policy"),
        ("x.bin", b"\x7fELF", None),
        ("x.bin", b"", None),
    ],
)
def test_kinds(tmp_path, name, data, kind):
    path = tmp_path / name
    path.write_bytes(data)
    assert identify(path) == kind


def test_folders_are_dossiers_and_a_har_is_no_packet_file(tmp_path):
    assert identify(tmp_path) == "dossier"
    (tmp_path / "a.har").write_bytes(b"{}")
    (tmp_path / "b.har").write_bytes(Wire().pcap())
    assert is_har_name(tmp_path / "a.har")
    assert not is_har_name(tmp_path / "b.har")
