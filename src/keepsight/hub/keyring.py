"""The household's master keys: at rest, in memory, and what is derived from them.

At rest (`keys/keyring.json`): the identity seed and each epoch's master key, encrypted under a
random root key. The root key is wrapped twice: under the owner's passphrase (Argon2id), always;
and, where the owner wants the hub to start by itself after a power cut, under a key file that lies
outside the data directory. Who copies the data directory alone can open nothing.
"""

import base64
import json
import os
import secrets
import threading
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from argon2.exceptions import HashingError
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keepsight.core.secret import Secret
from keepsight.seal import keys
from keepsight.seal.header import Context, Stream

ARGON2_MEMORY_KIB: Final = 64 * 1024
ARGON2_PASSES: Final = 3
ARGON2_LANES: Final = 4
ARGON2_MEMORY_KIB_MAX: Final = 1024 * 1024
"""A stored cost above this is damage, not policy."""
_PASSPHRASE_PLACE: Final = b"root under passphrase 1"
_MACHINE_PLACE: Final = b"root under machine key 1"
_SECRETS_PLACE: Final = b"household secrets 1"
_FIELDS: Final = ("household", "name", "salt", "argon2id", "under_passphrase", "secrets")
_CREDENTIALS_PLACE: Final = b"camera credentials 1"


class KeyringError(Exception):
    """The keys cannot be read or opened, with what to do."""


class WrongPassphraseError(KeyringError):
    """The passphrase does not open the keys."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """The period of one master key."""

    number: int
    master: bytes
    started_us: int


@dataclass(slots=True)
class Keyring:
    """The open keys of one household. Lives in the hub's memory only."""

    household: bytes
    name: str
    identity_seed: bytes
    """Ed25519: the household identity."""
    epochs: list[Epoch]
    root: bytes
    recovery_recipient: str = ""
    """age recipient of the printed key, so that the kit can follow the epochs without that key.
    Empty where the household was made before this was kept."""
    _camera_keys: dict[tuple[int, bytes, keys.Purpose], bytes] = field(default_factory=dict)

    @property
    def epoch(self) -> int:
        """Number of the newest epoch."""
        return self.epochs[-1].number

    @property
    def identity_public(self) -> bytes:
        """The household identity's public key, 32 bytes."""
        private = Ed25519PrivateKey.from_private_bytes(self.identity_seed)
        return private.public_key().public_bytes_raw()

    def master(self, epoch: int) -> bytes:
        """The master key of an epoch.

        Raises:
            KeyringError: there is no such epoch.
        """
        for candidate in self.epochs:
            if candidate.number == epoch:
                return candidate.master
        raise KeyringError(f"there are no keys for epoch {epoch}: restore a newer recovery kit")

    def camera_key(self, camera: bytes, purpose: keys.Purpose, epoch: int | None = None) -> bytes:
        """CK of one camera and purpose."""
        number = epoch or self.epoch
        place = (number, camera, purpose)
        if place not in self._camera_keys:
            master = self.master(number)
            self._camera_keys[place] = keys.camera_key(master, self.household, camera, purpose)
        return self._camera_keys[place]

    def window_secret(self, context: Context) -> bytes:
        """FK of a live or still window: the stream decides which camera key it comes from."""
        is_still = context.stream is Stream.STILL
        purpose = keys.Purpose.STILL if is_still else keys.Purpose.LIVE
        camera_key = self.camera_key(context.camera, purpose, context.epoch)
        return keys.fragment_secret(camera_key, context)

    def opaque_stream(self, camera: bytes, stream: Stream) -> bytes:
        """The name under which the door knows a stream."""
        return keys.opaque_stream(self.master(self.epoch), camera, stream)

    def day_key(
        self, camera: bytes, stream: Stream, day: str, wrapped: bytes | None
    ) -> tuple[bytes, bytes]:
        """RK of one camera, stream and UTC day, and its wrapped form with the epoch in front.

        Args:
            camera: 16 bytes.
            stream: main or sub.
            day: YYYY-MM-DD.
            wrapped: the content of `day.key`, or None to make a new key.

        Raises:
            keys.UnwrapError: the file is damaged or belongs elsewhere.
            KeyringError: it is of an epoch whose master key is not here.
        """
        place = keys.join_parts(
            b"day key 1", self.household, camera, bytes((stream,)), day.encode()
        )
        if wrapped is None:
            key, epoch = keys.new_key(), self.epoch
            camera_key = self.camera_key(camera, keys.Purpose.RECORDING, epoch)
            return key, epoch.to_bytes(4) + keys.wrap(camera_key, key, place)
        camera_key = self.camera_key(
            camera, keys.Purpose.RECORDING, int.from_bytes(wrapped[:4]) or None
        )
        return keys.unwrap(camera_key, wrapped[4:], place), wrapped

    def seal_credentials(self, camera: bytes, user: str, password: Secret) -> bytes:
        """A camera's user and password, encrypted for the store."""
        key = keys.expand(self.root, b"credentials 1", camera)
        text = json.dumps([user, password.reveal()]).encode()
        nonce = secrets.token_bytes(12)
        return nonce + AESGCM(key).encrypt(nonce, text, _CREDENTIALS_PLACE)

    def open_credentials(self, camera: bytes, sealed: bytes) -> tuple[str, Secret]:
        """What seal_credentials was given."""
        key = keys.expand(self.root, b"credentials 1", camera)
        text = AESGCM(key).decrypt(sealed[:12], sealed[12:], _CREDENTIALS_PLACE)
        user, password = json.loads(text)
        return user, Secret(password)

    def with_epoch(self, new: Epoch) -> "Keyring":
        """The same keys and one more epoch."""
        return replace(self, epochs=[*self.epochs, new], _camera_keys={})

    def recovery_document(self) -> bytes:
        """What the recovery kit holds: enough to open every recording on new hardware."""
        return json.dumps(
            {
                "version": 1,
                "household": self.household.hex(),
                "name": self.name,
                "identity_seed": self.identity_seed.hex(),
                "epochs": [[e.number, e.master.hex(), e.started_us] for e in self.epochs],
                "root": self.root.hex(),
                "recovery_recipient": self.recovery_recipient,
            }
        ).encode()


