"""Messages by the book: the RFC's own vector, a real TLS service, and addresses that are no push
service. Browsers name these addresses, so a wrong one must reach nothing."""

from dataclasses import replace

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from keepsight.core.clock import SystemClock
from keepsight.hub.egress import Egress
from keepsight.hub.notices.push import (
    CONTACT_DEFAULT,
    PAYLOAD_BYTES,
    Pusher,
    PushError,
    PushHosts,
    encrypt,
    read_target,
)
from tests.push_service import decode, encode, open_message, push_service

# RFC 8291, section 5 and appendix A.
PLAINTEXT = b"When I grow up, I want to be a watermelon"
AUTH = decode("BTBZMqHH6r4Tts7J_aSIgg")
SALT = decode("DGv6ra1nlYgDCS1FRnbzlw")
BROWSER = decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")
BROWSER_POINT = (
    "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
)
SERVER = decode("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")
SEALED = decode(
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS"
    "6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qu"
    "lcy4a-fN"
)
FCM = "https://fcm.googleapis.com/fcm/send/abc"
KEYS = {"p256dh": BROWSER_POINT, "auth": encode(AUTH)}


def private_key(scalar):
    return ec.derive_private_key(int.from_bytes(scalar), ec.SECP256R1())


def test_the_vector_of_the_rfc_both_ways():
    sealed = http_ece.encrypt(
        PLAINTEXT,
        salt=SALT,
        private_key=private_key(SERVER),
        dh=decode(BROWSER_POINT),
        auth_secret=AUTH,
    )
    assert sealed == SEALED
    assert open_message(SEALED, private_key(BROWSER), AUTH) == PLAINTEXT


def test_every_message_has_the_same_length_and_never_the_same_bytes():
    target = read_target(FCM, **KEYS)
    one, same, other = (encrypt(target, m) for m in (b"{}", b"{}", b'{"event":"' + b"a" * 90))
    assert len(one) == len(same) == len(other)
    assert one != same
    assert open_message(one, private_key(BROWSER), AUTH).rstrip() == b"{}"
    with pytest.raises(ValueError, match="bytes"):
        encrypt(target, b"x" * (PAYLOAD_BYTES + 1))


@pytest.mark.parametrize(
    "endpoint",
    [
        FCM,
        "https://updates.push.services.mozilla.com/wpush/v2/abc",
        "https://web.push.apple.com/abc",
        "https://wns2-by3p.notify.windows.com/w/?token=abc",
        "https://FCM.googleapis.com:443/x",
        "https://push.example.org:8443/up",
    ],
)
def test_known_services_and_an_owners_own_are_taken(endpoint):
    read_target(endpoint, **KEYS, hosts=[("push.example.org", 8443)])


@pytest.mark.parametrize(
    ("endpoint", "code"),
    [
        ("http://fcm.googleapis.com/x", "bad_subscription"),
        ("https://127.0.0.1/x", "unknown_service"),
        ("https://[::1]/x", "unknown_service"),
        ("https://localhost:8443/x", "unknown_service"),
        ("https://hub.local/x", "unknown_service"),
        ("https://push.example.org/x", "unknown_service"),
        ("https://push.example.org:8444/x", "unknown_service"),
        ("https://fcm.googleapis.com:22/x", "unknown_service"),
        ("https://fcm.googleapis.com.evil.example/x", "unknown_service"),
        ("https://evilnotify.windows.com/x", "unknown_service"),
        ("https://fcm.googleapis.com@127.0.0.1/x", "bad_subscription"),
        ("https://u:p@fcm.googleapis.com/x", "bad_subscription"),
        ("https://127.0.0.1\\@fcm.googleapis.com/x", "bad_subscription"),
        ("https://127.0.0.1\\.fcm.googleapis.com/x", "bad_subscription"),
        ("https://fcm.googleapis.com/x#y", "bad_subscription"),
        ("https://fcm.googleapis.com/x y", "bad_subscription"),
        ("https://fcm.googleapis.com/\r\nX: y", "bad_subscription"),
        ("https://fcm.googleapis.com:99999/x", "bad_subscription"),
        ("https://fcm.googleapis.com/" + "x" * 1000, "bad_subscription"),
        ("https://", "unknown_service"),
        ("file:///etc/passwd", "bad_subscription"),
        ("", "bad_subscription"),
    ],
)
def test_an_address_that_is_no_push_service_is_not_kept(endpoint, code):
    with pytest.raises(PushError) as error:
        read_target(endpoint, **KEYS, hosts=[("push.example.org", 8443)])
    assert error.value.code == code


