"""Notices over a real hub: whose wishes, whose browser, and tests that say what is really wrong."""

import pytest

from tests.broker_server import PASSWORD as BROKER_PASSWORD
from tests.broker_server import mosquitto, needs_mosquitto
from tests.mail_server import mail_server
from tests.push_service import push_service

pytestmark = [
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]
FCM = "https://fcm.googleapis.com/fcm/send/abc"


@pytest.fixture
async def service(tmp_path):
    async with push_service(tmp_path / "push") as running:
        yield running


async def allow(ann, service=None, *, allowed=True):
    body = {"allowed": allowed, **(service.services if service else {})}
    answer = await ann.ask("PUT", "/api/notices/services", body)
    assert answer.status == 200, answer.body
    return answer.json()


async def test_at_first_nobody_is_told_and_nobody_reached(home):
    async with home.browser() as ann:
        shown = await ann.get("/api/notices")
        assert shown["rule"] == {
            "cameras": None, "kinds": None, "quiet": [], "gap_seconds": 60, "hourly_max": 20,
        }  # fmt: skip
        assert not shown["push"]["on"]
        assert not shown["push"]["allowed"]
        assert not shown["mail"]["on"]
        assert shown["broker"]["server"] is None
        assert "person" in shown["kinds"]
        assert await ann.get("/api/egress") == []
        again = await ann.get("/api/notices")
        assert again["push"]["server_key"] == shown["push"]["server_key"]


async def test_what_is_left_out_of_a_change_stays(home):
    async with home.browser() as ann, home.member("Ben", "guest") as ben:
        night = {"weekdays": [0, 6], "start_minute": 1320, "end_minute": 420}
        camera = "ab" * 16
        body = {"cameras": [camera], "kinds": ["dog"], "quiet": [night], "mail": True}
        assert (await ann.ask("PATCH", "/api/notices", body)).status == 200
        shown = (await ann.ask("PATCH", "/api/notices", {"gap_seconds": 5})).json()
        assert shown["rule"] == {
            "cameras": [camera], "kinds": ["dog"], "quiet": [night], "gap_seconds": 5,
            "hourly_max": 20,
        }  # fmt: skip
        assert shown["mail"]["on"]
        everything = {"cameras": "all", "kinds": "all", "quiet": [], "mail": False}
        shown = (await ann.ask("PATCH", "/api/notices", everything)).json()
        assert (shown["rule"]["cameras"], shown["rule"]["kinds"]) == (None, None)
        assert not shown["mail"]["on"]
        other = await ben.get("/api/notices")
        assert other["rule"]["gap_seconds"] == 60
        assert (other["broker"], other["services"]) == (None, None)


@pytest.mark.parametrize(
    "change",
    [
        {"gap_seconds": -1},
        {"gap_seconds": 86401},
        {"hourly_max": 0},
        {"hourly_max": 61},
        {"cameras": ["x"]},
        {"cameras": ["ab" * 16] * 257},
        {"kinds": [""]},
        {"kinds": ["x" * 41]},
        {"quiet": [{"weekdays": [], "start_minute": 0, "end_minute": 5}]},
        {"quiet": [{"weekdays": [7], "start_minute": 0, "end_minute": 5}]},
        {"quiet": [{"weekdays": [0], "start_minute": 0, "end_minute": 1441}]},
        {"origin": "https://evil.example"},
    ],
)
async def test_nonsense_is_refused_with_its_field(home, change):
    answer = await home.control.ask("PATCH", "/api/notices", change)
    assert answer.status == 422
    assert answer.json()["fields"]["where"].startswith(next(iter(change)))


