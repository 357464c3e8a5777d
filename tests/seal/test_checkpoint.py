"""A checkpoint says what was signed and nothing else passes; against the form that C2SP gives."""

import base64
import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from keepsight.seal.checkpoint import (
    Checkpoint,
    CheckpointError,
    key_id,
    origin,
    read_checkpoint,
    sign_checkpoint,
    verifier_key,
)

HOUSEHOLD, SEED = b"\x5e" * 16, b"\x07" * 32
PUBLIC = Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()
CHECKPOINT = Checkpoint(42, hashlib.sha256(b"root").digest())


def test_it_comes_back():
    for checkpoint in (CHECKPOINT, Checkpoint(0, bytes(32)), Checkpoint(7, b"r" * 32, 3)):
        note = sign_checkpoint(HOUSEHOLD, checkpoint, SEED)
        assert read_checkpoint(HOUSEHOLD, note, PUBLIC) == checkpoint


def test_its_form_is_that_of_a_signed_note():
    """Written down anew from the text of C2SP signed-note and tlog-checkpoint."""
    note = sign_checkpoint(HOUSEHOLD, CHECKPOINT, SEED)
    text, signature = note.split("\n\n")
    assert text.split("\n") == [
        "keepsight/" + "5e" * 16, "42", base64.b64encode(CHECKPOINT.root).decode(),
    ]  # fmt: skip
    dash, name, encoded = signature.rstrip("\n").split(" ")
    assert (dash, name) == ("\u2014", origin(HOUSEHOLD))
    raw = base64.b64decode(encoded)
    expected = hashlib.sha256(name.encode() + b"\n\x01" + PUBLIC).digest()[:4]
    assert raw[:4] == expected == key_id(HOUSEHOLD, PUBLIC)
    Ed25519PrivateKey.from_private_bytes(SEED).public_key().verify(raw[4:], (text + "\n").encode())
    vkey_name, vkey_id, vkey = verifier_key(HOUSEHOLD, PUBLIC).split("+", 2)
    assert (vkey_name, vkey_id) == (name, expected.hex())
    assert base64.b64decode(vkey) == b"\x01" + PUBLIC


def test_every_changed_character_is_noticed():
    note = sign_checkpoint(HOUSEHOLD, CHECKPOINT, SEED)
    for place in range(len(note) - 1):
        for change in ("A", "0", "\n", "+"):
            changed = note[:place] + change + note[place + 1 :]
            if changed == note:
                continue
            with pytest.raises(CheckpointError):
                read_checkpoint(HOUSEHOLD, changed, PUBLIC)


def test_another_household_or_key_is_refused():
    other = Ed25519PrivateKey.from_private_bytes(b"\x08" * 32).public_key().public_bytes_raw()
    note = sign_checkpoint(HOUSEHOLD, CHECKPOINT, SEED)
    with pytest.raises(CheckpointError, match="another household"):
        read_checkpoint(b"\x5f" * 16, note, PUBLIC)
    with pytest.raises(CheckpointError, match="not signed by"):
        read_checkpoint(HOUSEHOLD, note, other)


def test_a_cosignature_does_not_disturb():
    note = sign_checkpoint(HOUSEHOLD, CHECKPOINT, SEED)
    text, signature = note.split("\n\n")
    cosigned = (
        f"{text}\n\n\u2014 witness.example {base64.b64encode(b'x' * 68).decode()}\n{signature}"
    )
    assert read_checkpoint(HOUSEHOLD, cosigned, PUBLIC) == CHECKPOINT


@pytest.mark.parametrize(
    "note",
    ["", "\n\n", "x", "a\nb\nc\n\nd", "keepsight/" + "5e" * 16 + "\n-1\nAAAA\n\n", "x" * 5000],
)
def test_nonsense_is_refused(note):
    with pytest.raises(CheckpointError):
        read_checkpoint(HOUSEHOLD, note, PUBLIC)


def test_unknown_lines_and_sizes_are_refused():
    private = Ed25519PrivateKey.from_private_bytes(SEED)
    root = base64.b64encode(CHECKPOINT.root).decode()
    for body in (
        f"{origin(HOUSEHOLD)}\n042\n{root}\n",
        f"{origin(HOUSEHOLD)}\n42\n{root}\nsomething else\n",
        f"{origin(HOUSEHOLD)}\n42\n{root}\ngeneration 1\n",
        f"{origin(HOUSEHOLD)}\n42\n{root}=\n",
        f"{origin(HOUSEHOLD)}\n42\nAAAA\n",
    ):
        signed = key_id(HOUSEHOLD, PUBLIC) + private.sign(body.encode())
        note = f"{body}\n\u2014 {origin(HOUSEHOLD)} {base64.b64encode(signed).decode()}\n"
        with pytest.raises(CheckpointError):
            read_checkpoint(HOUSEHOLD, note, PUBLIC)


def test_a_signature_has_one_form_only():
    """The bits that base64 leaves over in its last character are zero, or the note was changed."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    note = sign_checkpoint(HOUSEHOLD, CHECKPOINT, SEED)
    last = note.rindex("=") - 1
    changed = note[:last] + letters[letters.index(note[last]) + 1] + note[last + 1 :]
    assert base64.b64decode(changed.rsplit(" ", 1)[1]) == base64.b64decode(note.rsplit(" ", 1)[1])
    with pytest.raises(CheckpointError, match="damaged"):
        read_checkpoint(HOUSEHOLD, changed, PUBLIC)
