"""One message to one browser through its maker's push service.

RFC 8030 (the service), 8291 (encrypted for the browser), 8292 (signed by the household). The
service learns which household's key woke which browser when, and nothing of what it was about:
every message has the same length. A browser names the address, so only hosts of known services are
spoken to, and no redirect is followed; nothing else in the network can be reached through here.
"""

import base64
import binascii
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import aiohttp
import http_ece
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keepsight.hub.egress import Egress, EgressError

PURPOSE: Final = "push"
SEND_SECONDS: Final = 10
PAYLOAD_BYTES: Final = 128
"""Every message is filled up to it, so that its length says nothing."""
TTL_SECONDS: Final = 3600
"""A service forgets it after so long: an hour later nobody has to be woken."""
SIGNED_SECONDS: Final = 12 * 3600
"""RFC 8292, section 2: not more than a day."""
CONTACT_DEFAULT: Final = "mailto:keepsight@example.org"
"""Where nobody reads. RFC 8292, section 2.1, asks for none, but Apple refuses messages without; the
household's own address would tell the services who it is, and only an owner may do that."""
ENDPOINT_CHARACTERS_MAX: Final = 1000
RETRY_SECONDS_MAX: Final = 300
_ANSWER_BYTES_MAX: Final = 300
_POINT_BYTES: Final = 65
_AUTH_BYTES: Final = 16

SERVICES: Final = ("fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com")
SERVICE_DOMAINS: Final = (".notify.windows.com",)
"""Services whose host names have a part of their own in front."""


class PushError(Exception):
    """A message that was not taken. `code` has a sentence in the UI's catalogue."""

    def __init__(self, code: str, message: str, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_seconds = retry_seconds
        """Try again after so long; None: it will not get better."""


@dataclass(frozen=True, slots=True)
class PushTarget:
    """Where one browser is reached, as it said itself (PushSubscription of the Push API)."""

    endpoint: str
    """Whoever has it and the household's key can wake the browser: kept sealed."""
    point: bytes
    """P-256 point of the browser, 65 bytes, uncompressed."""
    auth: bytes
    """16 bytes that only the browser and we know."""

    @property
    def place(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.endpoint)
        return (parts.hostname or "").lower(), parts.port or 443


@dataclass(frozen=True, slots=True)
class PushHosts:
    """What an owner says about push."""

    contact: str = ""
    """mailto: or https: address for the operators of services; empty: CONTACT_DEFAULT."""
    hosts: tuple[tuple[str, int], ...] = ()
    """Services of one's own, besides the known ones."""
    authority_pem: str = ""
    """Certificate of an own authority, for those; empty: the system's."""


def decode_base64url(text: str) -> bytes:
    """Bytes of unpadded base64url.

    Raises:
        ValueError: it is none.
    """
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError("no base64url") from error


def encode_base64url(data: bytes) -> str:
    """Without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_target(
    endpoint: str, p256dh: str, auth: str, hosts: Iterable[tuple[str, int]] = ()
) -> PushTarget:
    """A browser's subscription, checked.

    Args:
        endpoint: address that the browser got from its service.
        p256dh: the browser's point, base64url.
        auth: the secret, base64url.
        hosts: services that an owner has added.

    Raises:
        PushError: bad_subscription, or unknown_service with the host in its message.
    """
    try:
        parts = urlsplit(endpoint)
        port = parts.port
        point, secret = decode_base64url(p256dh), decode_base64url(auth)
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError as error:
        raise PushError("bad_subscription", "this is no subscription of a browser") from error
    is_clean = endpoint.isascii() and endpoint.isprintable() and not {" ", "\\"} & set(endpoint)
    if (
        not is_clean
        or len(endpoint) > ENDPOINT_CHARACTERS_MAX
        or parts.scheme != "https"
        or parts.username is not None
        or parts.password is not None
        or parts.fragment
        or len(point) != _POINT_BYTES
        or len(secret) != _AUTH_BYTES
    ):
        raise PushError("bad_subscription", "this is no subscription of a browser")
    host = (parts.hostname or "").lower()
    if not (is_known(host) and port in (None, 443)) and (host, port or 443) not in set(hosts):
        raise PushError("unknown_service", f"{host} is no push service that this hub knows")
    return PushTarget(endpoint, point, secret)


def is_known(host: str) -> bool:
    """Whether this is a host of a known service."""
    return host in SERVICES or host.endswith(SERVICE_DOMAINS)


def encrypt(target: PushTarget, message: bytes) -> bytes:
    """A message for one browser, of the same length for every message (RFC 8291).

    Raises:
        ValueError: the message is too long.
    """
    if len(message) > PAYLOAD_BYTES:
        raise ValueError(f"at most {PAYLOAD_BYTES} bytes")
    sealed = http_ece.encrypt(
        message.ljust(PAYLOAD_BYTES),
        private_key=ec.generate_private_key(ec.SECP256R1()),
        dh=target.point,
        auth_secret=target.auth,
        version="aes128gcm",
    )
    assert isinstance(sealed, bytes)  # noqa: S101 - the library has no types
    return sealed


def public_point(key: ec.EllipticCurvePrivateKey) -> str:
    """What browsers are told of the household's key: applicationServerKey, base64url."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return encode_base64url(point)


def authorization(key: ec.EllipticCurvePrivateKey, endpoint: str, contact: str, now_us: int) -> str:
    """The header that proves which household speaks (RFC 8292, section 3)."""
    parts = urlsplit(endpoint)
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": now_us // 1_000_000 + SIGNED_SECONDS,
        "sub": contact or CONTACT_DEFAULT,
    }
    return f"vapid t={jwt.encode(claims, key, algorithm='ES256')}, k={public_point(key)}"


