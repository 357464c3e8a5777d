"""`keepsight keys` against a running hub; as processes."""

from keepsight.core.secret import Secret
from keepsight.hub.recover import open_kit
from keepsight.serve.installation import add_household
from tests.cli.command import keepsight
from tests.home import PASSPHRASE, running_hub


async def test_a_new_key_and_its_kit(tmp_path, cheap_argon2):
    place = add_household(tmp_path / "data").places[0]
    async with running_hub(place.directory) as home:
        made = await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=False)
        rolled = await keepsight("keys", "roll", "--data", tmp_path / "data")
        assert (rolled.status, "master key 2" in rolled.out) == (0, True), rolled.err
        kit = tmp_path / "kit.age"
        saved = await keepsight("keys", "kit", kit, "--data", tmp_path / "data")
        assert saved.status == 0, saved.err
        assert open_kit(kit.read_bytes(), made.recovery_identity).epoch == 2
        nowhere = await keepsight("keys", "kit", "/proc/none/kit", "--data", tmp_path / "data")
        assert (nowhere.status, "cannot be written" in nowhere.err) == (1, True)
