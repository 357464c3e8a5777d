"""Who is told that something was noticed: members by push and mail, the household by its broker.

Read this first. An event comes in (`on_event`), rights and each member's rule decide, and what is
to be said goes to `delivery.py` (push and mail) and `broker.py`. Nothing here carries a picture.
"""

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from keepsight.hub.authority import decide, local_time
from keepsight.hub.event import Event
from keepsight.hub.grant import Capability
from keepsight.hub.keyrelease import Viewer
from keepsight.hub.member import Device, Member, Role
from keepsight.hub.notices.broker import Broker, BrokerError, BrokerServer
from keepsight.hub.notices.brokersettings import load_broker, store_broker
from keepsight.hub.notices.decision import Moment, Told, Verdict, after, judge
from keepsight.hub.notices.delivery import HANDS, Delivery, DeliveryError, Errand
from keepsight.hub.notices.outcome import HOUSEHOLD
from keepsight.hub.notices.rule import CONSENTS, Channel, NoticeRule, read_rule
from keepsight.hub.notices.subscriptions import Subscriptions
from keepsight.hub.notices.topics import Watched
from keepsight.hub.rights import LOCAL
from keepsight.hub.store.notices import NoticeStore
from keepsight.hub.suspension import Attempt

if TYPE_CHECKING:
    from keepsight.hub.household import Household

log = logging.getLogger(__name__)
INTEGRATION: Final = "mqtt"
"""What the broker is called where integrations are switched off."""
SESSIONS_SECONDS: Final = 60.0
"""How late a device learns that its sign-in has run out."""
TESTS_MAX: Final = 10
"""Of one member in a minute: a button must not become a way to flood anybody."""
TESTS_US: Final = 60 * 1_000_000
NO_DEVICE: Final = Device(LOCAL, LOCAL, "", b"", 0, 0)
"""Mail goes to a person, not to a device."""


