"""Mail through the user's own SMTP server (RFC 5321), always encrypted on the way there.

A mail is short text: no picture, no link that signs in, and no name beyond what its reader needs.
The server is authenticated against the system's certificates; there is no switch to turn that off,
but an own authority's certificate can be given.
"""

import asyncio
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Final, Literal

import aiosmtplib

from keepsight.core.secret import Secret
from keepsight.hub.egress import Egress

PURPOSE: Final = "mail"
SEND_SECONDS: Final = 30.0
"""For one mail in all."""
QUIT_SECONDS: Final = 2.0
"""For the goodbye after it was taken."""
TEXT_CHARACTERS_MAX: Final = 4000
ADDRESS_CHARACTERS_MAX: Final = 254
"""RFC 5321, section 4.5.3.1.3, less the brackets."""
Security = Literal["tls", "starttls"]


class MailError(Exception):
    """A mail that was not sent. `code` has a sentence in the UI's catalogue."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class MailServer:
    """The user's server and how to sign in there."""

    host: str
    port: int
    security: Security
    """tls: encrypted from the start (port 465); starttls: before anything else is said (587)."""
    user: str
    """Empty: the server asks for none."""
    password: Secret
    sender: str
    """The address that mails come from."""
    authority_pem: str = ""
    """Certificate of an own authority; empty: the system's."""


def is_address(text: str) -> bool:
    """Whether this can be the address of one mailbox, without a display name."""
    local, _, domain = text.rpartition("@")
    return (
        0 < len(text) <= ADDRESS_CHARACTERS_MAX
        and text.isprintable()
        and not any(c.isspace() or c in '<>,;:"\\()[]' for c in text)
        and parseaddr(text)[1] == text
        and bool(local)
        and "@" not in local
        and bool(domain)
        and not domain.startswith((".", "-"))
        and not domain.endswith((".", "-"))
    )


def _trust(server: MailServer) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cadata=server.authority_pem or None)
    except ssl.SSLError as error:
        raise MailError("bad_authority", "this is no certificate in PEM form") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _letter(server: MailServer, to: str, subject: str, text: str) -> EmailMessage:
    letter = EmailMessage()
    letter["From"] = server.sender
    letter["To"] = to
    letter["Subject"] = subject
    letter["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday answers to this
    letter.set_content(text[:TEXT_CHARACTERS_MAX])
    return letter


async def send_mail(egress: Egress, server: MailServer, to: str, subject: str, text: str) -> None:
    """Hand one mail to the user's server.

    Raises:
        keepsight.hub.egress.EgressError: the server is not the one that mail may reach.
        MailError: mail_unreachable, mail_tls, mail_password, mail_refused or bad_address.
    """
    if not is_address(to) or not is_address(server.sender):
        raise MailError("bad_address", "this is no address of a mailbox")
    letter = _letter(server, to, subject, text)
    context = _trust(server)
    await egress.reach(PURPOSE, server.host, server.port)
    client = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password.reveal() if server.user else None,
        use_tls=server.security == "tls",
        start_tls=server.security == "starttls",
        tls_context=context,
        local_hostname="keepsight",  # the machine's own name is nobody's business
        timeout=None,  # else it waits by `wait_for`, which loses cancellations (hub/ending.py)
    )
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await client.connect()
            await client.send_message(letter)
    except (ssl.SSLError, aiosmtplib.SMTPException, OSError) as error:
        client.close()
        raise _why(error) from error
    except asyncio.CancelledError:
        client.close()  # without the library's goodbye, for which a server may take its time
        raise
    await _leave(client)


async def _leave(client: aiosmtplib.SMTP) -> None:
    """Say goodbye. The mail was taken: what goes wrong now is no failure of it."""
    try:
        with suppress(aiosmtplib.SMTPException, OSError):
            async with asyncio.timeout(QUIT_SECONDS):
                await client.quit()
    finally:
        client.close()


def _why(error: Exception) -> MailError:
    """The library's error in one of our codes."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return MailError("mail_tls", f"the server's certificate is not trusted: {cause}")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return MailError("mail_password", "the mail server does not accept user and password")
    if isinstance(error, aiosmtplib.SMTPNotSupported) or "STARTTLS" in str(error):
        return MailError("mail_tls", "the mail server does not offer encryption on this port")
    unreachable = (
        aiosmtplib.SMTPConnectError,
        aiosmtplib.SMTPTimeoutError,
        aiosmtplib.SMTPServerDisconnected,
        OSError,
    )
    if isinstance(error, unreachable) and not isinstance(error, aiosmtplib.SMTPResponseException):
        return MailError("mail_unreachable", "the mail server does not answer at this address")
    return MailError("mail_refused", f"the mail server refused the mail: {error}")
