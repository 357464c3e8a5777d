"""Sockets lie where only this user reaches them, and one hub holds the lock; on real files."""

import os

import pytest

from keepsight.hub.sockets import (
    CONTROL,
    PATH_BYTES_MAX,
    AlreadyRunningError,
    SocketDirectoryError,
    listen,
    lock_directory,
    run_directory,
)


def test_a_short_path_stays_in_the_household(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    short = tmp_path / "h"
    if len(str(short / "run" / CONTROL)) > PATH_BYTES_MAX:
        pytest.skip("the temporary directory's own path is too long")
    assert run_directory(short) == short / "run"
    assert (short / "run").stat().st_mode & 0o777 == 0o700


def test_a_long_path_moves_and_is_found_again(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    long = tmp_path / ("x" * 120)
    found = run_directory(long)
    assert found.parent == tmp_path
    assert run_directory(long) == found
    assert run_directory(tmp_path / ("y" * 120)) != found


def test_a_directory_of_somebody_else_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    long = tmp_path / ("x" * 120)
    run_directory(long)
    monkeypatch.setattr("keepsight.hub.sockets.os.getuid", lambda: os.geteuid() + 1)
    (made,) = tmp_path.iterdir()
    made.rename(tmp_path / made.name.replace(f"-{os.geteuid()}-", f"-{os.geteuid() + 1}-"))
    with pytest.raises(SocketDirectoryError):
        run_directory(long)


def test_a_socket_is_private_and_replaces_a_dead_one(tmp_path):
    path = tmp_path / "s"
    first = listen(path)
    first.close()
    second = listen(path)
    assert path.stat().st_mode & 0o077 == 0
    second.close()


def test_the_lock_is_held_once(tmp_path):
    held = lock_directory(tmp_path)
    with pytest.raises(AlreadyRunningError, match="stop it first"):
        lock_directory(tmp_path)
    os.close(held)
    os.close(lock_directory(tmp_path))
