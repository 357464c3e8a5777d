"""How a browser came, as the door passes it on; real requests of the framework."""

import pytest
from starlette.requests import Request

from keepsight.hub.api.recent import site_of


@pytest.mark.parametrize(
    ("host", "scheme", "name", "origin"),
    [
        (b"Home.Example:8443", b"https", "home.example", "https://home.example:8443"),
        (b"localhost:8480", b"http", "localhost", "http://localhost:8480"),
        (b"[fe80::1]:8443", b"https", "[fe80::1]", "https://[fe80::1]:8443"),
        (b"home.example", b"gopher", "home.example", "http://home.example"),
        (b"", b"https", "", "https://"),
    ],
)
def test_the_site(host, scheme, name, origin):
    headers = [(b"host", host), (b"x-forwarded-proto", scheme)]
    scope = {"type": "http", "headers": headers, "method": "GET", "path": "/"}
    site = site_of(Request(scope))
    assert (site.host, site.origin) == (name, origin)
