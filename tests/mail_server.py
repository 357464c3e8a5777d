"""A real SMTP server for tests: TLS or STARTTLS with its own authority, user and password."""

import contextlib
import datetime as dt
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from ipaddress import ip_address

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.mail import MailServer
from tests.ports import free_port

USER, PASSWORD = "hub@example.org", "s3cret-of-mail"


def make_certificate(folder, names=("localhost",)):
    """A self-signed certificate and its key as files; the certificate's PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test mail")])
    now = dt.datetime.fromtimestamp(SystemClock().wall_us() / 1e6, dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [*map(x509.DNSName, names), x509.IPAddress(ip_address("127.0.0.1"))]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cert.pem").write_bytes(pem)
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return pem.decode()


@dataclass
class Mailbox:
    """What the server got."""

    server: MailServer
    """How to reach it."""
    controller: Controller | None = None
    letters: list = field(default_factory=list)
    greetings: list = field(default_factory=list)
    refuses: str = ""
    """Answer to every recipient instead of taking the mail."""

    async def handle_EHLO(self, _server, session, _envelope, hostname, responses):  # noqa: N802
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if self.refuses:
            return self.refuses
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 taken"


def _authenticate(_server, _session, _envelope, _mechanism, data):
    right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=False)


@contextlib.contextmanager
def mail_server(folder, security="tls", *, names=("localhost",), offers_starttls=True):
    """A running server; stopped at the end."""
    authority = make_certificate(folder, names)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    server = MailServer("localhost", 0, security, USER, Secret(PASSWORD), USER, authority)
    mailbox = Mailbox(server)
    options = {
        "hostname": "127.0.0.1",
        "port": free_port(),
        "authenticator": _authenticate,
        "auth_required": True,
    }
    if security == "tls":
        controller = Controller(mailbox, ssl_context=context, auth_require_tls=False, **options)
    elif offers_starttls:
        controller = Controller(mailbox, tls_context=context, require_starttls=True, **options)
    else:
        controller = Controller(mailbox, auth_require_tls=False, **options)
    controller.start()
    mailbox.server = MailServer(
        "localhost", controller.port, security, USER, Secret(PASSWORD), USER, authority
    )
    mailbox.controller = controller
    try:
        yield mailbox
    finally:
        controller.stop()
