"""Keys at rest open with the right passphrase or machine key and nothing else; on real files."""

import json

import pytest
from cryptography.exceptions import InvalidTag

from keepsight.core.secret import Secret
from keepsight.hub import keyring as module
from keepsight.hub.keyring import (
    KeyringError,
    KeyringFile,
    WrongPassphraseError,
    keyring_from_recovery,
    new_keyring,
)
from keepsight.seal.header import Context, Stream
from keepsight.seal.keys import UnwrapError

PASSPHRASE = Secret("gravel teapot orbit lantern")


@pytest.fixture(autouse=True)
def cheap_argon2(monkeypatch):
    monkeypatch.setattr(module, "ARGON2_MEMORY_KIB", 64)
    monkeypatch.setattr(module, "ARGON2_PASSES", 1)


@pytest.fixture
def keyring():
    return new_keyring(b"h" * 16, "Home", 1)


@pytest.fixture
def file(tmp_path):
    return KeyringFile(tmp_path / "keys" / "keyring.json", tmp_path / "elsewhere" / "unlock.key")


def test_the_passphrase_opens_it(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    opened = file.open_with_passphrase(PASSPHRASE)
    assert opened.epochs == keyring.epochs
    assert opened.identity_public == keyring.identity_public
    assert file.public() == (b"h" * 16, "Home")


def test_the_same_keys_typed_elsewhere_open_it(file, keyring):
    file.write(keyring, Secret("Zürich am See, im Mai"), starts_unattended=False)
    decomposed = Secret("Zu\u0308rich am See, im Mai")
    assert file.open_with_passphrase(decomposed).household == b"h" * 16


def test_a_wrong_passphrase_does_not(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    with pytest.raises(WrongPassphraseError):
        file.open_with_passphrase(Secret("gravel teapot orbit lanterns"))


def test_without_consent_no_machine_key_is_made(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    assert file.open_with_machine_key() is None
    assert not file.machine_key_path.exists()


def test_the_machine_key_opens_it_and_lies_outside(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=True)
    assert file.starts_unattended
    assert file.open_with_machine_key().root == keyring.root
    assert file.machine_key_path.stat().st_mode & 0o777 == 0o600
    assert file.path.stat().st_mode & 0o777 == 0o600


def test_a_missing_or_foreign_machine_key_says_what_to_do(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=True)
    file.machine_key_path.write_bytes(b"x" * 32)
    with pytest.raises(KeyringError, match="sign in with the passphrase"):
        file.open_with_machine_key()
    file.machine_key_path.unlink()
    with pytest.raises(KeyringError, match="missing"):
        file.open_with_machine_key()
    file.machine_key_path.write_bytes(b"short")
    with pytest.raises(KeyringError, match="exactly 32"):
        file.open_with_machine_key()


def test_nothing_secret_is_readable_in_the_file(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=True)
    raw = file.path.read_bytes()
    for secret in (keyring.root, keyring.identity_seed, keyring.epochs[0].master):
        assert secret not in raw
        assert secret.hex().encode() not in raw


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"household": 1}'])
def test_a_damaged_file_is_an_error_with_a_way_out(file, keyring, content):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    file.path.write_bytes(content)
    with pytest.raises(KeyringError):
        file.open_with_passphrase(PASSPHRASE)


@pytest.mark.parametrize("cost", ["", "x", "3,99999999,4", "1,1,1", "3,64"])
def test_a_nonsense_cost_is_damage(file, keyring, cost):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    document = json.loads(file.path.read_text())
    file.path.write_text(json.dumps({**document, "argon2id": cost}))
    with pytest.raises(KeyringError, match="recovery kit"):
        file.open_with_passphrase(PASSPHRASE)


def test_another_default_cost_still_opens_old_files(file, keyring, monkeypatch):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    monkeypatch.setattr(module, "ARGON2_MEMORY_KIB", 128)
    assert file.open_with_passphrase(PASSPHRASE).root == keyring.root


def test_a_tampered_secret_is_not_believed(file, keyring):
    file.write(keyring, PASSPHRASE, starts_unattended=False)
    document = json.loads(file.path.read_text())
    document["secrets"] = document["secrets"][:-8] + "AAAAAAA="
    file.path.write_text(json.dumps(document))
    with pytest.raises(KeyringError, match="recovery kit"):
        file.open_with_passphrase(PASSPHRASE)


def test_the_recovery_document_holds_everything(keyring):
    again = keyring_from_recovery(keyring.recovery_document())
    assert (again.epochs, again.root, again.household) == (
        keyring.epochs,
        keyring.root,
        keyring.household,
    )
    with pytest.raises(KeyringError):
        keyring_from_recovery(b"{}")


def test_day_keys_open_in_their_place_only(keyring):
    key, wrapped = keyring.day_key(b"c" * 16, Stream.MAIN, "2026-05-04", None)
    assert keyring.day_key(b"c" * 16, Stream.MAIN, "2026-05-04", wrapped) == (key, wrapped)
    for camera, stream, day in (
        (b"d" * 16, Stream.MAIN, "2026-05-04"),
        (b"c" * 16, Stream.SUB, "2026-05-04"),
        (b"c" * 16, Stream.MAIN, "2026-05-05"),
    ):
        with pytest.raises(UnwrapError):
            keyring.day_key(camera, stream, day, wrapped)
    with pytest.raises(KeyringError, match="epoch 9"):
        keyring.day_key(b"c" * 16, Stream.MAIN, "2026-05-04", (9).to_bytes(4) + wrapped[4:])


def test_window_secrets_and_opaque_names_are_the_households_own(keyring):
    other = new_keyring(b"h" * 16, "Home", 1)
    context = Context(b"h" * 16, b"c" * 16, Stream.MAIN, 1, b"w" * 16)
    assert keyring.window_secret(context) != other.window_secret(context)
    assert keyring.opaque_stream(b"c" * 16, Stream.MAIN) != other.opaque_stream(
        b"c" * 16, Stream.MAIN
    )


def test_credentials_round_trip_and_are_bound_to_their_camera(keyring):
    sealed = keyring.seal_credentials(b"c" * 16, "ann", Secret("s3cret"))
    assert b"s3cret" not in sealed
    assert keyring.open_credentials(b"c" * 16, sealed) == ("ann", Secret("s3cret"))
    with pytest.raises(InvalidTag):
        keyring.open_credentials(b"d" * 16, sealed)
