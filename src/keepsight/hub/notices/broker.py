"""The household's own MQTT broker (MQTT 3.1.1): a connection that comes back, and what it says."""

import asyncio
import contextlib
import ipaddress
import logging
import math
import ssl
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final, Literal

import aiomqtt

from keepsight.core.clock import Clock
from keepsight.core.secret import Secret
from keepsight.hub.egress import Egress, EgressError
from keepsight.hub.ending import heed_ending
from keepsight.hub.event import Event
from keepsight.hub.notices.decision import NEWS_US
from keepsight.hub.notices.topics import OFFLINE, ONLINE, Message, Topics, Watched

log = logging.getLogger(__name__)
PURPOSE: Final = "broker"
SAYINGS_MAX: Final = 256
"""Events that wait for the broker; beyond that the oldest go."""
SEND_SECONDS: Final = 10.0
FAREWELL_SECONDS: Final = 2.0
RETRY_SECONDS_MIN: Final = 1.0
RETRY_SECONDS_MAX: Final = 60.0
REFRESH_SECONDS: Final = 30.0
"""How late the broker learns of another name, a new camera or one that is gone."""
KEEPALIVE_SECONDS: Final = 30
"""After one and a half of it without a word the broker says that the hub is gone."""
NEAR_DOMAINS: Final = (".local", ".lan", ".home.arpa", ".internal")
_WRONG_PASSWORD: Final = (4, 5, 134, 135)
"""Of MQTT 3.1.1, section 3.2.2.3, and 5.0, section 3.2.2.2: not authorised."""
Security = Literal["tls", "none"]


class BrokerError(Exception):
    """The broker was not told. `code` has a sentence in the UI's catalogue."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class BrokerServer:
    """The user's broker and how to sign in there."""

    host: str
    port: int
    security: Security
    """none: in clear, for a broker in the same home only (`is_near`)."""
    user: str
    """Empty: the broker asks for none."""
    password: Secret
    authority_pem: str = ""
    """Certificate of an own authority; empty: the system's."""
    has_discovery: bool = False
    """Home automation may find the cameras by their names."""


def is_near(host: str) -> bool:
    """Whether a host is of this home, as far as its name tells."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return "." not in host or host.lower().endswith(NEAR_DOMAINS)
    return address.is_private or address.is_loopback or address.is_link_local


def _trust(server: BrokerServer) -> ssl.SSLContext | None:
    if server.security == "none":
        return None
    try:
        context = ssl.create_default_context(cadata=server.authority_pem or None)
    except ssl.SSLError as error:
        raise BrokerError("bad_authority", "this is no certificate in PEM form") from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _why(error: aiomqtt.MqttError | TimeoutError) -> BrokerError:
    """What went wrong in one of our codes."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return BrokerError("broker_tls", f"the broker's certificate is not trusted: {cause}")
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, aiomqtt.MqttCodeError):
        number = getattr(error.rc, "value", error.rc)
        if number in _WRONG_PASSWORD:
            return BrokerError("broker_password", "the broker does not accept user and password")
        return BrokerError("broker_refused", f"the broker ended the connection: {error}")
    return BrokerError("broker_unreachable", "the broker does not answer at this address")


@dataclass(frozen=True, slots=True)
class _Saying:
    """An event that the broker has to hear of."""

    phase: str
    event: Event
    at_us: int
    """Wall time."""


