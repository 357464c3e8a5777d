"""`keepsight camera` against a running hub and real cameras; as processes."""

from keepsight.cli.camera import parse_shown
from tests.cli.command import keepsight
from tests.home import simulated_camera


def test_credentials_are_taken_out_of_what_the_process_listing_shows():
    assert parse_shown("rtsp://ann:p@ss@10.0.0.7/live@x") == "rtsp://10.0.0.7/live@x"
    assert parse_shown("rtsp://10.0.0.7/live") == "rtsp://10.0.0.7/live"
    assert parse_shown("--name") == "--name"


async def test_add_list_show_remove(installed, clip, tmp_path):
    data, _home = installed
    (tmp_path / "password").write_text("s3cretpw")
    (tmp_path / "password").chmod(0o600)
    access = ("--user", "ann", "--password-file", tmp_path / "password")
    async with simulated_camera(clip, *map(str, access)) as camera:
        where = ("--data", data)
        added = await keepsight(
            *("camera", "add", camera.url, "--name", "Hall", "--room", "Inside"),
            *(*access, *where, "--json"),
        )
        assert added.status == 0, added.err
        assert added.json["name"] == "Hall"
        assert "s3cretpw" not in added.out + added.err
        listed = await keepsight("camera", "list", *where, "--json")
        assert [c["name"] for c in listed.json] == ["Hall"]
        shown = await keepsight("camera", "show", "hall", *where)
        assert "identity: realm" in shown.out
        assert "everything, for the household's days" in " ".join(shown.out.split())
        table = await keepsight("camera", "list", *where)
        assert camera.url in table.out
        removed = await keepsight("camera", "remove", "HALL", "--delete-recordings", *where)
        assert (removed.status, "deleted" in removed.out) == (0, True)
        assert "no cameras yet" in (await keepsight("camera", "list", *where)).out


async def test_a_password_can_be_piped_in(installed, clip, tmp_path):
    data, _home = installed
    (tmp_path / "password").write_text("s3cretpw")
    access = ("--user", "ann", "--password-file", str(tmp_path / "password"))
    async with simulated_camera(clip, *access) as camera:
        arguments = ("camera", "add", camera.url, "--name", "Hall", "--user", "ann")
        wrong = await keepsight(*arguments, "--data", data, stdin="guess\n")
        assert wrong.status == 1
        assert wrong.err.startswith("keepsight: ")
        assert "Traceback" not in wrong.err
        right = await keepsight(*arguments, "--data", data, stdin="s3cretpw\n")
        assert right.status == 0, right.err


async def test_testing_a_camera_needs_no_hub(clip):
    async with simulated_camera(clip) as camera:
        found = await keepsight("camera", "test", camera.url, "--json")
        assert (found.json["ok"], found.json["video"]) == (True, "h264 320x240")
    gone = await keepsight("camera", "test", camera.url, "--json")
    assert (gone.status, gone.json["state"]) == (1, "unreachable")
    bad = await keepsight("camera", "test", "http://x/")
    assert (bad.status, "rtsp://" in bad.err) == (1, True)


async def test_unknown_names_say_which_there_are(installed):
    data, _home = installed
    answer = await keepsight("camera", "show", "Attic", "--data", data)
    assert (answer.status, "none yet" in answer.err) == (1, True)


async def test_a_hub_is_started_for_the_command_where_none_runs(tmp_path, clip):
    missing = await keepsight("camera", "list", "--data", tmp_path / "nothing")
    assert (missing.status, "keepsight serve" in missing.err) == (1, True)
