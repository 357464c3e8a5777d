"""The key file is systemd's credential where there is one, else the user's own."""

from keepsight.hub.machine_key import machine_key_path


def test_systemd_hands_over_the_machine_key_where_there_is_one(tmp_path):
    (tmp_path / "keepsight-unlock").write_bytes(b"k" * 32)
    found = machine_key_path(tmp_path / "abc", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found == tmp_path / "keepsight-unlock"
    other = machine_key_path(tmp_path / "abc", {"XDG_CONFIG_HOME": str(tmp_path)})
    assert other == tmp_path / "keepsight" / "unlock" / "abc.key"