class Notices:
    """Everybody's rules and what follows from them. Lives in the event loop's thread."""

    def __init__(self, household: "Household", store: NoticeStore) -> None:
        self._household = household
        self._store = store
        self._rules: dict[bytes, NoticeRule] = {}
        self._told: dict[bytes, Told] = {}
        self._tested: dict[bytes, tuple[int, ...]] = {}
        """Monotonic times of a member's latest tests."""
        self._codes: asyncio.Queue[str] = asyncio.Queue(16)
        """How it went with the broker, on its way to the store."""
        self._running: list[asyncio.Task[None]] = []
        self.subscriptions = Subscriptions(household, store)
        self.delivery = Delivery(household, store, self.subscriptions, self._may_still)
        self.broker: Broker

    async def load(self) -> None:
        """Read everything."""
        household = self._household
        stored = await household.sql(self._store.list_rules, household.household_id)
        for member_id, fields in stored.items():
            try:
                self._rules[member_id] = read_rule(fields)
            except (KeyError, TypeError, ValueError) as error:
                log.warning("a rule for notices cannot be read; it is as at first: %s", error)
        await self.subscriptions.load()
        await self.delivery.load()
        self.broker = Broker(
            household.household_id, household.egress, household.clock, self._watched
        )
        self.broker.on_outcome = self._on_broker_outcome
        self.broker.use(await load_broker(household))

    # Running

    def start(self, tasks: asyncio.TaskGroup) -> None:
        """Begin to tell."""
        works = (
            self.broker.run(),
            self._note_broker(),
            self._mind_sessions(),
            *(self.delivery.work() for _ in range(HANDS)),
        )
        self._running = [tasks.create_task(work, name="notices") for work in works]

    async def stop(self) -> None:
        """Say goodbye to the broker, and send nothing more."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self.delivery.close()
        await self.subscriptions.pusher.close()

    def _on_broker_outcome(self, code: str) -> None:
        with suppress(asyncio.QueueFull):
            self._codes.put_nowait(code)

    async def _note_broker(self) -> None:
        while True:
            await self.delivery.note(HOUSEHOLD, "broker", code=await self._codes.get())

    async def _mind_sessions(self) -> None:
        """Say once on a device that its sign-in has run out: silence would read as "nothing"."""
        awake: set[bytes] = set()
        while True:
            signed_in = {one for one in self.subscriptions.devices() if self._is_signed_in(one)}
            for device_id in awake - signed_in:
                if self._household.people.has_session(device_id):
                    await self._say_goodbye(device_id)
            awake = signed_in
            await asyncio.sleep(SESSIONS_SECONDS)

    def _is_signed_in(self, device_id: bytes) -> bool:
        return self._household.people.is_signed_in(device_id)

    async def _say_goodbye(self, device_id: bytes) -> None:
        if not self.subscriptions.settings.is_allowed:
            return
        try:
            await self.delivery.push(device_id, {"v": 1, "signed_out": True}, b"signed out")
        except DeliveryError as error:
            log.warning("a device was not told that its sign-in has run out: %s", error)

    # Deciding

    def on_event(self, phase: str, event: Event) -> None:
        """Something about an event is new. Never blocks, never raises.

        Args:
            phase: only `start` and `end` are told; all else about an event is for who looks.
            event: as it is now.
        """
        if phase == "end":
            if self.broker.is_on(event):
                self.broker.say(phase, event)
            return
        running = self._household.roster.find(event.camera_id)
        if phase != "start" or running is None or running.camera.is_trial:
            return
        if self._may_broker(event):
            self.broker.say(phase, event)
        for errand in self._plan(event):
            self.delivery.hand_over(errand)

    def _plan(self, event: Event) -> list[Errand]:
        now_us = self._household.clock.wall_us()
        now = Moment(now_us, self._household.clock.monotonic_us(), local_time(now_us))
        planned = []
        for member in tuple(self._household.people.members.values()):
            places = self._places(member, event.camera_id)
            if not places:
                continue
            mine = member.member_id
            rule, told = self.rule(mine), self._told.get(mine, Told())
            verdict = judge(rule, told, event, now)
            self._told[mine] = after(told, verdict, event.camera_id, now)
            if verdict not in (Verdict.TELL, Verdict.SUM_UP):
                continue
            event_id = event.event_id if verdict is Verdict.TELL else None
            planned += [
                Errand(channel, mine, device_id, event.camera_id, event_id, rule.origin)
                for channel, device_id in places
            ]
        return planned

    def _places(self, member: Member, camera_id: bytes) -> list[tuple[Channel, bytes]]:
        """Where a member may be told of this camera now, and by which channel."""
        found: list[tuple[Channel, bytes]] = [
            ("push", one.device_id)
            for one in self.subscriptions.of(member.member_id)
            if self._may(member, "push", one.device_id, camera_id)
        ]
        if self._may(member, "mail", HOUSEHOLD, camera_id):
            found.append(("mail", HOUSEHOLD))
        return found

    def _may(self, member: Member, channel: Channel, device_id: bytes, camera_id: bytes) -> bool:
        household = self._household
        if not household.consents.is_given(member.member_id, CONSENTS[channel]):
            return False
        device = NO_DEVICE
        if channel == "push":
            found = household.people.devices.get(device_id)
            if found is None or not self._is_woken(found):
                return False
            device = found
        elif household.outbox.server is None or not member.email:
            return False
        viewer = Viewer(member, device)
        return household.rights.decide(viewer, camera_id, Capability.EVENTS).is_allowed

    def _is_woken(self, device: Device) -> bool:
        """Whether somebody is signed in there, and the device is still theirs."""
        subscription = self.subscriptions.find(device.device_id)
        return (
            self.subscriptions.settings.is_allowed
            and subscription is not None
            and subscription.member_id == device.member_id
            and self._is_signed_in(device.device_id)
        )

    def _may_still(self, errand: Errand) -> bool:
        member = self._household.people.members.get(errand.member_id)
        if member is None or errand.camera_id is None:
            return False
        return self._may(member, errand.channel, errand.device_id, errand.camera_id)

    def _may_broker(self, event: Event) -> bool:
        """The broker is the household's: nothing stands in its way but a suspension."""
        running = self._household.roster.find(event.camera_id)
        attempt = Attempt(
            camera_id=event.camera_id,
            vendor=running.camera.vendor if running else "",
            model=running.camera.model if running else "",
            capability=Capability.EVENTS,
            member_id=LOCAL,
            device_id=LOCAL,
            integration=INTEGRATION,
            path="",
        )
        suspended = self._household.rights.suspended()
        now_us = self._household.clock.wall_us()
        return decide(Role.OWNER, attempt, (), suspended, now_us).is_allowed

    def _watched(self) -> list[Watched]:
        return [
            Watched(camera.camera_id, camera.name, (*watching.kinds, *watching.sounds))
            for camera in (running.camera for running in self._household.roster.running())
            if not camera.is_trial and (watching := camera.watching).is_on
        ]

    # Wishes

    def rule(self, member_id: bytes) -> NoticeRule:
        """A member's rule, or the one of the beginning."""
        return self._rules.get(member_id, NoticeRule())

    async def set_rule(self, member_id: bytes, rule: NoticeRule, *, by: str) -> None:
        """Replace a member's rule.

        Raises:
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        household = self._household
        line = {"type": "notices_changed", "member": member_id.hex(), "by": by}
        await household.journal.record([line])
        await household.sql(
            self._store.put_rule, household.household_id, member_id, rule.as_fields()
        )
        self._rules[member_id] = rule

    async def set_broker(self, server: BrokerServer | None, *, by: str) -> None:
        """Talk to this broker and no other from now on; None: to none.

        Raises:
            keepsight.hub.egress.EgressError: too many hosts.
            keepsight.seal.ledger.LedgerError: the ledger refused; nothing has changed.
        """
        await store_broker(self._household, server, by=by)
        self.broker.use(server)

    # Trying

    async def test(self, channel: Channel, member: Member | None, device_id: bytes | None) -> None:
        """Send something now, and remember how it went.

        Args:
            channel: by which way.
            member: whose; None for the broker.
            device_id: for push.

        Raises:
            DeliveryError: too_many_tests, or why it did not arrive.
        """
        member_id = member.member_id if member else HOUSEHOLD
        place = device_id if channel == "push" and device_id else HOUSEHOLD
        self._count_test(member_id)
        try:
            if channel == "broker":
                await self.broker.test()
            elif channel == "push":
                await self.delivery.push(place, {"v": 1, "test": True}, b"test")
            elif member is not None:
                await self.delivery.test_mail(member)
        except BrokerError as error:
            await self.delivery.note(member_id, channel, place, error.code)
            raise DeliveryError(error.code, str(error)) from error
        except DeliveryError as error:
            await self.delivery.note(member_id, channel, place, error.code)
            raise
        await self.delivery.note(member_id, channel, place)

    def _count_test(self, member_id: bytes) -> None:
        now_us = self._household.clock.monotonic_us()
        recent = tuple(at for at in self._tested.get(member_id, ()) if now_us - at < TESTS_US)
        if len(recent) >= TESTS_MAX:
            seconds = (TESTS_US - (now_us - recent[0])) / 1_000_000
            raise DeliveryError("too_many_tests", "wait a minute before the next test", seconds)
        self._tested[member_id] = (*recent, now_us)

    # Endings

    async def forget_device(self, device_id: bytes) -> None:
        """The device is gone."""
        if self.subscriptions.find(device_id) is not None:
            await self.subscriptions.forget([device_id])
        self.delivery.forget(place=device_id)

    async def forget_member(self, member_id: bytes) -> None:
        """The member is gone."""
        household = self._household
        devices = [one.device_id for one in self.subscriptions.of(member_id)]
        await self.subscriptions.forget(devices)
        await household.sql(self._store.forget_member, household.household_id, member_id)
        self._rules.pop(member_id, None)
        self._told.pop(member_id, None)
        self._tested.pop(member_id, None)
        self.delivery.forget(member_id=member_id)

    def stored(self, member_id: bytes) -> list[dict[str, Any]]:
        """What is kept about a member, for their own eyes."""
        found: list[dict[str, Any]] = []
        if member_id in self._rules:
            found.append({"rule": self._rules[member_id].as_fields()})
        for one in self.subscriptions.of(member_id):
            device = self._household.people.devices.get(one.device_id)
            found.append(
                {
                    "name": device.name if device else "",
                    "device": one.device_id.hex(),
                    "endpoint": one.target.endpoint,
                    "created_us": one.created_us,
                }
            )
        return found