class Broker:
    """One connection. Lives in the event loop's thread."""

    def __init__(
        self,
        household_id: bytes,
        egress: Egress,
        clock: Clock,
        cameras: Callable[[], list[Watched]],
    ) -> None:
        self._topics = Topics(household_id)
        self._identifier = f"keepsight-{household_id.hex()[:12]}"
        self._egress = egress
        self._clock = clock
        self._cameras = cameras
        self._sayings: deque[_Saying] = deque(maxlen=SAYINGS_MAX)
        self._open: dict[tuple[bytes, str], set[bytes]] = {}
        """Events that go on, by camera and kind."""
        self._retained: dict[str, bytes] = {}
        """What stands at the broker now, as far as this process has put it there."""
        self._stir = asyncio.Event()
        self._is_changed = False
        self.server: BrokerServer | None = None
        self.is_connected = False
        self.on_outcome: Callable[[str], None] = lambda _code: None
        """Told after each message and each failure; empty: it went well."""

    def use(self, server: BrokerServer | None) -> None:
        """Talk to this broker from now on; None: to none."""
        self.server = server
        self._is_changed = True
        self._stir.set()

    def say(self, phase: str, event: Event) -> None:
        """Tell the broker of an event, as soon as it listens. Never blocks."""
        key = (event.camera_id, event.kind)
        if phase == "start":
            self._open.setdefault(key, set()).add(event.event_id)
        else:
            self._open.get(key, set()).discard(event.event_id)
            if not self._open.get(key):
                self._open.pop(key, None)
        if self.server is not None:
            self._sayings.append(_Saying(phase, event, self._clock.wall_us()))
            self._stir.set()

    def is_on(self, event: Event) -> bool:
        """Whether the broker believes that this event goes on."""
        return event.event_id in self._open.get((event.camera_id, event.kind), ())

    # Running

    async def run(self) -> None:
        """Keep a connection while there is a broker, until cancelled."""
        wait_seconds = RETRY_SECONDS_MIN
        while True:
            heed_ending()
            self._is_changed = False
            server = self.server
            if server is None:
                self._sayings.clear()
                self._stir.clear()
                await self._stir.wait()
                continue
            try:
                await self._serve(server)
                wait_seconds = RETRY_SECONDS_MIN
            except BrokerError as error:
                log.warning("the broker was not told: %s", error)
                self.on_outcome(error.code)
                if self.is_connected:
                    wait_seconds = RETRY_SECONDS_MIN
                self.is_connected = False
                await self._pause(wait_seconds)
                wait_seconds = min(2 * wait_seconds, RETRY_SECONDS_MAX)

    async def _pause(self, seconds: float) -> None:
        """Wait, or until there are other settings."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not self._is_changed:
                    self._stir.clear()
                    await self._stir.wait()

    async def _client(self, server: BrokerServer, suffix: str = "") -> aiomqtt.Client:
        context = await asyncio.to_thread(_trust, server)
        try:
            await self._egress.reach(PURPOSE, server.host, server.port)
        except EgressError as error:
            raise BrokerError("broker_not_allowed", str(error)) from error
        will = aiomqtt.Will(self._topics.status, OFFLINE, qos=1, retain=True)
        return aiomqtt.Client(
            server.host,
            server.port,
            username=server.user or None,
            password=server.password.reveal() if server.user else None,
            identifier=self._identifier + suffix,
            will=None if suffix else will,
            keepalive=KEEPALIVE_SECONDS,
            timeout=math.inf,  # else it waits by `wait_for`, which loses cancellations (hub/ending)
            tls_context=context,
            max_queued_incoming_messages=1,
        )

    async def _serve(self, server: BrokerServer) -> None:
        """One connection, until it breaks or the settings change.

        Raises:
            BrokerError: it broke, or there was none.
        """
        client = await self._client(server)
        try:
            async with _connected(client):
                self._retained.clear()
                await self._publish(client, Message(self._topics.status, ONLINE, is_retained=True))
                self.is_connected = True
                try:
                    await self._talk(client, server)
                finally:
                    await self._leave(client)
                self.is_connected = False
        except (aiomqtt.MqttError, TimeoutError) as error:
            raise _why(error) from error

    async def _talk(self, client: aiomqtt.Client, server: BrokerServer) -> None:
        """Say what there is to say until the settings change.

        Raises:
            aiomqtt.MqttError: the connection broke.
            TimeoutError: the broker takes nothing any more.
        """
        listening = asyncio.ensure_future(_until_broken(client))
        try:
            while not self._is_changed:
                self._stir.clear()
                await self._refresh(client, server)
                while self._sayings and not self._is_changed:
                    await self._say_next(client)
                stirred = asyncio.ensure_future(self._stir.wait())
                done, _ = await asyncio.wait(
                    (listening, stirred),
                    timeout=REFRESH_SECONDS,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                stirred.cancel()
                if listening in done:
                    listening.result()
        finally:
            listening.cancel()

    async def _refresh(self, client: aiomqtt.Client, server: BrokerServer) -> None:
        """Have stand at the broker what should, and nothing else of ours."""
        wanted = self._topics.standing(
            self._cameras(), self._open, has_discovery=server.has_discovery
        )
        for message in wanted:
            if self._retained.get(message.topic) != message.payload:
                await self._publish(client, message)
        for topic in self._retained.keys() - {message.topic for message in wanted}:
            if topic != self._topics.status:
                await self._publish(client, Message(topic, b"", is_retained=True))

    async def _say_next(self, client: aiomqtt.Client) -> None:
        saying = self._sayings[0]
        if self._clock.wall_us() - saying.at_us <= NEWS_US:
            event = saying.event
            is_on = (event.camera_id, event.kind) in self._open
            state = self._topics.state_message(event.camera_id, event.kind, is_on=is_on)
            await self._publish(client, self._topics.event_message(saying.phase, event))
            await self._publish(client, state)
            self.on_outcome("")
        if self._sayings and self._sayings[0] is saying:  # else it went while we waited
            self._sayings.popleft()

    async def _publish(self, client: aiomqtt.Client, message: Message) -> None:
        async with asyncio.timeout(SEND_SECONDS):
            await client.publish(message.topic, message.payload, qos=1, retain=message.is_retained)
        if message.is_retained and message.payload:
            self._retained[message.topic] = message.payload
        elif message.is_retained:
            self._retained.pop(message.topic, None)

    async def _leave(self, client: aiomqtt.Client) -> None:
        """Say goodbye: who leaves in order leaves no last will."""
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                if self._is_changed:  # other settings: nothing of ours may stay at this broker
                    for topic in tuple(self._retained):
                        if topic != self._topics.status:
                            await self._publish(client, Message(topic, b"", is_retained=True))
                await self._publish(client, Message(self._topics.status, OFFLINE, is_retained=True))

    # Trying

    async def test(self) -> None:
        """Say something to the broker now, over a connection of its own.

        Raises:
            BrokerError: no_broker, or why it did not take it.
        """
        if self.server is None:
            raise BrokerError("no_broker", "no broker is set up")
        client = await self._client(self.server, "-test")
        try:
            async with _connected(client):
                await self._publish(client, Message(self._topics.trial, b"test"))
        except (aiomqtt.MqttError, TimeoutError) as error:
            raise _why(error) from error


@contextlib.asynccontextmanager
async def _connected(client: aiomqtt.Client) -> AsyncIterator[None]:
    """A connection, closed at the end.

    Raises:
        aiomqtt.MqttError: the broker did not let us in.
        TimeoutError: it did not answer.
    """
    async with asyncio.timeout(SEND_SECONDS):
        await client.__aenter__()
    try:
        yield
    finally:
        # Whatever goes wrong here must not hide why it ended, least of all a cancellation.
        with contextlib.suppress(aiomqtt.MqttError, TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await client.__aexit__(None, None, None)


async def _until_broken(client: aiomqtt.Client) -> None:
    async for _message in client.messages:
        pass  # nothing is subscribed to
