"""Goal: only our own pages and names come in. Method: tables of hosts, origins and cookies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keepsight.door.guard import (
    is_host_allowed,
    is_own_set_cookie,
    is_same_origin,
    is_sender_allowed,
    own_cookie,
    split_host,
)

NAMES = frozenset({"cameras.example", "hub.local"})
HOUSEHOLD = "0a1b2c3d" + "4" * 24


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "localhost:8443", "LOCALHOST:1", "home.localhost", "127.0.0.1:80", "[::1]:80",
        "192.168.1.5:8443", "10.0.0.1", "100.64.1.2", "[fe80::1]:8443", "[fd00::2]",
        "cameras.example", "Cameras.Example.:8443", "hub.local", "93.184.215.14:8443",
        "[::ffff:192.168.1.5]:80",
    ],
)  # fmt: skip
def test_own_names_and_addresses_are_allowed(host: str) -> None:
    assert is_host_allowed(host, NAMES, "93.184.215.14")


@pytest.mark.parametrize(
    "host",
    [
        "", "evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "93.184.215.15",
        "8.8.8.8",
        "cameras.example.evil.example", "evil.example:8443", "[::1", "[evil]", "a@localhost",
        "localhost:80:80", "localhost:", "localhost:x", "localhost:0", "localhost:99999",
        "localhost/..", "lo calhost", "x" * 300, "127.1", "2130706433", "[2001:4860::1]",
        "localhost\t", "loc\xe4lhost", ".", "..:80",
    ],
)  # fmt: skip
def test_other_names_are_not(host: str) -> None:
    assert not is_host_allowed(host, NAMES, "93.184.215.14")


@given(st.text(max_size=40))
def test_no_host_header_raises(host: str) -> None:
    is_host_allowed(host, NAMES, "127.0.0.1")
    split = split_host(host)
    if split is not None:
        assert split[0]


def allowed(method: str, headers: dict[str, str], *, is_tls: bool = False) -> bool:
    return is_sender_allowed(
        method, headers, "hub.local:8443", is_tls=is_tls, origins=("https://proxy.example",)
    )


def test_reading_needs_no_origin_but_takes_no_foreign_one() -> None:
    assert allowed("GET", {})
    assert allowed("GET", {"Origin": "http://hub.local:8443"})
    assert allowed("GET", {"Sec-Fetch-Site": "same-origin"})
    assert allowed("GET", {"Sec-Fetch-Site": "none"})
    assert not allowed("GET", {"Origin": "http://evil.example"})
    assert not allowed("GET", {"Sec-Fetch-Site": "cross-site"})
    assert not allowed("GET", {"Sec-Fetch-Site": "same-site"})  # another household's port


def test_changing_needs_our_own_origin() -> None:
    assert allowed("POST", {"Origin": "http://hub.local:8443"})
    assert allowed("POST", {"Origin": "https://proxy.example"})
    assert allowed("DELETE", {"Origin": "https://hub.local:8443"}, is_tls=True)
    for origin in (
        None, "null", "http://hub.local", "http://hub.local:8444", "https://hub.local:8443",
        "http://evil.example", "http://hub.local:8443.evil.example", "",
    ):  # fmt: skip
        assert not allowed("POST", {} if origin is None else {"Origin": origin}), origin
    own = {"Origin": "http://hub.local:8443"}
    assert not allowed("POST", {**own, "Sec-Fetch-Site": "same-site"})


def test_same_origin_is_exact() -> None:
    headers = {"Origin": "http://HUB.local:8443"}
    assert is_same_origin(headers, "hub.local:8443", is_tls=False, origins=())
    assert not is_same_origin({}, "hub.local:8443", is_tls=False, origins=())


def test_only_this_households_cookie_passes() -> None:
    header = "ks-ffffffff=theirs; theme=dark; ks-0a1b2c3d=mine; __Host-ks-ffffffff=theirs"
    assert own_cookie(header, HOUSEHOLD, is_tls=False) == "ks-0a1b2c3d=mine"
    assert own_cookie("ks-ffffffff=theirs", HOUSEHOLD, is_tls=False) is None
    assert own_cookie("", HOUSEHOLD, is_tls=False) is None


def test_with_tls_only_the_bound_name_counts() -> None:
    """A cookie planted over plain HTTP, or by another port, does not carry the __Host- prefix."""
    assert own_cookie("ks-0a1b2c3d=planted", HOUSEHOLD, is_tls=True) is None
    both = "ks-0a1b2c3d=planted; __Host-ks-0a1b2c3d=mine"
    assert own_cookie(both, HOUSEHOLD, is_tls=True) == "__Host-ks-0a1b2c3d=mine"


def test_two_of_the_same_name_are_none() -> None:
    assert own_cookie("ks-0a1b2c3d=a; ks-0a1b2c3d=b", HOUSEHOLD, is_tls=False) is None
    assert own_cookie("ks-0a1b2c3d=a\x00b", HOUSEHOLD, is_tls=False) is None


def test_hub_sets_its_own_cookie_only() -> None:
    assert is_own_set_cookie("ks-0a1b2c3d=x; HttpOnly", HOUSEHOLD)
    assert is_own_set_cookie("__Host-ks-0a1b2c3d=x; Secure", HOUSEHOLD)
    assert not is_own_set_cookie("ks-ffffffff=x", HOUSEHOLD)
    assert not is_own_set_cookie("", HOUSEHOLD)
