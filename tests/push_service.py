"""A real push service for tests (RFC 8030) over TLS, and browsers behind it that open what comes.

Messages are opened with the browser's own key by RFC 8291 written out here, not by the library
that made them; signatures are checked by RFC 8292.
"""

import asyncio
import base64
import contextlib
import json
import secrets
import ssl
import struct
from dataclasses import dataclass, field

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.mail_server import make_certificate


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _derive(secret, salt, info, length):
    return HKDF(hashes.SHA256(), length, salt, info).derive(secret)


def open_message(sealed, private, auth):
    """The plaintext of one record (RFC 8188, section 2.1, with the keys of RFC 8291, 3.4)."""
    salt, record_bytes, id_bytes = sealed[:16], *struct.unpack("!LB", sealed[16:21])
    sender = sealed[21 : 21 + id_bytes]
    body = sealed[21 + id_bytes :]
    assert 18 <= len(body) <= record_bytes
    mine = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), sender)
    shared = private.exchange(ec.ECDH(), point)
    secret = _derive(shared, auth, b"WebPush: info\0" + mine + sender, 32)
    key = _derive(secret, salt, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(secret, salt, b"Content-Encoding: nonce\0", 12)
    padded = AESGCM(key).decrypt(nonce, body, None)
    text, delimiter, zeros = padded.rpartition(b"\x02")
    assert delimiter
    assert not zeros.strip(b"\0")
    return text


@dataclass
class PushBrowser:
    """One browser with its subscription."""

    endpoint: str
    private: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    auth: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    messages: list = field(default_factory=list)
    """What it was told, opened."""
    requests: list = field(default_factory=list)
    """Headers and sealed body of each, as the service saw them."""
    answers: list = field(default_factory=list)
    """(status, headers) for the next requests, before it takes them again."""

    @property
    def subscription(self):
        """As the Push API gives it to the page."""
        public = self.private.public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": encode(point), "auth": encode(self.auth)}
        return {"endpoint": self.endpoint, "keys": keys}


def check_signature(header, audience):
    """The household's key, of a signature that is in order (RFC 8292, sections 2 and 3)."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), decode(parts["k"]))
    claims = jwt.decode(parts["t"], point, algorithms=["ES256"], audience=audience)
    assert claims["sub"].startswith(("mailto:", "https:"))
    issued = jwt.decode(parts["t"], options={"verify_signature": False})["exp"]
    assert issued <= _now() + 24 * 3600
    return parts["k"]


def _now():
    from keepsight.core.clock import SystemClock

    return SystemClock().wall_us() // 1_000_000


class PushService:
    """The service and its browsers."""

    def __init__(self, port, authority_pem):
        self.port, self.authority_pem = port, authority_pem
        self.browsers = {}
        self.keys = set()
        """Keys of households that spoke to it."""
        self.strays = []
        """Requests that were no message."""
        self.delay_seconds = 0.0

    @property
    def origin(self):
        return f"https://localhost:{self.port}"

    @property
    def services(self):
        """As the API takes it: this service, besides the known ones."""
        return {"hosts": [f"localhost:{self.port}"], "authority_pem": self.authority_pem}

    def browser(self):
        name = secrets.token_hex(8)
        self.browsers[name] = PushBrowser(f"{self.origin}/push/{name}")
        return self.browsers[name]

    async def take(self, request):
        browser = self.browsers.get(request.match_info["name"])
        if browser is None or request.method != "POST":
            self.strays.append(str(request.rel_url))
            return web.Response(status=404)
        await asyncio.sleep(self.delay_seconds)
        sealed = await request.read()
        self.keys.add(check_signature(request.headers["Authorization"], self.origin))
        assert request.headers["Content-Encoding"] == "aes128gcm"
        assert int(request.headers["TTL"]) > 0
        assert len(request.headers["Topic"]) <= 32
        browser.requests.append((dict(request.headers), sealed))
        if browser.answers:
            status, headers = browser.answers.pop(0)
            return web.Response(status=status, headers=headers, text="no")
        browser.messages.append(json.loads(open_message(sealed, browser.private, browser.auth)))
        return web.Response(status=201, headers={"Location": f"{self.origin}/message/1"})


@contextlib.asynccontextmanager
async def push_service(folder):
    """A running service; stopped at the end."""
    authority = make_certificate(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    service = PushService(0, authority)
    app = web.Application()
    app.router.add_route("*", "/push/{name}", service.take)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    service.port = runner.addresses[0][1]
    try:
        yield service
    finally:
        await runner.cleanup()
