"""The household's mail: its settings, sending now with a clear error, and sending later in a queue.

Settings lie with the household's other settings; the password is sealed under the root key.
"""

import asyncio
import base64
import binascii
import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from keepsight.core.secret import Secret
from keepsight.hub.egress import Contact, Egress, EgressError
from keepsight.hub.ending import heed_ending
from keepsight.hub.mail import PURPOSE, MailError, MailServer, send_mail
from keepsight.hub.store.egress import EgressStore
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
QUEUE_MAX: Final = 64
"""Letters that wait; more are dropped, and the log says so."""
SETTING: Final = "mail_server"
_PLACE: Final = b"mail password 1"


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to be sent."""

    to: str
    subject: str
    text: str


async def open_egress(household: "Household", store: EgressStore) -> Egress:
    """The household's table of hosts outside, kept in its database."""

    async def keep(contact: Contact) -> None:
        await household.sql(store.put, household.household_id, contact)

    contacts = await household.sql(store.list, household.household_id)
    return Egress(household.clock, contacts, keep)


class Outbox:
    """Sends mail through the user's server, if there is one."""

    def __init__(self, household: "Household") -> None:
        self._household = household
        self._queue: asyncio.Queue[Letter] = asyncio.Queue(QUEUE_MAX)
        self.server: MailServer | None = None
        self.last_error: str = ""
        """Code of the last letter from the queue that was not sent; empty after one that was."""

    def _key(self) -> bytes:
        return keys.expand(self._household.keyring.root, b"mail 1")

    async def load(self) -> None:
        """Read the settings. Ones that cannot be read are as if there were none."""
        household = self._household
        stored = await household.sql(household.store.read_settings, household.household_id)
        document = stored.get(SETTING)
        if not document:
            return
        try:
            sealed = base64.b64decode(document["sealed_password"])
            self.server = MailServer(
                host=document["host"],
                port=document["port"],
                security=document["security"],
                user=document["user"],
                password=Secret(keys.unwrap(self._key(), sealed, _PLACE).decode()),
                sender=document["sender"],
                authority_pem=document["authority_pem"],
            )
        except (KeyError, TypeError, ValueError, binascii.Error) as error:
            log.warning("the mail settings cannot be read; enter them again: %s", error)

    async def set_server(self, server: MailServer | None, *, by: str) -> None:
        """Use this server, and let mail reach it and no other host; None: send no mail.

        Raises:
            keepsight.hub.egress.EgressError: too many hosts.
        """
        household = self._household
        host = server.host if server else ""
        await household.journal.record([{"type": "mail_server", "host": host, "by": by}])
        if server is None:
            await household.egress.forbid(PURPOSE)
        else:
            await household.egress.allow(PURPOSE, server.host, server.port)
        await household.sql(
            household.store.write_settings,
            household.household_id,
            {SETTING: self._document(server) if server else None},
        )
        self.server = server

    def _document(self, server: MailServer) -> dict[str, Any]:
        sealed = keys.wrap(self._key(), server.password.reveal().encode(), _PLACE)
        return {
            "host": server.host,
            "port": server.port,
            "security": server.security,
            "user": server.user,
            "sealed_password": base64.b64encode(sealed).decode(),
            "sender": server.sender,
            "authority_pem": server.authority_pem,
        }

    async def send(self, letter: Letter) -> None:
        """Send now.

        Raises:
            MailError: no_mail_server, or why the server did not take it.
            keepsight.hub.egress.EgressError: the table of egress forbids it.
        """
        if self.server is None:
            raise MailError("no_mail_server", "no mail server is set up")
        await send_mail(self._household.egress, self.server, letter.to, letter.subject, letter.text)

    def send_later(self, letter: Letter) -> None:
        """Send when there is time. The caller learns nothing, not even from how long it takes."""
        try:
            self._queue.put_nowait(letter)
        except asyncio.QueueFull:
            log.warning("too many mails are waiting; one was dropped")
            self.last_error = "mail_queue_full"

    async def run(self) -> None:
        """Send what waits, until cancelled."""
        while True:
            heed_ending()
            letter = await self._queue.get()
            try:
                await self.send(letter)
            except MailError as error:
                self.last_error = error.code
                log.warning("a mail was not sent: %s", error)
            except EgressError as error:
                self.last_error = "mail_not_allowed"
                log.warning("a mail was not sent: %s", error)
            else:
                self.last_error = ""
