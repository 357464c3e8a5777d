"""Names of an open household; over a real hub."""

from keepsight.core.secret import Secret
from keepsight.hub.keyring import KeyringFile
from tests.home import PASSPHRASE


async def test_renaming_keeps_the_keys(home):
    await home.household.rename("Zuhause", by="test")
    file = KeyringFile(home.directory / "keys" / "keyring.json", home.directory / "none")
    opened = file.open_with_passphrase(Secret(PASSPHRASE))
    assert (opened.name, opened.root) == ("Zuhause", home.household.keyring.root)
    assert file.public()[1] == "Zuhause"
