"""A device proves each request with its own key (DPoP, RFC 9449): a copied cookie is worth little.

The session cookie says who; the `DPoP` header, a short token signed by a key that cannot leave its
browser, says that it is still the device that signed in. Differences from RFC 9449, all because the
token is an HttpOnly cookie: no `ath` (a page cannot read its cookie to hash it) but a `nonce` of
this session and this start of the hub; `htu` is compared by its path, because a household has
several names; and the key must be the one the device enrolled, not merely the one in the header.
"""

import hashlib
import hmac
import secrets
from collections import OrderedDict
from typing import Any, Final, Literal
from urllib.parse import urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from keepsight.core.clock import Clock

POINT_BYTES: Final = 65
"""Uncompressed P-256."""
SKEW_US: Final = 60 * 1_000_000
"""How far a device's idea of the hub's time may be off."""
PROOF_CHARACTERS_MAX: Final = 2048
JTI_CHARACTERS: Final = range(16, 65)
SEEN_MAX: Final = 16_384
"""Proofs of one device that are remembered: more than 100 a second for as long as they are good."""
DEVICES_MAX: Final = 4096
_SID_LABEL: Final = b"keepsight session name 1 "

Code = Literal["proof_missing", "proof_wrong", "proof_stale", "proof_replayed", "proof_flood"]


class ProofError(Exception):
    """A request that its device did not prove."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code: Code = code


def session_name(token_hash: bytes) -> str:
    """The public name of a session in lists: 32 hex digits that lead to no cookie."""
    return hashlib.sha256(_SID_LABEL + token_hash).hexdigest()[:32]


def read_signing_key(point: bytes) -> ec.EllipticCurvePublicKey:
    """A device's signing key.

    Args:
        point: 65 bytes, uncompressed P-256.

    Raises:
        ValueError: not a point of the curve.
    """
    if len(point) != POINT_BYTES:
        raise ValueError(f"a signing key has {POINT_BYTES} bytes")
    return ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)


class Proofs:
    """Checks proofs and remembers which ones were used."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # Counted on from the start: a wall clock that is set back revives no used proof.
        self._offset_us = clock.wall_us() - clock.monotonic_us()
        self._secret = secrets.token_bytes(32)
        self._seen: OrderedDict[bytes, OrderedDict[str, int]] = OrderedDict()

    def now_us(self) -> int:
        """The time that proofs are judged by; a device that is off is told it."""
        return self._clock.monotonic_us() + self._offset_us

    def nonce(self, token_hash: bytes) -> str:
        """What proofs of this session carry until the hub starts anew: 32 hex digits."""
        return hmac.digest(self._secret, token_hash, hashlib.sha256).hex()[:32]

    def check(
        self, proof: str | None, *, method: str, path: str, signer: bytes, token_hash: bytes
    ) -> None:
        """Accept a proof once.

        Args:
            proof: the header `DPoP`, a compact JWT.
            method: of the request.
            path: of the request, without query, as it came.
            signer: the device's signing key, 65 bytes.
            token_hash: of the session that the cookie names.

        Raises:
            ProofError: nothing may be answered but this.
        """
        if not proof:
            raise ProofError("proof_missing", "this request is not proved by its device")
        claims = _verified(proof, signer)
        try:
            is_ours = claims["htm"] == method and urlsplit(str(claims["htu"])).path == path
            issued_us, jti = int(float(claims["iat"]) * 1_000_000), str(claims["jti"])
            nonce = str(claims["nonce"])
        except (KeyError, ValueError, TypeError, OverflowError) as error:
            raise ProofError("proof_wrong", "this proof is not whole") from error
        if not is_ours or len(jti) not in JTI_CHARACTERS:
            raise ProofError("proof_wrong", "this proof belongs to another request")
        if not hmac.compare_digest(nonce.encode(), self.nonce(token_hash).encode()):
            raise ProofError("proof_stale", "this proof is of another session or an earlier start")
        self._once(signer, jti, issued_us)

    def _once(self, signer: bytes, jti: str, issued_us: int) -> None:
        if abs(self.now_us() - issued_us) > SKEW_US:
            raise ProofError("proof_stale", "this proof is too old or from the future")
        seen = self._seen.setdefault(signer, OrderedDict())
        self._seen.move_to_end(signer)
        while len(self._seen) > DEVICES_MAX:
            self._seen.popitem(last=False)
        if jti in seen:
            raise ProofError("proof_replayed", "this proof was used before")
        monotonic_us = self._clock.monotonic_us()
        while seen and next(iter(seen.values())) <= monotonic_us:
            seen.popitem(last=False)
        if len(seen) >= SEEN_MAX:
            raise ProofError("proof_flood", "this device asks too often")
        # From the far end of the future that is believed to the far end of the past.
        seen[jti] = monotonic_us + 2 * SKEW_US


def _verified(proof: str, signer: bytes) -> dict[str, Any]:
    if len(proof) > PROOF_CHARACTERS_MAX:
        raise ProofError("proof_wrong", "this proof is too long")
    try:
        header = jwt.get_unverified_header(proof)
        if header.get("typ") != "dpop+jwt" or header.get("jwk") != jwk_of(signer):
            raise ProofError("proof_wrong", "this proof is of another device")
        claims: dict[str, Any] = jwt.decode(
            proof,
            read_signing_key(signer),
            algorithms=["ES256"],
            options={"verify_iat": False, "verify_aud": False, "require": ["iat", "jti"]},
        )
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise ProofError("proof_wrong", "this proof does not verify") from error
    return claims


def jwk_of(point: bytes) -> dict[str, str]:
    """A signing key as the JSON Web Key (RFC 7517) that proofs carry."""
    encode = jwt.utils.base64url_encode
    return {
        "kty": "EC",
        "crv": "P-256",
        "x": encode(point[1:33]).decode(),
        "y": encode(point[33:]).decode(),
    }
