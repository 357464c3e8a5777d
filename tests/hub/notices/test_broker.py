"""A real mosquitto with TLS and a password: states stand, events come, the connection comes back.

A broker keeps what is retained, so most of this is about what still stands there afterwards.
"""

import asyncio
import contextlib
import gc
import json
from dataclasses import replace

import aiomqtt
import pytest

from keepsight.core.clock import SystemClock
from keepsight.core.secret import Secret
from keepsight.hub.egress import Egress
from keepsight.hub.event import Event
from keepsight.hub.notices import broker as module
from keepsight.hub.notices.broker import SAYINGS_MAX, Broker, BrokerError, BrokerServer, is_near
from keepsight.hub.notices.topics import Topics, Watched
from tests.broker_server import mosquitto, needs_mosquitto
from tests.silent_server import silent_server

# A connection that fails leaves its socket to the garbage collector: the library's, not ours.
pytestmark = [
    needs_mosquitto,
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
HOUSE = b"\x05" * 16
TOPICS = Topics(HOUSE)
HALL = Watched(b"h" * 16, "Hall", ("person", "dog"))
PERSON = TOPICS.state(HALL.camera_id, "person")


def visit(number=1, kind="person", **more):
    now = SystemClock().wall_us()
    return Event(bytes([number]) * 16, HALL.camera_id, kind, now, now, None, 0.9, now, **more)


async def egress_to(*places):
    async def keep(_contact):
        return None

    egress = Egress(SystemClock(), [], keep)
    await egress.allow_only("broker", places)
    return egress


class Talk:
    """A running client of the broker."""

    def __init__(self, broker):
        self.broker = broker
        self.cameras = [HALL]
        self.outcomes = []
        self.task = None

    async def stop(self):
        self.task.cancel()
        async with asyncio.timeout(20):
            await asyncio.gather(self.task, return_exceptions=True)


@contextlib.asynccontextmanager
async def talking(server, *, is_allowed=True):
    egress = await egress_to(*([(server.host, server.port)] if is_allowed else []))
    talk = Talk(None)
    talk.broker = Broker(HOUSE, egress, SystemClock(), lambda: talk.cameras)
    talk.broker.on_outcome = talk.outcomes.append
    talk.broker.use(server)
    talk.task = asyncio.ensure_future(talk.broker.run())
    try:
        yield talk
    finally:
        await talk.stop()


@pytest.fixture
async def house(tmp_path):
    async with mosquitto(tmp_path / "mosquitto") as running:
        yield running


@pytest.fixture(autouse=True)
def tidy():
    yield
    gc.collect()


@pytest.fixture(autouse=True)
def hurry(monkeypatch):
    monkeypatch.setattr(module, "RETRY_SECONDS_MIN", 0.1)
    monkeypatch.setattr(module, "REFRESH_SECONDS", 0.2)
    monkeypatch.setattr(module, "SEND_SECONDS", 3.0)


async def test_states_stand_and_an_event_comes_once_at_each_end(house):
    async with house.ear() as ear, talking(house.server) as talk:
        await ear.wait_for(lambda e: e.stands.get(PERSON) == b"OFF")
        first, second = visit(1), visit(2)
        talk.broker.say("start", first)
        await ear.wait_for(lambda e: e.stands.get(PERSON) == b"ON")
        talk.broker.say("start", second)
        talk.broker.say("end", replace(first, end_us=first.start_us + 9))
        await ear.wait_for(lambda e: b'"end"' in e.stands.get(TOPICS.event(HALL.camera_id), b""))
        assert ear.stands[PERSON] == b"ON", "the second is still there"
        assert talk.broker.is_on(second)
        talk.broker.say("end", second)
        await ear.wait_for(lambda e: e.stands[PERSON] == b"OFF")
        events = [json.loads(p) for topic, p, _ in ear.heard if topic.endswith("/event")]
        assert [(e["event"][:2], e["phase"]) for e in events] == [
            ("01", "start"),
            ("02", "start"),
            ("01", "end"),
            ("02", "end"),
        ]
        assert set(talk.outcomes) == {""}
    async with house.ear() as late:  # who comes later finds the states, and no old event
        await late.wait_for(lambda e: len(e.stands) == 3)
        assert late.stands[TOPICS.status] == b"offline"
        assert not any(topic.endswith("/event") for topic in late.stands)


async def test_when_the_process_vanishes_the_broker_says_so(house):
    async with house.ear() as ear, talking(house.server) as talk:
        await ear.wait_for(lambda e: e.stands.get(TOPICS.status) == b"online")
        # Without a farewell: the socket is gone at once, as after a power cut of the hub.
        client = (await _only_client(talk)).socket()
        client.shutdown(2)
        await ear.wait_for(lambda e: e.stands.get(TOPICS.status) == b"offline")
        await ear.wait_for(lambda e: e.stands.get(TOPICS.status) == b"online")


async def _only_client(talk):
    """The library's connection inside the running task."""
    import paho.mqtt.client as paho

    name = talk.broker._identifier.encode()
    (found,) = (
        one for one in gc.get_objects() if isinstance(one, paho.Client) and one._client_id == name
    )
    return found


async def test_what_happened_while_the_broker_was_away_is_told_afterwards(house):
    async with talking(house.server) as talk:
        async with house.ear() as ear:
            await ear.wait_for(lambda e: e.stands.get(TOPICS.status) == b"online")
        await house.stop()

        async def failed():
            while not talk.outcomes:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.02)

        await asyncio.wait_for(failed(), 20)
        talk.broker.say("start", visit(7))
        await house.start()
        async with house.ear() as ear:
            await ear.wait_for(lambda e: e.stands.get(PERSON) == b"ON")
        assert "broker_unreachable" in talk.outcomes

        async def said_all():  # the broker's receipt comes after what it passes on
            while talk.broker._sayings:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.02)

        await asyncio.wait_for(said_all(), 20)


