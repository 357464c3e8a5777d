"""Each owner's passphrase opens the same keys, and a removed owner's opens none; real files."""

import json

import pytest

from keepsight.core.secret import Secret
from keepsight.hub import keyring as costs
from keepsight.hub.keyring import KeyringError, KeyringFile, WrongPassphraseError, new_keyring
from keepsight.hub.signin import openers as module
from keepsight.hub.signin.openers import Openers, open_with_any_owner, openers_path

ANN, BOB = Secret("gravel teapot orbit"), Secret("velvet harbour spindle")
BOB_ID = b"b" * 16


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.setattr(costs, "ARGON2_MEMORY_KIB", 64)
    monkeypatch.setattr(costs, "ARGON2_PASSES", 1)
    keyring = new_keyring(b"h" * 16, "Home", 1)
    file = KeyringFile(tmp_path / "keys" / "keyring.json", tmp_path / "machine.key")
    file.write(keyring, ANN, starts_unattended=False)
    return keyring, file, Openers(openers_path(tmp_path))


def test_every_owner_opens_the_same_keys(files):
    keyring, file, openers = files
    openers.put(BOB_ID, BOB, keyring.root)
    for passphrase in (ANN, BOB):
        assert open_with_any_owner(file, openers, passphrase).root == keyring.root
    with pytest.raises(WrongPassphraseError):
        open_with_any_owner(file, openers, Secret("somebody else's words"))


def test_a_new_passphrase_replaces_the_old_one(files):
    keyring, file, openers = files
    openers.put(BOB_ID, BOB, keyring.root)
    openers.put(BOB_ID, Secret("other words entirely"), keyring.root)
    assert openers.open_root(BOB) is None
    file.rewrap(Secret("ann has new words too"), keyring.root)
    with pytest.raises(WrongPassphraseError):
        open_with_any_owner(file, openers, ANN)
    assert open_with_any_owner(file, openers, Secret("ann has new words too")).root == keyring.root


def test_who_is_removed_opens_nothing(files):
    keyring, _file, openers = files
    openers.put(BOB_ID, BOB, keyring.root)
    openers.remove(BOB_ID)
    openers.remove(BOB_ID)
    assert openers.open_root(BOB) is None


def test_nothing_readable_lies_there(files, tmp_path):
    keyring, _file, openers = files
    openers.put(BOB_ID, BOB, keyring.root)
    path = openers_path(tmp_path)
    assert path.stat().st_mode & 0o077 == 0
    assert keyring.root not in path.read_bytes()
    assert BOB.reveal().encode() not in path.read_bytes()


def test_owners_are_bounded(files, monkeypatch):
    keyring, _file, openers = files
    monkeypatch.setattr(module, "OPENERS_MAX", 1)
    openers.put(BOB_ID, BOB, keyring.root)
    openers.put(BOB_ID, BOB, keyring.root)
    with pytest.raises(KeyringError):
        openers.put(b"c" * 16, BOB, keyring.root)


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: "{",
        lambda _: "[]",
        lambda _: json.dumps({"owners": {"zz": {}}}),
        lambda d: json.dumps({"owners": {**d["owners"], "xx": d["owners"][BOB_ID.hex()]}}),
        lambda d: json.dumps(d).replace("1,64,4", "1,999999999,4"),
        lambda d: json.dumps(d).replace("1,64,4", "many"),
    ],
)
def test_a_damaged_file_is_said_and_not_guessed_at(files, tmp_path, damage):
    keyring, _file, openers = files
    openers.put(BOB_ID, BOB, keyring.root)
    path = openers_path(tmp_path)
    path.write_text(damage(json.loads(path.read_text())))
    with pytest.raises(KeyringError):
        openers.open_root(Secret("nobody's words at all"))
