"""`household recover` on a machine that has only the kit; as a process."""

from keepsight.core.secret import Secret
from keepsight.serve.installation import add_household, read_installation
from tests.cli.command import keepsight
from tests.home import PASSPHRASE, running_hub

NEW = "meadow copper violin thunder"


async def test_new_hardware(tmp_path, cheap_argon2):
    place = add_household(tmp_path / "old").places[0]
    async with running_hub(place.directory) as home:
        made = await home.hub.set_up("Home", "Ann", Secret(PASSPHRASE), starts_unattended=False)
    (tmp_path / "kit").write_bytes(made.recovery_file)
    (tmp_path / "key").write_text(made.recovery_identity.reveal())
    (tmp_path / "new").write_text(NEW)
    arguments = (
        *("household", "recover", tmp_path / "kit", "--member", "Ann", "--data", tmp_path / "data"),
        *("--key-file", tmp_path / "key", "--passphrase-file"),
    )

    done = await keepsight(*arguments, tmp_path / "new")
    assert (done.status, "recovered Home" in done.out) == (0, True), done.err
    found = read_installation(tmp_path / "data").only_place()
    assert found.household == place.household
    async with running_hub(found.directory) as home, home.browser(is_signed_in=False) as browser:
        assert (await browser.sign_in(passphrase=NEW)).status == 200


async def test_a_missing_kit_and_a_mistyped_key_are_said(tmp_path):
    (tmp_path / "key").write_text("AGE-SECRET-KEY-1QQQ")
    arguments = ("household", "recover", "--member", "Ann", "--data", tmp_path, "--key-file")
    missing = await keepsight(*arguments, tmp_path / "key", tmp_path / "kit")
    assert (missing.status, "cannot be read" in missing.err) == (1, True)
    (tmp_path / "kit").write_bytes(b"x")
    mistyped = await keepsight(*arguments, tmp_path / "key", tmp_path / "kit")
    assert (mistyped.status, "compare it with the print" in mistyped.err) == (1, True)


async def test_the_statement_in_either_language_and_who_is_talked_to(installed):
    data, home = installed
    german = await keepsight("household", "statement", "--language", "de", "--data", data)
    assert german.out.startswith("# Kameras bei "), german.err
    plain = await keepsight("household", "statement", "--data", data)
    assert plain.out.startswith("# Cameras at ")
    none = await keepsight("household", "egress", "--data", data)
    assert "talks to its cameras and to nobody else" in none.out
    await home.household.egress.allow("mail", "mail.example.org", 465)
    some = await keepsight("household", "egress", "--data", data)
    assert "mail.example.org:465" in some.out
    listed = await keepsight("household", "egress", "--data", data, "--json")
    assert [(one["host"], one["count"]) for one in listed.json] == [("mail.example.org", 0)]
