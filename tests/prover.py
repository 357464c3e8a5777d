"""A device's signing key, as a browser holds it: makes the `DPoP` header of one request."""

import base64
import json
import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keepsight.core.clock import Clock, SystemClock


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass
class Prover:
    """Signs requests; every field of a proof can be changed to lie."""

    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    clock: Clock = field(default_factory=SystemClock)
    offset_seconds: float = 0
    nonce: str = ""
    """Of the session, as the hub gives it at sign-in and when a proof is stale."""

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def signing_key(self) -> str:
        """As the device sends it at enrolment."""
        return base64.b64encode(self.point).decode()

    def learn(self, hint: dict) -> None:
        """Take over the hub's nonce and time."""
        self.nonce = hint["nonce"]
        self.offset_seconds = (hint["time_us"] - self.clock.wall_us()) / 1e6

    def prove(self, method: str, path: str, *, header=None, **claims) -> str:
        """The header `DPoP` for one request."""
        point = self.point
        jwk = {"kty": "EC", "crv": "P-256", "x": b64url(point[1:33]), "y": b64url(point[33:])}
        head = {"typ": "dpop+jwt", "alg": "ES256", "jwk": jwk, **(header or {})}
        body = {
            "htm": method,
            "htu": f"https://home.test{path}",
            "iat": int(self.clock.wall_us() / 1e6 + self.offset_seconds),
            "jti": secrets.token_urlsafe(16),
            "nonce": self.nonce,
            **claims,
        }
        text = ".".join(b64url(json.dumps(part).encode()) for part in (head, body))
        der = self.private.sign(text.encode(), ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        return f"{text}.{b64url(r.to_bytes(32) + s.to_bytes(32))}"