@pytest.mark.parametrize(
    "change",
    [
        {"p256dh": ""},
        {"p256dh": "!!!"},
        {"p256dh": encode(b"\x04" + b"\x01" * 64)},
        {"p256dh": encode(b"\x00")},
        {"auth": encode(b"short")},
        {"auth": "é"},
    ],
)
def test_keys_that_are_none_are_refused(change):
    with pytest.raises(PushError) as error:
        read_target(FCM, **{**KEYS, **change})
    assert error.value.code == "bad_subscription"


@pytest.fixture
async def service(tmp_path):
    async with push_service(tmp_path / "push") as running:
        yield running


@pytest.fixture
async def pusher(service):
    async def keep(_contact):
        return None

    egress = Egress(SystemClock(), [], keep)
    await egress.allow_only("push", [("localhost", service.port)])
    sender = Pusher(egress, ec.generate_private_key(ec.SECP256R1()))
    sender.services = PushHosts(authority_pem=service.authority_pem)
    yield sender
    await sender.close()


def target_of(service, browser):
    given = browser.subscription
    return read_target(given["endpoint"], **given["keys"], hosts=[("localhost", service.port)])


async def send(pusher, target):
    await pusher.send(target, b'{"v":1}', "topic", SystemClock().wall_us())


async def test_a_message_arrives_signed_and_opens(service, pusher):
    browser = service.browser()
    await send(pusher, target_of(service, browser))
    assert browser.messages == [{"v": 1}]
    assert service.keys == {pusher.public_point}
    headers, sealed = browser.requests[0]
    assert headers["Urgency"] == "high"
    assert not {"Cookie", "Referer"} & set(headers)
    assert b'"v"' not in sealed


async def test_nobody_is_named_to_a_service_but_whom_the_owner_names(service, pusher):
    browser = service.browser()
    target = target_of(service, browser)
    await send(pusher, target)
    pusher.services = replace(pusher.services, contact="https://example.net/contact")
    await send(pusher, target)
    named = [contact_in(headers["Authorization"]) for headers, _ in browser.requests]
    assert named == [CONTACT_DEFAULT, "https://example.net/contact"]


def contact_in(authorization):
    token = authorization.removeprefix("vapid t=").partition(",")[0]
    return jwt.decode(token, options={"verify_signature": False})["sub"]


@pytest.mark.parametrize(
    ("answer", "code", "retry_seconds"),
    [
        ((404, {}), "push_gone", None),
        ((410, {}), "push_gone", None),
        ((400, {}), "push_refused", None),
        ((403, {}), "push_refused", None),
        ((413, {}), "push_refused", None),
        ((307, {"Location": "https://localhost:1/push/elsewhere"}), "push_refused", None),
        ((429, {"Retry-After": "7"}), "push_busy", 7),
        ((429, {"Retry-After": "999999"}), "push_busy", 300),
        ((429, {"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}), "push_busy", 5),
        ((503, {}), "push_busy", 5),
    ],
)
async def test_what_the_service_says_is_understood(service, pusher, answer, code, retry_seconds):
    browser = service.browser()
    browser.answers.append(answer)
    with pytest.raises(PushError) as error:
        await send(pusher, target_of(service, browser))
    assert (error.value.code, error.value.retry_seconds) == (code, retry_seconds)
    assert service.strays == []  # no redirect was followed


async def test_who_is_not_allowed_not_trusted_or_not_there_gets_nothing(service, pusher):
    browser = service.browser()
    target = target_of(service, browser)
    pusher.services = PushHosts()
    with pytest.raises(PushError) as untrusted:
        await send(pusher, target)
    assert untrusted.value.code == "push_tls"
    await pusher._egress.forbid("push")
    with pytest.raises(PushError) as forbidden:
        await send(pusher, target)
    assert forbidden.value.code == "push_not_allowed"
    await pusher._egress.allow("push", "localhost", 1)
    given = browser.subscription
    away = read_target("https://localhost:1/x", **given["keys"], hosts=[("localhost", 1)])
    with pytest.raises(PushError) as unreachable:
        await send(pusher, away)
    assert unreachable.value.code == "push_unreachable"
    assert unreachable.value.retry_seconds is not None
    assert browser.requests == []
