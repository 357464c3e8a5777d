"""Basic and Digest authentication (RFC 7617, RFC 2617, RFC 7616) for both ends of RTSP.

MD5 is here because most cameras know nothing else; SHA-256 is taken when offered. The password
leaves `Secret` only inside this file.
"""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal

from keepsight.core.clock import Clock
from keepsight.core.destination import Credentials

HEADER_CHARACTERS_MAX: Final = 2048
CHALLENGES_MAX: Final = 8
NONCES_MAX: Final = 1024
NONCE_SECONDS: Final = 300
"""How long a server accepts a nonce it issued."""

Algorithm = Literal["MD5", "SHA-256"]
Scheme = Literal["Basic", "Digest"]

_PARAMETER: Final = re.compile(r'([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*))')
_SCHEME: Final = re.compile(
    r"(?:^|,)\s*(Basic|Digest)\s+(?=[A-Za-z][A-Za-z0-9_-]*\s*=)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """One way in that a server offers."""

    scheme: Scheme
    realm: str
    nonce: str = ""
    opaque: str | None = None
    algorithm: Algorithm = "MD5"
    is_algorithm_named: bool = False
    """The server wrote the algorithm; only then do we, because old firmware trips over it."""
    has_qop: bool = False
    is_stale: bool = False


def _parameters(text: str) -> dict[str, str]:
    return {
        name.lower(): re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
        for name, quoted, plain in _PARAMETER.findall(text)
    }


def _challenge(scheme: str, text: str) -> Challenge | None:
    fields = _parameters(text)
    if scheme.lower() == "basic":
        return Challenge("Basic", fields.get("realm", ""))
    algorithms: dict[str, Algorithm] = {"": "MD5", "MD5": "MD5", "SHA-256": "SHA-256"}
    algorithm = algorithms.get(fields.get("algorithm", "").upper())
    qops = {word.strip().lower() for word in fields.get("qop", "").split(",")} - {""}
    if algorithm is None or "nonce" not in fields or (qops and "auth" not in qops):
        return None
    return Challenge(
        "Digest",
        fields.get("realm", ""),
        fields["nonce"],
        fields.get("opaque"),
        algorithm,
        is_algorithm_named="algorithm" in fields,
        has_qop=bool(qops),
        is_stale=fields.get("stale", "").lower() == "true",
    )


def parse_challenges(values: Iterable[str]) -> list[Challenge]:
    """Read `WWW-Authenticate` values; what we cannot answer is left out.

    One value may hold several challenges. At most CHALLENGES_MAX are looked at.
    """
    found: list[Challenge] = []
    for value in values:
        text = value[:HEADER_CHARACTERS_MAX]
        starts = list(_SCHEME.finditer(text))
        ends = [match.start() for match in starts[1:]] + [len(text)]
        for match, end in zip(starts, ends, strict=False):
            if len(found) == CHALLENGES_MAX:
                return found
            challenge = _challenge(match.group(1), text[match.end() : end])
            if challenge is not None:
                found.append(challenge)
    return found


def choose_challenge(challenges: Iterable[Challenge]) -> Challenge | None:
    """The strongest one: Digest SHA-256, Digest MD5, Basic."""
    rank = {("Digest", "SHA-256"): 2, ("Digest", "MD5"): 1}
    return max(challenges, key=lambda c: rank.get((c.scheme, c.algorithm), 0), default=None)


def _hex(algorithm: Algorithm, *parts: bytes) -> bytes:
    data = b":".join(parts)
    if algorithm == "SHA-256":
        return hashlib.sha256(data).hexdigest().encode()
    # MD5 by protocol (RFC 2617): the only algorithm most cameras offer.
    return hashlib.md5(data, usedforsecurity=False).hexdigest().encode()


@dataclass(frozen=True, slots=True)
class _Question:
    """What a digest covers besides the credentials."""

    algorithm: Algorithm
    realm: str
    nonce: str
    method: str
    uri: str
    count: str = ""
    client_nonce: str = ""

    def digest(self, credentials: Credentials) -> str:
        """The response value; `count` empty means the form without qop (RFC 2069)."""
        # Header texts are Latin-1 readings of bytes; user and password are UTF-8 (RFC 7616).
        realm, nonce, uri, count, client_nonce = (
            text.encode("latin-1", "replace")
            for text in (self.realm, self.nonce, self.uri, self.count, self.client_nonce)
        )
        password = credentials.password.reveal().encode()
        first = _hex(self.algorithm, credentials.user.encode(), realm, password)
        second = _hex(self.algorithm, self.method.encode(), uri)
        middle = (nonce, count, client_nonce, b"auth") if count else (nonce,)
        return _hex(self.algorithm, first, *middle, second).decode()


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class Answerer:
    """The client's side: answers one challenge for one user, counting its uses."""

    def __init__(self, challenge: Challenge, credentials: Credentials) -> None:
        self.challenge = challenge
        self._credentials = credentials
        self._count = 0

    def authorization(self, method: str, uri: str) -> str:
        """The value of the `Authorization` header for one request."""
        user = self._credentials.user.encode().decode("latin-1")
        if self.challenge.scheme == "Basic":
            pair = f"{self._credentials.user}:{self._credentials.password.reveal()}"
            return "Basic " + base64.b64encode(pair.encode()).decode()
        return self._digest(user, method, uri)

    def _digest(self, user: str, method: str, uri: str) -> str:
        asked = self.challenge
        count, client_nonce = "", ""
        if asked.has_qop:
            self._count += 1
            count, client_nonce = f"{self._count:08x}", secrets.token_hex(8)
        question = _Question(
            asked.algorithm, asked.realm, asked.nonce, method, uri, count, client_nonce
        )
        fields = [
            f"username={_quoted(user)}",
            f"realm={_quoted(asked.realm)}",
            f"nonce={_quoted(asked.nonce)}",
            f"uri={_quoted(uri)}",
            f'response="{question.digest(self._credentials)}"',
        ]
        if asked.is_algorithm_named:
            fields.append(f"algorithm={asked.algorithm}")
        if asked.opaque is not None:
            fields.append(f"opaque={_quoted(asked.opaque)}")
        if asked.has_qop:
            fields.append(f'qop=auth, nc={count}, cnonce="{client_nonce}"')
        return "Digest " + ", ".join(fields)


class Verdict(StrEnum):
    """What a server thinks of an `Authorization` header."""

    ALLOWED = "allowed"
    MISSING = "missing"
    """None, or one that cannot be read: challenge."""
    STALE = "stale"
    """Right, but for a nonce that ran out: challenge again with stale=true."""
    WRONG = "wrong"


class Guard:
    """The server's side: makes challenges and verifies the answers.

    Remembers at most NONCES_MAX nonces for NONCE_SECONDS each, and the use count of each, so that
    an overheard answer with qop cannot be used twice.
    """

    def __init__(
        self,
        realm: str,
        credentials: Credentials,
        clock: Clock,
        *,
        schemes: tuple[Algorithm | Literal["Basic"], ...] = ("SHA-256", "MD5"),
        has_qop: bool = True,
    ) -> None:
        self._realm = realm
        self._credentials = credentials
        self._clock = clock
        self._schemes = schemes
        self._has_qop = has_qop
        self._nonces: OrderedDict[str, tuple[int, int]] = OrderedDict()
        """Nonce to (issued at, monotonic us; highest use count)."""

    def challenges(self, *, is_stale: bool = False) -> list[str]:
        """Values for `WWW-Authenticate`, the strongest first."""
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = (self._clock.monotonic_us(), 0)
        while len(self._nonces) > NONCES_MAX:
            self._nonces.popitem(last=False)
        tail = (', qop="auth"' if self._has_qop else "") + (", stale=true" if is_stale else "")
        realm = _quoted(self._realm)
        return [
            f"Basic realm={realm}"
            if scheme == "Basic"
            else f'Digest realm={realm}, nonce="{nonce}", algorithm={scheme}{tail}'
            for scheme in self._schemes
        ]

    def verify(self, authorization: str | None, method: str, uri: str) -> Verdict:
        """Judge one request's `Authorization` header; `uri` is the request's own."""
        if authorization is None or len(authorization) > HEADER_CHARACTERS_MAX:
            return Verdict.MISSING
        scheme, _, rest = authorization.strip().partition(" ")
        if scheme.lower() == "basic" and "Basic" in self._schemes:
            return self._verify_basic(rest)
        if scheme.lower() == "digest":
            return self._verify_digest(_parameters(rest), method, uri)
        return Verdict.MISSING

    def _verify_basic(self, encoded: str) -> Verdict:
        try:
            pair = base64.b64decode(encoded.strip(), validate=True)
        except (binascii.Error, ValueError):
            return Verdict.MISSING
        expected = f"{self._credentials.user}:{self._credentials.password.reveal()}".encode()
        return Verdict.ALLOWED if hmac.compare_digest(pair, expected) else Verdict.WRONG

    def _verify_digest(self, fields: dict[str, str], method: str, uri: str) -> Verdict:
        algorithms: dict[str, Algorithm] = {"MD5": "MD5", "SHA-256": "SHA-256"}
        algorithm = algorithms.get(fields.get("algorithm", "MD5").upper())
        if algorithm is None or algorithm not in self._schemes:
            return Verdict.MISSING
        nonce, count = fields.get("nonce", ""), fields.get("nc", "")
        if self._has_qop and (
            fields.get("qop") != "auth" or not re.fullmatch("[0-9a-f]{8}", count)
        ):
            return Verdict.MISSING
        question = _Question(
            algorithm, self._realm, nonce, method, uri,
            count if self._has_qop else "", fields.get("cnonce", ""),
        )  # fmt: skip
        expected = question.digest(self._credentials).encode()
        given = fields.get("response", "").encode("latin-1", "replace")
        user = self._credentials.user.encode().decode("latin-1")
        if fields.get("username") != user or fields.get("uri") != uri:
            return Verdict.WRONG
        if not hmac.compare_digest(given, expected):
            return Verdict.WRONG
        return self._use(nonce, int(count, 16) if self._has_qop else 0)

    def _use(self, nonce: str, count: int) -> Verdict:
        now_us = self._clock.monotonic_us()
        issued_us, used = self._nonces.get(nonce, (now_us - NONCE_SECONDS * 1_000_000 - 1, 0))
        if now_us - issued_us > NONCE_SECONDS * 1_000_000:
            return Verdict.STALE
        if self._has_qop and count <= used:
            return Verdict.STALE
        self._nonces[nonce] = (issued_us, count)
        return Verdict.ALLOWED