async def test_only_an_owner_opens_the_way_to_push_services(home, service):
    async with home.browser() as ann, home.member("Ben", "guest") as ben:
        phone = service.browser()
        early = await ben.ask("POST", "/api/notices/push", phone.subscription)
        assert (early.status, early.json()["error"]) == (409, "push_off")
        assert (await ben.ask("PUT", "/api/notices/services", {"allowed": True})).status == 403
        await allow(ann)
        unknown = await ben.ask("POST", "/api/notices/push", phone.subscription)
        assert (unknown.status, unknown.json()["error"]) == (422, "unknown_service")
        await allow(ann, service)
        taken = await ben.ask("POST", "/api/notices/push", phone.subscription)
        assert taken.status == 200, taken.body
        (device,) = taken.json()["push"]["devices"]
        assert (device["this"], device["service"]) == (True, "localhost")
        assert taken.json()["push"]["on"]
        assert (await ann.get("/api/notices"))["push"]["devices"] == []
        mine = await ben.get("/api/privacy/mine")
        stored = next(one for one in mine["functions"] if one["name"] == "notices")
        assert stored["entries"][0]["endpoint"] == phone.endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://127.0.0.1:8443/",
        "https://localhost/",
        "http://fcm.googleapis.com/x",
        "https://169.254.169.254/latest",
        "https://fcm.googleapis.com.evil.example/",
    ],
)
async def test_no_browser_can_have_the_hub_knock_elsewhere(home, service, endpoint):
    async with home.browser() as ann:
        await allow(ann)
        body = {**service.browser().subscription, "endpoint": endpoint}
        answer = await ann.ask("POST", "/api/notices/push", body)
        assert answer.status == 422
        assert await ann.get("/api/egress") == []


async def test_a_subscription_is_ended_by_its_member_or_an_owner(home, service):
    async with (
        home.browser() as ann,
        home.member("Ben", "guest") as ben,
        home.member("Eve", "guest") as eve,
    ):
        await allow(ann, service)
        for browser in (ben, eve):
            body = service.browser().subscription
            assert (await browser.ask("POST", "/api/notices/push", body)).status == 200
        path = f"/api/notices/push/{eve.device_id}"
        foreign = await ben.ask("DELETE", path)
        assert (foreign.status, foreign.json()["error"]) == (404, "no_such_device")
        assert (await ann.ask("DELETE", path)).status == 200
        assert (await eve.get("/api/notices"))["push"]["devices"] == []
        assert (await ben.ask("DELETE", f"/api/notices/push/{ben.device_id}")).status == 200
        assert not any(c["is_allowed"] for c in await ann.get("/api/egress"))
        assert (await ben.ask("DELETE", "/api/notices/push/zz")).status == 404


async def test_a_test_of_push_arrives_or_says_why_not(home, service):
    async with home.browser() as ann:
        await allow(ann, service)
        ask = {"channel": "push"}
        none = await ann.ask("POST", "/api/notices/test", ask)
        assert none.json()["error"] == "no_subscription"
        phone = service.browser()
        await ann.ask("POST", "/api/notices/push", phone.subscription)
        assert (await ann.ask("POST", "/api/notices/test", ask)).status == 204
        assert phone.messages == [{"v": 1, "test": True}]
        phone.answers.append((403, {}))
        refused = await ann.ask("POST", "/api/notices/test", ask)
        assert refused.json()["error"] == "push_refused"
        (device,) = (await ann.get("/api/notices"))["push"]["devices"]
        assert (device["last_error"], device["last_sent_us"] is not None) == ("push_refused", True)
        await allow(ann, service, allowed=False)
        closed = await ann.ask("POST", "/api/notices/test", ask)
        assert closed.json()["error"] == "push_not_allowed"


async def test_tests_are_no_way_to_flood_anybody(home):
    async with home.browser() as ann, home.member("Ben", "guest") as ben:
        answers = [
            await ann.ask("POST", "/api/notices/test", {"channel": "mail"}) for _ in range(11)
        ]
        assert [answer.status for answer in answers] == [422] * 10 + [429]
        assert 0 < answers[-1].json()["fields"]["retry_seconds"] <= 60
        assert (await ben.ask("POST", "/api/notices/test", {"channel": "mail"})).status == 422


async def test_a_test_of_mail_arrives_or_says_why_not(home, tmp_path):
    with mail_server(tmp_path / "mail") as mailbox:
        async with home.browser() as ann:
            ask = {"channel": "mail"}
            nowhere = await ann.ask("POST", "/api/notices/test", ask)
            assert nowhere.json()["error"] == "no_email"
            member = next(iter(home.household.people.members.values()))
            await home.household.people.set_email(member, "ann@example.org", by="local")
            unset = await ann.ask("POST", "/api/notices/test", ask)
            assert unset.json()["error"] == "no_mail_server"
            await home.household.outbox.set_server(mailbox.server, by="local")
            assert (await ann.ask("POST", "/api/notices/test", ask)).status == 204
            mailbox.refuses = "550 no"
            refused = await ann.ask("POST", "/api/notices/test", ask)
            assert refused.json()["error"] == "mail_refused"
            assert (await ann.get("/api/notices"))["mail"]["last_error"] == "mail_refused"
    assert len(mailbox.letters) == 1