def new_keyring(household: bytes, name: str, now_us: int) -> Keyring:
    """Fresh keys for a new household."""
    return Keyring(
        household=household,
        name=name,
        identity_seed=keys.new_key(),
        epochs=[Epoch(1, keys.new_key(), now_us)],
        root=keys.new_key(),
    )


def keyring_from_recovery(document: bytes) -> Keyring:
    """The keyring inside an opened recovery kit.

    Raises:
        KeyringError: the document is not a recovery kit of this version.
    """
    try:
        found = json.loads(document)
        return Keyring(
            household=bytes.fromhex(found["household"]),
            name=str(found["name"]),
            identity_seed=bytes.fromhex(found["identity_seed"]),
            epochs=[Epoch(int(n), bytes.fromhex(k), int(t)) for n, k, t in found["epochs"]],
            root=bytes.fromhex(found["root"]),
            recovery_recipient=str(found.get("recovery_recipient", "")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise KeyringError("this is not a recovery kit that this version can read") from error


def normalise(passphrase: Secret) -> Secret:
    """NFKC, so that the same keys pressed on two devices give the same passphrase."""
    return Secret(unicodedata.normalize("NFKC", passphrase.reveal()))


def _stretch(passphrase: Secret, salt: bytes, cost: str) -> bytes:
    """Argon2id with a stored cost (passes, KiB, lanes), so that the default can be raised later."""
    text = normalise(passphrase).reveal().encode()
    try:
        passes, memory_kib, lanes = (int(number) for number in cost.split(","))
        if max(passes, lanes) > 64 or memory_kib > ARGON2_MEMORY_KIB_MAX:
            raise ValueError(cost)  # noqa: TRY301 - the same refusal as for nonsense
        return hash_secret_raw(text, salt, passes, memory_kib, lanes, 32, Type.ID)
    except (ValueError, HashingError) as error:
        raise KeyringError("the stored keys are damaged: use the recovery kit") from error


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except ValueError as error:
        raise KeyringError("the stored keys are damaged: use the recovery kit") from error


def _under_passphrase(passphrase: Secret, root: bytes) -> dict[str, str]:
    salt = secrets.token_bytes(16)
    cost = f"{ARGON2_PASSES},{ARGON2_MEMORY_KIB},{ARGON2_LANES}"
    wrapped = keys.wrap(_stretch(passphrase, salt, cost), root, _PASSPHRASE_PLACE)
    return {"salt": _b64(salt), "argon2id": cost, "under_passphrase": _b64(wrapped)}


def write_private(path: Path, data: bytes) -> None:
    """Replace a file of mode 0600 so that a crash leaves either the old or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = path.with_name(path.name + ".part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


class KeyringFile:
    """`keys/keyring.json`, and the machine key file beside the user's configuration."""

    def __init__(self, path: Path, machine_key_path: Path) -> None:
        self.path = path
        self.machine_key_path = machine_key_path
        self._changing = threading.Lock()

    def beside_machine_key(self, suffix: str) -> Path | None:
        """A file outside the data directory and its backups; None where nothing may lie there."""
        path = self.machine_key_path
        return path.with_suffix(suffix) if path.exists() else None

    def exists(self) -> bool:
        """Whether a household has been set up here."""
        return self.path.exists()

    def _read(self) -> dict[str, str]:
        try:
            found = json.loads(self.path.read_bytes())
            return {name: str(found[name]) for name in _FIELDS} | {
                "under_machine_key": str(found.get("under_machine_key", ""))
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise KeyringError(
                f"{self.path.name} cannot be read: restore it from a backup or use the recovery kit"
            ) from error

    def public(self) -> tuple[bytes, str]:
        """Household id and name, which need no key."""
        document = self._read()
        try:
            return bytes.fromhex(document["household"]), document["name"]
        except ValueError as error:
            raise KeyringError(f"{self.path.name} names no household") from error

    @property
    def starts_unattended(self) -> bool:
        """Whether the machine key can open it."""
        return bool(self._read()["under_machine_key"])

    def write(self, keyring: Keyring, passphrase: Secret, *, starts_unattended: bool) -> None:
        """Store the keyring under a passphrase and, if asked, under the machine key too."""
        document = {
            "version": 1,
            "household": keyring.household.hex(),
            "name": keyring.name,
            **_under_passphrase(passphrase, keyring.root),
            "secrets": _b64(keys.wrap(keyring.root, keyring.recovery_document(), _SECRETS_PLACE)),
        }
        if starts_unattended:
            machine_key = self._machine_key(create=True)
            document["under_machine_key"] = _b64(
                keys.wrap(machine_key, keyring.root, _MACHINE_PLACE)
            )
        write_private(self.path, json.dumps(document, indent=1).encode())

    def rename(self, keyring: Keyring, name: str) -> None:
        """Give the household another name; its wrapped keys stay as they are."""
        keyring.name = name
        self.rewrite(keyring)

    def rewrite(self, keyring: Keyring) -> None:
        """Store the keyring as it is now; passphrase and machine key go on opening it.

        Raises:
            OSError: the disk refused; the file is as it was.
            KeyringError: the file that is there cannot be read.
        """
        sealed = keys.wrap(keyring.root, keyring.recovery_document(), _SECRETS_PLACE)
        self._change({"name": keyring.name, "secrets": _b64(sealed)})

    def rewrap(self, passphrase: Secret, root: bytes) -> None:
        """Have another passphrase open it, and nothing else changed. Raises as `rewrite`."""
        self._change(_under_passphrase(passphrase, root))

    def _change(self, fields: dict[str, str]) -> None:
        with self._changing:  # an epoch and a passphrase may change at the same time
            document = {**self._read(), **fields}
            write_private(self.path, json.dumps(document, indent=1).encode())

    def open_with_passphrase(self, passphrase: Secret) -> Keyring:
        """Open with the owner's passphrase (about 0.3 s of Argon2id).

        Raises:
            WrongPassphraseError: it does not open.
            KeyringError: the file is damaged.
        """
        document = self._read()
        stretched = _stretch(passphrase, _unb64(document["salt"]), document["argon2id"])
        wrapped = _unb64(document["under_passphrase"])
        try:
            root = keys.unwrap(stretched, wrapped, _PASSPHRASE_PLACE)
        except keys.UnwrapError as error:
            raise WrongPassphraseError("the passphrase does not open this household") from error
        return self._open_secrets(document, root)

    def open_with_machine_key(self) -> Keyring | None:
        """Open without a person, or None when the owner chose not to allow it.

        Raises:
            KeyringError: the machine key is missing or belongs to another household.
        """
        document = self._read()
        if not document["under_machine_key"]:
            return None
        wrapped = _unb64(document["under_machine_key"])
        try:
            root = keys.unwrap(self._machine_key(create=False), wrapped, _MACHINE_PLACE)
        except keys.UnwrapError as error:
            raise KeyringError(
                f"the key file {self.machine_key_path} belongs to another household: "
                "sign in with the passphrase"
            ) from error
        return self._open_secrets(document, root)

    def open_with_root(self, root: bytes) -> Keyring:
        """Open with the root key itself, which a recovery kit holds.

        Raises:
            KeyringError: the file is damaged or of another household.
        """
        return self._open_secrets(self._read(), root)

    def _open_secrets(self, document: dict[str, str], root: bytes) -> Keyring:
        try:
            opened = keys.unwrap(root, _unb64(document["secrets"]), _SECRETS_PLACE)
        except keys.UnwrapError as error:
            raise KeyringError("the stored keys are damaged: use the recovery kit") from error
        return keyring_from_recovery(opened)

    def _machine_key(self, *, create: bool) -> bytes:
        try:
            key = self.machine_key_path.read_bytes()
        except FileNotFoundError as error:
            if not create:
                raise KeyringError(
                    f"the key file {self.machine_key_path} is missing: sign in with the passphrase"
                ) from error
            key = keys.new_key()
            write_private(self.machine_key_path, key)
        if len(key) != keys.KEY_BYTES:
            raise KeyringError(f"{self.machine_key_path} must hold exactly {keys.KEY_BYTES} bytes")
        return key
