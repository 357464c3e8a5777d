"""Who is told and who is not, over a real hub with real receivers.

Every refusal is tried next to somebody who is told of the same event, so that silence is no proof.
"""

import asyncio
import json
from dataclasses import replace

import pytest

from keepsight.hub.notices import notices as module
from tests.broker_server import mosquitto, needs_mosquitto
from tests.hub.notices.told import EVENTS, told_household, visit
from tests.mail_server import mail_server
from tests.push_service import push_service

pytestmark = [
    pytest.mark.filterwarnings("ignore:Requiring AUTH while not:UserWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
async def house(home, clip, tmp_path):
    async with (
        push_service(tmp_path / "push") as service,
        told_household(home, clip, service) as made,
    ):
        yield made


def grant(camera, *capabilities):
    return [{"camera": camera, "capabilities": list(capabilities)}]


async def arrives(house, phone, count=1):
    async def has():
        return len(phone.messages) >= count

    await house.home.wait_for(has)


@needs_mosquitto
async def test_an_event_wakes_the_phone_fills_the_mailbox_and_turns_the_broker(house, tmp_path):
    household = house.home.household
    with mail_server(tmp_path / "mail") as mailbox:
        async with mosquitto(tmp_path / "broker") as broker:
            await household.outbox.set_server(mailbox.server, by="local")
            await household.notices.set_broker(broker.server, by="local")
            phone = await house.subscribe(house.owner)
            await house.wants_mail(house.owner, "Ann", "ann@example.org")
            event = visit(house.camera)
            async with broker.ear() as ear:
                household.events.on_event(event.camera_id, "start", event)
                await arrives(house, phone)

                async def has_mail():
                    return mailbox.letters

                await house.home.wait_for(has_mail)
                await ear.wait_for(lambda e: b"ON" in e.stands.values())
                household.events.on_event(event.camera_id, "end", event)
                await ear.wait_for(lambda e: any(b'"end"' in p for p in e.stands.values()))
                heard = b" ".join(payload for _, payload, _ in ear.heard)
    assert phone.messages == [{"v": 1, "event": event.event_id.hex()}]
    (letter,) = mailbox.letters
    assert letter["To"] == "ann@example.org"
    text = letter.get_content()
    assert f"http://hub.test/events?event={event.event_id.hex()}" in text
    for word in ("Hall", "person", "Home", "Ann", house.camera):
        assert word not in text + letter["Subject"]
    assert b"Hall" not in heard
    shown = await house.owner.get("/api/notices")
    assert shown["push"]["devices"][0]["last_sent_us"] >= event.start_us
    assert shown["mail"]["last_sent_us"] >= event.start_us
    assert shown["broker"]["last_sent_us"] >= event.start_us


async def test_only_who_may_see_events_of_the_camera_is_told(house):
    all_see = await house.subscribe(house.owner)
    cellar = (await house.home.add_camera(house.url, name="Cellar"))["id"]
    async with (
        house.home.member("Eve", "guest", grant(house.camera, *EVENTS)) as eve,
        house.home.member("Liv", "guest", grant(house.camera, "live")) as liv,
        house.home.member("Ota", "guest", grant(cellar, *EVENTS)) as ota,
        house.home.member("Non", "member") as non,
    ):
        sees, live, other, nothing = [await house.subscribe(b) for b in (eve, liv, ota, non)]
        event = house.begins()
        await arrives(house, all_see)
        await arrives(house, sees)
        await house.idle()
        assert sees.messages == [{"v": 1, "event": event.event_id.hex()}]
        for phone in (live, other, nothing):
            assert phone.requests == []


async def test_a_suspension_of_events_or_of_the_camera_stops_notices(house):
    phone = await house.subscribe(house.owner)
    await house.owner.ask("PATCH", "/api/notices", {"gap_seconds": 0})
    for more in ({"capabilities": ["events"]}, {}):
        body = {"camera": house.camera, "reason": "a test", **more}
        placed = await house.owner.ask("POST", "/api/suspensions", body)
        assert placed.status == 201, placed.body
        house.begins()
        await house.idle()
        assert phone.requests == []
        number = placed.json()["suspension"]
        assert (await house.owner.ask("DELETE", f"/api/suspensions/{number}")).status == 204
    house.begins()
    await arrives(house, phone)


async def test_a_right_that_ends_while_a_notice_waits_ends_the_notice(house):
    async with house.home.member("Eve", "guest", grant(house.camera, *EVENTS)) as eve:
        phone = await house.subscribe(eve)
        phone.answers.append((503, {"Retry-After": "1"}))
        house.begins()

        async def was_tried():
            return phone.requests

        await house.home.wait_for(was_tried)
        members = await house.owner.get("/api/members")
        mine = next(m["id"] for m in members if m["name"] == "Eve")
        gone = await house.owner.ask("PUT", f"/api/members/{mine}/grants", {"grants": []})
        assert gone.status == 200, gone.body
        await asyncio.sleep(1.5)  # longer than the service asked for
        assert len(phone.requests) == 1


async def test_a_busy_service_is_asked_again_and_a_refusal_is_not(house):
    phone = await house.subscribe(house.owner)
    await house.owner.ask("PATCH", "/api/notices", {"gap_seconds": 0})
    phone.answers.append((429, {"Retry-After": "0"}))
    house.begins()
    await arrives(house, phone)
    assert len(phone.requests) == 2
    phone.answers.append((400, {}))
    house.begins()

    async def failed():
        shown = await house.owner.get("/api/notices")
        return shown["push"]["devices"][0]["last_error"] == "push_refused"

    await house.home.wait_for(failed)
    assert len(phone.requests) == 3
    house.begins()
    await arrives(house, phone, 2)
    await house.idle()
    (device,) = (await house.owner.get("/api/notices"))["push"]["devices"]
    assert device["last_error"] == ""


async def test_a_subscription_that_its_browser_ended_is_forgotten_with_its_host(house):
    phone = await house.subscribe(house.owner)
    phone.answers.append((410, {}))
    house.begins()

    async def is_gone():
        hosts = await house.owner.get("/api/egress")
        return not any(host["is_allowed"] for host in hosts)

    await house.home.wait_for(is_gone)
    assert (await house.owner.get("/api/notices"))["push"]["devices"] == []


async def test_the_pace_is_the_members_own_and_the_rest_is_summed_up(house):
    phone = await house.subscribe(house.owner)
    body = {"gap_seconds": 0, "hourly_max": 2, "kinds": ["person"]}
    assert (await house.owner.ask("PATCH", "/api/notices", body)).status == 200
    first = house.begins()
    house.begins("dog")
    second = house.begins()
    for _ in range(3):
        house.begins()
    await arrives(house, phone, 3)
    await house.idle()
    told = sorted(json.dumps(message) for message in phone.messages)
    assert told == sorted(
        [
            json.dumps({"v": 1, "event": first.event_id.hex()}),
            json.dumps({"v": 1, "event": second.event_id.hex()}),
            json.dumps({"v": 1, "more": True}),
        ]
    )


async def test_only_a_beginning_is_told_and_no_old_one(house):
    phone = await house.subscribe(house.owner)
    await house.owner.ask("PATCH", "/api/notices", {"gap_seconds": 0})
    notices = house.home.household.notices
    for phase in ("update", "picture", "end"):
        notices.on_event(phase, visit(house.camera))
    house.begins(age_seconds=3600)
    notices.on_event("start", visit("cd" * 16))
    last = house.begins()
    await arrives(house, phone)
    await house.idle()
    assert phone.messages == [{"v": 1, "event": last.event_id.hex()}]


async def test_who_signs_out_or_leaves_is_not_woken_and_forgotten(house):
    household = house.home.household
    stays = await house.subscribe(house.owner)
    async with (
        house.home.member("Eve", "guest", grant(house.camera, *EVENTS)) as eve,
        house.home.member("Gus", "guest", grant(house.camera, *EVENTS)) as gus,
        house.home.member("Sue", "guest", grant(house.camera, *EVENTS)) as sue,
    ):
        phones = [await house.subscribe(browser) for browser in (eve, gus, sue)]
        assert (await eve.ask("DELETE", "/api/session")).status == 204
        members = await house.owner.get("/api/members")
        ids = {m["name"]: m["id"] for m in members}
        gone = await house.owner.ask("DELETE", f"/api/members/{ids['Gus']}")
        assert gone.status == 204, gone.body
        # Sue's session ends elsewhere; her browser stays hers and is woken once she is back.
        (session,) = (
            s for s in household.people.sessions.values() if s.member_id.hex() == ids["Sue"]
        )
        await household.people.end_session(session.token_hash)
        await house.owner.ask("PATCH", "/api/notices", {"gap_seconds": 0})
        house.begins()
        await arrives(house, stays)
        await house.idle()
        assert [phone.requests for phone in phones] == [[], [], []]
        store = household.notices._store
        kept = await household.sql(store.list_subscriptions, household.household_id)
        assert {one.member_id.hex() for one in kept} == {ids["Ann"], ids["Sue"]}


async def test_a_sign_in_that_runs_out_is_said_once(house, monkeypatch):
    people = house.home.household.people
    async with house.home.member("Eve", "guest", grant(house.camera, *EVENTS)) as eve:
        phone, other = await house.subscribe(eve), await house.subscribe(house.owner)
        notices = house.home.household.notices
        monkeypatch.setattr(module, "SESSIONS_SECONDS", 0.02)
        minding = asyncio.ensure_future(notices._mind_sessions())
        await asyncio.sleep(0.1)
        (token,) = (t for t, s in people.sessions.items() if s.device_id.hex() == eve.device_id)
        people.sessions[token] = replace(people.sessions[token], expires_us=0)
        await arrives(house, phone)
        await asyncio.sleep(0.1)
        minding.cancel()
        assert phone.messages == [{"v": 1, "signed_out": True}]
        assert other.messages == []


async def test_taking_consent_back_is_enough(house):
    phone = await house.subscribe(house.owner)
    no = {"purpose": "push", "given": False}
    assert (await house.owner.ask("POST", "/api/privacy/consents", no)).status == 200
    house.begins()
    await house.idle()
    assert phone.requests == []
    await house.owner.ask("PATCH", "/api/notices", {"push": True})
    house.begins()
    await arrives(house, phone)


@needs_mosquitto
async def test_a_broker_that_is_switched_off_hears_the_end_and_no_more(house, tmp_path):
    household = house.home.household
    async with mosquitto(tmp_path / "broker") as broker:
        await household.notices.set_broker(broker.server, by="local")
        async with broker.ear("keepsight/+/+/state/#") as ear:
            await ear.wait_for(lambda e: e.stands)
            before = house.begins()
            await ear.wait_for(lambda e: b"ON" in e.stands.values())
            body = {"integration": "mqtt", "reason": "a test"}
            assert (await house.owner.ask("POST", "/api/suspensions", body)).status == 201
            house.begins()
            household.notices.on_event("end", before)
            await ear.wait_for(lambda e: set(e.stands.values()) == {b"OFF"})

            async def has_said_all():  # the broker's receipt comes after what it passes on
                return not household.notices.broker._sayings

            await house.home.wait_for(has_said_all)
            assert set(ear.stands.values()) == {b"OFF"}
