"""Which browsers may be woken, through which services, and the household's key for it (VAPID).

A subscription ends with its device. The hub may reach the hosts of the subscriptions it has and no
others, and none at all before an owner allows push.
"""

import base64
import json
import logging
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cryptography.hazmat.primitives.asymmetric import ec

from keepsight.hub.egress import EgressError
from keepsight.hub.notices.push import PURPOSE, Pusher, PushHosts, PushTarget
from keepsight.hub.notices.subscription import Subscription
from keepsight.hub.store.notices import NoticeStore, StoredSubscription
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
SUBSCRIPTIONS_MAX: Final = 200
"""Of a household."""
KEY_SETTING: Final = "push_key"
SERVICES_SETTING: Final = "push_services"
_KEY_PLACE: Final = b"push key 1"
_TARGET_PLACE: Final = b"push target 1"


@dataclass(frozen=True, slots=True)
class PushSettings:
    """What an owner decides about push."""

    is_allowed: bool = False
    """The hub may talk to services of browsers' makers."""
    services: PushHosts = field(default_factory=PushHosts)


def notices_key(household: "Household") -> bytes:
    """What seals the settings of notices: under the root, like the password of mail."""
    return keys.expand(household.keyring.root, b"notices 1")


class Subscriptions:
    """The browsers of a household. Lives in the event loop's thread."""

    def __init__(self, household: "Household", store: NoticeStore) -> None:
        self._household = household
        self._store = store
        self._by_device: dict[bytes, Subscription] = {}
        self.settings = PushSettings()
        self.pusher: Pusher

    async def load(self) -> None:
        """Read everything; makes the household's key where there is none yet."""
        household = self._household
        stored = await household.sql(household.store.read_settings, household.household_id)
        key = await self._load_key(stored.get(KEY_SETTING))
        self.pusher = Pusher(household.egress, key)
        self.settings = _read_settings(stored.get(SERVICES_SETTING))
        self.pusher.services = self.settings.services
        sealing = notices_key(household)
        for row in await household.sql(self._store.list_subscriptions, household.household_id):
            try:
                place = _TARGET_PLACE + row.device_id
                fields = json.loads(keys.unwrap(sealing, row.sealed_target, place))
                target = PushTarget(
                    fields["endpoint"],
                    bytes.fromhex(fields["point"]),
                    bytes.fromhex(fields["auth"]),
                )
            except (KeyError, TypeError, ValueError) as error:
                log.warning("how a browser is reached cannot be read: %s", error)
                continue
            self._by_device[row.device_id] = Subscription(
                row.device_id, row.member_id, target, row.created_us
            )

    async def _load_key(self, sealed: str | None) -> ec.EllipticCurvePrivateKey:
        household, sealing = self._household, notices_key(self._household)
        if sealed:
            try:
                scalar = keys.unwrap(sealing, base64.b64decode(sealed), _KEY_PLACE)
                return ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())
            except ValueError as error:
                log.warning("the key for push cannot be read; browsers subscribe anew: %s", error)
        key = ec.generate_private_key(ec.SECP256R1())
        scalar = key.private_numbers().private_value.to_bytes(32)
        made = base64.b64encode(keys.wrap(sealing, scalar, _KEY_PLACE)).decode()
        await household.sql(
            household.store.write_settings, household.household_id, {KEY_SETTING: made}
        )
        return key

    # Reading

    def of(self, member_id: bytes) -> list[Subscription]:
        """A member's browsers."""
        return [one for one in self._by_device.values() if one.member_id == member_id]

    def devices(self) -> tuple[bytes, ...]:
        """Every device that is woken."""
        return tuple(self._by_device)

    def find(self, device_id: bytes) -> Subscription | None:
        """A device's subscription."""
        return self._by_device.get(device_id)

    # Changing

    async def put(self, device_id: bytes, member_id: bytes, target: PushTarget) -> Subscription:
        """Remember how a device is woken, and let the hub reach its service.

        Raises:
            keepsight.hub.egress.EgressError: there are too many subscriptions or hosts.
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        household = self._household
        if device_id not in self._by_device and len(self._by_device) >= SUBSCRIPTIONS_MAX:
            raise EgressError("too many browsers want to be woken")
        # A browser has one address: after another member signed in there, it is theirs.
        same = [
            one.device_id
            for one in self._by_device.values()
            if one.target.endpoint == target.endpoint and one.device_id != device_id
        ]
        line = {"type": "push_subscribed", "member": member_id.hex(), "device": device_id.hex()}
        await household.journal.record([{**line, "host": target.place[0], "by": member_id.hex()}])
        for old in same:
            await self._forget(old)
        made = Subscription(device_id, member_id, target, household.clock.wall_us())
        before = self._by_device.get(device_id)
        self._by_device[device_id] = made
        try:
            await self._allow_hosts()
        except EgressError:
            self._by_device.pop(device_id)
            if before is not None:
                self._by_device[device_id] = before
            raise
        await household.sql(self._store.put_subscription, household.household_id, self._seal(made))
        return made

    def _seal(self, subscription: Subscription) -> StoredSubscription:
        target = subscription.target
        fields = {
            "endpoint": target.endpoint,
            "point": target.point.hex(),
            "auth": target.auth.hex(),
        }
        place = _TARGET_PLACE + subscription.device_id
        sealed = keys.wrap(notices_key(self._household), json.dumps(fields).encode(), place)
        return StoredSubscription(
            subscription.device_id, subscription.member_id, sealed, subscription.created_us
        )

    async def drop(self, device_id: bytes, *, by: str) -> bool:
        """Wake a device no more; whether it was woken before."""
        found = self._by_device.get(device_id)
        if found is None:
            return False
        line = {"type": "push_ended", "member": found.member_id.hex(), "device": device_id.hex()}
        await self._household.journal.record([{**line, "by": by}])
        await self._forget(device_id)
        await self._allow_hosts()
        return True

    async def forget(self, device_ids: list[bytes]) -> None:
        """These devices are gone, and the ledger knows."""
        for device_id in device_ids:
            await self._forget(device_id)
        await self._allow_hosts()

    async def _forget(self, device_id: bytes) -> None:
        household = self._household
        self._by_device.pop(device_id, None)
        await household.sql(self._store.remove_subscription, household.household_id, device_id)

    async def drop_host(self, host: str, port: int, *, by: str) -> None:
        """Reach this service no more: browsers that are woken through it are not."""
        for one in tuple(self._by_device.values()):
            if one.target.place == (host, port):
                await self.drop(one.device_id, by=by)
        await self._allow_hosts()

    async def change(self, settings: PushSettings, *, by: str) -> None:
        """What an owner decides; subscriptions at services that are not wanted any more end.

        Raises:
            keepsight.hub.egress.EgressError: too many hosts.
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        household = self._household
        hosts = [f"{host}:{port}" for host, port in settings.services.hosts]
        line = {"type": "push_services", "is_allowed": settings.is_allowed, "hosts": hosts}
        await household.journal.record([{**line, "by": by}])
        gone = set(self.settings.services.hosts) - set(settings.services.hosts)
        self.settings = settings
        self.pusher.services = settings.services
        await household.sql(
            household.store.write_settings,
            household.household_id,
            {SERVICES_SETTING: asdict(settings)},
        )
        for host, port in gone:
            await self.drop_host(host, port, by=by)
        await self._allow_hosts()

    async def _allow_hosts(self) -> None:
        places = {one.target.place for one in self._by_device.values()}
        await self._household.egress.allow_only(PURPOSE, places if self.settings.is_allowed else ())


def _read_settings(fields: dict[str, Any] | None) -> PushSettings:
    if not fields:
        return PushSettings()
    services = fields["services"]
    hosts = tuple((host, port) for host, port in services["hosts"])
    return PushSettings(fields["is_allowed"], PushHosts(**{**services, "hosts": hosts}))
