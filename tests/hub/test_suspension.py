"""Which attempts a suspension is about, and when it holds."""

import pytest

from keepsight.hub.grant import Capability
from keepsight.hub.suspension import Attempt, Suspension

ATTEMPT = Attempt(
    camera_id=b"c" * 16,
    vendor="Acme",
    model="A1",
    capability=Capability.LIVE,
    member_id=b"m" * 16,
    device_id=b"d" * 16,
    integration="kitchen display",
    path="cam.example.org",
)


def suspension(**fields):
    return Suspension(b"s" * 16, "because", 100, 200, bytes(16), **fields)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"integration": "kitchen display"}, True),
        ({"integration": "*"}, True),
        ({"integration": "hall"}, False),
        ({"vendor": "ACME"}, True),
        ({"vendor": "Other"}, False),
        ({"model": "A1"}, True),
        ({"model": "A2"}, False),
        ({"camera_id": b"c" * 16}, True),
        ({"camera_id": b"x" * 16}, False),
        ({"device_id": b"x" * 16}, False),
        ({"path": "cam.example.org"}, True),
        ({"path": "localhost"}, False),
        ({"capabilities": frozenset({Capability.LIVE})}, True),
        ({"capabilities": frozenset({Capability.EXPORT})}, False),
        ({"vendor": "acme", "capabilities": frozenset({Capability.EXPORT})}, False),
    ],
)
def test_every_given_field_must_match(fields, expected):
    assert suspension(**fields).matches(ATTEMPT) is expected


def test_every_integration_is_not_every_person():
    person = Attempt(**{n: getattr(ATTEMPT, n) for n in Attempt.__slots__} | {"integration": ""})
    assert not suspension(integration="*").matches(person)


@pytest.mark.parametrize(
    ("now_us", "expected"), [(99, False), (100, True), (199, True), (200, False)]
)
def test_holds_from_since_to_until(now_us, expected):
    assert suspension(vendor="Acme").holds(now_us) is expected
