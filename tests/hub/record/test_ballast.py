"""Goal: the ballast takes real space, and only where there is plenty. Method: real files."""

import errno
import os

from keepsight.hub.record.ballast import Ballast


def test_it_takes_real_space_and_gives_it_back(tmp_path):
    path = tmp_path / "ballast"
    ballast = Ballast(path, 1 << 20)
    assert not ballast.release()
    assert ballast.ensure(1 << 30)
    assert path.stat().st_blocks * 512 >= 1 << 20
    assert path.stat().st_mode & 0o777 == 0o600
    assert ballast.ensure(0)
    assert ballast.release()
    assert not path.exists()


def test_it_is_not_made_where_space_is_scarce(tmp_path):
    assert not Ballast(tmp_path / "ballast", 1 << 20).ensure((4 << 20) - 1)
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_refuses_is_no_error(tmp_path, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "posix_fallocate", full)
    assert not Ballast(tmp_path / "ballast", 1 << 20).ensure(1 << 30)
    assert list(tmp_path.iterdir()) == []
    assert not Ballast(tmp_path / "missing" / "ballast", 1 << 20).ensure(1 << 30)
