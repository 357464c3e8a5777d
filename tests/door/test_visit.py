"""Goal: a request is read in one way or not at all. Method: mocked requests."""

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from keepsight.door.visit import Visit, read_visit

HOUSEHOLD = "0a1b2c3d" + "0" * 24


def visit(path: str, *headers: tuple[str, str], origins: tuple[str, ...] = ()) -> Visit | None:
    request = make_mocked_request("GET", path, headers=CIMultiDict(headers))
    return read_visit(request, HOUSEHOLD, origins)


def test_path_and_query_stay_as_they_came() -> None:
    found = visit("/a%2Fb/../c?d=%20&e", ("Host", "Hub.Local:1"))
    assert found is not None
    assert (found.path, found.query, found.host) == ("/a%2Fb/../c", "d=%20&e", "hub.local:1")


@pytest.mark.parametrize(
    "headers",
    [(), (("Host", ""),), (("Host", "a"), ("Host", "a")), (("Host", "a/b"),)],
)
def test_host_must_be_one_and_well_formed(headers: tuple[tuple[str, str], ...]) -> None:
    assert visit("/", *headers) is None


def test_absolute_target_is_refused() -> None:
    assert visit("http://evil.example/", ("Host", "localhost")) is None


def test_cookies_in_several_headers_are_one() -> None:
    found = visit(
        "/", ("Host", "localhost"), ("Cookie", "a=b"), ("Cookie", "ks-0a1b2c3d=x; ks-ffffffff=y")
    )
    assert found is not None
    assert found.cookie == "ks-0a1b2c3d=x"


def test_proxy_of_the_user_counts_as_tls() -> None:
    headers = (("Host", "cameras.example"), ("Cookie", "__Host-ks-0a1b2c3d=x"))
    behind = visit("/", *headers, origins=("https://cameras.example",))
    assert behind is not None
    assert behind.is_tls
    assert behind.cookie == "__Host-ks-0a1b2c3d=x"
    other = visit("/", ("Host", "localhost"), origins=("https://cameras.example",))
    assert other is not None
    assert not other.is_tls
