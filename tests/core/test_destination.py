"""URLs become destinations without credentials, and bad ones get a sentence; by examples."""

import pytest

from keepsight.core.destination import DestinationError, parse_destination


def test_credentials_are_taken_out():
    destination, credentials = parse_destination("rtsp://ann:p%40ss@10.0.0.7/live?x=1")
    assert destination.url == "rtsp://10.0.0.7:554/live?x=1"
    assert credentials is not None
    assert (credentials.user, credentials.password.reveal()) == ("ann", "p@ss")
    assert "p@ss" not in repr(credentials)


def test_defaults_and_ipv6():
    destination, credentials = parse_destination("rtsps://[fe80::1]")
    assert destination.url == "rtsps://[fe80::1]:322/"
    assert credentials is None


@pytest.mark.parametrize(
    ("url", "hint"),
    [
        ("http://x/", "rtsp://"),
        ("rtsp:///live", "no host"),
        ("rtsp://host:99999/", "port"),
        ("rtsp://host:abc/", "port"),
        ("rtsp://[::1/", "bracket"),
        ("rtsp://ho st/", "space"),
        ("rtsp://host/\r\nX: y", "control"),
        ("", "rtsp://"),
    ],
)
def test_bad_urls_say_what_to_do(url, hint):
    with pytest.raises(DestinationError, match=hint):
        parse_destination(url)


def test_errors_never_contain_the_password():
    with pytest.raises(DestinationError) as caught:
        parse_destination("ftp://ann:secret@host/")
    assert "secret" not in str(caught.value)
