"""Mail reaches a real SMTP server over verified TLS, and says why when it does not."""

from dataclasses import replace

import pytest

from keepsight.core.secret import Secret
from keepsight.hub.egress import Contact, Egress, EgressError
from keepsight.hub.mail import MailError, is_address, send_mail
from tests.hub.clocks import HandClock
from tests.mail_server import mail_server

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
