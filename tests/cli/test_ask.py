"""Commands find their household, unlock it, and start a hub where none runs; as processes."""

from keepsight.serve.installation import add_household
from tests.cli.command import keepsight
from tests.home import PASSPHRASE, running_hub, set_up


async def test_a_locked_household_is_unlocked_by_a_passphrase_file(tmp_path, cheap_argon2):
    data = tmp_path / "data"
    place = add_household(data).places[0]
    async with running_hub(place.directory) as home:
        await set_up(home, starts_unattended=False)
    locked = await keepsight("camera", "list", "--data", data)
    assert (locked.status, "--passphrase-file" in locked.err) == (1, True)
    (tmp_path / "wrong").write_text("gravel teapot orbit lanterns")
    (tmp_path / "right").write_text(PASSPHRASE)
    wrong = await keepsight(
        "camera", "list", "--data", data, "--passphrase-file", tmp_path / "wrong"
    )
    assert (wrong.status, "does not open" in wrong.err) == (1, True)


async def test_several_households_need_a_choice(tmp_path, cheap_argon2):
    data = tmp_path / "data"
    add_household(data)
    places = add_household(data).places
    answer = await keepsight("camera", "list", "--data", data)
    assert (answer.status, "--household" in answer.err) == (1, True)
    async with running_hub(places[1].directory) as home:
        await set_up(home)
        chosen = await keepsight(
            "camera", "list", "--data", data, "--household", places[1].household[:6]
        )
        assert (chosen.status, "no cameras yet" in chosen.out) == (0, True)
