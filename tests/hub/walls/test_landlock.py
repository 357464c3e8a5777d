"""Landlock in a forked child: the parent stays free. What it is for is tried in test_confine."""

import os

import pytest

from keepsight.hub.walls import landlock

pytestmark = pytest.mark.skipif(
    landlock.abi_version() < 1, reason="NOT TESTED: this kernel has no Landlock"
)


def in_child(function):
    """Exit status of a forked child that runs the function: 0 it went well, 1 OSError."""
    child = os.fork()
    if child == 0:
        status = 2
        try:
            function()
            status = 0
        except OSError:
            status = 1
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_only_named_files_stay_reachable(tmp_path):
    for name in ("shown", "hidden", "made"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("text")
    rights = landlock.FileRights(
        (str(tmp_path / "shown"),), (str(tmp_path / "hidden" / "file"),), (str(tmp_path / "made"),)
    )

    def after(action):
        def run():
            landlock.restrict_files(rights)
            action()

        return run

    assert in_child(after((tmp_path / "shown" / "file").read_text)) == 0
    assert in_child(after(lambda: (tmp_path / "shown" / "file").write_text("x"))) == 1
    assert in_child(after((tmp_path / "hidden" / "file").read_text)) == 1
    assert in_child(after(lambda: (tmp_path / "hidden" / "file").write_text("x"))) == 0
    assert in_child(after(lambda: (tmp_path / "made" / "new").write_text("x"))) == 0
    assert in_child(after((tmp_path / "made" / "new").unlink)) == 0
    assert in_child(after((tmp_path / "made" / "folder").mkdir)) == 1
    assert (tmp_path / "hidden" / "file").read_text() == "x"


def test_a_missing_path_is_an_error(tmp_path):
    rights = landlock.FileRights((str(tmp_path / "nowhere"),), (), ())
    assert in_child(lambda: landlock.restrict_files(rights)) == 1