@needs_mosquitto
async def test_the_broker_is_the_owners_and_keeps_its_password(home, tmp_path):
    async with mosquitto(tmp_path / "broker") as broker:
        server = broker.server
        body = {
            "host": server.host, "port": server.port, "security": "tls", "user": server.user,
            "password": BROKER_PASSWORD, "authority_pem": server.authority_pem,
        }  # fmt: skip
        async with home.browser() as ann, home.member("Ben", "member") as ben:
            ask = {"channel": "broker"}
            assert (await ben.ask("POST", "/api/notices/test", ask)).status == 403
            assert (await ben.ask("PUT", "/api/notices/broker", body)).status == 403
            unset = await ann.ask("POST", "/api/notices/test", ask)
            assert unset.json()["error"] == "no_broker"
            made = await ann.ask("PUT", "/api/notices/broker", body)
            assert made.status == 200, made.body
            assert "password" not in made.json()["server"]
            tested = await ann.ask("POST", "/api/notices/test", ask)
            assert tested.status == 204, tested.body
            # Without a password the stored one stays; for another host it does not go along.
            kept = {**body, "password": "", "has_discovery": True}
            assert (await ann.ask("PUT", "/api/notices/broker", kept)).status == 200
            assert (await ann.ask("POST", "/api/notices/test", ask)).status == 204
            await ann.ask("PUT", "/api/notices/broker", {**kept, "host": "127.0.0.1"})
            moved = await ann.ask("POST", "/api/notices/test", ask)
            assert moved.json()["error"] == "broker_password"
            assert (await ann.ask("DELETE", "/api/notices/broker")).status == 204
            assert not any(c["is_allowed"] for c in await ann.get("/api/egress"))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"host": "broker.example.org", "security": "none"}, "broker_in_clear"),
        ({"host": "a b"}, "bad_request"),
        ({"port": 0}, "bad_request"),
        ({"security": "maybe"}, "bad_request"),
        ({"more": 1}, "bad_request"),
    ],
)
async def test_bad_settings_of_a_broker_are_refused(home, change, code):
    body = {"host": "broker.local", "port": 8883, **change}
    answer = await home.control.ask("PUT", "/api/notices/broker", body)
    assert (answer.status, answer.json()["error"]) == (422, code)


@pytest.mark.parametrize(
    "change",
    [
        {"hosts": ["push.example.org"]},
        {"hosts": ["push.example.org:0"]},
        {"hosts": ["push.example.org:99999"]},
        {"hosts": ["https://push.example.org:443"]},
        {"hosts": [f"a{n}.example.org:443" for n in range(9)]},
        {"contact": "javascript:alert(1)"},
        {"contact": "mailto:nobody"},
    ],
)
async def test_bad_push_services_are_refused(home, change):
    answer = await home.control.ask("PUT", "/api/notices/services", {"allowed": True, **change})
    assert answer.status == 422


async def test_removing_a_host_on_the_privacy_page_ends_what_needs_it(home, service):
    async with home.browser() as ann:
        await allow(ann, service)
        await ann.ask("POST", "/api/notices/push", service.browser().subscription)
        host = {"purpose": "push", "host": "localhost", "port": service.port}
        assert (await ann.ask("DELETE", "/api/privacy/egress", host)).status == 200
        assert (await ann.get("/api/notices"))["push"]["devices"] == []
        body = {"host": "broker.local", "port": 8883}
        assert (await ann.ask("PUT", "/api/notices/broker", body)).status == 200
        gone = {"purpose": "broker", "host": "broker.local", "port": 8883}
        assert (await ann.ask("DELETE", "/api/privacy/egress", gone)).status == 200
        assert (await ann.get("/api/notices"))["broker"]["server"] is None
