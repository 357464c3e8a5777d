"""Hands notices over: a bounded queue, several hands, another try where it helps, how it went.

A slow or broken service costs a hand for a few seconds and never the recording, and what one member
is waiting for does not hold up another.
"""

import asyncio
import base64
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from keepsight.hub.egress import EgressError
from keepsight.hub.mail import MailError
from keepsight.hub.notices.letters import notice_letter, trial_letter
from keepsight.hub.notices.outcome import HOUSEHOLD, Outcome
from keepsight.hub.notices.push import PushError
from keepsight.hub.notices.rule import Channel
from keepsight.hub.notices.subscriptions import Subscriptions
from keepsight.hub.store.notices import NoticeStore
from keepsight.seal import keys

if TYPE_CHECKING:
    from keepsight.hub.household import Household
    from keepsight.hub.member import Member

log = logging.getLogger(__name__)
QUEUE_MAX: Final = 256
"""Notices that wait for a hand, and as many that wait for another try; more are dropped."""
HANDS: Final = 8
TRIES_MAX: Final = 3
OUTCOMES_MAX: Final = 1000
_TOPIC_CHARACTERS: Final = 32
"""RFC 8030, section 5.4."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One notice to one place."""

    channel: Channel
    member_id: bytes
    device_id: bytes = HOUSEHOLD
    """For push."""
    camera_id: bytes | None = None
    event_id: bytes | None = None
    """None: that there is more."""
    origin: str = ""
    """For mail: where its reader opens Keepsight."""
    tries: int = 0