class Pusher:
    """Sends messages. Lives in the event loop's thread."""

    def __init__(self, egress: Egress, key: ec.EllipticCurvePrivateKey) -> None:
        self._egress = egress
        self._key = key
        self._session: aiohttp.ClientSession | None = None
        self.services = PushHosts()

    @property
    def public_point(self) -> str:
        """applicationServerKey, base64url."""
        return public_point(self._key)

    def _trust(self, host: str) -> ssl.SSLContext | bool:
        if is_known(host) or not self.services.authority_pem:
            return True
        return ssl.create_default_context(cadata=self.services.authority_pem)

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            # No cookies, no proxy and no netrc of the machine's.
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=SEND_SECONDS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": "Keepsight"},
                trust_env=False,
            )
        return self._session

    async def close(self) -> None:
        """Close what is open."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, target: PushTarget, message: bytes, topic: str, now_us: int) -> None:
        """Hand one message to the browser's service.

        Args:
            target: the browser.
            message: at most PAYLOAD_BYTES.
            topic: an undelivered message of the same topic is replaced (RFC 8030, section 5.4).
            now_us: wall time.

        Raises:
            PushError: push_not_allowed, push_unreachable, push_tls, push_gone, push_refused or
                push_busy.
        """
        host, port = target.place
        try:
            await self._egress.reach(PURPOSE, host, port)
        except EgressError as error:
            raise PushError("push_not_allowed", str(error)) from error
        headers = {
            "Authorization": authorization(
                self._key, target.endpoint, self.services.contact, now_us
            ),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(TTL_SECONDS),
            "Topic": topic,
            "Urgency": "high",
        }
        if host.endswith(SERVICE_DOMAINS):
            headers["X-WNS-Type"] = "wns/raw"  # this service wants to hear it
        try:
            async with self._open().post(
                target.endpoint,
                data=encrypt(target, message),
                headers=headers,
                allow_redirects=False,
                ssl=self._trust(host),
            ) as answer:
                words = (await answer.content.read(_ANSWER_BYTES_MAX)).decode(errors="replace")
                _judge(answer.status, answer.headers.get("Retry-After", ""), words)
        except (ssl.SSLError, aiohttp.ClientSSLError) as error:
            raise PushError(
                "push_tls", f"the service's certificate is not trusted: {error}", 60
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise PushError("push_unreachable", f"{host} does not answer", 5) from error


def _judge(status: int, retry_after: str, words: str) -> None:
    if 200 <= status < 300:
        return
    if status in (404, 410):
        raise PushError("push_gone", "the browser has ended this subscription")
    if status == 429 or status >= 500:
        seconds = float(retry_after) if retry_after.isascii() and retry_after.isdigit() else 5.0
        raise PushError(
            "push_busy",
            f"the service asks for patience ({status})",
            min(seconds, RETRY_SECONDS_MAX),
        )
    said = " ".join(words.split())
    raise PushError("push_refused", f"the service refused the message ({status}): {said}")
