"""A checkpoint: the household signs how long its ledger is and what its root hash is.

The form is C2SP's tlog-checkpoint in a signed note: anybody who knows the household's public key
can check one, with any software that reads such notes. Devices remember the newest they saw; a
later one that does not follow from it shows that the ledger was changed behind their back.

    keepsight/<household id>
    <number of lines>
    <root hash, base64>
    generation <number>              only after a restored backup was accepted

    — keepsight/<household id> <base64 of key id and signature>
"""

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from keepsight.seal.merkle import HASH_BYTES

NOTE_BYTES_MAX: Final = 4096
_ED25519: Final = b"\x01"
"""Signature type of a signed note."""
_KEY_ID_BYTES: Final = 4
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,17}")
_GENERATION: Final = re.compile(r"generation ([1-9][0-9]{0,8})")


class CheckpointError(ValueError):
    """Not a checkpoint of this household."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the household signed."""

    size: int
    """Lines of the ledger."""
    root: bytes
    generation: int = 1
    """Goes up when the owner accepts a ledger that was restored from an old backup."""


def origin(household: bytes) -> str:
    """The name of a household's ledger, in checkpoints and as the signer's."""
    return f"keepsight/{household.hex()}"


def key_id(household: bytes, public_key: bytes) -> bytes:
    """The four bytes in front of a signature that say which key made it."""
    name = origin(household).encode()
    return hashlib.sha256(name + b"\n" + _ED25519 + public_key).digest()[:_KEY_ID_BYTES]


def verifier_key(household: bytes, public_key: bytes) -> str:
    """The public key in the form that tools for signed notes take."""
    encoded = base64.b64encode(_ED25519 + public_key).decode()
    return f"{origin(household)}+{key_id(household, public_key).hex()}+{encoded}"


def _body(household: bytes, checkpoint: Checkpoint) -> str:
    root = base64.b64encode(checkpoint.root).decode()
    more = f"generation {checkpoint.generation}\n" if checkpoint.generation > 1 else ""
    return f"{origin(household)}\n{checkpoint.size}\n{root}\n{more}"


def sign_checkpoint(household: bytes, checkpoint: Checkpoint, identity_seed: bytes) -> str:
    """The signed note.

    Args:
        household: 16 bytes.
        checkpoint: what to sign.
        identity_seed: the household identity, Ed25519.
    """
    private = Ed25519PrivateKey.from_private_bytes(identity_seed)
    body = _body(household, checkpoint)
    signature = private.sign(body.encode())
    place = key_id(household, private.public_key().public_bytes_raw())
    signed = base64.b64encode(place + signature).decode()
    return f"{body}\n\u2014 {origin(household)} {signed}\n"


def _unb64(text: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointError("this checkpoint is damaged") from error
    if base64.b64encode(data).decode() != text:
        # The last character has bits that say nothing: a note has one form only (RFC 4648, 3.5).
        raise CheckpointError("this checkpoint is damaged")
    return data


def read_checkpoint(household: bytes, note: str, public_key: bytes) -> Checkpoint:
    """What a signed note says, after its signature was checked.

    Raises:
        CheckpointError: damaged, another household's, or not signed by this key.
    """
    if len(note.encode()) > NOTE_BYTES_MAX:
        raise CheckpointError("this is too long for a checkpoint")
    body, found, signatures = note.partition("\n\n")
    lines = body.split("\n")
    if not found or len(lines) not in (3, 4) or not _SIZE.fullmatch(lines[1]):
        raise CheckpointError("this is no checkpoint: it has an origin, a size, a root and a sign")
    if lines[0] != origin(household):
        raise CheckpointError("this checkpoint is another household's")
    extension = _GENERATION.fullmatch(lines[3]) if len(lines) == 4 else None
    if len(lines) == 4 and extension is None:
        raise CheckpointError("this checkpoint has a line that this version does not know")
    generation = int(extension.group(1)) if extension else 1
    checkpoint = Checkpoint(int(lines[1]), _unb64(lines[2]), generation)
    if len(checkpoint.root) != HASH_BYTES or _body(household, checkpoint) != body + "\n":
        raise CheckpointError("this checkpoint is damaged")
    _check_signature(household, body + "\n", signatures, public_key)
    return checkpoint


def _check_signature(household: bytes, body: str, signatures: str, public_key: bytes) -> None:
    place = key_id(household, public_key)
    for line in signatures.splitlines():
        dash, _, rest = line.partition(" ")
        name, _, encoded = rest.partition(" ")
        if dash != "\u2014" or name != origin(household):
            continue  # a cosignature of somebody whom we do not know
        signed = _unb64(encoded)
        if signed[:_KEY_ID_BYTES] != place:
            continue
        try:
            key = Ed25519PublicKey.from_public_bytes(public_key)
            key.verify(signed[_KEY_ID_BYTES:], body.encode())
        except InvalidSignature as error:
            raise CheckpointError("the signature of this checkpoint is wrong") from error
        return
    raise CheckpointError("this checkpoint is not signed by this household's key")
