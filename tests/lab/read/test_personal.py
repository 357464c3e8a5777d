"""Kinds of personal data need a name with a value of the right shape."""

import pytest

from keepsight.lab.read.personal import personal_kinds


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('{"user":"anna@example.net"}', "email"),
        ("user=anna%40example.net", "email"),
        ('{"latitude": 52.12345}', "location"),
        ("bssid=0a:1b:2c:3d:4e:5f", "mac_address"),
        ('{"ssid":"Home"}', "wifi_name"),
        ("android_id=0123456789abcdef", "device_identifier"),
        ('{"phone":"+4915112345678"}', "phone_number"),
    ],
)
def test_kinds(text, kind):
    assert kind in personal_kinds(text)


@pytest.mark.parametrize(
    "text", ["lat=1", "version 1.2.3@5", "ssid", "id=123456789012", "", "phone=no"]
)
def test_names_or_numbers_alone_are_nothing(text):
    assert personal_kinds(text) == ()


def test_the_testers_own_values_are_proof():
    assert personal_kinds("x tester-7f3a y", ("tester-7f3a",)) == ("account_marker",)
    assert personal_kinds("abc", ("a",)) == ()
