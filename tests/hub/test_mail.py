"""Mail reaches a real SMTP server over verified TLS, and says why when it does not."""

import asyncio
import contextlib
from dataclasses import replace

import aiosmtplib
import pytest

from keepsight.core.secret import Secret
from keepsight.hub.egress import Contact, Egress, EgressError
from keepsight.hub.mail import MailError, is_address, send_mail
from tests.hub.clocks import HandClock
from tests.mail_server import mail_server, make_certificate
from tests.silent_server import silent_server

pytestmark = pytest.mark.filterwarnings(
    "ignore:Requiring AUTH while not requiring TLS:UserWarning",
    "ignore:TLSRequired:UserWarning",
    "ignore::DeprecationWarning:aiosmtpd",
)


def egress_to(server):
    async def keep(_contact):
        pass

    return Egress(HandClock(), [Contact("mail", server.host, server.port, is_allowed=True)], keep)


async def send(server, to="ann@example.org"):
    await send_mail(egress_to(server), server, to, "Keepsight", "Your PIN: 12345678\n")


async def code_of(server, **more):
    with pytest.raises(MailError) as error:
        await send(server, **more)
    return error.value.code


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_mail_arrives_and_says_nothing_about_this_machine(tmp_path, security):
    with mail_server(tmp_path, security) as mailbox:
        await send(mailbox.server)
    (letter,) = mailbox.letters
    assert letter.get_content().split() == ["Your", "PIN:", "12345678"]
    assert (letter["To"], letter["Auto-Submitted"]) == ("ann@example.org", "auto-generated")
    assert set(mailbox.greetings) == {"keepsight"}
    assert not letter.is_multipart()
    assert letter["X-Mailer"] is None


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_a_server_that_nobody_vouches_for_gets_nothing(tmp_path, security):
    with mail_server(tmp_path, security) as mailbox:
        assert await code_of(replace(mailbox.server, authority_pem="")) == "mail_tls"
        with mail_server(tmp_path / "b", security, names=("other.example",)) as other:
            impostor = replace(other.server, host="localhost")
            assert await code_of(impostor) == "mail_tls"
            assert other.letters == []
    assert mailbox.letters == []


async def test_a_server_without_encryption_gets_nothing(tmp_path):
    with mail_server(tmp_path, "starttls", offers_starttls=False) as mailbox:
        assert await code_of(mailbox.server) == "mail_tls"
    assert mailbox.letters == []


async def test_a_wrong_password_is_said(tmp_path):
    with mail_server(tmp_path) as mailbox:
        assert await code_of(replace(mailbox.server, password=Secret("x"))) == "mail_password"
    assert mailbox.letters == []


async def test_a_server_that_is_down_is_said(tmp_path):
    with mail_server(tmp_path) as mailbox:
        server = mailbox.server
    assert await code_of(server) == "mail_unreachable"


async def test_a_refused_recipient_is_said(tmp_path):
    with mail_server(tmp_path) as mailbox:
        mailbox.refuses = "550 no such mailbox"
        assert await code_of(mailbox.server) == "mail_refused"


async def test_a_damaged_authority_is_said(tmp_path):
    with mail_server(tmp_path) as mailbox:
        assert await code_of(replace(mailbox.server, authority_pem="x")) == "bad_authority"


async def test_mail_goes_where_egress_lets_it_only(tmp_path):
    with mail_server(tmp_path) as mailbox:
        closed = egress_to(replace(mailbox.server, host="other.example"))
        with pytest.raises(EgressError):
            await send_mail(closed, mailbox.server, "ann@example.org", "x", "y")
    assert mailbox.greetings == []


@pytest.mark.parametrize("text", ["ann@example.org", "a.b+c@sub.example.org", "ann@localhost"])
def test_addresses(text):
    assert is_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "ann", "@example.org", "ann@", "ann@@example.org", "a b@example.org",
        "ann@example.org\r\nBcc: eve@example.org", "ann@example.org,eve@example.org",
        "Ann <ann@example.org>", "ann@.org", "ann@example.org.", "a" * 250 + "@b.org",
    ],
)  # fmt: skip
async def test_what_is_no_address_gets_no_mail(tmp_path, text):
    assert not is_address(text)
    with mail_server(tmp_path) as mailbox:
        assert await code_of(mailbox.server, to=text) == "bad_address"


GREETING, HELLO = b"220 here\r\n", b"250-here\r\n250 AUTH PLAIN\r\n"


@pytest.mark.parametrize(
    "says", [(), (GREETING,), (GREETING, HELLO), (GREETING, HELLO, b"235 in\r\n")]
)
@pytest.mark.parametrize("is_cancelled", [True, False])
async def test_a_server_that_falls_silent_holds_nobody_up(
    tmp_path, monkeypatch, says, is_cancelled
):
    with mail_server(tmp_path) as mailbox:
        server = mailbox.server
    monkeypatch.setattr("keepsight.hub.mail.SEND_SECONDS", 600.0 if is_cancelled else 1.0)
    authority = make_certificate(tmp_path / "silent")
    folder = tmp_path / "silent" if says else None
    async with silent_server(*says, folder=folder) as silence, asyncio.timeout(20):
        sending = asyncio.ensure_future(
            send(replace(server, port=silence.port, authority_pem=authority))
        )
        await silence.reached.wait()
        if is_cancelled:
            sending.cancel()
            with pytest.raises(asyncio.CancelledError):
                await sending
        else:
            with pytest.raises(MailError) as error:
                await sending
            assert error.value.code == "mail_unreachable"


@pytest.mark.parametrize("number", range(1, 8))
async def test_being_stopped_at_the_moment_of_an_answer_is_being_stopped(
    tmp_path, monkeypatch, number
):
    """What Python 3.11's `wait_for` gets wrong: the answer is there, and its reader is to end."""
    answers, sending = [], None
    heard = aiosmtplib.protocol.SMTPProtocol.data_received

    def hear(self, data):
        heard(self, data)
        answers.append(data)
        if len(answers) == number:
            sending.cancel()

    monkeypatch.setattr(aiosmtplib.protocol.SMTPProtocol, "data_received", hear)
    with mail_server(tmp_path) as mailbox:
        sending = asyncio.ensure_future(send(mailbox.server))
        async with asyncio.timeout(20):
            with contextlib.suppress(asyncio.CancelledError):
                await sending
    assert len(answers) == number, "it went on to talk"
    assert sending.cancelled()
