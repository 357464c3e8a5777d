"""`recordings list` and `export` give what was recorded; as processes against a running hub."""

import av

from tests.cli.command import keepsight
from tests.home import simulated_camera


async def test_list_and_export(installed, clip, tmp_path):
    data, home = installed
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 4

        await home.wait_for(recorded)
        where = ("--camera", "hall", "--data", data)
        listed = await keepsight("recordings", "list", *where, "--from", "-10m", "--json")
        assert len(listed.json["spans"]) == 1
        table = await keepsight("recordings", "list", *where)
        assert "recorded" in table.out
        out = tmp_path / "out.mp4"
        span = ("--from", "-10m", "--to", "now")
        exported = await keepsight("export", *where, *span, out, "--json")
        assert exported.status == 0, exported.err
        assert exported.json["file"] == str(out)
        with av.open(str(out)) as film:
            assert film.duration > 3_000_000
            assert sum(1 for _ in film.decode(video=0)) > 30
        again = await keepsight("export", *where, *span, out)
        assert (again.status, "exists already" in again.err) == (1, True)
        nothing = await keepsight(
            "export", *where, "--from", "2001-01-01", "--to", "2001-01-02", tmp_path / "no.mp4"
        )
        assert (nothing.status, nothing.err.startswith("keepsight: ")) == (1, True)
        assert not (tmp_path / "no.mp4").exists()


async def test_an_export_can_be_changed_and_says_what_is_missing_for_it(installed, clip, tmp_path):
    data, home = installed
    home.household.watch.models = tmp_path / "no models"
    async with simulated_camera(clip) as camera:
        added = await home.add_camera(camera.url)

        async def recorded():
            return await home.recorded_seconds(added["id"]) > 2

        await home.wait_for(recorded)
        where = ("--camera", "hall", "--data", data, "--from", "-10m", "--to", "now")
        quiet = await keepsight("export", *where, tmp_path / "quiet.mp4", "--without-sound")
        assert quiet.status == 0, quiet.err
        with av.open(str(tmp_path / "quiet.mp4")) as film:
            assert not film.streams.audio
        faceless = await keepsight("export", *where, tmp_path / "no.mp4", "--blur-faces")
        assert (faceless.status, "models install yunet" in faceless.err) == (1, True)


async def test_bad_times_are_said(installed):
    data, _home = installed
    where = ("--camera", "x", "--data", data)
    bad = await keepsight("recordings", "list", *where, "--from", "sometime")
    assert (bad.status, "write e.g." in bad.err) == (1, True)
    backwards = await keepsight("recordings", "list", *where, "--from", "now", "--to", "-1h")
    assert (backwards.status, "later" in backwards.err) == (1, True)