class DeliveryError(Exception):
    """What was not handed over, with a code of the UI's catalogue."""

    def __init__(self, code: str, message: str, retry_seconds: float | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.retry_seconds = retry_seconds


class Delivery:
    """Sends what was decided. Lives in the event loop's thread."""

    def __init__(
        self,
        household: "Household",
        store: NoticeStore,
        subscriptions: Subscriptions,
        may_still: Callable[[Errand], bool],
    ) -> None:
        self._household = household
        self._store = store
        self._subscriptions = subscriptions
        self._may_still = may_still
        """Asked again just before each try: rights and wishes may have changed meanwhile."""
        self._queue: asyncio.Queue[Errand] = asyncio.Queue(QUEUE_MAX)
        self._waiting: set[asyncio.TimerHandle] = set()
        self._outcomes: dict[tuple[bytes, str, bytes], Outcome] = {}

    async def load(self) -> None:
        """Read how it went."""
        household = self._household
        for one in await household.sql(self._store.list_outcomes, household.household_id):
            self._outcomes[one.member_id, one.channel, one.place] = one

    # Outcomes

    def outcome(self, member_id: bytes, channel: Channel, place: bytes = HOUSEHOLD) -> Outcome:
        """How it went the last time."""
        found = self._outcomes.get((member_id, channel, place))
        return found or Outcome(member_id, channel, place)

    async def note(
        self, member_id: bytes, channel: Channel, place: bytes = HOUSEHOLD, code: str = ""
    ) -> None:
        """Remember how it went; no code: well."""
        before, now_us = self.outcome(member_id, channel, place), self._household.clock.wall_us()
        if code:
            now = replace(before, error=code, error_us=now_us)
        else:
            now = replace(before, sent_us=now_us, error="", error_us=None)
        key = (member_id, channel, place)
        if key in self._outcomes or len(self._outcomes) < OUTCOMES_MAX:
            self._outcomes[key] = now
            household = self._household
            await household.sql(self._store.put_outcome, household.household_id, now)

    def forget(self, member_id: bytes | None = None, place: bytes | None = None) -> None:
        """A member or a device is gone; the store has forgotten already."""
        self._outcomes = {
            key: one
            for key, one in self._outcomes.items()
            if one.member_id != member_id and (place is None or one.place != place)
        }

    # Sending

    def hand_over(self, errand: Errand) -> None:
        """Send this when there is a hand free. Never blocks."""
        try:
            self._queue.put_nowait(errand)
        except asyncio.QueueFull:
            log.warning("too many notices are waiting; one was dropped")

    def _again(self, errand: Errand, seconds: float) -> None:
        if errand.tries + 1 >= TRIES_MAX or len(self._waiting) >= QUEUE_MAX:
            return

        def back() -> None:
            self._waiting.discard(handle)
            self.hand_over(replace(errand, tries=errand.tries + 1))

        handle = asyncio.get_running_loop().call_later(seconds, back)
        self._waiting.add(handle)

    def close(self) -> None:
        """Try nothing again."""
        for handle in self._waiting:
            handle.cancel()
        self._waiting.clear()

    async def work(self) -> None:
        """One hand: send what waits, until cancelled. HANDS of them run."""
        while True:
            errand = await self._queue.get()
            try:
                await self._carry_out(errand)
            except Exception:  # a notice that fails must not end the household's process
                log.exception("a notice was not sent")

    async def _carry_out(self, errand: Errand) -> None:
        member = self._household.people.members.get(errand.member_id)
        if member is None or not self._may_still(errand):
            return
        try:
            if errand.channel == "push":
                await self._push(errand)
            else:
                await self._mail(errand, member)
        except DeliveryError as error:
            log.warning("a notice was not sent by %s: %s", errand.channel, error)
            await self.note(errand.member_id, errand.channel, errand.device_id, error.code)
            if error.retry_seconds is not None:
                self._again(errand, error.retry_seconds)
        else:
            await self.note(errand.member_id, errand.channel, errand.device_id)

    async def _push(self, errand: Errand) -> None:
        message: dict[str, object] = {"v": 1}
        if errand.event_id is not None:
            message["event"] = errand.event_id.hex()
        else:
            message["more"] = True
        await self.push(errand.device_id, message, errand.camera_id or b"more")

    async def push(self, device_id: bytes, message: dict[str, object], about: bytes) -> None:
        """Wake one browser now.

        Args:
            device_id: it has to be subscribed.
            message: what its service worker is told; short.
            about: an undelivered message about the same is replaced by this one.

        Raises:
            DeliveryError: no_subscription, or a code of PushError; a subscription that its browser
                has ended is forgotten.
        """
        household, subscription = self._household, self._subscriptions.find(device_id)
        if subscription is None:
            raise DeliveryError("no_subscription", "this browser is not woken")
        topic = keys.expand(household.keyring.root, b"push topic 1", device_id, about)
        text = base64.urlsafe_b64encode(topic).decode()[:_TOPIC_CHARACTERS]
        try:
            await self._subscriptions.pusher.send(
                subscription.target, json.dumps(message).encode(), text, household.clock.wall_us()
            )
        except PushError as error:
            if error.code == "push_gone" and self._subscriptions.find(device_id) is subscription:
                await self._subscriptions.drop(device_id, by=subscription.member_id.hex())
            raise DeliveryError(error.code, str(error), error.retry_seconds) from error

    async def _mail(self, errand: Errand, member: "Member") -> None:
        language = self._household.settings.language
        letter = notice_letter(member.email, language, errand.origin, errand.event_id)
        try:
            await self._household.outbox.send(letter)
        except MailError as error:
            is_passing = error.code == "mail_unreachable"
            raise DeliveryError(error.code, str(error), 30 if is_passing else None) from error
        except EgressError as error:
            raise DeliveryError("mail_not_allowed", str(error)) from error

    async def test_mail(self, member: "Member") -> None:
        """Send a test mail now.

        Raises:
            DeliveryError: no_email, or why it was not sent.
        """
        if not member.email:
            raise DeliveryError("no_email", "no mail address is known")
        try:
            await self._household.outbox.send(
                trial_letter(member.email, self._household.settings.language)
            )
        except MailError as error:
            raise DeliveryError(error.code, str(error)) from error
        except EgressError as error:
            raise DeliveryError("mail_not_allowed", str(error)) from error