async def test_discovery_comes_and_goes_with_the_switch_and_the_camera(house):
    finding = replace(house.server, has_discovery=True)
    async with house.ear() as ear, talking(finding) as talk:

        def found(e):
            return [p for topic, p in e.stands.items() if topic.startswith("homeassistant/") and p]

        await ear.wait_for(lambda e: len(found(e)) == 2)
        assert all(json.loads(p)["device"]["name"] == "Hall" for p in found(ear))
        talk.cameras = [replace(HALL, name="Porch")]
        await ear.wait_for(
            lambda e: all(json.loads(p)["device"]["name"] == "Porch" for p in found(e))
        )
        talk.broker.use(house.server)
        await ear.wait_for(lambda e: not found(e))
        await ear.wait_for(lambda e: e.stands.get(PERSON) == b"OFF")
        talk.cameras = []
        await ear.wait_for(lambda e: e.stands[PERSON] == b"")
        talk.broker.use(None)
        await ear.wait_for(lambda e: e.stands[TOPICS.status] == b"offline")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"password": Secret("wrong")}, "broker_password"),
        ({"user": ""}, "broker_password"),
        ({"authority_pem": ""}, "broker_tls"),
        ({"authority_pem": "nonsense"}, "bad_authority"),
        ({"port": 1}, "broker_not_allowed"),
        ({"security": "none"}, "broker_unreachable"),
    ],
)
async def test_the_test_button_says_what_is_wrong(house, change, code):
    egress = await egress_to((house.server.host, house.server.port))
    broker = Broker(HOUSE, egress, SystemClock(), list)
    with pytest.raises(BrokerError) as none:
        await broker.test()
    assert none.value.code == "no_broker"
    broker.use(house.server)
    async with house.ear() as ear:
        await broker.test()
        await ear.wait_for(lambda e: TOPICS.trial in e.stands)
    broker.use(replace(house.server, **change))
    with pytest.raises(BrokerError) as error:
        await broker.test()
    assert error.value.code == code


async def test_a_stop_while_the_broker_keeps_silent_ends_at_once(monkeypatch):
    monkeypatch.setattr(module, "SEND_SECONDS", 600.0)
    async with silent_server() as silence:
        server = BrokerServer("127.0.0.1", silence.port, "none", "", Secret(""))
        async with talking(server) as talk, asyncio.timeout(20):
            await silence.reached.wait()
            await talk.stop()
            assert talk.task.cancelled()


@pytest.mark.parametrize("ticks", range(4))
async def test_being_stopped_at_the_moment_of_an_answer_is_being_stopped(house, monkeypatch, ticks):
    """What Python 3.11's `wait_for` gets wrong: the answer is there, and its reader is to end."""
    heard, talks, answers = aiomqtt.Client._on_publish, [], []

    async def cancel_soon():
        for _ in range(ticks):
            await asyncio.sleep(0)
        talks[0].task.cancel()

    def hear(self, *what):
        heard(self, *what)
        if talks and not answers:
            answers.append(asyncio.ensure_future(cancel_soon()))

    monkeypatch.setattr(aiomqtt.Client, "_on_publish", hear)
    async with talking(house.server) as talk:
        talks.append(talk)
        talk.broker.say("start", visit())
        async with asyncio.timeout(20):
            await asyncio.gather(talk.task, return_exceptions=True)
        assert talk.task.cancelled()


async def test_in_clear_within_the_home(tmp_path):
    async with (
        mosquitto(tmp_path / "plain", security="none") as plain,
        plain.ear() as ear,
        talking(plain.server) as talk,
    ):
        talk.broker.say("start", visit())
        await ear.wait_for(lambda e: e.stands.get(PERSON) == b"ON")


async def test_what_waits_is_bounded_and_old_news_is_dropped(house):
    egress = await egress_to()
    broker = Broker(HOUSE, egress, SystemClock(), list)
    broker.say("start", visit())
    assert not broker._sayings, "nobody listens"
    broker.use(house.server)
    for number in range(SAYINGS_MAX + 5):
        broker.say("start", visit(number % 200))
    assert len(broker._sayings) == SAYINGS_MAX


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True), ("192.168.1.4", True), ("10.0.0.1", True), ("fe80::1", True),
        ("[::1]", True), ("localhost", True), ("broker", True), ("broker.local", True),
        ("ha.home.arpa", True), ("8.8.8.8", False), ("broker.example.org", False),
        ("local.example", False),
    ],
)  # fmt: skip
def test_in_clear_is_for_the_home_alone(host, expected):
    assert is_near(host) is expected
