"""Which broker the household has told the hub: kept with its settings, the password sealed."""

import base64
import binascii
import logging
from typing import TYPE_CHECKING, Any, Final

from keepsight.core.secret import Secret
from keepsight.hub.notices.broker import PURPOSE, BrokerServer
from keepsight.hub.notices.subscriptions import notices_key
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
SETTING: Final = "broker"
_PLACE: Final = b"broker password 1"


async def load_broker(household: "Household") -> BrokerServer | None:
    """The stored broker. One that cannot be read is as if there were none."""
    stored = await household.sql(household.store.read_settings, household.household_id)
    document = stored.get(SETTING)
    if not document:
        return None
    try:
        sealed = base64.b64decode(document["sealed_password"])
        password = keys.unwrap(notices_key(household), sealed, _PLACE).decode()
        return BrokerServer(
            host=document["host"],
            port=document["port"],
            security=document["security"],
            user=document["user"],
            password=Secret(password),
            authority_pem=document["authority_pem"],
            has_discovery=document["has_discovery"],
        )
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        log.warning("the broker's settings cannot be read; enter them again: %s", error)
        return None


async def store_broker(household: "Household", server: BrokerServer | None, *, by: str) -> None:
    """Keep this broker, and let the hub reach it and no other; None: none.

    Raises:
        keepsight.hub.egress.EgressError: too many hosts.
        keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
    """
    host = server.host if server else ""
    await household.journal.record([{"type": "broker_set", "host": host, "by": by}])
    places = [(server.host, server.port)] if server else []
    await household.egress.allow_only(PURPOSE, places)
    document = _document(household, server) if server else None
    await household.sql(household.store.write_settings, household.household_id, {SETTING: document})


def _document(household: "Household", server: BrokerServer) -> dict[str, Any]:
    sealed = keys.wrap(notices_key(household), server.password.reveal().encode(), _PLACE)
    return {
        "host": server.host,
        "port": server.port,
        "security": server.security,
        "user": server.user,
        "sealed_password": base64.b64encode(sealed).decode(),
        "authority_pem": server.authority_pem,
        "has_discovery": server.has_discovery,
    }
